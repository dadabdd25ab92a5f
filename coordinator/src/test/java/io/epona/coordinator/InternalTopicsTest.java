package io.epona.coordinator;

import static org.junit.jupiter.api.Assertions.assertEquals;

import io.epona.controller.ControllerConfig;
import io.epona.controller.ControllerContext;
import io.epona.controller.LocalController;
import io.epona.controller.NewTopicSpec;
import io.epona.controller.TopicInfo;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import org.apache.kafka.common.config.TopicConfig;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class InternalTopicsTest {
    private static final int PARTITIONS = 3;
    private static final int SEGMENT_LENGTH = 1 << 20;

    private LocalController controller;

    @BeforeEach
    void open(@TempDir final Path directory) {
        controller = LocalController.open(
                ControllerConfig.singleLane(directory, 1), new ControllerContext(Runnable::run, error -> {}));
    }

    @AfterEach
    void close() {
        controller.close();
    }

    /** As a coordinator does when it starts. */
    private Map<String, String> configsAfterStart(final String name) {
        final TopicInfo topic = InternalTopics.require(controller, name, PARTITIONS, SEGMENT_LENGTH)
                .join();
        InternalTopics.compact(controller, topic);
        assertEquals(PARTITIONS, topic.partitionCount());
        return controller.image().topic(name).configOverrides();
    }

    private void make(final String name, final Map<String, String> configs) {
        final NewTopicSpec plain = NewTopicSpec.withPartitions(name, PARTITIONS);
        final NewTopicSpec topic =
                new NewTopicSpec(name, plain.partitionCount(), plain.replicationFactor(), Map.of(), configs);
        assertEquals(
                List.of(false),
                controller.createTopics(List.of(topic), false).join().stream()
                        .map(made -> made.error().isFailure())
                        .toList());
    }

    @ParameterizedTest
    @ValueSource(strings = {GroupCoordinators.TOPIC, TransactionStore.TOPIC})
    void shouldMakeACompactedTopicWhenThereIsNone(final String name) {
        assertEquals(
                Map.of(
                        TopicConfig.CLEANUP_POLICY_CONFIG,
                        "compact",
                        TopicConfig.COMPRESSION_TYPE_CONFIG,
                        "producer",
                        TopicConfig.SEGMENT_BYTES_CONFIG,
                        Integer.toString(SEGMENT_LENGTH)),
                configsAfterStart(name));
    }

    @ParameterizedTest
    @ValueSource(strings = {GroupCoordinators.TOPIC, TransactionStore.TOPIC})
    void shouldCompactATopicWhenAnOlderVersionMadeItWithoutThat(final String name) {
        make(name, Map.of(TopicConfig.SEGMENT_BYTES_CONFIG, "2097152"));
        assertEquals(
                Map.of(TopicConfig.CLEANUP_POLICY_CONFIG, "compact", TopicConfig.SEGMENT_BYTES_CONFIG, "2097152"),
                configsAfterStart(name));
    }

    @Test
    void shouldLeaveThePolicyWhenSomebodyHasSetIt() {
        make(GroupCoordinators.TOPIC, Map.of(TopicConfig.CLEANUP_POLICY_CONFIG, "delete"));
        assertEquals(Map.of(TopicConfig.CLEANUP_POLICY_CONFIG, "delete"), configsAfterStart(GroupCoordinators.TOPIC));
    }
}
