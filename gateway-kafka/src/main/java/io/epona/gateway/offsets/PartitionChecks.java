package io.epona.gateway.offsets;

import io.epona.controller.ClusterImage;
import io.epona.controller.PartitionInfo;
import io.epona.gateway.log.FrameIndex;
import io.epona.gateway.log.Leadership;
import org.apache.kafka.common.protocol.Errors;

/** Whether this node answers for a partition, if there is one. Stateless. */
final class PartitionChecks {
    private PartitionChecks() {}

    /**
     * Judges.
     *
     * @param partition null when there is none.
     * @param currentEpoch that the client believes in; negative when it does not say.
     */
    static Errors judge(
            final ClusterImage image, final FrameIndex index, final PartitionInfo partition, final int currentEpoch) {
        return partition == null
                ? Errors.UNKNOWN_TOPIC_OR_PARTITION
                : Leadership.judge(image, partition, index.lane(partition), currentEpoch);
    }
}
