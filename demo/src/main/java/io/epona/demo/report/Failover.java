package io.epona.demo.report;

import io.epona.demo.load.OverBudget;
import io.epona.runtime.budget.Stage;
import java.util.Comparator;
import java.util.List;
import java.util.concurrent.TimeUnit;

/**
 * What the death of a node in the middle of a run cost.
 *
 * @param nodeId of the node that was killed
 * @param atNs when, nanoseconds since the Unix epoch
 * @param sinceStartNs when, after the first event
 * @param longestWaitNs end-to-end time of the record that waited longest for the fail-over; 0 when none did
 * @param overBudgetCount records over the end-to-end budget that waited for it
 */
public record Failover(int nodeId, long atNs, long sinceStartNs, long longestWaitNs, long overBudgetCount) {
    /** Nobody knows of the death earlier than that, so whoever is due until then may have to wait. */
    private static final long DETECTION_NS = TimeUnit.SECONDS.toNanos(1);

    /**
     * Finds the records that waited for the fail-over: those due from when the oldest of those on their way at the kill
     * may have been due until the longest wait was over. The first of them may have been due a while after the kill.
     *
     * @param nodeId of the node that was killed
     * @param atNs when
     * @param startNs when the run began
     * @param overBudget records over the end-to-end budget
     */
    public static Failover of(
            final int nodeId, final long atNs, final long startNs, final List<OverBudget> overBudget) {
        final long fromNs = atNs - Stage.END_TO_END.budgetNs();
        long longestNs = 0;
        long untilNs = atNs + DETECTION_NS;
        final List<OverBudget> byDue = overBudget.stream()
                .sorted(Comparator.comparingLong(OverBudget::dueNs))
                .toList();
        for (final OverBudget record : byDue) {
            // One that was due while others still waited belongs to the same gap.
            if (record.dueNs() >= fromNs && record.dueNs() <= untilNs) {
                longestNs = Math.max(longestNs, record.elapsedNs());
                untilNs = Math.max(untilNs, record.dueNs() + record.elapsedNs());
            }
        }
        final long endNs = untilNs;
        final long count = overBudget.stream()
                .filter(record -> record.dueNs() >= fromNs && record.dueNs() <= endNs)
                .count();
        return new Failover(nodeId, atNs, atNs - startNs, longestNs, count);
    }
}
