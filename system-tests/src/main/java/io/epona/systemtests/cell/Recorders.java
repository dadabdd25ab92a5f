package io.epona.systemtests.cell;

import io.epona.runtime.budget.BreachLog;
import io.epona.runtime.budget.Stage;
import io.epona.runtime.budget.StageRecorder;
import io.epona.sequencer.LaneMeters;
import io.epona.sequencer.ReplicationMeters;

/** What lanes and journals measure and nobody here looks at: shared by all nodes of a simulation. */
final class Recorders {
    private static final ThreadLocal<Recorders> OF_THIS_THREAD = ThreadLocal.withInitial(Recorders::new);

    final StageRecorder lane = new StageRecorder("lane", Stage.SEQUENCE, Stage.JOURNAL, Stage.COMMIT);
    final StageRecorder journal = new StageRecorder("journal", Stage.DEVICE_WRITE);
    final BreachLog breaches = new BreachLog(16);
    final LaneMeters meters = LaneMeters.onHeap();
    final ReplicationMeters replicationMeters = ReplicationMeters.onHeap();

    static Recorders ofThisThread() {
        return OF_THIS_THREAD.get();
    }
}
