package io.epona.demo.report;

import io.epona.demo.load.LoadRun;
import io.epona.runtime.budget.Stage;
import io.epona.runtime.budget.StageHistograms;
import java.util.ArrayList;
import java.util.List;
import org.HdrHistogram.Histogram;

/** Second by second, what was sent and what came. One thread. */
public final class Timeline {
    private static final double NS_PER_S = 1e9;
    /** A rate over less than that says nothing. */
    private static final long MIN_LAST_NS = 250_000_000;

    private final List<TimelinePoint> points = new ArrayList<>();
    private StageHistograms before;
    private long beforeNs;
    private long sentBefore;

    /**
     * A time line of a run of which nothing came yet.
     *
     * @param before what was recorded before
     * @param startNs of the run, nanoseconds since the Unix epoch
     */
    public Timeline(final StageHistograms before, final long startNs) {
        this.before = before;
        this.beforeNs = startNs;
    }

    /** Adds what happened since the last point. */
    public TimelinePoint add(final StageHistograms now, final LoadRun run, final long nowNs) {
        final Histogram interval = now.since(before).byStage().get(Stage.END_TO_END);
        final long sent = run.progress().sent();
        final double seconds = Math.max(1, nowNs - beforeNs) / NS_PER_S;
        final boolean isEmpty = interval.getTotalCount() == 0;
        final TimelinePoint point = new TimelinePoint(
                (nowNs - run.startNs()) / NS_PER_S,
                (sent - sentBefore) / seconds,
                interval.getTotalCount() / seconds,
                isEmpty ? 0 : interval.getValueAtPercentile(50),
                isEmpty ? 0 : interval.getValueAtPercentile(99),
                isEmpty ? 0 : interval.getMaxValue());
        points.add(point);
        before = now;
        beforeNs = nowNs;
        sentBefore = sent;
        return point;
    }

    /** Adds what happened since the last point, unless that is too little to be a point of its own. */
    public void end(final StageHistograms now, final LoadRun run, final long nowNs) {
        if (points.isEmpty() || nowNs - beforeNs >= MIN_LAST_NS) {
            add(now, run, nowNs);
        }
    }

    /** All points so far. */
    public List<TimelinePoint> points() {
        return List.copyOf(points);
    }
}
