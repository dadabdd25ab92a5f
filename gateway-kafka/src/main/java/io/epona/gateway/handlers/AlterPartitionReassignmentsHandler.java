package io.epona.gateway.handlers;

import io.epona.controller.ClusterController;
import io.epona.controller.ClusterImage;
import io.epona.controller.PartitionInfo;
import io.epona.gateway.RequestContext;
import io.epona.gateway.RequestHandler;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import org.apache.kafka.common.message.AlterPartitionReassignmentsRequestData;
import org.apache.kafka.common.message.AlterPartitionReassignmentsRequestData.ReassignablePartition;
import org.apache.kafka.common.message.AlterPartitionReassignmentsRequestData.ReassignableTopic;
import org.apache.kafka.common.message.AlterPartitionReassignmentsResponseData;
import org.apache.kafka.common.message.AlterPartitionReassignmentsResponseData.ReassignablePartitionResponse;
import org.apache.kafka.common.message.AlterPartitionReassignmentsResponseData.ReassignableTopicResponse;
import org.apache.kafka.common.protocol.ApiKeys;
import org.apache.kafka.common.protocol.ApiMessage;
import org.apache.kafka.common.protocol.Errors;
import org.apache.kafka.common.requests.ApiError;

/**
 * AlterPartitionReassignments. A cell replicates everything to all its nodes, so the replicas that a partition has are
 * the only ones that it can have: a reassignment to them is done already, any other is refused.
 */
final class AlterPartitionReassignmentsHandler implements RequestHandler {
    private final ClusterController controller;

    AlterPartitionReassignmentsHandler(ClusterController controller) {
        this.controller = controller;
    }

    @Override
    public ApiKeys apiKey() {
        return ApiKeys.ALTER_PARTITION_REASSIGNMENTS;
    }

    @Override
    public void handle(RequestContext context, ApiMessage message) {
        AlterPartitionReassignmentsRequestData request = (AlterPartitionReassignmentsRequestData) message;
        ClusterImage image = controller.image();
        AlterPartitionReassignmentsResponseData response = new AlterPartitionReassignmentsResponseData()
                .setAllowReplicationFactorChange(request.allowReplicationFactorChange())
                .setErrorMessage(null);
        for (ReassignableTopic topic : request.topics()) {
            List<ReassignablePartitionResponse> partitions = new ArrayList<>();
            for (ReassignablePartition wanted : topic.partitions()) {
                ApiError error = judge(image.partition(topic.name(), wanted.partitionIndex()), wanted.replicas());
                partitions.add(new ReassignablePartitionResponse()
                        .setPartitionIndex(wanted.partitionIndex())
                        .setErrorCode(error.error().code())
                        .setErrorMessage(error.message()));
            }
            response.responses()
                    .add(new ReassignableTopicResponse().setName(topic.name()).setPartitions(partitions));
        }
        context.respond(response);
    }

    /** Decides about one partition; null replicas ask for the end of a reassignment, of which there is never one. */
    private static ApiError judge(PartitionInfo partition, List<Integer> replicas) {
        if (partition == null) {
            return new ApiError(Errors.UNKNOWN_TOPIC_OR_PARTITION);
        }
        if (replicas == null) {
            return new ApiError(Errors.NO_REASSIGNMENT_IN_PROGRESS);
        }
        boolean isSame = replicas.size() == partition.replicas().size()
                && new HashSet<>(replicas).equals(new HashSet<>(partition.replicas()));
        return isSame
                ? ApiError.NONE
                : new ApiError(
                        Errors.INVALID_REPLICA_ASSIGNMENT,
                        "A cell replicates every partition to all its nodes: the replicas of "
                                + partition.topicPartition() + " are " + partition.replicas()
                                + " and cannot become " + replicas + '.');
    }
}
