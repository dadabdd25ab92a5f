package io.epona.gateway.log;

import io.epona.controller.ClusterImage;
import io.epona.controller.PartitionInfo;
import org.apache.kafka.common.protocol.Errors;

/**
 * Whether this node serves a partition, and the client believes in the right leader. It does when the metadata say that
 * it leads the partition and its lane says the same for the same epoch: metadata that are ahead or behind lead to a
 * client that asks again, never to an answer of somebody who does not lead. Stateless.
 */
public final class Leadership {
    private Leadership() {}

    /**
     * Judges, in the order in which Kafka does.
     *
     * @param image the metadata that have the partition.
     * @param partition that a client asks for.
     * @param lane that carries it.
     * @param currentEpoch that the client believes in; negative when it does not say.
     * @return NONE, FENCED_LEADER_EPOCH, UNKNOWN_LEADER_EPOCH or NOT_LEADER_OR_FOLLOWER.
     */
    public static Errors judge(
            final ClusterImage image, final PartitionInfo partition, final LaneTail lane, final int currentEpoch) {
        if (currentEpoch >= 0 && currentEpoch != partition.leaderEpoch()) {
            return currentEpoch < partition.leaderEpoch() ? Errors.FENCED_LEADER_EPOCH : Errors.UNKNOWN_LEADER_EPOCH;
        }
        return partition.leader() == image.nodeId() && lane.leads(partition.leaderEpoch())
                ? Errors.NONE
                : Errors.NOT_LEADER_OR_FOLLOWER;
    }
}
