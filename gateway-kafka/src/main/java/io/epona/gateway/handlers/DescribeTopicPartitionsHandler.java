package io.epona.gateway.handlers;

import io.epona.controller.ClusterController;
import io.epona.controller.ClusterImage;
import io.epona.controller.LaneInfo;
import io.epona.controller.PartitionInfo;
import io.epona.controller.TopicInfo;
import io.epona.gateway.RequestContext;
import io.epona.gateway.RequestHandler;
import java.util.ArrayList;
import java.util.List;
import java.util.TreeSet;
import org.apache.kafka.common.errors.InvalidRequestException;
import org.apache.kafka.common.internals.Topic;
import org.apache.kafka.common.message.DescribeTopicPartitionsRequestData;
import org.apache.kafka.common.message.DescribeTopicPartitionsRequestData.TopicRequest;
import org.apache.kafka.common.message.DescribeTopicPartitionsResponseData;
import org.apache.kafka.common.message.DescribeTopicPartitionsResponseData.Cursor;
import org.apache.kafka.common.message.DescribeTopicPartitionsResponseData.DescribeTopicPartitionsResponsePartition;
import org.apache.kafka.common.message.DescribeTopicPartitionsResponseData.DescribeTopicPartitionsResponseTopic;
import org.apache.kafka.common.protocol.ApiKeys;
import org.apache.kafka.common.protocol.ApiMessage;
import org.apache.kafka.common.protocol.Errors;

/** DescribeTopicPartitions: topics by name in order, a bounded number of partitions at a time, with a cursor. */
final class DescribeTopicPartitionsHandler implements RequestHandler {
    /** Most partitions in one response: Kafka's max.request.partition.size.limit. */
    static final int MAX_PARTITIONS_PER_RESPONSE = 2_000;

    private final ClusterController controller;

    DescribeTopicPartitionsHandler(ClusterController controller) {
        this.controller = controller;
    }

    @Override
    public ApiKeys apiKey() {
        return ApiKeys.DESCRIBE_TOPIC_PARTITIONS;
    }

    @Override
    public void handle(RequestContext context, ApiMessage message) {
        DescribeTopicPartitionsRequestData request = (DescribeTopicPartitionsRequestData) message;
        ClusterImage image = controller.image();
        boolean all = request.topics().isEmpty();
        DescribeTopicPartitionsResponseData response = new DescribeTopicPartitionsResponseData();
        int remaining = Math.max(1, Math.min(MAX_PARTITIONS_PER_RESPONSE, request.responsePartitionLimit()));
        for (String name : namesFromCursor(image, request)) {
            if (remaining == 0) {
                response.setNextCursor(new Cursor().setTopicName(name).setPartitionIndex(0));
                break;
            }
            TopicInfo topic = image.topic(name);
            if (topic == null) {
                if (!all) {
                    response.topics().add(absent(name));
                }
                continue;
            }
            int from = firstPartition(request, name);
            int to = (int) Math.min(topic.partitionCount(), (long) from + remaining);
            response.topics().add(describe(image, topic, from, to, context.listenerName()));
            remaining -= Math.max(0, to - from);
            if (to < topic.partitionCount()) {
                response.setNextCursor(new Cursor().setTopicName(name).setPartitionIndex(to));
                break;
            }
        }
        context.respond(response);
    }

    private static TreeSet<String> namesFromCursor(ClusterImage image, DescribeTopicPartitionsRequestData request) {
        String first = request.cursor() == null ? "" : request.cursor().topicName();
        TreeSet<String> names = new TreeSet<>();
        if (request.topics().isEmpty()) {
            names.addAll(image.topicNames());
        } else {
            for (TopicRequest topic : request.topics()) {
                names.add(topic.name());
            }
            if (request.cursor() != null && !names.contains(first)) {
                throw new InvalidRequestException(
                        "DescribeTopicPartitionsRequest topic list should contain the cursor topic: " + first);
            }
        }
        if (request.cursor() != null && request.cursor().partitionIndex() < 0) {
            throw new InvalidRequestException(
                    "DescribeTopicPartitionsRequest cursor partition must be valid: " + request.cursor());
        }
        return new TreeSet<>(names.tailSet(first));
    }

    private static int firstPartition(DescribeTopicPartitionsRequestData request, String name) {
        return request.cursor() != null && request.cursor().topicName().equals(name)
                ? request.cursor().partitionIndex()
                : 0;
    }

    private static DescribeTopicPartitionsResponseTopic absent(String name) {
        return new DescribeTopicPartitionsResponseTopic()
                .setErrorCode(TopicNames.absenceError(name).code())
                .setName(name)
                .setIsInternal(Topic.isInternal(name))
                .setTopicAuthorizedOperations(AuthorizedOperations.TOPIC);
    }

    private static DescribeTopicPartitionsResponseTopic describe(
            ClusterImage image, TopicInfo topic, int from, int to, String listener) {
        List<DescribeTopicPartitionsResponsePartition> partitions = new ArrayList<>();
        for (int i = from; i < to; i++) {
            partitions.add(describe(image, topic.partition(i), listener));
        }
        return new DescribeTopicPartitionsResponseTopic()
                .setErrorCode(Errors.NONE.code())
                .setName(topic.name())
                .setTopicId(topic.id())
                .setIsInternal(topic.internal())
                .setPartitions(partitions)
                .setTopicAuthorizedOperations(AuthorizedOperations.TOPIC);
    }

    private static DescribeTopicPartitionsResponsePartition describe(
            ClusterImage image, PartitionInfo partition, String listener) {
        int leader = MetadataTopics.aliveLeader(image, partition, listener);
        boolean led = leader != LaneInfo.NO_LEADER;
        return new DescribeTopicPartitionsResponsePartition()
                .setErrorCode(led ? Errors.NONE.code() : Errors.LEADER_NOT_AVAILABLE.code())
                .setPartitionIndex(partition.partition())
                .setLeaderId(leader)
                .setLeaderEpoch(partition.leaderEpoch())
                .setReplicaNodes(partition.replicas())
                .setIsrNodes(partition.isr())
                .setEligibleLeaderReplicas(List.of())
                .setLastKnownElr(List.of())
                .setOfflineReplicas(MetadataTopics.offlineReplicas(image, partition));
    }
}
