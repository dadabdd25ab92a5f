package io.epona.demo;

import io.epona.demo.load.LoadRun;
import io.epona.demo.load.LoadSession;
import io.epona.demo.node.NodeFailedException;
import io.epona.demo.report.ConsoleView;
import io.epona.demo.report.Timeline;
import io.epona.demo.report.TimelinePoint;
import io.epona.runtime.NodeClock;
import io.epona.runtime.budget.Stage;
import io.epona.runtime.budget.StageHistograms;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;

/**
 * Watches a run from its first event until its last record has come: a line a second, and an end when nothing comes any
 * more. One thread.
 */
final class MeasuredRun {
    private static final long TICK_NS = TimeUnit.SECONDS.toNanos(1);
    private static final long LOOK_NS = TimeUnit.MILLISECONDS.toNanos(20);
    /** A record that has not come for so long while others have not either counts as lost. */
    private static final long SILENCE_NS = TimeUnit.SECONDS.toNanos(10);
    /** After the last record: for one that comes twice. */
    private static final long GRACE_MS = 500;
    /** On a terminal the node is asked for its stage times every so many seconds: it has other things to do. */
    private static final int REFRESH_TICKS = 2;

    private static final int REPORT_TICKS = 5;

    private final NodeClock clock;
    private final LoadSession session;
    private final LoadRun run;
    private final StageTimes times;
    private final Timeline timeline;
    private long endNs;

    MeasuredRun(final NodeClock clock, final LoadSession session, final LoadRun run, final StageTimes times) {
        this.clock = clock;
        this.session = session;
        this.run = run;
        this.times = times;
        this.timeline = new Timeline(times.own(), run.startNs());
    }

    /** Returns when everything has come, or nothing comes any more; then nothing is received any more. */
    void watch(final Target target, final ConsoleView view, final Optional<NodeKill> kill)
            throws DemoException, NodeFailedException, InterruptedException {
        long countBefore = 0;
        long cameNs = clock.epochNs();
        long nextTickNs = run.startNs() + TICK_NS;
        int ticks = 0;
        while (!run.ended().isDone() || !run.isDrained()) {
            target.check();
            session.check();
            final long nowNs = clock.epochNs();
            if (kill.isPresent()) {
                kill.get().poll(nowNs);
            }
            if (run.reception().count() > countBefore || !run.ended().isDone()) {
                countBefore = run.reception().count();
                cameNs = nowNs;
            } else if (nowNs - cameNs > SILENCE_NS) {
                break;
            }
            if (nowNs >= nextTickNs) {
                tick(view, ++ticks, nowNs);
                nextTickNs += TICK_NS;
            }
            await(Math.min(LOOK_NS, Math.max(1, nextTickNs - clock.epochNs())));
        }
        endNs = clock.epochNs();
        timeline.end(times.own(), run, endNs);
        TimeUnit.MILLISECONDS.sleep(GRACE_MS);
        session.stopReceiving();
    }

    private void tick(final ConsoleView view, final int number, final long nowNs) {
        if (view.isLive() && number % REFRESH_TICKS == 0) {
            times.refresh();
        }
        final StageHistograms own = times.own();
        final TimelinePoint point = timeline.add(own, run, nowNs);
        final long received = run.reception().count();
        view.progress(point, received, Math.max(0, run.progress().sent() - received), times.all());
        if (number % REPORT_TICKS == 0) {
            times.report();
        }
        if (run.reception().count() > 0
                && own.byStage().get(Stage.END_TO_END).getMaxValue() > Stage.END_TO_END.budgetNs()) {
            times.collectBreaches();
        }
    }

    /** Waits for the end of the sending, or for the time. */
    private void await(final long timeoutNs) throws InterruptedException {
        if (run.ended().isDone()) {
            TimeUnit.NANOSECONDS.sleep(timeoutNs);
            return;
        }
        try {
            run.ended().get(timeoutNs, TimeUnit.NANOSECONDS);
        } catch (final TimeoutException | ExecutionException ex) {
            return; // time to look again; why the sending failed is for the one who takes the result
        }
    }

    /** From the first event's time until the last record came. */
    long elapsedNs() {
        return Math.max(1, endNs - run.startNs());
    }

    List<TimelinePoint> timeline() {
        return timeline.points();
    }
}
