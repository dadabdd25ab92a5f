package io.epona.gateway.handlers;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertNotNull;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.epona.controller.TopicDefaults;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.stream.Stream;
import org.apache.kafka.common.Uuid;
import org.apache.kafka.common.message.MetadataRequestData;
import org.apache.kafka.common.message.MetadataRequestData.MetadataRequestTopic;
import org.apache.kafka.common.message.MetadataResponseData;
import org.apache.kafka.common.message.MetadataResponseData.MetadataResponseBroker;
import org.apache.kafka.common.message.MetadataResponseData.MetadataResponsePartition;
import org.apache.kafka.common.message.MetadataResponseData.MetadataResponseTopic;
import org.apache.kafka.common.protocol.ApiKeys;
import org.apache.kafka.common.protocol.Errors;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

class MetadataHandlerTest {
    @TempDir
    Path directory;

    private HandlerHarness harness;

    static Stream<Short> versions() {
        return HandlerHarness.versions(ApiKeys.METADATA);
    }

    static Stream<Short> versionsWithTopicIds() {
        return versions().filter(version -> version >= 12);
    }

    @BeforeEach
    void begin() {
        harness = new HandlerHarness(directory);
        harness.make("orders", 3);
        harness.make("quotes", 1);
    }

    @AfterEach
    void end() {
        harness.close();
    }

    @ParameterizedTest
    @MethodSource("versions")
    void shouldDescribeTopicWhenAskedByName(short version) {
        MetadataResponseData response = call(version, names("orders"));
        MetadataResponseBroker broker = response.brokers().iterator().next();
        assertEquals(HandlerHarness.NODE_ID, broker.nodeId());
        assertEquals("epona.example", broker.host());
        assertEquals(9092, broker.port());
        assertEquals(version >= 1 ? "r1" : null, broker.rack());
        assertEquals(version >= 2 ? harness.image().clusterId() : null, response.clusterId());
        assertEquals(version >= 1 ? HandlerHarness.NODE_ID : -1, response.controllerId());
        assertEquals(1, response.topics().size());
        MetadataResponseTopic topic = response.topics().iterator().next();
        assertEquals(Errors.NONE.code(), topic.errorCode());
        assertEquals(version >= 10 ? harness.image().topic("orders").id() : Uuid.ZERO_UUID, topic.topicId());
        assertEquals(3, topic.partitions().size());
        MetadataResponsePartition partition = topic.partitions().get(2);
        assertEquals(2, partition.partitionIndex());
        assertEquals(HandlerHarness.NODE_ID, partition.leaderId());
        assertEquals(version >= 7 ? 1 : -1, partition.leaderEpoch());
        assertEquals(List.of(HandlerHarness.NODE_ID), partition.isrNodes());
        assertEquals(List.of(HandlerHarness.NODE_ID), partition.replicaNodes());
        assertEquals(List.of(), partition.offlineReplicas());
    }

    @ParameterizedTest
    @MethodSource("versions")
    void shouldDescribeAllTopicsWhenAskedForAll(short version) {
        List<MetadataRequestTopic> all = version == 0 ? List.of() : null;
        MetadataResponseData response = call(version, new MetadataRequestData().setTopics(all));
        assertEquals(2, response.topics().size());
        assertNotNull(response.topics().find("quotes"));
    }

    @ParameterizedTest
    @MethodSource("versions")
    void shouldDescribeNoTopicWhenAskedForNone(short version) {
        MetadataResponseData response = call(version, new MetadataRequestData().setTopics(List.of()));
        assertEquals(version == 0 ? 2 : 0, response.topics().size());
        assertEquals(1, response.brokers().size());
    }

    @ParameterizedTest
    @MethodSource("versions")
    void shouldMakeTopicAndDescribeItWhenItIsNotThere(short version) {
        MetadataResponseTopic topic =
                call(version, names("brand-new")).topics().iterator().next();
        assertEquals(Errors.NONE.code(), topic.errorCode());
        assertEquals(1, topic.partitions().size());
        assertNotNull(harness.image().topic("brand-new"));
    }

    @ParameterizedTest
    @MethodSource("versions")
    void shouldNotMakeTopicWhenClientDoesNotAllowIt(short version) {
        MetadataRequestData request = names("brand-new");
        if (version >= 4) {
            request.setAllowAutoTopicCreation(false);
            assertEquals(
                    Errors.UNKNOWN_TOPIC_OR_PARTITION.code(),
                    call(version, request).topics().iterator().next().errorCode());
            assertNull(harness.image().topic("brand-new"));
        }
    }

    @ParameterizedTest
    @MethodSource("versions")
    void shouldRefuseNameWhenNoTopicCanHaveIt(short version) {
        MetadataResponseTopic topic =
                call(version, names("no spaces")).topics().iterator().next();
        assertEquals(Errors.INVALID_TOPIC_EXCEPTION.code(), topic.errorCode());
        assertEquals("no spaces", topic.name());
    }

    @ParameterizedTest
    @MethodSource("versions")
    void shouldNotMakeInternalTopicWhenClientAsksForIt(short version) {
        MetadataResponseTopic topic =
                call(version, names("__consumer_offsets")).topics().iterator().next();
        assertEquals(Errors.UNKNOWN_TOPIC_OR_PARTITION.code(), topic.errorCode());
        assertEquals(version >= 1, topic.isInternal());
    }

    @ParameterizedTest
    @MethodSource("versionsWithTopicIds")
    void shouldDescribeTopicWhenAskedById(short version) {
        Uuid id = harness.image().topic("quotes").id();
        MetadataRequestData request = new MetadataRequestData()
                .setTopics(List.of(
                        new MetadataRequestTopic().setName(null).setTopicId(id),
                        new MetadataRequestTopic().setName(null).setTopicId(Uuid.ONE_UUID)));
        List<MetadataResponseTopic> topics =
                new ArrayList<>(call(version, request).topics());
        assertEquals("quotes", topics.get(0).name());
        assertEquals(Errors.NONE.code(), topics.get(0).errorCode());
        assertNull(topics.get(1).name());
        assertEquals(Uuid.ONE_UUID, topics.get(1).topicId());
        assertEquals(Errors.UNKNOWN_TOPIC_ID.code(), topics.get(1).errorCode());
    }

    @Test
    void shouldRefuseRequestWhenIdComesBeforeItsVersion() {
        for (short version = 10; version <= 11; version++) {
            MetadataRequestData request = new MetadataRequestData()
                    .setTopics(List.of(new MetadataRequestTopic()
                            .setName("orders")
                            .setTopicId(harness.image().topic("orders").id())));
            assertEquals(
                    Errors.INVALID_REQUEST.code(),
                    call(version, request).topics().iterator().next().errorCode());
        }
    }

    @Test
    void shouldAnswerOnceWhenTopicIsNamedTwice() {
        assertEquals(1, call((short) 12, names("orders", "orders")).topics().size());
    }

    @Test
    void shouldTellOperationsWhenAsked() {
        MetadataRequestData request = names("orders").setIncludeTopicAuthorizedOperations(true);
        int operations = call((short) 12, request).topics().iterator().next().topicAuthorizedOperations();
        assertEquals(AuthorizedOperations.TOPIC, operations);
        MetadataRequestData cluster = names("orders").setIncludeClusterAuthorizedOperations(true);
        assertNotEquals(Integer.MIN_VALUE, call((short) 8, cluster).clusterAuthorizedOperations());
        assertEquals(Integer.MIN_VALUE, call((short) 8, names("orders")).clusterAuthorizedOperations());
    }

    @Test
    void shouldNotMakeTopicWhenNodeDoesNotAllowIt(@TempDir Path other) {
        TopicDefaults defaults = new TopicDefaults(1, false, 10, Map.of());
        try (HandlerHarness closed = new HandlerHarness(other, defaults)) {
            MetadataResponseData response =
                    closed.call(MetadataResponseData.class, ApiKeys.METADATA, (short) 12, names("brand-new"));
            assertEquals(
                    Errors.UNKNOWN_TOPIC_OR_PARTITION.code(),
                    response.topics().iterator().next().errorCode());
        }
    }

    @Test
    void shouldTellWhyWhenTopicCannotBeMade() {
        harness.make("a.b", 1);
        assertEquals(
                Errors.INVALID_TOPIC_EXCEPTION.code(),
                call((short) 12, names("a_b")).topics().iterator().next().errorCode());
    }

    @Test
    void shouldAskToComeBackWhenControllerIsGone() {
        harness.controller.close();
        assertEquals(
                Errors.LEADER_NOT_AVAILABLE.code(),
                call((short) 12, names("brand-new")).topics().iterator().next().errorCode());
    }

    @Test
    void shouldAnswerOnlyWhenNewTopicCanBeWrittenTo() {
        CompletableFuture<Void> lanes = new CompletableFuture<>();
        List<String> order = new ArrayList<>();
        harness.controller.activatePartitionsWith((old, now) -> {
            order.add("activated");
            lanes.complete(null);
            return lanes;
        });
        call((short) 12, names("brand-new"));
        assertTrue(order.contains("activated"));
    }

    private static MetadataRequestData names(String... names) {
        MetadataRequestData request = new MetadataRequestData().setTopics(new ArrayList<>());
        for (String name : names) {
            request.topics().add(new MetadataRequestTopic().setName(name));
        }
        return request;
    }

    private MetadataResponseData call(short version, MetadataRequestData request) {
        return harness.call(MetadataResponseData.class, ApiKeys.METADATA, version, request);
    }
}
