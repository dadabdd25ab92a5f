package io.epona.node;

import io.epona.controller.ClusterImage;
import io.epona.journal.JournalConfig;
import io.epona.journal.JournalWriter;
import io.epona.node.cell.Membership;
import io.epona.node.config.CellKeys;
import io.epona.node.config.NodeSchema;
import io.epona.node.config.StorageKeys;
import io.epona.runtime.CounterType;
import io.epona.runtime.LaneCounters;
import io.epona.runtime.LaneRole;
import io.epona.runtime.ReplicaCounters;
import io.epona.runtime.Signal;
import io.epona.runtime.budget.Stage;
import io.epona.sequencer.CheckpointAgent;
import io.epona.sequencer.CheckpointConfig;
import io.epona.sequencer.CheckpointContext;
import io.epona.sequencer.Lane;
import io.epona.sequencer.LaneConfig;
import io.epona.sequencer.LaneContext;
import io.epona.sequencer.LaneGateway;
import io.epona.sequencer.LaneIdentity;
import io.epona.sequencer.LaneMeters;
import io.epona.sequencer.LaneReplication;
import io.epona.sequencer.ReplicationLimits;
import io.epona.sequencer.ReplicationMeters;
import io.epona.sequencer.ShadowHandOver;
import java.util.List;
import java.util.Set;
import org.agrona.concurrent.status.AtomicCounter;

/**
 * The agents of one lane, made from what it keeps. Threads are given to them elsewhere.
 *
 * @param lane sequences
 * @param writer writes the journal
 * @param checkpoint stores checkpoints
 * @param role what the lane tells of its part on this node
 * @param replicas what the lane knows of the other nodes' copies, while it leads
 * @param lagMs how far each of them is behind, milliseconds, as somebody watches it
 * @param store what it keeps
 */
record RunningLane(
        Lane lane,
        JournalWriter writer,
        CheckpointAgent checkpoint,
        LaneRole role,
        List<ReplicaCounters> replicas,
        List<AtomicCounter> lagMs,
        LaneStore store) {
    /** Breaches kept of each lane. */
    private static final int BREACHES_KEPT = 1024;

    /**
     * How the agents of a lane reach each other and the gateways.
     *
     * @param rings the lane's queues
     * @param gateways by gateway id
     * @param wakeLane wakes the lane's thread
     * @param wakeJournal wakes the journal writer's thread
     * @param wakeSender wakes the thread that sends to other nodes; nobody in a cell of one
     * @param wakeSteering wakes the thread that tells the controller what the lane proposes; nobody in a cell of one
     */
    record Wiring(
            LaneRings rings,
            List<LaneGateway> gateways,
            Signal wakeLane,
            Signal wakeJournal,
            Signal wakeSender,
            Signal wakeSteering) {}

    static RunningLane make(final Surroundings node, final LaneStore store, final Wiring wiring) {
        final JournalConfig journal = store.journal().config();
        final int laneId = journal.laneId();
        final LaneCounters counters = store.counters();
        // The background thread looks often enough; nobody wakes it.
        final ShadowHandOver shadow = new ShadowHandOver(Signal.NONE, wiring.wakeLane());
        final CheckpointAgent checkpoint = checkpointAgent(node, store, shadow, wiring.wakeLane());
        final JournalWriter writer = store.journal()
                .writer(
                        counters,
                        node.budget().recorder("journal-" + laneId, Stage.DEVICE_WRITE),
                        wiring.wakeLane(),
                        node.fatal());
        final LaneRole role = node.counters().laneRole(laneId);
        final List<ReplicaCounters> replicas = node.membership().others().stream()
                .map(other -> node.counters().replica(laneId, other))
                .toList();
        final Lane lane = new Lane(new LaneContext(
                new LaneConfig(
                        laneId,
                        journal.segmentLength(),
                        journal.segmentCount(),
                        journal.blockLength(),
                        NodeSchema.maxBatchLength(node.config())),
                store.state(),
                store.ring(),
                wiring.rings().commands(),
                wiring.gateways(),
                counters,
                replication(node, store, wiring, role, replicas, shadow),
                node.clock(),
                wakeBoth(wiring.wakeJournal(), wiring.wakeSender()),
                wiring.wakeSender(),
                node.budget().recorder("lane-" + laneId, stages(node.membership())),
                node.budget().breachLog("lane-" + laneId, BREACHES_KEPT),
                LaneMeters.create(node.counters(), laneId),
                node.counters().errorHandler()));
        final List<AtomicCounter> lagMs = replicas.stream()
                .map(replica -> node.counters()
                        .counter(
                                CounterType.REPLICA_LAG_MS,
                                laneId << Short.SIZE | replica.nodeId(),
                                "lane-" + laneId + "-node-" + replica.nodeId()))
                .toList();
        return new RunningLane(lane, writer, checkpoint, role, replicas, lagMs, store);
    }

    private static Stage[] stages(final Membership membership) {
        return membership.isAlone()
                ? new Stage[] {Stage.SEQUENCE, Stage.JOURNAL, Stage.COMMIT}
                : new Stage[] {Stage.SEQUENCE, Stage.JOURNAL, Stage.REPLICATE, Stage.COMMIT};
    }

    private static Signal wakeBoth(final Signal one, final Signal other) {
        return other == Signal.NONE
                ? one
                : () -> {
                    one.signal();
                    other.signal();
                };
    }

    private static LaneReplication replication(
            final Surroundings node,
            final LaneStore store,
            final Wiring wiring,
            final LaneRole role,
            final List<ReplicaCounters> replicas,
            final ShadowHandOver shadow) {
        final Membership membership = node.membership();
        if (membership.isAlone()) {
            return LaneReplication.alone(membership.nodeId(), Node.LEADER_EPOCH, role);
        }
        final LaneRings rings = wiring.rings();
        return new LaneReplication(
                new LaneReplication.Node(membership.nodeId(), membership.shortIncarnation(), 0),
                replicas,
                role,
                new LaneReplication.Rings(
                        rings.control(),
                        rings.peers(),
                        rings.outbox(),
                        rings.proposals(),
                        wiring.wakeSender(),
                        wiring.wakeSteering()),
                store.journal().truncation(),
                store.journal().bounds()::oldestReadablePosition,
                shadow,
                store.install(),
                ReplicationLimits.of(
                        node.config().get(CellKeys.REPLICATION_MAX_LAG).toMillis(),
                        node.config().get(CellKeys.JOURNAL_STALL_LIMIT).toMillis()),
                ReplicationMeters.create(
                        node.counters(), store.journal().config().laneId()),
                Set.of());
    }

    /** A replica may get frames of a partition before it hears that the partition was made. */
    private static boolean mayExist(final ClusterImage image, final int partitionIndex) {
        return partitionIndex >= image.partitionIndexLimit() || image.partition(partitionIndex) != null;
    }

    private static CheckpointAgent checkpointAgent(
            final Surroundings node, final LaneStore store, final ShadowHandOver shadow, final Signal wakeLane) {
        final JournalConfig journal = store.journal().config();
        return new CheckpointAgent(new CheckpointContext(
                new LaneIdentity(journal.laneId(), journal.clusterIdHigh(), journal.clusterIdLow()),
                new CheckpointConfig(
                        node.config().get(StorageKeys.CHECKPOINT_INTERVAL_LENGTH),
                        node.config().get(StorageKeys.CHECKPOINT_IDLE).toNanos()),
                store.state().copy(),
                shadow,
                store.ring(),
                store.ring().spanLength(journal.segmentLength()),
                store.counters(),
                store.checkpoint(),
                store.store(),
                node.clock(),
                partitionIndex -> mayExist(node.controller().image(), partitionIndex),
                wakeLane,
                node.fatal(),
                CheckpointContext.Meters.create(node.counters(), journal.laneId())));
    }

    /**
     * After the lane's and the writer's threads have ended: what they made durable last is committed too, so that the
     * background thread can shelve and checkpoint it.
     */
    void commitRest() {
        lane.commitRest();
    }
}
