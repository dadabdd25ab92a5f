package io.epona.controller;

import java.util.List;
import org.apache.kafka.common.errors.InvalidReplicaAssignmentException;

/**
 * Gives partitions to the lane that carries the fewest, the lowest lane id among equals. Pure: the same image gives the
 * same placements in the same order. A partition stays where it was placed.
 */
final class LanePlacer {
    private final List<LaneInfo> lanes;
    private final int[] partitionCounts;
    private int nextPartitionIndex;

    LanePlacer(ClusterImage image) {
        lanes = image.lanes();
        partitionCounts = new int[lanes.size()];
        nextPartitionIndex = image.partitionIndexLimit();
        image.forEachPartition(partition -> partitionCounts[partition.laneId()]++);
    }

    int nextPartitionIndex() {
        return nextPartitionIndex++;
    }

    /**
     * The lane of the next partition.
     *
     * @param preferredLeader the node that the lane prefers as leader, {@link LaneInfo#NO_LEADER} for any.
     */
    LaneInfo nextLane(int preferredLeader) {
        int chosen = -1;
        for (int laneId = 0; laneId < partitionCounts.length; laneId++) {
            boolean fits =
                    preferredLeader == LaneInfo.NO_LEADER || lanes.get(laneId).preferredLeader() == preferredLeader;
            if (fits && (chosen == -1 || partitionCounts[laneId] < partitionCounts[chosen])) {
                chosen = laneId;
            }
        }
        if (chosen == -1) {
            throw new InvalidReplicaAssignmentException("The manual partition assignment asks for broker "
                    + preferredLeader + " as preferred leader, but no lane prefers it: there are " + lanes.size()
                    + " lane(s). Leave the assignment out, or begin with a broker that leads a lane.");
        }
        partitionCounts[chosen]++;
        return lanes.get(chosen);
    }
}
