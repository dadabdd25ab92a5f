package io.epona.coordinator;

/**
 * What the group coordinator counts.
 *
 * @param classicGroups groups of the classic protocol on this node.
 * @param consumerGroups groups of the consumer protocol on this node.
 * @param streamsGroups groups of the streams protocol on this node.
 * @param activePartitions partitions of the groups' topic that this node coordinates with.
 * @param loadingPartitions partitions that this node is to coordinate with and that are not loaded yet.
 * @param loads partitions loaded since the start.
 * @param loadFailures loads that failed and were begun anew.
 * @param loadedRecords records read for that.
 * @param fenced batches that were not written because the node did not lead any more.
 */
public record GroupStats(
        long classicGroups,
        long consumerGroups,
        long streamsGroups,
        long activePartitions,
        long loadingPartitions,
        long loads,
        long loadFailures,
        long loadedRecords,
        long fenced) {
    /** Of a coordinator that does not run. */
    public static final GroupStats NONE = new GroupStats(0, 0, 0, 0, 0, 0, 0, 0, 0);
}
