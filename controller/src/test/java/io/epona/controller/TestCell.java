package io.epona.controller;

import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.stream.IntStream;
import org.agrona.concurrent.UnsafeBuffer;
import org.apache.kafka.common.Uuid;
import org.apache.kafka.common.errors.ApiException;
import org.apache.kafka.common.requests.ApiError;
import org.apache.kafka.common.security.auth.SecurityProtocol;

/** A cell's state machine and the nodes that talk to it. Every command goes through its bytes. */
final class TestCell {
    static final int SPAN_LENGTH = 1 << 20;

    final List<Integer> members;
    final int laneCount;
    final CellMachine machine;
    final TopicConfigs topicConfigs = new TopicConfigs(Map.of());
    final List<Entry> log = new ArrayList<>();
    private final Map<Integer, TestNode> nodes = new TreeMap<>();
    private long nextId = 1;

    TestCell(int memberCount, int laneCount) {
        this.members = IntStream.rangeClosed(1, memberCount).boxed().toList();
        this.laneCount = laneCount;
        this.machine = newMachine(topicConfigs);
        members.forEach(id -> nodes.put(id, new TestNode(id)));
    }

    /** What the control log has: a command, or the end of a session. */
    record Entry(long sessionId, byte[] command) {}

    static CellMachine newMachine(TopicConfigs topicConfigs) {
        return new CellMachine(topicConfigs, ImageFold.empty(1, CellState.EMPTY));
    }

    /** A cell that has begun and whose nodes have registered in order. */
    static TestCell started(int memberCount, int laneCount) {
        TestCell cell = new TestCell(memberCount, laneCount);
        cell.begin();
        cell.members.forEach(id -> cell.node(id).start());
        return cell;
    }

    TestNode node(int id) {
        return nodes.get(id);
    }

    LaneInfo lane(int laneId) {
        return machine.image().lane(laneId);
    }

    void begin() {
        node(1).submit(new ControlCommand.BeginCell(id(), laneCount, members, (short) 25));
    }

    Uuid id() {
        return new Uuid(0x5EED, nextId++);
    }

    /** All members in sync, as after a while. */
    void catchUp() {
        for (int laneId = 0; laneId < laneCount; laneId++) {
            LaneInfo lane = lane(laneId);
            if (!lane.isOffline()) {
                node(lane.leader()).propose(laneId, members);
            }
        }
    }

    /** What leaders' nodes do by themselves when they see the image. */
    void housekeeping() {
        for (TestNode node : nodes.values()) {
            for (InSyncChange change : LaneDecisions.dueProposals(machine.image(), node.nodeId)) {
                if (node.isRunning) {
                    node.submit(new ControlCommand.ProposeInSync(change));
                }
            }
        }
    }

    void loseSession(long sessionId) {
        log.add(new Entry(sessionId, null));
        machine.apply(machine.decideSessionClosed(sessionId).records());
    }

    /** Feeds an entry to a machine; the answer, or the refusal. */
    static Object feed(CellMachine machine, Entry entry) {
        if (entry.command() == null) {
            machine.apply(machine.decideSessionClosed(entry.sessionId()).records());
            return null;
        }
        UnsafeBuffer bytes = new UnsafeBuffer(entry.command());
        Decision<?> decision;
        try {
            decision = machine.decide(
                    entry.sessionId(), CommandCodec.origin(bytes, 0), CommandCodec.command(bytes, 0, bytes.capacity()));
        } catch (ApiException e) {
            return e;
        }
        machine.apply(decision.records());
        return decision.response();
    }

    /** A node as the cell sees it. */
    final class TestNode {
        final int nodeId;
        Uuid storageId = id();
        Uuid incarnationId = Uuid.ZERO_UUID;
        Uuid cleanStopOf = Uuid.ZERO_UUID;
        long sessionId;
        boolean isRunning;
        int spanLength = SPAN_LENGTH;
        final Map<Integer, LanePosition> positions = new TreeMap<>();

        private TestNode(int nodeId) {
            this.nodeId = nodeId;
            for (int laneId = 0; laneId < laneCount; laneId++) {
                positions.put(laneId, new LanePosition(laneId, true, 0, 0));
            }
        }

        /** A new process registers. */
        Object start() {
            incarnationId = id();
            isRunning = true;
            return connect();
        }

        /** The process has a new connection. */
        Object connect() {
            sessionId = nextId++;
            return register();
        }

        /** The process registers by the connection that it has. */
        Object register() {
            return submit(new ControlCommand.RegisterNode(new NodeRegistration(
                    storageId,
                    cleanStopOf,
                    spanLength,
                    List.of(new Endpoint("PLAINTEXT", "host" + nodeId, 9092, SecurityProtocol.PLAINTEXT)),
                    null,
                    List.copyOf(positions.values()))));
        }

        /** The process is gone, and the log has noticed. */
        void die() {
            isRunning = false;
            cleanStopOf = Uuid.ZERO_UUID;
            loseSession(sessionId);
        }

        /** The process has ended in good order. */
        void stop() {
            submit(new ControlCommand.ControlledShutdown());
            isRunning = false;
            cleanStopOf = incarnationId;
            loseSession(sessionId);
        }

        void hasUpTo(int laneId, int lastEpoch, long endPosition) {
            positions.put(laneId, new LanePosition(laneId, true, lastEpoch, endPosition));
        }

        void isDamaged(int laneId) {
            positions.put(laneId, new LanePosition(laneId, false, 0, 0));
        }

        ApiError propose(int laneId, List<Integer> isr) {
            LaneInfo lane = lane(laneId);
            return propose(laneId, lane.leaderEpoch(), lane.version(), isr);
        }

        ApiError propose(int laneId, int epoch, int version, List<Integer> isr) {
            return (ApiError) submit(new ControlCommand.ProposeInSync(new InSyncChange(laneId, epoch, version, isr)));
        }

        Object submit(ControlCommand<?> command) {
            UnsafeBuffer bytes = CommandCodec.encode(new Origin(nodeId, incarnationId, nextId++), command);
            Entry entry = new Entry(sessionId, bytes.byteArray());
            log.add(entry);
            return feed(machine, entry);
        }
    }
}
