package io.epona.node;

import io.epona.journal.JournalConfig;
import io.epona.journal.JournalWriter;
import io.epona.node.config.NodeSchema;
import io.epona.node.config.ServiceKeys;
import io.epona.node.config.StorageKeys;
import io.epona.runtime.LaneCounters;
import io.epona.runtime.LaneRole;
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
import io.epona.sequencer.ShadowHandOver;
import java.util.List;
import org.agrona.concurrent.ringbuffer.RingBuffer;

/**
 * The agents of one lane, made from what it keeps. Threads are given to them elsewhere.
 *
 * @param lane sequences
 * @param writer writes the journal
 * @param checkpoint stores checkpoints
 * @param role what the lane tells of its part on this node
 * @param store what it keeps
 */
record RunningLane(Lane lane, JournalWriter writer, CheckpointAgent checkpoint, LaneRole role, LaneStore store) {
    /** Breaches kept of each lane. */
    private static final int BREACHES_KEPT = 1024;

    /**
     * How the agents of a lane reach each other and the gateways.
     *
     * @param commands the lane's command ring
     * @param gateways by gateway id
     * @param wakeLane wakes the lane's thread
     * @param wakeJournal wakes the journal writer's thread
     * @param wakeShelf wakes the background thread
     */
    record Wiring(
            RingBuffer commands, List<LaneGateway> gateways, Signal wakeLane, Signal wakeJournal, Signal wakeShelf) {}

    static RunningLane make(final Surroundings node, final LaneStore store, final Wiring wiring) {
        final JournalConfig journal = store.journal().config();
        final int laneId = journal.laneId();
        final LaneCounters counters = store.counters();
        final CheckpointAgent checkpoint = checkpointAgent(node, store, wiring.wakeLane());
        final JournalWriter writer = store.journal()
                .writer(
                        counters,
                        node.budget().recorder("journal-" + laneId, Stage.DEVICE_WRITE),
                        wiring.wakeLane(),
                        node.fatal());
        final LaneRole role = node.counters().laneRole(laneId);
        final Lane lane = new Lane(new LaneContext(
                new LaneConfig(
                        laneId,
                        journal.segmentLength(),
                        journal.segmentCount(),
                        journal.blockLength(),
                        NodeSchema.maxBatchLength(node.config())),
                store.state(),
                store.ring(),
                wiring.commands(),
                wiring.gateways(),
                counters,
                LaneReplication.alone(node.config().get(ServiceKeys.NODE_ID), Node.LEADER_EPOCH, role),
                node.clock(),
                wiring.wakeJournal(),
                wiring.wakeShelf(),
                node.budget().recorder("lane-" + laneId, Stage.SEQUENCE, Stage.JOURNAL, Stage.COMMIT),
                node.budget().breachLog("lane-" + laneId, BREACHES_KEPT),
                LaneMeters.create(node.counters(), laneId),
                node.counters().errorHandler()));
        return new RunningLane(lane, writer, checkpoint, role, store);
    }

    private static CheckpointAgent checkpointAgent(
            final Surroundings node, final LaneStore store, final Signal wakeLane) {
        final JournalConfig journal = store.journal().config();
        return new CheckpointAgent(new CheckpointContext(
                new LaneIdentity(journal.laneId(), journal.clusterIdHigh(), journal.clusterIdLow()),
                new CheckpointConfig(
                        node.config().get(StorageKeys.CHECKPOINT_INTERVAL_LENGTH),
                        node.config().get(StorageKeys.CHECKPOINT_IDLE).toNanos()),
                store.state().copy(),
                ShadowHandOver.silent(),
                store.ring(),
                store.ring().spanLength(journal.segmentLength()),
                store.counters(),
                store.checkpoint(),
                store.store(),
                node.clock(),
                partitionIndex -> node.controller().image().partition(partitionIndex) != null,
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
