package io.epona.node.metrics;

import io.epona.runtime.budget.Stage;
import io.epona.runtime.budget.StageHistograms;
import java.util.EnumSet;
import java.util.Set;

/**
 * Stages that only a consumer can time, as consumers report them: processing, and the whole way of a record. Reports
 * are {@code .hlog} lines of what happened since the consumer's last report. Any thread.
 */
final class ReportedStages {
    /** Reports kept apart by their sender's name; a report from one sender more is refused. */
    static final int MAX_OWNERS = 64;

    private static final Set<Stage> ALLOWED = EnumSet.of(Stage.PROCESS, Stage.END_TO_END);

    private StageHistograms sum = StageHistograms.decode("");

    /**
     * Adds a report.
     *
     * @param hlog {@code .hlog} text
     * @throws IllegalArgumentException when it is none, holds a stage that the node times itself, or comes from one
     *     sender too many
     */
    synchronized void add(final String hlog) {
        final StageHistograms report = StageHistograms.decode(hlog);
        if (report.byTag().isEmpty()) {
            throw new IllegalArgumentException("the report has no histogram: length=" + hlog.length());
        }
        for (final StageHistograms.Tag tag : report.byTag().keySet()) {
            if (!ALLOWED.contains(tag.stage())) {
                throw new IllegalArgumentException("the node times this stage itself: stage="
                        + tag.stage().label() + ", reported are process and end-to-end");
            }
        }
        final StageHistograms joined = StageHistograms.decode(sum.encode() + report.encode());
        if (joined.byTag().size() > MAX_OWNERS * ALLOWED.size()) {
            throw new IllegalArgumentException("too many reporting consumers: limit=" + MAX_OWNERS);
        }
        sum = joined;
    }

    /** What was reported so far, joined with what the node timed itself. */
    synchronized StageHistograms joinedWith(final StageHistograms own) {
        return sum.byTag().isEmpty() ? own : StageHistograms.decode(own.encode() + sum.encode());
    }
}
