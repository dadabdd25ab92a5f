package io.epona.gateway.handlers;

import io.epona.controller.ClusterController;
import io.epona.controller.CreateTopicResult;
import io.epona.controller.NewTopicSpec;
import io.epona.gateway.RequestContext;
import io.epona.gateway.RequestHandler;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.apache.kafka.common.errors.InvalidReplicaAssignmentException;
import org.apache.kafka.common.internals.Topic;
import org.apache.kafka.common.message.CreateTopicsRequestData;
import org.apache.kafka.common.message.CreateTopicsRequestData.CreatableReplicaAssignment;
import org.apache.kafka.common.message.CreateTopicsRequestData.CreatableTopic;
import org.apache.kafka.common.message.CreateTopicsRequestData.CreatableTopicConfig;
import org.apache.kafka.common.message.CreateTopicsResponseData;
import org.apache.kafka.common.message.CreateTopicsResponseData.CreatableTopicConfigs;
import org.apache.kafka.common.message.CreateTopicsResponseData.CreatableTopicResult;
import org.apache.kafka.common.message.DescribeConfigsResponseData.DescribeConfigsResourceResult;
import org.apache.kafka.common.protocol.ApiKeys;
import org.apache.kafka.common.protocol.ApiMessage;
import org.apache.kafka.common.protocol.Errors;
import org.apache.kafka.common.requests.ApiError;

/** CreateTopics. Answered when the topics can be written to. */
final class CreateTopicsHandler implements RequestHandler {
    private final ClusterController controller;

    CreateTopicsHandler(ClusterController controller) {
        this.controller = controller;
    }

    @Override
    public ApiKeys apiKey() {
        return ApiKeys.CREATE_TOPICS;
    }

    @Override
    public void handle(RequestContext context, ApiMessage message) {
        CreateTopicsRequestData request = (CreateTopicsRequestData) message;
        Map<String, ApiError> refused = new LinkedHashMap<>();
        List<NewTopicSpec> topics = acceptable(request, refused);
        context.onGatewayThread(
                controller.createTopics(topics, request.validateOnly(), request.timeoutMs()), (results, error) -> {
                    if (error != null) {
                        context.fail(error);
                        return;
                    }
                    CreateTopicsResponseData response = new CreateTopicsResponseData();
                    results.forEach(result -> response.topics().add(answer(result)));
                    refused.forEach((name, why) -> response.topics().add(failure(name, why)));
                    context.respond(response);
                });
    }

    private static List<NewTopicSpec> acceptable(CreateTopicsRequestData request, Map<String, ApiError> refused) {
        Set<String> names = new HashSet<>();
        for (CreatableTopic topic : request.topics()) {
            if (!names.add(topic.name())) {
                refused.put(topic.name(), new ApiError(Errors.INVALID_REQUEST, "Duplicate topic name."));
            }
        }
        List<NewTopicSpec> topics = new ArrayList<>();
        for (CreatableTopic topic : request.topics()) {
            if (refused.containsKey(topic.name())) {
                continue;
            }
            if (topic.name().equals(Topic.CLUSTER_METADATA_TOPIC_NAME)) {
                refused.put(
                        topic.name(),
                        new ApiError(
                                Errors.INVALID_REQUEST,
                                "Creation of internal topic " + topic.name() + " is prohibited."));
                continue;
            }
            try {
                topics.add(specification(topic));
            } catch (InvalidReplicaAssignmentException e) {
                refused.put(topic.name(), ApiError.fromThrowable(e));
            }
        }
        return topics;
    }

    private static NewTopicSpec specification(CreatableTopic topic) {
        Map<Integer, List<Integer>> assignments = new HashMap<>();
        for (CreatableReplicaAssignment assignment : topic.assignments()) {
            if (assignments.put(assignment.partitionIndex(), assignment.brokerIds()) != null) {
                throw new InvalidReplicaAssignmentException(
                        "Found multiple manual partition assignments for partition " + assignment.partitionIndex());
            }
        }
        Map<String, String> configs = new LinkedHashMap<>();
        for (CreatableTopicConfig config : topic.configs()) {
            configs.put(config.name(), config.value());
        }
        return new NewTopicSpec(topic.name(), topic.numPartitions(), topic.replicationFactor(), assignments, configs);
    }

    private CreatableTopicResult answer(CreateTopicResult result) {
        if (result.error().isFailure()) {
            return failure(result.name(), result.error());
        }
        List<CreatableTopicConfigs> configs = new ArrayList<>();
        TopicConfigEntries entries = new TopicConfigEntries(controller.topicConfigs(), result.configs());
        for (DescribeConfigsResourceResult entry : entries.describe(null, false, false)) {
            configs.add(new CreatableTopicConfigs()
                    .setName(entry.name())
                    .setValue(entry.value())
                    .setReadOnly(entry.readOnly())
                    .setConfigSource(entry.configSource())
                    .setIsSensitive(entry.isSensitive()));
        }
        return new CreatableTopicResult()
                .setName(result.name())
                .setTopicId(result.topicId())
                .setErrorCode(Errors.NONE.code())
                .setErrorMessage(null)
                .setNumPartitions(result.partitionCount())
                .setReplicationFactor(result.replicationFactor())
                .setConfigs(configs);
    }

    private static CreatableTopicResult failure(String name, ApiError error) {
        return new CreatableTopicResult()
                .setName(name)
                .setErrorCode(error.error().code())
                .setErrorMessage(error.messageWithFallback());
    }
}
