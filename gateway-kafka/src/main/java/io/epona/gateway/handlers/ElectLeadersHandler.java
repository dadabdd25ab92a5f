package io.epona.gateway.handlers;

import io.epona.controller.ClusterController;
import io.epona.controller.ClusterImage;
import io.epona.controller.PartitionInfo;
import io.epona.gateway.RequestContext;
import io.epona.gateway.RequestHandler;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.TreeSet;
import org.apache.kafka.common.ElectionType;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.errors.InvalidRequestException;
import org.apache.kafka.common.message.ElectLeadersRequestData;
import org.apache.kafka.common.message.ElectLeadersRequestData.TopicPartitions;
import org.apache.kafka.common.message.ElectLeadersResponseData;
import org.apache.kafka.common.message.ElectLeadersResponseData.PartitionResult;
import org.apache.kafka.common.message.ElectLeadersResponseData.ReplicaElectionResult;
import org.apache.kafka.common.protocol.ApiKeys;
import org.apache.kafka.common.protocol.ApiMessage;
import org.apache.kafka.common.protocol.Errors;
import org.apache.kafka.common.requests.ApiError;

/**
 * ElectLeaders. Lanes have leaders, and their partitions with them: to elect the preferred leader of one partition is
 * to elect that of all on its lane. A leader out of replicas that are not in sync is never elected.
 */
final class ElectLeadersHandler implements RequestHandler {
    private static final short FIRST_VERSION_WITH_TYPE = 1;

    private final ClusterController controller;

    ElectLeadersHandler(ClusterController controller) {
        this.controller = controller;
    }

    @Override
    public ApiKeys apiKey() {
        return ApiKeys.ELECT_LEADERS;
    }

    @Override
    public void handle(RequestContext context, ApiMessage message) {
        ElectLeadersRequestData request = (ElectLeadersRequestData) message;
        ElectionType type = type(request, context.apiVersion());
        boolean isAll = request.topicPartitions() == null;
        Map<TopicPartition, PartitionInfo> wanted = isAll ? all() : named(request);
        if (type == ElectionType.UNCLEAN) {
            respond(context, isAll, wanted, Map.of());
            return;
        }
        TreeSet<Integer> lanes = new TreeSet<>();
        wanted.values().stream().filter(partition -> partition != null).forEach(one -> lanes.add(one.laneId()));
        if (lanes.isEmpty()) {
            respond(context, isAll, wanted, Map.of());
            return;
        }
        context.onGatewayThread(controller.electLeaders(List.copyOf(lanes), request.timeoutMs()), (results, error) -> {
            if (error == null) {
                respond(context, isAll, wanted, results);
            } else {
                context.fail(error);
            }
        });
    }

    private static ElectionType type(ElectLeadersRequestData request, short version) {
        if (version < FIRST_VERSION_WITH_TYPE) {
            return ElectionType.PREFERRED;
        }
        try {
            return ElectionType.valueOf(request.electionType());
        } catch (IllegalArgumentException e) {
            throw new InvalidRequestException("Unknown election type " + request.electionType(), e);
        }
    }

    private Map<TopicPartition, PartitionInfo> all() {
        Map<TopicPartition, PartitionInfo> all = new LinkedHashMap<>();
        controller.image().forEachPartition(partition -> all.put(partition.topicPartition(), partition));
        return all;
    }

    private Map<TopicPartition, PartitionInfo> named(ElectLeadersRequestData request) {
        ClusterImage image = controller.image();
        Map<TopicPartition, PartitionInfo> named = new LinkedHashMap<>();
        for (TopicPartitions topic : request.topicPartitions()) {
            for (int partition : topic.partitions()) {
                named.put(new TopicPartition(topic.topic(), partition), image.partition(topic.topic(), partition));
            }
        }
        return named;
    }

    /**
     * Answers per partition.
     *
     * @param isAll all partitions were asked for: those whose leader stays are not worth a word then.
     * @param byLane what became of each lane; empty when the election is an unclean one.
     */
    private static void respond(
            RequestContext context,
            boolean isAll,
            Map<TopicPartition, PartitionInfo> wanted,
            Map<Integer, ApiError> byLane) {
        Map<String, ReplicaElectionResult> topics = new LinkedHashMap<>();
        wanted.forEach((name, partition) -> {
            ApiError error = errorOf(partition, byLane);
            if (!isAll || error.error() != Errors.ELECTION_NOT_NEEDED) {
                topics.computeIfAbsent(
                                name.topic(),
                                topic -> new ReplicaElectionResult()
                                        .setTopic(topic)
                                        .setPartitionResult(new ArrayList<>()))
                        .partitionResult()
                        .add(new PartitionResult()
                                .setPartitionId(name.partition())
                                .setErrorCode(error.error().code())
                                .setErrorMessage(error.message()));
            }
        });
        context.respond(new ElectLeadersResponseData().setReplicaElectionResults(List.copyOf(topics.values())));
    }

    private static ApiError errorOf(PartitionInfo partition, Map<Integer, ApiError> byLane) {
        if (partition == null) {
            return new ApiError(Errors.UNKNOWN_TOPIC_OR_PARTITION);
        }
        ApiError error = byLane.get(partition.laneId());
        if (error != null) {
            return error;
        }
        return partition.lane().isOffline()
                ? new ApiError(
                        Errors.ELIGIBLE_LEADERS_NOT_AVAILABLE,
                        "No in-sync replica of " + partition.topicPartition()
                                + " is alive, and no other one is ever elected: start the nodes of " + partition.isr())
                : new ApiError(Errors.ELECTION_NOT_NEEDED);
    }
}
