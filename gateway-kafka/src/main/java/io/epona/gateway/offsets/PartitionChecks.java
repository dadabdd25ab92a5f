package io.epona.gateway.offsets;

import io.epona.controller.ClusterImage;
import io.epona.controller.PartitionInfo;
import org.apache.kafka.common.protocol.Errors;

/** Whether this node answers for a partition, and the client believes in the right leader. Stateless. */
final class PartitionChecks {
    private PartitionChecks() {}

    /**
     * Judges.
     *
     * @param partition null when there is none.
     * @param currentEpoch that the client believes in; negative when it does not say.
     */
    static Errors judge(final ClusterImage image, final PartitionInfo partition, final int currentEpoch) {
        if (partition == null) {
            return Errors.UNKNOWN_TOPIC_OR_PARTITION;
        }
        if (partition.leader() != image.nodeId()) {
            return Errors.NOT_LEADER_OR_FOLLOWER;
        }
        if (currentEpoch < 0 || currentEpoch == partition.leaderEpoch()) {
            return Errors.NONE;
        }
        return currentEpoch < partition.leaderEpoch() ? Errors.FENCED_LEADER_EPOCH : Errors.UNKNOWN_LEADER_EPOCH;
    }
}
