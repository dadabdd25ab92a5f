package io.epona.systemtests.cell;

import io.epona.codec.FrameDescriptor;
import io.epona.controller.LaneInfo;
import io.epona.journal.JournalCorruptException;
import io.epona.journal.JournalFailedException;
import io.epona.journal.JournalTruncation;
import io.epona.journal.testing.PowerCutException;
import io.epona.sequencer.CheckpointCodec;
import io.epona.sequencer.LaneState;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.function.BooleanSupplier;
import org.agrona.ExpandableArrayBuffer;
import org.agrona.concurrent.UnsafeBuffer;

/**
 * One cell through one seed: nodes come and go, faults happen for a while, then everything is mended and the cell must
 * work again. Every promise is checked at every step. Everything follows from the seed. One thread.
 */
public final class CellSimulation implements NodeLife.Cell, Brokers {
    /** How a life of a node ends. */
    enum Death {
        KILL,
        POWER_CUT
    }

    private static final long LIVENESS_NS = 20_000_000_000L;
    private static final long POLL_NS = 20_000_000;
    /** One seed in so many has multicast. */
    private static final int SEEDS_PER_MULTICAST = 4;

    private static final int SHUTDOWN_TIMEOUT_MS = 400;
    private static final int ACKS_ONE_PRODUCER = -1;

    private final long seed;
    private final PlantedBug bug;
    private final World world;
    private final CellPlan plan;
    private final History history;
    private final SimulatedQuorum quorum;
    private final NodeHost[] hosts;
    private final NodeLife[] lives;
    private final List<ProducerClient> producers = new ArrayList<>();
    private final List<ConsumerClient> consumers = new ArrayList<>();
    private final Faults faults;
    private final ExpandableArrayBuffer expectedState = new ExpandableArrayBuffer();
    private final ExpandableArrayBuffer actualState = new ExpandableArrayBuffer();
    private final Map<Integer, LaneInfo> decisions = new HashMap<>();
    private int newestVersion = -1;
    private NodeLife dying;
    private boolean isHealing;
    private boolean isDataGone;
    private int startCount;
    private int leaderChanges;

    /**
     * A cell that has not begun.
     *
     * @param seed of everything.
     * @param bug that is planted into it.
     * @param isTraced whether what happens is noted.
     */
    public CellSimulation(final long seed, final PlantedBug bug, final boolean isTraced) {
        this.seed = seed;
        this.bug = bug;
        final Chance chance = new Chance(seed);
        this.plan = CellPlan.of(chance, seed % SEEDS_PER_MULTICAST == 0);
        final Trace trace = new Trace(isTraced);
        final Timeline timeline = new Timeline(this::checkPositions);
        trace.timeline(timeline);
        this.world =
                new World(timeline, chance, trace, new SimulatedNetwork(timeline, chance, trace, plan.nodeCount() + 1));
        this.history = new History(plan);
        this.quorum = new SimulatedQuorum(world, plan.nodeCount(), plan.sessionTimeoutNs());
        this.hosts = new NodeHost[plan.nodeCount() + 1];
        this.lives = new NodeLife[plan.nodeCount() + 1];
        for (int id = 1; id < hosts.length; id++) {
            hosts[id] = new NodeHost(id, world, plan, history.replica(id));
        }
        this.faults = new Faults(this);
    }

    /**
     * Lives through the seed.
     *
     * @throws Violation when a promise is broken.
     */
    public SimulationReport run() {
        try {
            begin();
            world.timeline().runUntil(plan.chaosNs());
            heal();
            recover("after the faults");
            if (world.chance().oneIn(3) && !isDataGone) {
                cutAllPower();
                recover("after a power cut of all nodes");
            }
            return report();
        } finally {
            MemoryPool.giveAllBack();
        }
    }

    private void begin() {
        for (int id = 1; id < hosts.length; id++) {
            final int nodeId = id;
            world.timeline().after(world.chance().between(0L, 100_000_000L), () -> startNode(nodeId));
        }
        quorum.start();
        final Batch.Maker maker = new Batch.Maker();
        for (int i = 0; i < plan.producers(); i++) {
            producers.add(new ProducerClient(world, plan, this, history, maker, 1000 + i));
        }
        if (world.chance().oneIn(2)) {
            producers.add(new ProducerClient(world, plan, this, history, maker, ACKS_ONE_PRODUCER));
        }
        for (int i = 0; i < plan.partitions(); i++) {
            consumers.add(new ConsumerClient(world, this, history, i));
        }
        producers.forEach(ProducerClient::start);
        consumers.forEach(ConsumerClient::start);
        faults.start();
    }

    private SimulationReport report() {
        return new SimulationReport(
                seed,
                plan,
                world.timeline().eventCount(),
                history.acknowledged().size(),
                startCount,
                leaderChanges,
                faults.count(),
                isDataGone,
                history.fingerprint() * 31 + world.timeline().eventCount());
    }

    // --- nodes ---

    void startNode(final int nodeId) {
        final NodeHost host = hosts[nodeId];
        if (null != lives[nodeId] || isDataGone) {
            return;
        }
        startCount++;
        RecoveredLane recovered = null;
        try {
            recovered = RecoveredLane.open(host, plan, bug);
        } catch (final PowerCutException ex) {
            world.trace().note(nodeId, "loses power while it starts");
            host.device.restorePower();
            host.shelf.cutPower(world.chance());
            restartLater(nodeId);
            return;
        } catch (final JournalFailedException ex) {
            world.trace().note(nodeId, "fails to start: ", ex.getMessage());
            host.device.killProcess();
            restartLater(nodeId);
            return;
        } catch (final JournalCorruptException ex) {
            recovered = setAside(host, ex);
        }
        begin(host, recovered);
    }

    private void begin(final NodeHost host, final RecoveredLane recovered) {
        final long tail = recovered.tail().position();
        final long bound = recovered.tail().committedBound();
        world.trace().note(host.nodeId, "starts: log ends at ", tail, ", known committed ", bound);
        history.onStart(host.nodeId, tail, bound);
        checkState("recovered", host, recovered.state(), bound);
        final NodeLife life = new NodeLife(this, host, recovered);
        lives[host.nodeId] = life;
        host.device.onBusy(() -> world.timeline().passUntil(world.timeline().nowNs() + host.writeNs(), life));
        life.start();
    }

    /** The lane's log is damaged where it was durable: the node empties it and says so, to be filled by its leader. */
    private RecoveredLane setAside(final NodeHost host, final JournalCorruptException damage) {
        world.trace().note(host.nodeId, "finds damage: ", damage.getMessage());
        if (!host.replica.isSuspect && !(damage.damage().mayBeTorn() && !history.isInSync(host.nodeId))) {
            throw new Violation("node " + host.nodeId + " finds its undamaged journal damaged", damage);
        }
        host.replica.isSuspect = true;
        host.device.replace();
        host.shelf.clear();
        host.isLaneLost = true;
        host.replica.log.restartAt(0);
        history.onEmptied(host.nodeId);
        isDataGone |= history.isDataGone(); // else its registration is refused
        return RecoveredLane.open(host, plan, bug);
    }

    /** What a new leader has derived in a hurry is what its whole log leads to. */
    private void checkPromotedState(final NodeLife life) {
        final History.Replica replica = history.replica(life.nodeId());
        final LaneState replayed = history.replay(plan, replica.log.startPosition());
        replica.log.replayInto(replayed);
        compareStates("promoted", life.nodeId(), replayed, life.laneState(), replica.log.end());
    }

    /** The state must be what all frames up to there lead to. */
    private void checkState(final String which, final NodeHost host, final LaneState state, final long position) {
        compareStates(which, host.nodeId, history.replay(plan, position), state, position);
    }

    private void compareStates(
            final String which,
            final int nodeId,
            final LaneState replayed,
            final LaneState state,
            final long position) {
        final int expectedLength =
                CheckpointCodec.encode(replayed, RecoveredLane.IDENTITY, position, position, false, expectedState);
        final int actualLength =
                CheckpointCodec.encode(state, RecoveredLane.IDENTITY, position, position, false, actualState);
        final UnsafeBuffer expected = new UnsafeBuffer(expectedState, 0, expectedLength);
        if (!expected.equals(new UnsafeBuffer(actualState, 0, actualLength))) {
            throw new Violation(
                    "the " + which + " state of node " + nodeId + " differs from a full replay: position=" + position);
        }
    }

    void endLife(final int nodeId, final Death death) {
        final NodeLife life = lives[nodeId];
        if (null == life) {
            return;
        }
        world.trace().note(nodeId, "ends: ", death);
        life.end();
        final JournalTruncation truncation = life.recovered.journal().truncation();
        if (truncation.isHeld()) {
            history.onEndedWhileCutting(nodeId, truncation.pendingPosition());
        }
        lives[nodeId] = null;
        final NodeHost host = hosts[nodeId];
        host.pausedUntilNs = 0;
        host.device.onBusy(() -> {});
        if (death == Death.POWER_CUT || !host.device.isOn()) {
            host.device.cutPower();
            host.device.restorePower();
            host.shelf.cutPower(world.chance());
        } else {
            host.device.killProcess();
        }
    }

    /** The node hands its lanes over, then stops in order. */
    void restartCleanly(final int nodeId) {
        final NodeLife life = lives[nodeId];
        if (null == life) {
            return;
        }
        life.controlBridge()
                .beginShutdown(SHUTDOWN_TIMEOUT_MS)
                .whenComplete((led, error) -> world.timeline().after(100_000, life, () -> stop(life)));
    }

    private void stop(final NodeLife life) {
        if (life.isBlocked()) {
            world.timeline().after(1_000_000, life, () -> stop(life));
            return;
        }
        world.trace().note(life.nodeId(), "stops cleanly");
        life.stopCleanly();
        if (!life.isOver() && !hasFatal(life)) {
            hosts[life.nodeId()].cleanStopOf = life.controlBridge().incarnationId();
            endLife(life.nodeId(), Death.KILL);
            restartLater(life.nodeId());
        }
    }

    private boolean hasFatal(final NodeLife life) {
        return life == dying;
    }

    void restartLater(final int nodeId) {
        final Chance chance = world.chance();
        final long delayNs = isHealing ? 50_000_000 : chance.spreadNs(20_000_000, 900_000_000);
        world.timeline().after(delayNs, () -> startNode(nodeId));
    }

    @Override
    public void onFatal(final NodeLife life, final String component, final Throwable reason) {
        world.trace().note(life.nodeId(), component, " ends the node: ", reason);
        final boolean isPowerCut = reason instanceof PowerCutException;
        final boolean isExpected = isPowerCut
                || reason instanceof JournalFailedException
                || "controller".equals(component) && isOvertakenByFormerLife(reason);
        if (!isExpected) {
            world.timeline()
                    .fail(new Violation(
                            "node " + life.nodeId() + " ends itself, " + component + ": " + reason, reason));
            return;
        }
        dying = life;
        // The process ends at the next event: this one is still inside of it.
        world.timeline().after(0, life, () -> {
            endLife(life.nodeId(), isPowerCut ? Death.POWER_CUT : Death.KILL);
            restartLater(life.nodeId());
        });
    }

    /** What a former life had asked for came late, and looks like another process under the same name. */
    private static boolean isOvertakenByFormerLife(final Throwable reason) {
        return String.valueOf(reason.getMessage()).startsWith("another process has registered");
    }

    @Override
    public void onRole(final NodeLife life, final long leadingEpoch) {
        if (leadingEpoch >= 0) {
            leaderChanges++;
            world.trace().note(life.nodeId(), "leads epoch ", leadingEpoch);
            history.onLeader(life.nodeId(), (int) leadingEpoch);
            checkPromotedState(life);
            faults.onLeader(life.nodeId());
        } else {
            world.trace().note(life.nodeId(), "leads no more");
        }
    }

    /** A damaged journal that others need is reported; the node gets an empty disk, if others have everything. */
    @Override
    public void onUnreadable(final NodeLife life) {
        final int nodeId = life.nodeId();
        world.timeline().after(1_000_000, life, () -> {
            final boolean hasOthers = java.util.Arrays.stream(history.inSync())
                    .anyMatch(id -> id != nodeId && !history.replica(id).isSuspect && null != lives[id]);
            if (faults.hasDamaged(nodeId) && hasOthers && quorum.pendingCount() == 0) {
                endLife(nodeId, Death.KILL);
                hosts[nodeId].replaceDisk();
                history.onEmptied(nodeId);
                restartLater(nodeId);
            }
        });
    }

    @Override
    public void onInstallNeeded(final NodeLife life) {
        world.timeline().after(world.chance().between(1_000_000L, 50_000_000L), life, () -> install(life));
    }

    /** Takes over another node's partition logs and the state that belongs to them; the log begins behind. */
    private void install(final NodeLife life) {
        final NodeLife source = leader();
        if (source == life) {
            return;
        }
        if (null == source || hosts[life.nodeId()].device.isFull()) {
            onInstallNeeded(life);
            return;
        }
        final int nodeId = life.nodeId();
        final NodeHost host = hosts[nodeId];
        final long position = source.host.shelf.drainedPosition();
        world.trace().note(nodeId, "is installed from node ", source.nodeId(), " at ", position);
        endLife(nodeId, Death.KILL);
        host.isLaneLost = true;
        host.shelf.copyFrom(source.host.shelf);
        history.onInstalled(nodeId, position);
        new LaneInstall(host, plan, history).at(position);
        startNode(nodeId);
    }

    private NodeLife leader() {
        for (final NodeLife life : lives) {
            if (null != life && life.role.leadingEpoch().get() >= 0) {
                return life;
            }
        }
        return null;
    }

    /** Every node must come to the same decisions; the first to hear of one tells what counts from then on. */
    @Override
    public void onDecided(final NodeLife life, final LaneInfo decided) {
        final LaneInfo known = decisions.putIfAbsent(decided.version(), decided);
        if (null != known && !known.equals(decided)) {
            throw new Violation(
                    "controllers differ: node " + life.nodeId() + " has " + decided + ", another had " + known);
        }
        if (null == known && decided.version() >= newestVersion) {
            newestVersion = decided.version();
            world.trace().note(-1, "decided: ", decided);
            history.onInSync(decided.isr().stream().mapToInt(Integer::intValue).toArray());
            isDataGone |= history.isDataGone();
        }
    }

    // --- after the faults ---

    private void heal() {
        world.trace().note(-1, "everything is mended");
        isHealing = true;
        faults.stop();
        producers.forEach(ProducerClient::slowDown);
        world.network().heal();
        for (int id = 1; id < hosts.length; id++) {
            hosts[id].pausedUntilNs = 0;
            hosts[id].leastWriteNs = 30_000;
            hosts[id].mostWriteNs = 400_000;
            hosts[id].device.fill(false);
            if (null == lives[id]) {
                final int nodeId = id;
                world.timeline().after(0, () -> startNode(nodeId));
            }
        }
    }

    private void cutAllPower() {
        for (int id = 1; id < hosts.length; id++) {
            endLife(id, Death.POWER_CUT);
        }
        for (int id = 1; id < hosts.length; id++) {
            restartLater(id);
        }
    }

    /** All works again, within a bounded time. */
    private void recover(final String when) {
        await("a leader, and all nodes in sync, " + when, this::isWhole);
        producers.forEach(ProducerClient::beginOneMore);
        producers.forEach(ProducerClient::beginNothingNew);
        await("all that was sent acknowledged " + when, () -> producers.stream().allMatch(ProducerClient::isIdle));
        await("all that is committed known to all nodes " + when, this::isSettled);
        await("all that is committed seen by consumers " + when, this::isAllSeen);
    }

    private void await(final String what, final BooleanSupplier condition) {
        final long deadlineNs = world.timeline().nowNs() + LIVENESS_NS;
        while (!isDataGone && !condition.getAsBoolean()) {
            if (world.timeline().nowNs() > deadlineNs) {
                throw new Violation("not within " + LIVENESS_NS / 1_000_000 + " ms: " + what + "; " + this);
            }
            world.timeline().runUntil(world.timeline().nowNs() + POLL_NS);
        }
    }

    private boolean isWhole() {
        int leaders = 0;
        for (int id = 1; id < lives.length; id++) {
            if (null == lives[id]) {
                return false;
            }
            leaders += lives[id].role.leadingEpoch().get() >= 0 ? 1 : 0;
        }
        return leaders == 1 && history.inSync().length == plan.nodeCount();
    }

    private boolean isSettled() {
        for (int id = 1; id < lives.length; id++) {
            if (null == lives[id] || lives[id].counters.committed().get() != history.committedEnd()) {
                return false;
            }
        }
        return true;
    }

    private boolean isAllSeen() {
        return consumers.stream().allMatch(consumer -> {
            final List<LogFrame> log = history.framesOf(consumer.partition());
            return log.isEmpty()
                    || consumer.nextOffset() == log.get(log.size() - 1).nextOffset();
        });
    }

    /** What must hold of every node's positions at any time. */
    private void checkPositions() {
        for (final NodeLife life : lives) {
            if (null == life) {
                continue;
            }
            final long committed = life.counters.committed().get();
            final boolean isOrdered = life.counters.checkpointApplied().get() <= framed(committed)
                    && life.counters.drained().get() <= framed(committed)
                    && life.counters.shelved().get() <= life.counters.drained().get()
                    && life.counters.checkpointed().get() <= framed(committed)
                    && committed <= life.counters.durable().get()
                    && life.counters.durable().get()
                            <= framed(life.counters.appended().get());
            if (!isOrdered) {
                throw new Violation(
                        "positions of node " + life.nodeId() + " contradict each other: " + positions(life));
            }
        }
    }

    /** What is skipped at a span's end belongs to no frame. */
    private long framed(final long position) {
        return FrameDescriptor.framePosition(position, plan.spanLength());
    }

    private static String positions(final NodeLife life) {
        return "appended=" + life.counters.appended().get() + ", durable="
                + life.counters.durable().get() + ", committed="
                + life.counters.committed().get()
                + ", checkpointApplied=" + life.counters.checkpointApplied().get() + ", checkpointed="
                + life.counters.checkpointed().get() + ", drained="
                + life.counters.drained().get() + ", shelved="
                + life.counters.shelved().get();
    }

    // --- what others see ---

    long seed() {
        return seed;
    }

    Trace trace() {
        return world.trace();
    }

    NodeHost host(final int nodeId) {
        return hosts[nodeId];
    }

    NodeLife lifeOf(final int nodeId) {
        return lives[nodeId];
    }

    @Override
    public World world() {
        return world;
    }

    @Override
    public CellPlan plan() {
        return plan;
    }

    @Override
    public History history() {
        return history;
    }

    @Override
    public PlantedBug bug() {
        return bug;
    }

    @Override
    public SimulatedQuorum quorum() {
        return quorum;
    }

    @Override
    public SimulatedTransport transport(final int nodeId) {
        return nodeId < lives.length && null != lives[nodeId] ? lives[nodeId].transport : null;
    }

    @Override
    public List<Broker> running() {
        final List<Broker> running = new ArrayList<>();
        for (final NodeLife life : lives) {
            if (null != life) {
                running.add(life);
            }
        }
        return running;
    }

    @Override
    public Broker broker(final int nodeId) {
        return nodeId < lives.length ? lives[nodeId] : null;
    }

    @Override
    public String toString() {
        final StringBuilder text = new StringBuilder("in sync=")
                .append(java.util.Arrays.toString(history.inSync()))
                .append(", committed=")
                .append(history.committedEnd())
                .append(", quorum led by ")
                .append(quorum.leader());
        for (int id = 1; id < lives.length; id++) {
            text.append("; node ").append(id).append(": ");
            if (null == lives[id]) {
                text.append("down");
            } else {
                text.append("leads epoch ")
                        .append(lives[id].role.leadingEpoch().get())
                        .append(", image ")
                        .append(lives[id].laneInfo())
                        .append(", ")
                        .append(positions(lives[id]));
            }
        }
        producers.stream()
                .filter(producer -> !producer.isIdle())
                .forEach(producer -> text.append("; ").append(producer));
        return text.toString();
    }
}
