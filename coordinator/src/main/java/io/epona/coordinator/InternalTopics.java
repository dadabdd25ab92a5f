package io.epona.coordinator;

import io.epona.controller.ClusterController;
import io.epona.controller.ControllerLimits;
import io.epona.controller.CreateTopicResult;
import io.epona.controller.NewTopicSpec;
import io.epona.controller.TopicInfo;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import org.apache.kafka.clients.admin.AlterConfigOp;
import org.apache.kafka.clients.admin.ConfigEntry;
import org.apache.kafka.common.config.ConfigResource;
import org.apache.kafka.common.config.TopicConfig;
import org.apache.kafka.common.errors.CoordinatorNotAvailableException;
import org.apache.kafka.common.requests.ApiError;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** How the topics are configured that have coordinators' state. */
final class InternalTopics {
    private static final Logger LOGGER = LoggerFactory.getLogger(InternalTopics.class);

    private InternalTopics() {}

    /**
     * A topic of coordinators' state, made if it is not there.
     *
     * @param partitionCount of a topic that is made.
     * @param segmentLength bytes of a segment of a topic that is made.
     * @return fails with an exception of Kafka's when it cannot be made, and also when the control log does not answer
     *     soon: a command that is lost with the log's leader is never answered, and asking again does no harm.
     */
    static CompletableFuture<TopicInfo> require(
            final ClusterController controller, final String name, final int partitionCount, final int segmentLength) {
        final TopicInfo present = controller.image().topic(name);
        if (present != null) {
            return CompletableFuture.completedFuture(present);
        }
        final NewTopicSpec wanted = new NewTopicSpec(
                name,
                partitionCount,
                NewTopicSpec.withDefaults(name).replicationFactor(),
                Map.of(),
                configs(segmentLength));
        return controller
                .createTopics(List.of(wanted), false, ControllerLimits.RETRY_TIMEOUT_MS)
                .thenApply(results -> made(controller, name, results.getFirst()));
    }

    private static TopicInfo made(
            final ClusterController controller, final String name, final CreateTopicResult result) {
        final TopicInfo topic = controller.image().topic(name);
        if (topic == null) {
            throw result.error().isFailure()
                    ? result.error().exception()
                    : new CoordinatorNotAvailableException("The topic " + name + " was deleted.");
        }
        return topic;
    }

    /** The newest record of each key is the state. */
    private static Map<String, String> configs(final int segmentLength) {
        return Map.of(
                TopicConfig.CLEANUP_POLICY_CONFIG,
                TopicConfig.CLEANUP_POLICY_COMPACT,
                TopicConfig.COMPRESSION_TYPE_CONFIG,
                "producer",
                TopicConfig.SEGMENT_BYTES_CONFIG,
                Integer.toString(segmentLength));
    }

    /**
     * Has a topic compacted that was made by a version that could not compact. A policy that somebody set is left as it
     * is. Several nodes may do it at once.
     */
    static void compact(final ClusterController controller, final TopicInfo topic) {
        if (topic.configOverrides().containsKey(TopicConfig.CLEANUP_POLICY_CONFIG)) {
            return;
        }
        final AlterConfigOp set = new AlterConfigOp(
                new ConfigEntry(TopicConfig.CLEANUP_POLICY_CONFIG, TopicConfig.CLEANUP_POLICY_COMPACT),
                AlterConfigOp.OpType.SET);
        final ConfigResource resource = new ConfigResource(ConfigResource.Type.TOPIC, topic.name());
        controller
                .incrementalAlterConfigs(Map.of(resource, List.of(set)), false)
                .whenComplete((results, failure) -> {
                    final ApiError refusal = failure == null ? results.get(resource) : ApiError.fromThrowable(failure);
                    if (refusal.isFailure()) {
                        LOGGER.warn("topic {} is not compacted, until a node starts anew: {}", topic.name(), refusal);
                    } else {
                        LOGGER.info("topic {} is compacted from now on", topic.name());
                    }
                });
    }
}
