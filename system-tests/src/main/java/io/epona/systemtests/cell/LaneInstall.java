package io.epona.systemtests.cell;

import io.epona.journal.CheckpointHeaderValidator;
import io.epona.journal.CheckpointStore;
import io.epona.journal.Journal;
import io.epona.journal.LogRing;
import io.epona.journal.ReplicaRecovery;
import io.epona.sequencer.CheckpointCodec;
import io.epona.sequencer.LaneState;
import org.agrona.ExpandableArrayBuffer;

/** Begins a lane's log on a node at a position, with the state that belongs there: what an install leaves behind. */
final class LaneInstall {
    private final NodeHost host;
    private final CellPlan plan;
    private final History history;

    LaneInstall(final NodeHost host, final CellPlan plan, final History history) {
        this.host = host;
        this.plan = plan;
        this.history = history;
    }

    /** The node is down, its shelf has everything below the position. */
    void at(final long position) {
        final LogRing ring = LogRing.allocate(plan.ringLength());
        final Journal journal = Journal.startAt(host.journal, host.device.segments(), ring, position);
        journal.recoverReplica(new ReplicaRecovery(
                position, position, false, (buffer, offset, length, at) -> {}, (buffer, offset, length, at) -> {}));
        final LaneState state = history.replay(plan, position);
        final ExpandableArrayBuffer checkpoint = new ExpandableArrayBuffer();
        final int length = CheckpointCodec.encode(state, RecoveredLane.IDENTITY, position, position, false, checkpoint);
        new CheckpointStore(host.device.checkpoints(), new CheckpointHeaderValidator(host.journal), error -> {})
                .store(checkpoint, length);
        journal.close();
        host.device.killProcess();
    }
}
