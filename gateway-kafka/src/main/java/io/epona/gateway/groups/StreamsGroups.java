package io.epona.gateway.groups;

import io.epona.controller.ClusterController;
import io.epona.controller.CreateTopicResult;
import io.epona.controller.NewTopicSpec;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import org.apache.kafka.common.message.CreateTopicsRequestData.CreatableTopic;
import org.apache.kafka.common.message.StreamsGroupHeartbeatRequestData;
import org.apache.kafka.common.message.StreamsGroupHeartbeatResponseData.Status;
import org.apache.kafka.common.protocol.ApiMessage;
import org.apache.kafka.common.protocol.Errors;
import org.apache.kafka.common.requests.StreamsGroupHeartbeatResponse;
import org.apache.kafka.coordinator.group.GroupCoordinator;
import org.apache.kafka.coordinator.group.streams.StreamsGroupHeartbeatResult;
import org.apache.kafka.server.authorizer.AuthorizableRequestContext;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** Heartbeats of streams groups, whose answers may say that internal topics are to be made. Stateless. */
final class StreamsGroups {
    private static final Logger LOGGER = LoggerFactory.getLogger(StreamsGroups.class);

    private final ClusterController controller;

    StreamsGroups(final ClusterController controller) {
        this.controller = controller;
    }

    CompletionStage<ApiMessage> heartbeat(
            final GroupCoordinator coordinator,
            final AuthorizableRequestContext context,
            final StreamsGroupHeartbeatRequestData request) {
        return coordinator.streamsGroupHeartbeat(context, request).thenCompose(this::makeTopics);
    }

    /** The members hear of topics that could not be made, and of those that could with the next metadata. */
    private CompletionStage<ApiMessage> makeTopics(final StreamsGroupHeartbeatResult result) {
        if (result.creatableTopics().isEmpty()) {
            return CompletableFuture.completedFuture(result.data());
        }
        final List<NewTopicSpec> topics = result.creatableTopics().values().stream()
                .map(StreamsGroups::specification)
                .toList();
        return controller.createTopics(topics, false).handle((made, failure) -> {
            final List<String> refused = new ArrayList<>();
            if (failure != null) {
                LOGGER.warn("internal topics of a streams group could not be made", failure);
                refused.add(failure.getMessage());
            } else {
                made.stream()
                        .filter(topic ->
                                topic.error().isFailure() && topic.error().error() != Errors.TOPIC_ALREADY_EXISTS)
                        .map(StreamsGroups::why)
                        .forEach(refused::add);
            }
            tell(result, refused);
            return result.data();
        });
    }

    private static String why(final CreateTopicResult topic) {
        return topic.name() + ": " + topic.error().messageWithFallback();
    }

    private static void tell(final StreamsGroupHeartbeatResult result, final List<String> refused) {
        if (refused.isEmpty()) {
            return;
        }
        final List<Status> statuses = new ArrayList<>();
        if (result.data().status() != null) {
            statuses.addAll(result.data().status());
        }
        statuses.add(new Status()
                .setStatusCode(StreamsGroupHeartbeatResponse.Status.MISSING_INTERNAL_TOPICS.code())
                .setStatusDetail("Internal topics could not be made: " + String.join("; ", refused)));
        result.data().setStatus(statuses);
    }

    private static NewTopicSpec specification(final CreatableTopic topic) {
        final Map<String, String> configs = new HashMap<>();
        topic.configs().forEach(config -> configs.put(config.name(), config.value()));
        return new NewTopicSpec(topic.name(), topic.numPartitions(), topic.replicationFactor(), Map.of(), configs);
    }
}
