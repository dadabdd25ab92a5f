package io.epona.systemtests.cell;

import io.epona.controller.LaneInfo;
import io.epona.journal.JournalWriter;
import io.epona.journal.RingReader;
import io.epona.replicator.ReplicatedLane;
import io.epona.replicator.ReplicationConfig;
import io.epona.replicator.Replicator;
import io.epona.runtime.LaneCounters;
import io.epona.runtime.LaneRole;
import io.epona.runtime.ReplicaCounters;
import io.epona.runtime.Signal;
import io.epona.sequencer.CheckpointAgent;
import io.epona.sequencer.CheckpointConfig;
import io.epona.sequencer.CheckpointContext;
import io.epona.sequencer.InstallGate;
import io.epona.sequencer.Lane;
import io.epona.sequencer.LaneConfig;
import io.epona.sequencer.LaneContext;
import io.epona.sequencer.LaneControlProxy;
import io.epona.sequencer.LaneGateway;
import io.epona.sequencer.LaneProxy;
import io.epona.sequencer.LaneReplication;
import io.epona.sequencer.LaneState;
import io.epona.sequencer.ReplicaTooOldException;
import io.epona.sequencer.ReplicationLimits;
import io.epona.sequencer.ShadowHandOver;
import java.util.ArrayList;
import java.util.List;
import org.agrona.concurrent.Agent;
import org.agrona.concurrent.UnsafeBuffer;
import org.agrona.concurrent.ringbuffer.ManyToOneRingBuffer;
import org.agrona.concurrent.ringbuffer.OneToOneRingBuffer;
import org.agrona.concurrent.ringbuffer.RingBuffer;
import org.apache.kafka.common.Uuid;

/**
 * One life of a node: the production code of a lane, its journal, its checkpoints and its replication, each agent on a
 * loop of its own in virtual time, with a shelf and a gateway that are simple. One thread.
 */
final class NodeLife implements Life, Broker {
    private static final int COMMAND_RING_LENGTH = 64 * 1024;
    private static final int PEERS_RING_LENGTH = 64 * 1024;
    private static final int SMALL_RING_LENGTH = 16 * 1024;
    private static final int MAX_READ_LENGTH = 16 * 1024;
    private static final int MAX_FETCHED_BATCHES = 8;
    private static final long HOT_IDLE_NS = 3_000_000;
    private static final long SLOW_IDLE_NS = 10_000_000;
    private static final long HEARTBEAT_NS = 20_000_000;
    private static final int GATEWAY = 0;
    private static final int CONTROLLER = 1;

    final NodeHost host;
    final RecoveredLane recovered;
    final LaneCounters counters;
    final LaneRole role;
    final SimulatedTransport transport;
    final LaneControlProxy control;
    final RingBuffer proposals;
    private final Cell cell;
    private final World world;
    private final CellPlan plan;
    private final List<ReplicaCounters> replicas = new ArrayList<>();
    private final List<AgentLoop> loops = new ArrayList<>();
    private final JournalWriter writer;
    private final CheckpointAgent checkpoints;
    private final Lane lane;
    private final SimulatedGateway gateway;
    private final RingReader shelfReader;
    private final NodeControl controlBridge;
    private AgentLoop laneLoop;
    private AgentLoop writerLoop;
    private AgentLoop checkpointLoop;
    private AgentLoop senderLoop;
    private AgentLoop receiverLoop;
    private AgentLoop catchUpLoop;
    private AgentLoop gatewayLoop;
    private AgentLoop controlLoop;
    private boolean isOver;
    private boolean isCatchUpBlocked;

    /** What a life needs of the cell. */
    interface Cell extends SimulatedTransport.Directory {
        World world();

        CellPlan plan();

        History history();

        PlantedBug bug();

        SimulatedQuorum quorum();

        /** The node has ended itself. */
        void onFatal(NodeLife life, String component, Throwable reason);

        /** The replicator of a node has reported something, such as a journal that cannot be read. */
        void onUnreadable(NodeLife life);

        /** The leader's journal does not reach back to where this node's log ends. */
        void onInstallNeeded(NodeLife life);

        /** A node has learned what the controller decided about the lane. */
        void onDecided(NodeLife life, LaneInfo decided);

        /** A node's lane says who leads. */
        void onRole(NodeLife life, long leadingEpoch);
    }

    NodeLife(final Cell cell, final NodeHost host, final RecoveredLane recovered) {
        this.cell = cell;
        this.world = cell.world();
        this.plan = cell.plan();
        this.host = host;
        this.recovered = recovered;
        this.counters = observedCounters();
        this.role = observedRole();
        for (int id = 1; id <= plan.nodeCount(); id++) {
            if (id != host.nodeId) {
                replicas.add(ReplicaCounters.onHeap(id));
            }
        }
        final Rings rings = new Rings();
        this.proposals = rings.proposals;
        this.controlBridge = new NodeControl(this, cell, rings.controllerReplies);
        this.transport = new SimulatedTransport(world, plan, host.nodeId, this, cell, () -> receiverLoop.signal());
        this.control = new LaneControlProxy(CellPlan.LANE_ID, CONTROLLER, rings.control, () -> laneLoop.signal());
        this.shelfReader = new RingReader(recovered.ring(), plan.spanLength());
        this.writer = recovered
                .journal()
                .writer(
                        counters,
                        Recorders.ofThisThread().journal,
                        () -> laneLoop.signal(),
                        this::onFatal,
                        host.clock::nanoTime);
        final ShadowHandOver shadow = new ShadowHandOver(() -> checkpointLoop.signal(), () -> laneLoop.signal());
        this.checkpoints = checkpointAgent(shadow);
        this.lane = new Lane(laneContext(rings, shadow));
        final Replicator replicator = replicator(rings);
        this.gateway = gateway(rings);
        makeLoops(replicator);
    }

    /** Rings between the node's agents. */
    private static final class Rings {
        final ManyToOneRingBuffer commands = new ManyToOneRingBuffer(MemoryPool.take(COMMAND_RING_LENGTH));
        final OneToOneRingBuffer replies = new OneToOneRingBuffer(MemoryPool.take(SMALL_RING_LENGTH));
        final OneToOneRingBuffer controllerReplies = new OneToOneRingBuffer(MemoryPool.take(SMALL_RING_LENGTH));
        final ManyToOneRingBuffer control = new ManyToOneRingBuffer(MemoryPool.take(SMALL_RING_LENGTH));
        final OneToOneRingBuffer peers = new OneToOneRingBuffer(MemoryPool.take(PEERS_RING_LENGTH));
        final OneToOneRingBuffer outbox = new OneToOneRingBuffer(MemoryPool.take(SMALL_RING_LENGTH));
        final OneToOneRingBuffer proposals = new OneToOneRingBuffer(MemoryPool.take(SMALL_RING_LENGTH));
    }

    private LaneCounters observedCounters() {
        final History history = cell.history();
        final int nodeId = host.nodeId;
        final ObservedCounter appended = new ObservedCounter(position -> guard(() -> {
            if (position < host.replica.log.end()) {
                world.trace().note(nodeId, "cuts its log to ", position, ", it ended at ", host.replica.log.end());
                history.onCut(nodeId, position);
            }
            host.replica.log.onAppended(recovered.ring().buffer(), position);
        }));
        final ObservedCounter durable = new ObservedCounter(position -> guard(() -> {
            checkDevice(position);
            history.onDurable(nodeId, position);
        }));
        final ObservedCounter committed = new ObservedCounter(position -> guard(() -> {
            world.trace().note(nodeId, "committed ", position, ", appended ", host.replica.log.end());
            checkTenureHasBegun(position);
            history.onCommitted(nodeId, position);
        }));
        final LaneCounters positions = LaneCounters.onHeap();
        final LaneCounters result = new LaneCounters(
                appended,
                durable,
                committed,
                positions.checkpointApplied(),
                positions.checkpointed(),
                positions.drained(),
                positions.shelved());
        final long tail = recovered.tail().position();
        final long bound = recovered.tail().committedBound();
        result.setAll(bound);
        appended.setRelease(tail);
        durable.setRelease(tail);
        result.checkpointed().setRelease(recovered.start().shelvedPosition());
        result.shelved().setRelease(Math.min(host.shelf.flushedPosition(), bound));
        host.shelf.drainedTo(bound);
        appended.observe();
        durable.observe();
        committed.observe();
        return result;
    }

    /** A leader exposes nothing new before the frame that begins its epoch is committed. */
    private void checkTenureHasBegun(final long position) {
        if (role.leadingEpoch().get() >= 0 && position < role.readyPosition().get()) {
            throw new Violation("node " + host.nodeId
                    + " exposes what its predecessors left before its epoch has begun:" + " committed=" + position
                    + ", ready at " + role.readyPosition().get());
        }
    }

    private LaneRole observedRole() {
        final ObservedCounter leadingEpoch = new ObservedCounter(epoch -> guard(() -> cell.onRole(this, epoch)));
        final LaneRole plain = LaneRole.onHeap();
        leadingEpoch.set(LaneRole.NOT_LEADING);
        leadingEpoch.observe();
        return new LaneRole(leadingEpoch, plain.readyPosition(), plain.inSync());
    }

    /** A broken promise ends the simulation, even where production code would catch what is thrown. */
    private void guard(final Runnable check) {
        if (isOver) {
            return;
        }
        try {
            check.run();
        } catch (final Violation ex) {
            world.timeline().fail(ex);
            throw ex;
        }
    }

    /** What is called durable is on the device, as it was appended. */
    private void checkDevice(final long position) {
        if (host.replica.isSuspect || position <= host.replica.durable) {
            return;
        }
        final ReplicaLog log = host.replica.log;
        for (int i = log.indexOf(host.replica.durable); i < log.size() && log.frame(i).position < position; i++) {
            final LogFrame frame = log.frame(i);
            final byte[] file =
                    host.device.segmentBytes(host.journal.fileIndex(host.journal.segmentNumber(frame.position)));
            if (!frame.isSameAs(new UnsafeBuffer(file), (int) host.journal.fileOffset(frame.position))) {
                throw new Violation("node " + host.nodeId + " calls durable what is not on its device: " + frame
                        + ", durable=" + position);
            }
        }
    }

    private CheckpointAgent checkpointAgent(final ShadowHandOver shadow) {
        return new CheckpointAgent(new CheckpointContext(
                RecoveredLane.IDENTITY,
                new CheckpointConfig(Math.max(1, host.journal.capacity() / 6), 20_000_000),
                recovered.state(),
                shadow,
                recovered.ring(),
                plan.spanLength(),
                counters,
                recovered.start(),
                recovered.store(),
                host.clock,
                partition -> true,
                () -> laneLoop.signal(),
                this::onFatal,
                CheckpointContext.Meters.onHeap()));
    }

    private LaneContext laneContext(final Rings rings, final ShadowHandOver shadow) {
        final Recorders recorders = Recorders.ofThisThread();
        final LaneReplication replication = new LaneReplication(
                new LaneReplication.Node(host.nodeId, incarnation16(controlBridge.incarnationId()), 0),
                replicas,
                role,
                new LaneReplication.Rings(
                        rings.control,
                        rings.peers,
                        rings.outbox,
                        rings.proposals,
                        () -> senderLoop.signal(),
                        () -> controlLoop.signal()),
                recovered.journal().truncation(),
                recovered.journal().bounds()::oldestReadablePosition,
                shadow,
                new InstallGate(),
                limits(),
                recorders.replicationMeters,
                cell.bug().replicationFaults());
        return new LaneContext(
                new LaneConfig(
                        CellPlan.LANE_ID,
                        plan.segmentLength(),
                        plan.segmentCount(),
                        plan.blockLength(),
                        plan.maxBatchLength()),
                recovered.state(),
                recovered.ring(),
                rings.commands,
                List.of(
                        new LaneGateway(rings.replies, () -> gatewayLoop.signal()),
                        new LaneGateway(rings.controllerReplies, () -> controlLoop.signal())),
                counters,
                replication,
                host.clock,
                Signal.all(() -> writerLoop.signal(), () -> senderLoop.signal()),
                Signal.all(() -> checkpointLoop.signal(), () -> senderLoop.signal()),
                recorders.lane,
                recorders.breaches,
                recorders.meters,
                error -> {
                    world.trace().note(host.nodeId, "lane reports: ", error.getMessage());
                    if (error instanceof ReplicaTooOldException) {
                        cell.onInstallNeeded(this);
                    }
                });
    }

    /** Low bits of an incarnation's id, never 0. */
    static int incarnation16(final Uuid id) {
        final int bits = (int) id.getLeastSignificantBits() & 0xFFFF;
        return bits == 0 ? 1 : bits;
    }

    private ReplicationLimits limits() {
        final long maxLagNs = plan.maxLagNs();
        return new ReplicationLimits(maxLagNs, 200_000_000, 40_000_000, maxLagNs, 500_000_000);
    }

    private Replicator replicator(final Rings rings) {
        final ReplicatedLane replicated = new ReplicatedLane(
                CellPlan.LANE_ID,
                recovered.ring(),
                plan.spanLength(),
                counters,
                replicas,
                rings.outbox,
                rings.peers,
                () -> laneLoop.signal(),
                () -> new JournalSource(recovered.journal().openReader(), plan));
        return Replicator.create(new Replicator.Context(
                new ReplicationConfig(host.nodeId, HEARTBEAT_NS, 5_000_000, 300_000_000, 60_000_000, 200_000_000),
                List.of(replicated),
                transport,
                type -> LaneCounters.onHeap().appended(),
                host.clock,
                () -> catchUpLoop.signal(),
                new BlockedFlag(),
                error -> {
                    world.trace().note(host.nodeId, "replicator reports: ", error.getMessage());
                    cell.onUnreadable(this);
                }));
    }

    /** Notices that the catch-up agent would sleep. */
    private final class BlockedFlag implements org.agrona.concurrent.IdleStrategy {
        @Override
        public void idle(final int workCount) {
            isCatchUpBlocked = workCount == 0;
        }

        @Override
        public void idle() {
            isCatchUpBlocked = true;
        }

        @Override
        public void reset() {
            isCatchUpBlocked = false;
        }

        @Override
        public String alias() {
            return "blocked-flag";
        }
    }

    private SimulatedGateway gateway(final Rings rings) {
        final LaneProxy proxy = new LaneProxy(
                GATEWAY,
                rings.commands,
                () -> laneLoop.signal(),
                LaneCounters.onHeap().appended());
        return new SimulatedGateway(new SimulatedGateway.Context(
                host.nodeId,
                plan,
                proxy,
                rings.replies,
                counters,
                role,
                () -> controlBridge.lane(),
                this::read,
                host.clock::epochNs,
                cell.bug()));
    }

    private void makeLoops(final Replicator replicator) {
        laneLoop = loop(lane, HOT_IDLE_NS);
        writerLoop = loop(writer, SLOW_IDLE_NS);
        checkpointLoop = loop(checkpoints, SLOW_IDLE_NS);
        senderLoop = loop(replicator.sender(), HOT_IDLE_NS);
        receiverLoop = loop(replicator.receiver(), HOT_IDLE_NS);
        catchUpLoop = loop(
                named("catch-up", () -> {
                    isCatchUpBlocked = false;
                    final int workCount = replicator.catchUp().doWork();
                    return isCatchUpBlocked ? 0 : workCount;
                }),
                SLOW_IDLE_NS);
        gatewayLoop = loop(gateway, HOT_IDLE_NS);
        controlLoop = loop(named("control", controlBridge::doWork), SLOW_IDLE_NS);
        loop(named("shelf", this::drain), 4 * SLOW_IDLE_NS);
        loop(named("shelf-flush", this::flush), 10 * SLOW_IDLE_NS);
    }

    private static Agent named(final String name, final java.util.function.IntSupplier work) {
        return new Agent() {
            @Override
            public int doWork() {
                return work.getAsInt();
            }

            @Override
            public String roleName() {
                return name;
            }
        };
    }

    private AgentLoop loop(final Agent agent, final long idleNs) {
        final AgentLoop loop = new AgentLoop(world, this, agent, idleNs, reason -> onFatal(agent.roleName(), reason));
        loops.add(loop);
        return loop;
    }

    void start() {
        loops.forEach(AgentLoop::start);
        controlBridge.start();
    }

    void onFatal(final String component, final Throwable reason) {
        if (!isOver) {
            cell.onFatal(this, component, reason);
        }
    }

    private int drain() {
        final long before = host.shelf.drainedPosition();
        final long committed = counters.committed().get();
        shelfReader.read(before, committed, host.shelf::onFrame, MAX_READ_LENGTH);
        final long drained = Math.max(before, shelfReader.position());
        host.shelf.drainedTo(drained);
        counters.drained().setRelease(drained);
        if (drained > before) {
            laneLoop.signal();
        }
        return drained < committed && drained > before ? 1 : 0;
    }

    private int flush() {
        counters.shelved().setRelease(host.shelf.flush());
        return 0;
    }

    /** Committed batches: what is on the shelf, then what is still in the ring. */
    private List<UnsafeBuffer> read(final int partition, final long offset, final long committed) {
        final List<UnsafeBuffer> batches = host.shelf.read(partition, offset, MAX_FETCHED_BATCHES);
        if (batches.size() >= MAX_FETCHED_BATCHES) {
            return batches;
        }
        final long fromOffset = Math.max(offset, host.shelf.nextOffset(partition));
        final RingReader reader = new RingReader(recovered.ring(), plan.spanLength());
        reader.read(
                host.shelf.drainedPosition(),
                committed,
                (buffer, at, length, position) -> RingBatches.add(batches, buffer, at, length, partition, fromOffset),
                Integer.MAX_VALUE);
        return batches;
    }

    /** The order of a clean stop: lane and writer have ended, then what follows them ends. */
    void stopCleanly() {
        writer.onClose();
        lane.commitRest();
        while (drain() > 0) {
            // All that is committed goes to the shelf.
        }
        flush();
        checkpoints.markCleanStop();
        checkpoints.onClose();
    }

    /** True while an agent blocks in the device: its thread cannot end yet. */
    boolean isBlocked() {
        return loops.stream().anyMatch(AgentLoop::isRunning);
    }

    /** Nothing of this life happens any more. */
    void end() {
        isOver = true;
    }

    LaneInfo laneInfo() {
        return controlBridge.lane();
    }

    NodeControl controlBridge() {
        return controlBridge;
    }

    /** What the lane has derived from its log, while it leads. */
    LaneState laneState() {
        return lane.state();
    }

    @Override
    public boolean isOver() {
        return isOver;
    }

    @Override
    public long pausedUntilNs() {
        return host.pausedUntilNs;
    }

    @Override
    public int nodeId() {
        return host.nodeId;
    }

    @Override
    public Life life() {
        return this;
    }

    @Override
    public int leaderHint() {
        final LaneInfo info = controlBridge.lane();
        return null == info ? -1 : info.leader();
    }

    @Override
    public void produce(final Batch batch, final boolean waitsForAll, final ProduceAnswer answer) {
        gateway.produce(batch, waitsForAll, answer);
    }

    @Override
    public void fetch(final int partition, final long offset, final FetchAnswer answer) {
        answer.on(gateway.fetch(partition, offset));
    }
}
