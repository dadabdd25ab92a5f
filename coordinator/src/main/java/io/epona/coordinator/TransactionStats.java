package io.epona.coordinator;

/**
 * What a node knows of the transactions that it coordinates.
 *
 * @param transactionalIds remembered.
 * @param ongoing transactions that are open.
 * @param ending transactions whose end is decided and not yet written everywhere.
 * @param late transactions that are open or ending a while after their time was over.
 * @param committed decided since the start.
 * @param aborted decided since the start.
 * @param timedOut aborted because their time was over.
 * @param activePartitions partitions of their state that this node coordinates with.
 * @param loadingPartitions partitions that it leads and has not loaded yet.
 * @param loads partitions loaded.
 * @param loadFailures loads that failed and were begun anew.
 * @param loadedRecords records read to load them.
 */
public record TransactionStats(
        long transactionalIds,
        long ongoing,
        long ending,
        long late,
        long committed,
        long aborted,
        long timedOut,
        long activePartitions,
        long loadingPartitions,
        long loads,
        long loadFailures,
        long loadedRecords) {
    /** Nothing. */
    public static final TransactionStats NONE = new TransactionStats(0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0);
}
