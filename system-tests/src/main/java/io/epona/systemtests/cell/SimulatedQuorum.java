package io.epona.systemtests.cell;

import io.epona.systemtests.cell.QuorumPort.Session;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import org.agrona.concurrent.UnsafeBuffer;

/**
 * The quorum that agrees on the cell's control log: one order, entries that a majority has are never lost, entries on
 * the way may be; a leader of its own that changes when it is cut off, paused or killed, and that ends the sessions of
 * nodes which it does not hear. Members hear of entries in order, each at its own pace. How members of a quorum come to
 * agree is Aeron Cluster's and not simulated. One thread.
 */
final class SimulatedQuorum {
    /**
     * What was agreed.
     *
     * @param index in the log.
     * @param timestampMs never goes back.
     * @param sessionId that the command came by, or that ended.
     * @param command null: the session has ended.
     */
    record Entry(int index, long timestampMs, long sessionId, byte[] command) {}

    /** The state of the log after so many entries. */
    private record Snapshot(int nextIndex, List<byte[]> parts) {}

    static final int NOBODY = -1;
    private static final int FIRST_SNAPSHOT = 16;
    private static final long TICK_NS = 10_000_000;

    private final World world;
    private final Timeline timeline;
    private final Chance chance;
    private final int memberCount;
    private final long sessionTimeoutNs;
    private final QuorumPort[] ports;
    private final List<Session> openSessions = new ArrayList<>();
    private final List<Entry> entries = new ArrayList<>();
    private Snapshot snapshot;
    private int leader = NOBODY;
    private int term;
    private boolean isElecting;
    private long lastSessionId;
    private int pendingCount;

    SimulatedQuorum(final World world, final int memberCount, final long sessionTimeoutNs) {
        this.world = world;
        this.timeline = world.timeline();
        this.chance = world.chance();
        this.memberCount = memberCount;
        this.sessionTimeoutNs = sessionTimeoutNs;
        this.ports = new QuorumPort[memberCount + 1];
    }

    /** Begins to elect leaders and to watch sessions. */
    void start() {
        timeline.after(0, this::tick);
    }

    /** A node's end of the log, for one life of it. */
    QuorumPort join(final int nodeId, final Life life, final java.util.function.LongSupplier epochMs) {
        final QuorumPort port = new QuorumPort(this, nodeId, life, epochMs);
        ports[nodeId] = port;
        return port;
    }

    int leader() {
        return leader;
    }

    int term() {
        return term;
    }

    int memberCount() {
        return memberCount;
    }

    List<Entry> entries() {
        return entries;
    }

    /** Submitted and neither agreed nor lost yet. */
    int pendingCount() {
        return pendingCount;
    }

    /** A member begins: from a snapshot, or from the first entry. */
    void begin(final QuorumPort port) {
        if (null != snapshot && chance.oneIn(2)) {
            final UnsafeBuffer buffer = new UnsafeBuffer();
            for (final byte[] part : snapshot.parts) {
                buffer.wrap(part);
                port.handler.onSnapshotPart(buffer, 0, part.length);
            }
            port.handler.onSnapshotEnd();
            port.nextIndex = snapshot.nextIndex;
        }
    }

    private void takeSnapshot(final QuorumPort port) {
        final List<byte[]> parts = new ArrayList<>();
        port.handler.takeSnapshot((buffer, offset, length) -> {
            final byte[] part = new byte[length];
            buffer.getBytes(offset, part);
            parts.add(part);
        });
        snapshot = new Snapshot(port.nextIndex, parts);
    }

    void submit(final QuorumPort port, final byte[] command) {
        final long sessionId = port.sessionId;
        send(port, () -> {
            if (isOpen(sessionId)) {
                agree(sessionId, command);
            }
        });
    }

    private boolean isOpen(final long sessionId) {
        return openSessions.stream().anyMatch(session -> session.sessionId == sessionId);
    }

    private void send(final QuorumPort port, final Runnable atLeader) {
        final int to = leader;
        if (to == NOBODY || !reaches(port.nodeId, to)) {
            return;
        }
        final int atTerm = term;
        pendingCount++;
        timeline.after(hopNs(port.nodeId, to), () -> {
            pendingCount--;
            if (term == atTerm && leader == to && hasMajority(to)) {
                atLeader.run();
            }
        });
    }

    /** An entry that a leader has taken is agreed on if that leader still leads when the majority has it. */
    private void agree(final long sessionId, final byte[] command) {
        final int atTerm = term;
        pendingCount++;
        timeline.after(chance.between(200_000L, 3_000_000L), () -> {
            pendingCount--;
            if (term == atTerm ? hasMajority(leader) : chance.oneIn(2)) {
                add(sessionId, command);
            }
        });
    }

    private void add(final long sessionId, final byte[] command) {
        final long lastMs = entries.isEmpty() ? 0 : entries.get(entries.size() - 1).timestampMs;
        final long leaderMs = leader == NOBODY ? lastMs : ports[leader].epochMs.getAsLong();
        final Entry entry = new Entry(entries.size(), Math.max(lastMs, leaderMs), sessionId, command);
        entries.add(entry);
        for (final QuorumPort port : ports) {
            deliver(port);
        }
    }

    /** A member takes entries one after another, while it hears the leader. */
    void deliver(final QuorumPort port) {
        if (null == port || port.isDelivering || !isReady(port) || port.nextIndex >= entries.size()) {
            return;
        }
        if (leader == NOBODY || !reaches(leader, port.nodeId)) {
            return;
        }
        port.isDelivering = true;
        timeline.after(hopNs(leader, port.nodeId) + chance.between(0L, 500_000L), () -> {
            port.isDelivering = false;
            if (isReady(port)) {
                handOn(port);
            }
            deliver(port);
        });
    }

    private void handOn(final QuorumPort port) {
        final UnsafeBuffer buffer = new UnsafeBuffer(0, 0);
        while (port.nextIndex < entries.size() && !port.life.isOver()) {
            final Entry entry = entries.get(port.nextIndex++);
            if (null == entry.command) {
                port.handler.onSessionClosed(entry.sessionId, entry.timestampMs);
            } else {
                buffer.wrap(entry.command);
                port.handler.onCommand(entry.sessionId, entry.timestampMs, buffer, 0, entry.command.length);
            }
            if (port.nextIndex > FIRST_SNAPSHOT && chance.oneIn(40) && !port.life.isOver()) {
                takeSnapshot(port);
            }
            if (chance.oneIn(3)) {
                return;
            }
        }
    }

    private void tick() {
        timeline.after(TICK_NS, this::tick);
        if (leader != NOBODY && !hasMajority(leader)) {
            world.trace().note(leader, "leads the quorum no longer");
            leader = NOBODY;
            term++;
        }
        if (leader == NOBODY) {
            elect();
            return;
        }
        new ArrayList<>(openSessions).forEach(this::hear);
        for (final QuorumPort port : ports) {
            if (null != port && isReady(port) && !port.isConnected) {
                connect(port);
            }
            deliver(port);
        }
    }

    private void connect(final QuorumPort port) {
        if (port.isConnecting || chance.oneIn(3)) {
            return;
        }
        port.isConnecting = true;
        timeline.after(chance.between(500_000L, 5_000_000L), () -> {
            port.isConnecting = false;
            if (isReady(port) && !port.isConnected && leader != NOBODY && hears(port)) {
                port.sessionId = ++lastSessionId;
                port.isConnected = true;
                openSessions.add(new Session(port, timeline.nowNs()));
                world.trace().note(port.nodeId, "session ", port.sessionId, " with the quorum opened");
                port.handler.onConnected(port.sessionId);
            }
        });
    }

    private boolean hears(final QuorumPort port) {
        return reaches(port.nodeId, leader) && reaches(leader, port.nodeId);
    }

    private void hear(final Session session) {
        final QuorumPort port = session.port;
        final boolean isHeard = isReady(port) && port.sessionId == session.sessionId && hears(port);
        if (isHeard) {
            session.lastHeardNs = timeline.nowNs();
        } else if (timeline.nowNs() - session.lastHeardNs > sessionTimeoutNs) {
            openSessions.remove(session);
            world.trace().note(port.nodeId, "session ", session.sessionId, " timed out");
            agree(session.sessionId, null);
            timeline.after(chance.between(100_000L, 30_000_000L), port.life, () -> disconnect(port, session.sessionId));
        }
    }

    /** The node finds out that its session is over. */
    private void disconnect(final QuorumPort port, final long sessionId) {
        if (port.isConnected && port.sessionId == sessionId && port == ports[port.nodeId]) {
            port.isConnected = false;
            port.handler.onDisconnected();
        }
    }

    private void elect() {
        if (isElecting) {
            return;
        }
        isElecting = true;
        timeline.after(chance.between(30_000_000L, 250_000_000L), () -> {
            isElecting = false;
            final List<Integer> able = new ArrayList<>();
            for (int i = 0; i < ports.length; i++) {
                if (hasMajority(i)) {
                    able.add(i);
                }
            }
            if (!able.isEmpty() && leader == NOBODY) {
                leader = chance.oneOf(able);
                term++;
                openSessions.forEach(session -> session.lastHeardNs = timeline.nowNs());
                world.trace().note(leader, "leads the quorum, term ", term);
            }
        });
    }

    private boolean hasMajority(final int nodeId) {
        if (nodeId == NOBODY || !isUp(nodeId)) {
            return false;
        }
        return Arrays.stream(ports)
                        .filter(port -> null != port && reaches(port.nodeId, nodeId) && reaches(nodeId, port.nodeId))
                        .count()
                > memberCount / 2;
    }

    private boolean isUp(final int nodeId) {
        return null != ports[nodeId] && isReady(ports[nodeId]);
    }

    private boolean isReady(final QuorumPort port) {
        return null != port.handler && !port.life.isOver() && port.life.pausedUntilNs() <= timeline.nowNs();
    }

    private boolean reaches(final int from, final int to) {
        return isUp(from) && isUp(to) && (from == to || world.network().isConnected(from, to));
    }

    private long hopNs(final int from, final int to) {
        return from == to ? chance.between(1_000L, 50_000L) : chance.between(50_000L, 1_000_000L);
    }
}
