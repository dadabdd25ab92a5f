package io.epona.controller;

import java.util.Collection;
import java.util.List;
import java.util.Map;
import org.apache.kafka.clients.admin.AlterConfigOp;
import org.apache.kafka.common.Uuid;
import org.apache.kafka.common.config.ConfigResource;
import org.apache.kafka.common.requests.ApiError;
import org.apache.kafka.server.common.ProducerIdsBlock;

/**
 * A command to the cell's state machine. All that its decision depends on, beside the image, is in it.
 *
 * @param <R> what its result is.
 */
sealed interface ControlCommand<R> {
    /** Makes the cell, or checks that it is this one. */
    record BeginCell(Uuid clusterId, int laneCount, List<Integer> members, short metadataVersion)
            implements ControlCommand<Void> {}

    /** A node is there, or there again. */
    record RegisterNode(NodeRegistration registration) implements ControlCommand<Void> {}

    /** The origin is about to stop. */
    record ControlledShutdown() implements ControlCommand<Void> {}

    /** The origin leads a lane and asks for other in-sync replicas. */
    record ProposeInSync(InSyncChange change) implements ControlCommand<ApiError> {}

    /**
     * The origin leads a lane in that epoch and cannot go on.
     *
     * @param isLost whether its copy is damaged and will be set aside.
     */
    record ResignLane(int laneId, int leaderEpoch, boolean isLost) implements ControlCommand<ApiError> {}

    /** Preferred leaders shall lead; no lane named: every lane. */
    record ElectLeaders(List<Integer> laneIds) implements ControlCommand<Map<Integer, ApiError>> {}

    /** Makes topics, with one new random id each. */
    record CreateTopics(List<NewTopicSpec> topics, List<Uuid> topicIds, int maxPartitionCount)
            implements ControlCommand<List<CreateTopicResult>> {}

    /** Removes topics. */
    record DeleteTopics(List<TopicReference> topics) implements ControlCommand<List<DeleteTopicResult>> {}

    /** Adds partitions to topics. */
    record CreatePartitions(List<NewPartitionsSpec> topics, int maxPartitionCount)
            implements ControlCommand<List<TopicResult>> {}

    /** Changes single configuration keys. */
    record IncrementalAlterConfigs(Map<ConfigResource, Collection<AlterConfigOp>> changes)
            implements ControlCommand<Map<ConfigResource, ApiError>> {}

    /** Replaces whole configurations. */
    record AlterConfigs(Map<ConfigResource, Map<String, String>> configs)
            implements ControlCommand<Map<ConfigResource, ApiError>> {}

    /** Takes a block of producer ids for the origin. */
    record AllocateProducerIds() implements ControlCommand<ProducerIdsBlock> {}
}
