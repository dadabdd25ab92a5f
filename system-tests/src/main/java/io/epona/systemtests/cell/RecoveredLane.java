package io.epona.systemtests.cell;

import io.epona.codec.FrameDescriptor;
import io.epona.journal.CheckpointHeaderValidator;
import io.epona.journal.CheckpointStore;
import io.epona.journal.Journal;
import io.epona.journal.JournalCorruptException;
import io.epona.journal.LogRing;
import io.epona.journal.PlantedRecovery;
import io.epona.journal.RecoveredTail;
import io.epona.journal.ReplicaRecovery;
import io.epona.journal.StoredCheckpoint;
import io.epona.sequencer.Checkpoint;
import io.epona.sequencer.CheckpointCodec;
import io.epona.sequencer.CheckpointContext;
import io.epona.sequencer.LaneIdentity;
import io.epona.sequencer.LaneState;
import io.epona.sequencer.LaneStateConfig;
import org.agrona.DirectBuffer;

/**
 * A lane's log as a start of its node finds it.
 *
 * @param ring with the end of the log.
 * @param journal recovered.
 * @param tail where the log ends, and how far it is known to be committed.
 * @param store of checkpoints.
 * @param start the newest checkpoint before.
 * @param state of what is known to be committed.
 */
record RecoveredLane(
        LogRing ring,
        Journal journal,
        RecoveredTail tail,
        CheckpointStore store,
        CheckpointContext.Start start,
        LaneState state) {
    static final LaneIdentity IDENTITY =
            new LaneIdentity(CellPlan.LANE_ID, NodeHost.CLUSTER_HIGH, NodeHost.CLUSTER_LOW);
    private static final int MAX_PRODUCERS = 64;
    private static final long PRODUCER_EXPIRATION_MS = 1L << 40;

    static LaneStateConfig stateConfig(final CellPlan plan) {
        return new LaneStateConfig(plan.spanLength(), MAX_PRODUCERS, PRODUCER_EXPIRATION_MS);
    }

    /** @throws JournalCorruptException when what was durable is damaged. */
    static RecoveredLane open(final NodeHost host, final CellPlan plan, final PlantedBug bug) {
        final LogRing ring = LogRing.allocate(plan.ringLength());
        final CheckpointStore store = new CheckpointStore(
                host.device.checkpoints(), new CheckpointHeaderValidator(host.journal), error -> {});
        final Journal journal = PlantedRecovery.open(host.journal, host.device.segments(), ring, bug.recoveryFault());
        final Checkpoint checkpoint = load(store, plan);
        final LaneState state = null == checkpoint ? emptyState(plan) : checkpoint.state();
        final long from = null == checkpoint ? 0 : checkpoint.shelvedPosition();
        final RecoveredTail tail = journal.recoverReplica(new ReplicaRecovery(
                from,
                null == checkpoint ? 0 : checkpoint.position(),
                false,
                (buffer, offset, length, position) -> {
                    check(host, buffer, offset, length, position);
                    state.onFrame(buffer, offset, length, position);
                    host.shelf.onFrame(buffer, offset, length, position);
                },
                (buffer, offset, length, position) -> check(host, buffer, offset, length, position)));
        final CheckpointContext.Start start =
                null == checkpoint ? CheckpointContext.Start.NONE : CheckpointContext.Start.of(checkpoint);
        return new RecoveredLane(ring, journal, tail, store, start, state);
    }

    private static Checkpoint load(final CheckpointStore store, final CellPlan plan) {
        final StoredCheckpoint stored = store.loadNewest().orElse(null);
        return null == stored
                ? null
                : CheckpointCodec.decode(stored.buffer(), stored.length(), IDENTITY, stateConfig(plan));
    }

    static LaneState emptyState(final CellPlan plan) {
        final LaneState state = new LaneState(stateConfig(plan));
        for (int i = 0; i < plan.partitions(); i++) {
            state.openPartition(i);
        }
        return state;
    }

    /** Recovery hands on what the lane had appended there last, or an older life had and nothing has replaced. */
    private static void check(
            final NodeHost host, final DirectBuffer buffer, final int offset, final int length, final long position) {
        final LogFrame appended = host.replica.log.at(position);
        if (null == appended && position < host.replica.log.startPosition()) {
            return;
        }
        if (null == appended || appended.frameLength() != length || !appended.isSameAs(buffer, offset)) {
            throw new Violation("node " + host.nodeId + " recovers a frame that is not the one it had there: position="
                    + position + ", epoch=" + FrameDescriptor.leaderEpoch(buffer, offset) + ", it had " + appended);
        }
    }
}
