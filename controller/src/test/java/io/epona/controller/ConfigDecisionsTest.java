package io.epona.controller;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertSame;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.nio.file.Path;
import java.util.Arrays;
import java.util.Collection;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;
import org.apache.kafka.clients.admin.AlterConfigOp;
import org.apache.kafka.clients.admin.AlterConfigOp.OpType;
import org.apache.kafka.clients.admin.ConfigEntry;
import org.apache.kafka.common.config.ConfigResource;
import org.apache.kafka.common.protocol.Errors;
import org.apache.kafka.common.requests.ApiError;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class ConfigDecisionsTest {
    private static final ConfigResource ORDERS = new ConfigResource(ConfigResource.Type.TOPIC, "orders");

    @TempDir
    Path directory;

    private LocalController controller;

    @BeforeEach
    void begin() {
        controller = ControllerFixture.in(directory).open();
        controller
                .createTopics(List.of(NewTopicSpec.withDefaults("orders")), false)
                .join();
    }

    @AfterEach
    void end() {
        controller.close();
    }

    @Test
    void shouldSetAndDeleteKeysWhenAltered() {
        assertError(Errors.NONE, alter(op(OpType.SET, "retention.ms", "5000"), op(OpType.SET, "segment.ms", "100")));
        assertEquals(5000, controller.image().topic("orders").config().retentionMs);
        assertError(Errors.NONE, alter(op(OpType.DELETE, "retention.ms", null)));
        assertEquals(
                Map.of("segment.ms", "100"), controller.image().topic("orders").configOverrides());
        assertEquals(604_800_000, controller.image().topic("orders").config().retentionMs);
    }

    @Test
    void shouldTellWhichPartitionsAreConfiguredAnew() {
        controller
                .createTopics(List.of(NewTopicSpec.withPartitions("other", 2)), false)
                .join();
        ClusterImage before = controller.image();
        alter(op(OpType.SET, "retention.ms", "5000"));
        PartitionChanges changes = PartitionChanges.between(before, controller.image());
        assertTrue(changes.isEmpty());
        assertEquals(controller.image().topic("orders").partitions(), changes.reconfigured());
    }

    @Test
    void shouldChangeNothingWhenOneKeyIsWrong() {
        ClusterImage before = controller.image();
        assertError(Errors.INVALID_CONFIG, alter(op(OpType.SET, "retention.ms", "1"), op(OpType.SET, "nonsense", "1")));
        assertError(Errors.INVALID_CONFIG, alter(op(OpType.SET, "max.message.bytes", "-5")));
        assertError(Errors.INVALID_CONFIG, alter(op(OpType.SET, "retention.ms", null)));
        assertSame(before, controller.image());
    }

    @Test
    void shouldNameKeyAndRemedyWhenKeyHasNoEffect() {
        ApiError error = alter(op(OpType.SET, "flush.messages", "1")).get(ORDERS);
        assertEquals(Errors.INVALID_CONFIG, error.error());
        assertTrue(error.message().contains("flush.messages"), error.message());
        assertTrue(error.message().contains("leave it out"), error.message());
    }

    @Test
    void shouldAppendAndSubtractWhenKeyIsList() {
        assertError(Errors.NONE, alter(op(OpType.APPEND, "cleanup.policy", "delete")));
        assertError(Errors.NONE, alter(op(OpType.APPEND, "cleanup.policy", "compact")));
        assertEquals(
                "delete,compact",
                controller.image().topic("orders").configOverrides().get("cleanup.policy"));
        assertError(Errors.INVALID_CONFIG, alter(op(OpType.APPEND, "cleanup.policy", "squeeze")));
        assertError(Errors.INVALID_CONFIG, alter(op(OpType.APPEND, "retention.ms", "1")));
        assertError(Errors.NONE, alter(op(OpType.SUBTRACT, "cleanup.policy", "delete")));
        assertEquals(
                "compact", controller.image().topic("orders").configOverrides().get("cleanup.policy"));
    }

    @Test
    void shouldRefuseLagsOfCompactionWhenTheyContradictEachOther() {
        assertError(
                Errors.INVALID_CONFIG,
                alter(op(OpType.SET, "min.compaction.lag.ms", "10"), op(OpType.SET, "max.compaction.lag.ms", "5")));
        assertError(Errors.NONE, alter(op(OpType.SET, "max.compaction.lag.ms", "5")));
        assertError(Errors.INVALID_CONFIG, alter(op(OpType.SET, "min.compaction.lag.ms", "10")));
    }

    @Test
    void shouldReplaceWholeConfigurationWhenAlteredTheOldWay() {
        alter(op(OpType.SET, "retention.ms", "5000"), op(OpType.SET, "segment.ms", "100"));
        Map<ConfigResource, ApiError> result = controller
                .alterConfigs(Map.of(ORDERS, Map.of("retention.bytes", "9")), false)
                .join();
        assertError(Errors.NONE, result);
        assertEquals(
                Map.of("retention.bytes", "9"),
                controller.image().topic("orders").configOverrides());
    }

    @Test
    void shouldChangeNothingWhenOnlyValidated() {
        ClusterImage before = controller.image();
        Map<ConfigResource, Collection<AlterConfigOp>> changes =
                Map.of(ORDERS, List.of(op(OpType.SET, "retention.ms", "1")));
        assertError(
                Errors.NONE, controller.incrementalAlterConfigs(changes, true).join());
        assertError(
                Errors.NONE,
                controller
                        .alterConfigs(Map.of(ORDERS, Map.of("segment.ms", "7")), true)
                        .join());
        assertSame(before, controller.image());
    }

    @Test
    void shouldRefuseResourceWhenItIsNoTopicOrNotThere() {
        assertEquals(Errors.UNKNOWN_TOPIC_OR_PARTITION, replaceError(ConfigResource.Type.TOPIC, "nowhere"));
        assertEquals(Errors.INVALID_CONFIG, replaceError(ConfigResource.Type.BROKER, "1"));
        assertEquals(Errors.INVALID_CONFIG, replaceError(ConfigResource.Type.BROKER, ""));
        assertEquals(Errors.INVALID_REQUEST, replaceError(ConfigResource.Type.CLIENT_METRICS, "m"));
        assertEquals(Errors.INVALID_REQUEST, replaceError(ConfigResource.Type.GROUP, ""));
    }

    private Errors alterGroup(String group, AlterConfigOp... operations) {
        ConfigResource resource = new ConfigResource(ConfigResource.Type.GROUP, group);
        return controller
                .incrementalAlterConfigs(Map.of(resource, Arrays.asList(operations)), false)
                .join()
                .get(resource)
                .error();
    }

    @Test
    void shouldRememberWhatIsSetOfGroupsWhenOpenedAgain() {
        ClusterImage before = controller.image();
        assertEquals(Errors.NONE, alterGroup("b", op(OpType.SET, "x", "1"), op(OpType.SET, "y", "2")));
        assertEquals(Errors.NONE, alterGroup("a", op(OpType.SET, "x", "3")));
        assertEquals(Errors.NONE, alterGroup("gone", op(OpType.SET, "x", "4")));
        assertEquals(Errors.NONE, alterGroup("gone", op(OpType.DELETE, "x", null)));
        assertEquals(Errors.NONE, alterGroup("b", op(OpType.DELETE, "y", null)));
        assertEquals(Errors.INVALID_CONFIG, alterGroup("b", op(OpType.SET, "x", null)));
        assertEquals(Errors.INVALID_CONFIG, alterGroup("b", op(OpType.APPEND, "x", "1")));
        assertEquals(Errors.INVALID_CONFIG, alterGroup("b", op(OpType.APPEND, "cleanup.policy", "compact")));
        assertEquals(Errors.INVALID_CONFIG, alterGroup("b", op(OpType.SUBTRACT, "cleanup.policy", "delete")));
        assertFalse(controller.image().isConfiguredAs(before));
        for (int i = 0; i < 2; i++) {
            assertEquals(List.of("a", "b"), controller.image().configuredGroups());
            assertEquals(Map.of("x", "1"), controller.image().groupConfigs("b"));
            assertEquals(Map.of("x", "3"), controller.image().groupConfigs("a"));
            assertEquals(Map.of(), controller.image().groupConfigs("gone"));
            ClusterImage image = controller.image();
            controller.close();
            controller = ControllerFixture.in(directory).open();
            ControllerFixture.assertSameMetadata(image, controller.image());
            assertTrue(controller.image().isConfiguredAs(image));
        }
    }

    @Test
    void shouldLimitHowManyGroupsHaveAConfiguration() {
        Map<ConfigResource, Map<String, String>> wanted = new HashMap<>();
        for (int i = 0; i <= ControllerLimits.MAX_CONFIGURED_GROUPS; i++) {
            wanted.put(new ConfigResource(ConfigResource.Type.GROUP, "g" + i), Map.of("x", "1"));
        }
        Collection<ApiError> results = new ConfigDecisions(new TopicConfigs(Map.of()))
                .replace(controller.image(), wanted)
                .response()
                .values();
        assertEquals(
                List.of(Errors.POLICY_VIOLATION),
                results.stream()
                        .map(ApiError::error)
                        .filter(error -> error != Errors.NONE)
                        .toList());
    }

    @Test
    void shouldLimitHowLongTheConfigurationOfAGroupIs() {
        String group = "g".repeat(ControllerLimits.MAX_GROUP_CONFIG_LENGTH - 2);
        assertEquals(Errors.NONE, alterGroup(group, op(OpType.SET, "x", "1")));
        assertEquals(Errors.POLICY_VIOLATION, alterGroup(group, op(OpType.SET, "x", "10")));
        assertEquals(Errors.POLICY_VIOLATION, alterGroup(group + "g", op(OpType.SET, "x", "1")));
        assertEquals(Errors.NONE, alterGroup(group, op(OpType.DELETE, "x", null)));
        assertEquals(Errors.NONE, alterGroup(group + "g", op(OpType.DELETE, "x", null)));
        assertEquals(List.of(), controller.image().configuredGroups());
    }

    @Test
    void shouldMakeRoomForAGroupWhenTheConfigurationOfAnotherIsDeletedByTheSameCommand() {
        Map<ConfigResource, Map<String, String>> wanted = new HashMap<>();
        for (int i = 0; i < ControllerLimits.MAX_CONFIGURED_GROUPS; i++) {
            wanted.put(new ConfigResource(ConfigResource.Type.GROUP, "g" + i), Map.of("x", "1"));
        }
        controller.alterConfigs(wanted, false).join();
        ConfigResource old = new ConfigResource(ConfigResource.Type.GROUP, "g7");
        ConfigResource other = new ConfigResource(ConfigResource.Type.GROUP, "other");
        ConfigResource another = new ConfigResource(ConfigResource.Type.GROUP, "another");
        Map<ConfigResource, Map<String, String>> exchanged = new LinkedHashMap<>();
        exchanged.put(old, Map.of());
        exchanged.put(other, Map.of("x", "1"));
        exchanged.put(another, Map.of("x", "1"));
        exchanged.put(ORDERS, Map.of("segment.ms", "7"));
        Map<ConfigResource, ApiError> results =
                controller.alterConfigs(exchanged, false).join();
        assertEquals(
                List.of(Errors.NONE, Errors.NONE, Errors.POLICY_VIOLATION, Errors.NONE),
                Stream.of(old, other, another, ORDERS)
                        .map(one -> results.get(one).error())
                        .toList());
        assertEquals(
                ControllerLimits.MAX_CONFIGURED_GROUPS,
                controller.image().configuredGroups().size());
    }

    @Test
    void shouldKeepWhatIsSetOfGroupsInASnapshot() {
        alterGroup("a", op(OpType.SET, "x", "3"));
        ImageFold fold = new ImageFold(ImageFold.empty(1, controller.image().cell()), new TopicConfigs(Map.of()));
        ClusterImage copy = fold.applyAll(ImageSnapshot.recordsOf(controller.image()))
                .build(controller.image().version());
        assertEquals(Map.of("x", "3"), copy.groupConfigs("a"));
    }

    @Test
    void shouldForgetConfigurationWhenTopicIsDeletedAndMadeAgain() {
        alter(op(OpType.SET, "retention.ms", "5000"));
        controller.deleteTopics(List.of(TopicReference.byName("orders"))).join();
        controller
                .createTopics(List.of(NewTopicSpec.withDefaults("orders")), false)
                .join();
        assertEquals(Map.of(), controller.image().topic("orders").configOverrides());
        ClusterImage before = controller.image();
        controller.close();
        controller = ControllerFixture.in(directory).open();
        ControllerFixture.assertSameMetadata(before, controller.image());
    }

    private Errors replaceError(ConfigResource.Type type, String name) {
        ConfigResource resource = new ConfigResource(type, name);
        return controller
                .alterConfigs(Map.of(resource, Map.of("retention.ms", "1")), false)
                .join()
                .get(resource)
                .error();
    }

    private Map<ConfigResource, ApiError> alter(AlterConfigOp... operations) {
        return controller
                .incrementalAlterConfigs(Map.of(ORDERS, Arrays.asList(operations)), false)
                .join();
    }

    private static AlterConfigOp op(OpType type, String key, String value) {
        return new AlterConfigOp(new ConfigEntry(key, value), type);
    }

    private static void assertError(Errors expected, Map<ConfigResource, ApiError> results) {
        assertEquals(expected, results.get(ORDERS).error(), results.toString());
    }
}
