package io.epona.gateway.handlers;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotNull;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.stream.Stream;
import org.apache.kafka.common.Uuid;
import org.apache.kafka.common.message.CreatePartitionsRequestData;
import org.apache.kafka.common.message.CreatePartitionsRequestData.CreatePartitionsAssignment;
import org.apache.kafka.common.message.CreatePartitionsRequestData.CreatePartitionsTopic;
import org.apache.kafka.common.message.CreatePartitionsResponseData;
import org.apache.kafka.common.message.CreateTopicsRequestData;
import org.apache.kafka.common.message.CreateTopicsRequestData.CreatableReplicaAssignment;
import org.apache.kafka.common.message.CreateTopicsRequestData.CreatableTopic;
import org.apache.kafka.common.message.CreateTopicsRequestData.CreatableTopicConfig;
import org.apache.kafka.common.message.CreateTopicsResponseData;
import org.apache.kafka.common.message.CreateTopicsResponseData.CreatableTopicConfigs;
import org.apache.kafka.common.message.CreateTopicsResponseData.CreatableTopicResult;
import org.apache.kafka.common.message.DeleteTopicsRequestData;
import org.apache.kafka.common.message.DeleteTopicsRequestData.DeleteTopicState;
import org.apache.kafka.common.message.DeleteTopicsResponseData;
import org.apache.kafka.common.message.DeleteTopicsResponseData.DeletableTopicResult;
import org.apache.kafka.common.protocol.ApiKeys;
import org.apache.kafka.common.protocol.Errors;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

class TopicHandlersTest {
    @TempDir
    Path directory;

    private HandlerHarness harness;

    static Stream<Short> createVersions() {
        return HandlerHarness.versions(ApiKeys.CREATE_TOPICS);
    }

    static Stream<Short> deleteVersions() {
        return HandlerHarness.versions(ApiKeys.DELETE_TOPICS);
    }

    static Stream<Short> partitionVersions() {
        return HandlerHarness.versions(ApiKeys.CREATE_PARTITIONS);
    }

    @BeforeEach
    void begin() {
        harness = new HandlerHarness(directory);
    }

    @AfterEach
    void end() {
        harness.close();
    }

    @ParameterizedTest
    @MethodSource("createVersions")
    void shouldMakeTopicWhenAsked(short version) {
        CreatableTopic topic = topic("orders", 4, 1);
        topic.configs().add(new CreatableTopicConfig().setName("retention.ms").setValue("5000"));
        CreatableTopicResult result = create(version, false, topic).getFirst();
        assertEquals(Errors.NONE.code(), result.errorCode());
        assertNull(result.errorMessage());
        assertEquals(4, harness.image().topic("orders").partitionCount());
        assertEquals(version >= 7 ? harness.image().topic("orders").id() : Uuid.ZERO_UUID, result.topicId());
        assertEquals(version >= 5 ? 4 : -1, result.numPartitions());
        assertEquals(version >= 5 ? 1 : -1, result.replicationFactor());
        if (version >= 5) {
            CreatableTopicConfigs retention = result.configs().stream()
                    .filter(config -> config.name().equals("retention.ms"))
                    .findFirst()
                    .orElseThrow();
            assertEquals("5000", retention.value());
            assertEquals(1, retention.configSource());
            assertTrue(result.configs().size() > 20);
        }
    }

    @ParameterizedTest
    @MethodSource("createVersions")
    void shouldTellErrorOfEachTopicWhenRefused(short version) {
        harness.make("taken", 1);
        CreatableTopic assignedElsewhere = topic("elsewhere", -1, -1);
        assignedElsewhere
                .assignments()
                .add(new CreatableReplicaAssignment().setPartitionIndex(0).setBrokerIds(List.of(99)));
        CreatableTopic assignedTwice = topic("twice", -1, -1);
        for (int i = 0; i < 2; i++) {
            assignedTwice
                    .assignments()
                    .mustAdd(new CreatableReplicaAssignment()
                            .setPartitionIndex(0)
                            .setBrokerIds(List.of(HandlerHarness.NODE_ID)));
        }
        CreatableTopic configured = topic("configured", 1, 1);
        configured
                .configs()
                .add(new CreatableTopicConfig().setName("cleanup.policy").setValue("squeeze"));
        List<CreatableTopicResult> results = create(
                version,
                false,
                topic("taken", 1, 1),
                topic("bad name", 1, 1),
                topic("factor", 1, 3),
                topic("none", 0, 1),
                assignedElsewhere,
                assignedTwice,
                configured,
                topic("doubled", 1, 1),
                topic("doubled", 2, 1),
                topic("__cluster_metadata", 1, 1),
                topic("fine", 1, 1));
        assertEquals(Errors.TOPIC_ALREADY_EXISTS, error(results, "taken"));
        assertEquals(Errors.INVALID_TOPIC_EXCEPTION, error(results, "bad name"));
        assertEquals(Errors.INVALID_REPLICATION_FACTOR, error(results, "factor"));
        assertEquals(Errors.INVALID_PARTITIONS, error(results, "none"));
        assertEquals(Errors.INVALID_REPLICA_ASSIGNMENT, error(results, "elsewhere"));
        assertEquals(Errors.INVALID_REPLICA_ASSIGNMENT, error(results, "twice"));
        assertEquals(Errors.INVALID_CONFIG, error(results, "configured"));
        assertEquals(Errors.INVALID_REQUEST, error(results, "doubled"));
        assertEquals(Errors.INVALID_REQUEST, error(results, "__cluster_metadata"));
        assertEquals(Errors.NONE, error(results, "fine"));
        assertEquals(10, results.size());
        assertEquals(2, harness.image().topics().size());
    }

    @ParameterizedTest
    @MethodSource("createVersions")
    void shouldMakeNothingWhenOnlyValidated(short version) {
        assertEquals(Errors.NONE, error(create(version, true, topic("orders", -1, -1)), "orders"));
        assertNull(harness.image().topic("orders"));
    }

    @Test
    void shouldTakeAssignmentsWhenTheyNameThisNode() {
        CreatableTopic topic = topic("assigned", -1, -1);
        for (int i = 0; i < 2; i++) {
            topic.assignments()
                    .add(new CreatableReplicaAssignment()
                            .setPartitionIndex(i)
                            .setBrokerIds(List.of(HandlerHarness.NODE_ID)));
        }
        assertEquals(Errors.NONE, error(create((short) 7, false, topic), "assigned"));
        assertEquals(2, harness.image().topic("assigned").partitionCount());
    }

    @Test
    void shouldAnswerEveryTopicWhenControllerIsGone() {
        harness.controller.close();
        assertEquals(Errors.NOT_CONTROLLER, error(create((short) 7, false, topic("a", 1, 1)), "a"));
    }

    @ParameterizedTest
    @MethodSource("deleteVersions")
    void shouldRemoveTopicWhenNamed(short version) {
        harness.make("orders", 2);
        Uuid id = harness.image().topic("orders").id();
        DeleteTopicsRequestData request = new DeleteTopicsRequestData();
        if (version >= 6) {
            request.setTopics(List.of(byName("orders"), byName("nowhere")));
        } else {
            request.setTopicNames(List.of("orders", "nowhere"));
        }
        List<DeletableTopicResult> results = delete(version, request);
        assertEquals("orders", results.get(0).name());
        assertEquals(version >= 6 ? id : Uuid.ZERO_UUID, results.get(0).topicId());
        assertEquals(Errors.NONE.code(), results.get(0).errorCode());
        assertEquals(Errors.UNKNOWN_TOPIC_OR_PARTITION.code(), results.get(1).errorCode());
        assertNull(harness.image().topic("orders"));
    }

    @Test
    void shouldRemoveTopicWhenGivenById() {
        harness.make("orders", 2);
        Uuid id = harness.image().topic("orders").id();
        DeleteTopicsRequestData request =
                new DeleteTopicsRequestData().setTopics(List.of(byId(id), byId(Uuid.ONE_UUID)));
        List<DeletableTopicResult> results = delete((short) 6, request);
        assertEquals("orders", results.get(0).name());
        assertEquals(Errors.UNKNOWN_TOPIC_ID.code(), results.get(1).errorCode());
        assertNull(results.get(1).name());
        assertNull(harness.image().topic("orders"));
    }

    @Test
    void shouldRefuseToRemoveWhenItIsUnclearWhat() {
        harness.make("a", 1);
        harness.make("b", 1);
        Uuid idOfB = harness.image().topic("b").id();
        DeleteTopicsRequestData request = new DeleteTopicsRequestData()
                .setTopics(List.of(
                        byName("a"),
                        byName("a"),
                        new DeleteTopicState().setName("b").setTopicId(idOfB),
                        new DeleteTopicState().setName(null),
                        byName("b"),
                        byId(Uuid.ONE_UUID),
                        byId(Uuid.ONE_UUID)));
        List<DeletableTopicResult> results = delete((short) 6, request);
        assertEquals(5, results.size());
        results.forEach(result -> assertEquals(Errors.INVALID_REQUEST.code(), result.errorCode(), result.toString()));
        assertNotNull(harness.image().topic("a"));
        assertNotNull(harness.image().topic("b"));
    }

    @ParameterizedTest
    @MethodSource("partitionVersions")
    void shouldAddPartitionsWhenAsked(short version) {
        harness.make("orders", 2);
        CreatePartitionsTopic assigned = new CreatePartitionsTopic()
                .setName("assigned")
                .setCount(2)
                .setAssignments(
                        List.of(new CreatePartitionsAssignment().setBrokerIds(List.of(HandlerHarness.NODE_ID))));
        harness.make("assigned", 1);
        assertEquals(
                List.of(Errors.NONE, Errors.NONE, Errors.UNKNOWN_TOPIC_OR_PARTITION),
                addPartitions(version, false, more("orders", 5), assigned, more("nowhere", 2)));
        assertEquals(5, harness.image().topic("orders").partitionCount());
        assertEquals(2, harness.image().topic("assigned").partitionCount());
        assertEquals(List.of(Errors.INVALID_PARTITIONS), addPartitions(version, false, more("orders", 5)));
        assertEquals(List.of(Errors.INVALID_PARTITIONS), addPartitions(version, false, more("orders", 0)));
        assertEquals(List.of(Errors.NONE), addPartitions(version, true, more("orders", 6)));
        assertEquals(
                List.of(Errors.INVALID_REQUEST), addPartitions(version, false, more("orders", 6), more("orders", 7)));
        assertEquals(5, harness.image().topic("orders").partitionCount());
    }

    private static CreatableTopic topic(String name, int partitions, int replicationFactor) {
        return new CreatableTopic().setName(name).setNumPartitions(partitions).setReplicationFactor((short)
                replicationFactor);
    }

    private static DeleteTopicState byName(String name) {
        return new DeleteTopicState().setName(name);
    }

    private static DeleteTopicState byId(Uuid id) {
        return new DeleteTopicState().setTopicId(id);
    }

    private static CreatePartitionsTopic more(String name, int count) {
        return new CreatePartitionsTopic().setName(name).setCount(count).setAssignments(null);
    }

    private static Errors error(List<CreatableTopicResult> results, String name) {
        return results.stream()
                .filter(result -> result.name().equals(name))
                .map(result -> Errors.forCode(result.errorCode()))
                .findFirst()
                .orElseThrow();
    }

    private List<CreatableTopicResult> create(short version, boolean validateOnly, CreatableTopic... topics) {
        CreateTopicsRequestData request = new CreateTopicsRequestData().setValidateOnly(validateOnly);
        Arrays.stream(topics).forEach(request.topics()::mustAdd);
        return new ArrayList<>(harness.call(CreateTopicsResponseData.class, ApiKeys.CREATE_TOPICS, version, request)
                .topics());
    }

    private List<DeletableTopicResult> delete(short version, DeleteTopicsRequestData request) {
        return new ArrayList<>(harness.call(DeleteTopicsResponseData.class, ApiKeys.DELETE_TOPICS, version, request)
                .responses());
    }

    private List<Errors> addPartitions(short version, boolean validateOnly, CreatePartitionsTopic... topics) {
        CreatePartitionsRequestData request = new CreatePartitionsRequestData().setValidateOnly(validateOnly);
        Arrays.stream(topics).forEach(request.topics()::mustAdd);
        return harness
                .call(CreatePartitionsResponseData.class, ApiKeys.CREATE_PARTITIONS, version, request)
                .results()
                .stream()
                .map(result -> Errors.forCode(result.errorCode()))
                .toList();
    }
}
