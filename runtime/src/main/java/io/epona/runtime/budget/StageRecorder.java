package io.epona.runtime.budget;

import org.HdrHistogram.Histogram;
import org.HdrHistogram.SingleWriterRecorder;

/**
 * Records how long stages took, for one owner, which is the only thread that calls {@link #record(Stage, long)};
 * another thread takes interval histograms meanwhile. Recording is wait-free and allocates nothing.
 *
 * <p>Values are kept to three decimal digits from 1 ns to {@link #HIGHEST_NS}; above it they count as the highest, and
 * below zero (clocks of two machines that disagree) as zero.
 */
public final class StageRecorder {
    /** Highest value told apart: one minute. */
    public static final long HIGHEST_NS = 60_000_000_000L;

    /** Decimal digits that are kept of each value. */
    public static final int DIGITS = 3;

    private final String owner;
    private final SingleWriterRecorder[] recorders = new SingleWriterRecorder[Stage.count()];

    /**
     * A recorder that nobody exports, for tests and tools; a node's come from {@link BudgetRecorders}.
     *
     * @param owner name of the one thread or role that records, for example {@code lane-0}
     * @param stages that it may record
     */
    public StageRecorder(final String owner, final Stage... stages) {
        if (owner.isEmpty() || owner.indexOf('.') >= 0 || owner.indexOf(',') >= 0 || owner.indexOf(' ') >= 0) {
            throw new IllegalArgumentException("owner must have no dot, comma or space: owner=" + owner);
        }
        this.owner = owner;
        for (final Stage stage : stages) {
            recorders[stage.ordinal()] = new SingleWriterRecorder(1, HIGHEST_NS, DIGITS);
        }
    }

    /** Name of the one thread or role that records. */
    public String owner() {
        return owner;
    }

    /** True when this recorder was made for the stage. */
    public boolean records(final Stage stage) {
        return null != recorders[stage.ordinal()];
    }

    /**
     * Records one value.
     *
     * @param stage one of those that the recorder was made for
     * @param elapsedNs nanoseconds that it took
     */
    public void record(final Stage stage, final long elapsedNs) {
        recorders[stage.ordinal()].recordValue(clamp(elapsedNs));
    }

    /**
     * Records a value that several records share, such as the stages of one batch.
     *
     * @param stage one of those that the recorder was made for
     * @param elapsedNs nanoseconds that each of them took
     * @param count number of records
     */
    public void record(final Stage stage, final long elapsedNs, final long count) {
        recorders[stage.ordinal()].recordValueWithCount(clamp(elapsedNs), count);
    }

    private static long clamp(final long elapsedNs) {
        return Math.min(Math.max(elapsedNs, 0), HIGHEST_NS);
    }

    /**
     * Takes what was recorded since the last call; one exporter thread at a time.
     *
     * @param stage one of those that the recorder was made for
     * @param recycled histogram that an earlier call returned, or null
     * @return the interval, valid until it is handed back as {@code recycled}
     */
    Histogram interval(final Stage stage, final Histogram recycled) {
        return recorders[stage.ordinal()].getIntervalHistogram(recycled);
    }
}
