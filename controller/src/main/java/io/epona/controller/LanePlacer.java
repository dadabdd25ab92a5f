package io.epona.controller;

/**
 * Gives partitions to the lane that carries the fewest, the lowest lane id among equals. Pure: the same image and lane
 * count give the same placements in the same order.
 */
final class LanePlacer {
    private final int[] partitionCounts;
    private int nextPartitionIndex;

    LanePlacer(ClusterImage image, int laneCount) {
        partitionCounts = new int[laneCount];
        nextPartitionIndex = image.partitionIndexLimit();
        image.forEachPartition(partition -> {
            if (partition.laneId() < laneCount) {
                partitionCounts[partition.laneId()]++;
            }
        });
    }

    int nextPartitionIndex() {
        return nextPartitionIndex++;
    }

    int nextLane() {
        int lane = 0;
        for (int i = 1; i < partitionCounts.length; i++) {
            if (partitionCounts[i] < partitionCounts[lane]) {
                lane = i;
            }
        }
        partitionCounts[lane]++;
        return lane;
    }
}
