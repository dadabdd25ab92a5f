package io.epona.gateway.handlers;

import io.epona.controller.ClusterController;
import io.epona.controller.ClusterImage;
import io.epona.controller.TopicInfo;
import io.epona.coordinator.GroupConfigs;
import io.epona.gateway.RequestContext;
import io.epona.gateway.RequestHandler;
import java.util.List;
import org.apache.kafka.common.config.ConfigResource;
import org.apache.kafka.common.errors.ApiException;
import org.apache.kafka.common.errors.InvalidRequestException;
import org.apache.kafka.common.errors.UnknownTopicOrPartitionException;
import org.apache.kafka.common.internals.Topic;
import org.apache.kafka.common.message.DescribeConfigsRequestData;
import org.apache.kafka.common.message.DescribeConfigsRequestData.DescribeConfigsResource;
import org.apache.kafka.common.message.DescribeConfigsResponseData;
import org.apache.kafka.common.message.DescribeConfigsResponseData.DescribeConfigsResourceResult;
import org.apache.kafka.common.message.DescribeConfigsResponseData.DescribeConfigsResult;
import org.apache.kafka.common.protocol.ApiKeys;
import org.apache.kafka.common.protocol.ApiMessage;
import org.apache.kafka.common.requests.ApiError;

/** DescribeConfigs, of topics, of groups and of this broker. */
final class DescribeConfigsHandler implements RequestHandler {
    private final ClusterController controller;
    private final GroupConfigs groupConfigs;

    DescribeConfigsHandler(ClusterController controller, GroupConfigs groupConfigs) {
        this.controller = controller;
        this.groupConfigs = groupConfigs;
    }

    @Override
    public ApiKeys apiKey() {
        return ApiKeys.DESCRIBE_CONFIGS;
    }

    @Override
    public void handle(RequestContext context, ApiMessage message) {
        DescribeConfigsRequestData request = (DescribeConfigsRequestData) message;
        ClusterImage image = controller.image();
        DescribeConfigsResponseData response = new DescribeConfigsResponseData();
        for (DescribeConfigsResource resource : request.resources()) {
            DescribeConfigsResult result = new DescribeConfigsResult()
                    .setResourceType(resource.resourceType())
                    .setResourceName(resource.resourceName());
            try {
                result.setConfigs(describe(image, request, resource));
            } catch (ApiException e) {
                ApiError error = ApiError.fromThrowable(e);
                result.setErrorCode(error.error().code()).setErrorMessage(error.messageWithFallback());
            }
            response.results().add(result);
        }
        context.respond(response);
    }

    private List<DescribeConfigsResourceResult> describe(
            ClusterImage image, DescribeConfigsRequestData request, DescribeConfigsResource resource) {
        boolean synonyms = request.includeSynonyms();
        boolean documentation = request.includeDocumentation();
        ConfigResource.Type type = ConfigResource.Type.forId(resource.resourceType());
        switch (type) {
            case TOPIC -> {
                Topic.validate(resource.resourceName());
                TopicInfo topic = image.topic(resource.resourceName());
                if (topic == null) {
                    throw new UnknownTopicOrPartitionException();
                }
                return new TopicConfigEntries(controller.topicConfigs(), topic.configOverrides())
                        .describe(resource.configurationKeys(), synonyms, documentation);
            }
            case BROKER -> {
                if (resource.resourceName().isEmpty()) {
                    return List.of(); // the cluster-wide dynamic defaults, of which there are none
                }
                int brokerId = brokerId(image, resource.resourceName());
                return new BrokerConfigEntries(controller, image, brokerId)
                        .describe(resource.configurationKeys(), synonyms, documentation);
            }
            case GROUP -> {
                if (resource.resourceName().isEmpty()) {
                    throw new InvalidRequestException("Group name must not be empty");
                }
                return new GroupConfigEntries(groupConfigs, image.groupConfigs(resource.resourceName()))
                        .describe(resource.configurationKeys(), synonyms, documentation);
            }
            default ->
                throw new InvalidRequestException("Configurations of resource type " + type
                        + " are not served: only those of topics, groups and brokers are");
        }
    }

    private static int brokerId(ClusterImage image, String name) {
        int brokerId;
        try {
            brokerId = Integer.parseInt(name);
        } catch (NumberFormatException e) {
            throw new InvalidRequestException("Broker id must be an integer, but it is: " + name, e);
        }
        if (brokerId != image.nodeId()) {
            throw new InvalidRequestException(
                    "Unexpected broker id, expected " + image.nodeId() + " or empty string, but received " + name);
        }
        return brokerId;
    }
}
