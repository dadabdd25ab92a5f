package io.epona.runtime.budget;

import java.util.Map;
import java.util.Optional;
import org.HdrHistogram.Histogram;

/** Which stage ate the budget. Pure functions, without allocation where a hot thread uses them. */
public final class Culprits {
    private Culprits() {}

    /**
     * The stage of one record's way that exceeds its own budget by most. What the four stages leave of the whole is the
     * reserve's. When nothing exceeds its own budget, the stage that is nearest to it.
     *
     * @param produceNs time of the produce stage
     * @param commitNs time of the commit stage
     * @param deliverNs time of the deliver stage
     * @param processNs time of the process stage
     * @param endToEndNs the whole
     */
    public static Stage ofRecord(
            final long produceNs,
            final long commitNs,
            final long deliverNs,
            final long processNs,
            final long endToEndNs) {
        Stage culprit = Stage.PRODUCE;
        long excessNs = produceNs - Stage.PRODUCE.budgetNs();
        if (commitNs - Stage.COMMIT.budgetNs() > excessNs) {
            culprit = Stage.COMMIT;
            excessNs = commitNs - Stage.COMMIT.budgetNs();
        }
        if (deliverNs - Stage.DELIVER.budgetNs() > excessNs) {
            culprit = Stage.DELIVER;
            excessNs = deliverNs - Stage.DELIVER.budgetNs();
        }
        if (processNs - Stage.PROCESS.budgetNs() > excessNs) {
            culprit = Stage.PROCESS;
            excessNs = processNs - Stage.PROCESS.budgetNs();
        }
        final long reserveNs = reserveNs(produceNs, commitNs, deliverNs, processNs, endToEndNs);
        return reserveNs - Stage.RESERVE.budgetNs() > excessNs ? Stage.RESERVE : culprit;
    }

    /** What the four stages leave of the whole, at least zero. */
    public static long reserveNs(
            final long produceNs,
            final long commitNs,
            final long deliverNs,
            final long processNs,
            final long endToEndNs) {
        return Math.max(0, endToEndNs - produceNs - commitNs - deliverNs - processNs);
    }

    /** The longer part of the commit stage. */
    public static Stage ofCommit(final long sequenceNs, final long journalNs) {
        return sequenceNs > journalNs ? Stage.SEQUENCE : Stage.JOURNAL;
    }

    /**
     * The stage that ate most over many records: of the stages that add up to the whole, the one with the most
     * breaches, and among equals the one whose 99.9th percentile takes most of its budget. Empty when no stage was
     * breached.
     */
    public static Optional<Stage> of(final Map<Stage, Histogram> histograms) {
        Stage culprit = null;
        long mostBreaches = 0;
        double highestShare = 0;
        for (final Map.Entry<Stage, Histogram> entry : histograms.entrySet()) {
            final Stage stage = entry.getKey();
            final long breaches = breaches(stage, entry.getValue());
            if (!stage.isInSum() || 0 == breaches) {
                continue;
            }
            final double share = entry.getValue().getValueAtPercentile(99.9) / (double) stage.budgetNs();
            if (breaches > mostBreaches || breaches == mostBreaches && share > highestShare) {
                culprit = stage;
                mostBreaches = breaches;
                highestShare = share;
            }
        }
        return Optional.ofNullable(culprit);
    }

    /** The longest part inside a stage, at the 99.9th percentile. Empty when none of its parts was recorded. */
    public static Optional<Stage> largestPart(final Stage stage, final Map<Stage, Histogram> histograms) {
        Stage largest = null;
        long longestNs = -1;
        for (final Map.Entry<Stage, Histogram> entry : histograms.entrySet()) {
            final Histogram histogram = entry.getValue();
            if (entry.getKey().parent() == stage && histogram.getTotalCount() > 0) {
                final long partNs = histogram.getValueAtPercentile(99.9);
                if (partNs > longestNs) {
                    largest = entry.getKey();
                    longestNs = partNs;
                }
            }
        }
        return Optional.ofNullable(largest);
    }

    /** How many values of a stage were above its budget, to the histogram's three digits. */
    public static long breaches(final Stage stage, final Histogram histogram) {
        if (!stage.hasBudget() || histogram.getMaxValue() <= stage.budgetNs()) {
            return 0;
        }
        return histogram.getTotalCount() - histogram.getCountBetweenValues(0, stage.budgetNs());
    }
}
