package io.epona.demo.load;

import io.epona.runtime.budget.Stage;
import io.epona.runtime.budget.StageRecorder;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.atomic.AtomicLong;

/**
 * What comes of one run: checked, timed and counted. The receiving thread adds to it; any thread reads the count
 * meanwhile, and the rest once nothing comes any more.
 */
public final class Reception {
    /** Records over budget that are kept with their particulars; all are counted. */
    private static final int MAX_KEPT = 10_000;

    /** Besides, of a run in which a node is killed: those who waited for that are told from others. */
    private static final int MAX_KEPT_AFTER_KILL = 100_000;

    private final long runId;
    private final StageRecorder recorder;
    private final DeliveryCheck check = new DeliveryCheck();
    private final AtomicLong count = new AtomicLong();
    private final List<OverBudget> overBudget = new ArrayList<>();
    private long overBudgetCount;
    private volatile int maxKept = MAX_KEPT;

    /**
     * A run of which nothing came yet.
     *
     * @param runId carried by its records
     * @param recorder of {@link Stage#PROCESS} and {@link Stage#END_TO_END}
     */
    public Reception(final long runId, final StageRecorder recorder) {
        this.runId = runId;
        this.recorder = recorder;
    }

    long runId() {
        return runId;
    }

    DeliveryCheck checking() {
        return check;
    }

    void onOverBudget(final OverBudget times) {
        overBudgetCount++;
        if (overBudget.size() < maxKept) {
            overBudget.add(times);
        }
    }

    /** Keeps many more from now on: a node is about to be killed. Any thread. */
    public void expectKill() {
        maxKept = MAX_KEPT + MAX_KEPT_AFTER_KILL;
    }

    void onDone(final long elapsedNs, final long processNs) {
        recorder.record(Stage.PROCESS, processNs);
        recorder.record(Stage.END_TO_END, elapsedNs);
        count.lazySet(check.received());
    }

    /** Records that came, each counted once. */
    public long count() {
        return count.get();
    }

    /** The verdict on what came. */
    public DeliveryCheck check() {
        return check;
    }

    /** Records that took longer than the end-to-end budget. */
    public long overBudgetCount() {
        return overBudgetCount;
    }

    /** The first of them. */
    public List<OverBudget> overBudget() {
        return List.copyOf(overBudget);
    }
}
