package io.epona.controller;

import static io.epona.controller.NewTopicSpec.withDefaults;
import static io.epona.controller.NewTopicSpec.withPartitions;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertNotNull;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertSame;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import org.apache.kafka.common.Uuid;
import org.apache.kafka.common.protocol.Errors;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

class TopicDecisionsTest {
    private final TopicDefaults defaults = new TopicDefaults(3, true, 20_000, Map.of());
    private final ControllerConfig config =
            new ControllerConfig(Path.of("unused"), 1, 2, 1, defaults, Map.of(), Long.MAX_VALUE);
    private final TopicConfigs topicConfigs = new TopicConfigs(Map.of());
    private final TopicDecisions decisions = new TopicDecisions(topicConfigs);
    private final ControllerFixture fixture = new ControllerFixture(config, 7);
    private ClusterImage image;

    @BeforeEach
    void begin() {
        image = apply(
                ImageFold.empty(1, CellState.ofOneNode(1, 2, 1)),
                LaneDecisions.bootstrap(new ClusterIdentity(fixture.ids().get(), 1)));
    }

    @Test
    void shouldMakeDefaultTopicWhenNothingIsSaid() {
        CreateTopicResult result = create(withDefaults("orders")).getFirst();
        assertEquals(Errors.NONE, result.error().error());
        assertEquals(3, result.partitionCount());
        assertEquals(1, result.replicationFactor());
        TopicInfo topic = image.topic("orders");
        assertSame(topic, image.topic(result.topicId()));
        assertEquals(3, topic.partitionCount());
        PartitionInfo partition = topic.partition(2);
        assertEquals(1, partition.leader());
        assertEquals(1, partition.leaderEpoch());
        assertEquals(List.of(1), partition.isr());
        assertNull(topic.partition(3));
        assertNull(topic.partition(-1));
    }

    @Test
    void shouldComeToTheSameRecordsWhenDecidedTwice() {
        List<NewTopicSpec> topics = List.of(withDefaults("a"), withPartitions("b", 5));
        List<Uuid> ids = List.of(fixture.ids().get(), fixture.ids().get());
        ControlCommand.CreateTopics command = command(topics, ids);
        assertEquals(decisions.create(image, command), decisions.create(image, command));
    }

    @Test
    void shouldSpreadPartitionsOverLanesWhenThereAreSeveral() {
        create(withPartitions("a", 3), withPartitions("b", 2), withPartitions("c", 1));
        int[] counts = new int[2];
        image.forEachPartition(partition -> counts[partition.laneId()]++);
        assertEquals(3, counts[0]);
        assertEquals(3, counts[1]);
    }

    @Test
    void shouldNeverUsePartitionIndexAgainWhenTopicWasDeleted() {
        create(withPartitions("a", 4));
        int last = image.topic("a").partition(3).partitionIndex();
        Uuid oldId = image.topic("a").id();
        delete(TopicReference.byName("a"));
        assertNull(image.partition(last));
        assertNull(image.topic(oldId));
        create(withPartitions("a", 1));
        assertEquals(last + 1, image.topic("a").partition(0).partitionIndex());
        assertNotEquals(oldId, image.topic("a").id());
        assertTrue(image.wasDeleted(oldId));
        assertFalse(image.wasDeleted(image.topic("a").id()));
    }

    @Test
    void shouldRefuseNameWhenKafkaWould() {
        assertError(Errors.INVALID_TOPIC_EXCEPTION, create(withDefaults("")));
        assertError(Errors.INVALID_TOPIC_EXCEPTION, create(withDefaults("..")));
        assertError(Errors.INVALID_TOPIC_EXCEPTION, create(withDefaults("white space")));
        assertError(Errors.INVALID_TOPIC_EXCEPTION, create(withDefaults("x".repeat(250))));
        assertError(Errors.NONE, create(withDefaults("x".repeat(249))));
    }

    @Test
    void shouldRefuseNameWhenItDiffersFromAnotherInDotAndUnderscoreOnly() {
        create(withDefaults("a.b"));
        assertError(Errors.INVALID_TOPIC_EXCEPTION, create(withDefaults("a_b")));
        assertError(Errors.TOPIC_ALREADY_EXISTS, create(withDefaults("a.b")));
        List<CreateTopicResult> together = create(withDefaults("c.d"), withDefaults("c_d"));
        assertEquals(Errors.NONE, together.get(0).error().error());
        assertEquals(Errors.INVALID_TOPIC_EXCEPTION, together.get(1).error().error());
        delete(TopicReference.byName("a.b"));
        assertError(Errors.NONE, create(withDefaults("a_b")));
    }

    @Test
    void shouldRefuseCountsWhenTheyAreImpossible() {
        assertError(Errors.INVALID_PARTITIONS, create(withPartitions("a", 0)));
        assertError(Errors.INVALID_PARTITIONS, create(withPartitions("a", -2)));
        for (short factor : new short[] {0, -2, 2, 3}) {
            assertError(
                    Errors.INVALID_REPLICATION_FACTOR, create(new NewTopicSpec("a", 1, factor, Map.of(), Map.of())));
        }
        assertError(Errors.NONE, create(new NewTopicSpec("a", 1, (short) 1, Map.of(), Map.of())));
    }

    @Test
    void shouldRefuseCommandWhenItMakesTooManyPartitions() {
        assertError(Errors.POLICY_VIOLATION, create(withPartitions("a", 10_001)));
        assertError(Errors.POLICY_VIOLATION, create(withPartitions("a", 6_000), withPartitions("b", 6_000)));
        assertError(Errors.NONE, create(withPartitions("a", 10_000)));
        assertError(Errors.NONE, create(withPartitions("b", 9_999)));
        assertError(Errors.POLICY_VIOLATION, create(withPartitions("c", 2)));
        assertError(Errors.NONE, create(withPartitions("c", 1)));
    }

    @Test
    void shouldTakeAssignmentsWhenTheyNameThisNode() {
        NewTopicSpec spec = new NewTopicSpec("a", -1, (short) -1, Map.of(0, List.of(1), 1, List.of(1)), Map.of());
        assertError(Errors.NONE, create(spec));
        assertEquals(2, image.topic("a").partitionCount());
    }

    @Test
    void shouldRefuseAssignmentsWhenTheyAreWrong() {
        assertError(Errors.INVALID_REPLICA_ASSIGNMENT, create(assigned(Map.of(0, List.of(2)))));
        assertError(Errors.INVALID_REPLICA_ASSIGNMENT, create(assigned(Map.of(0, List.of()))));
        assertError(Errors.INVALID_REPLICA_ASSIGNMENT, create(assigned(Map.of(0, List.of(1, 1)))));
        assertError(Errors.INVALID_REPLICA_ASSIGNMENT, create(assigned(Map.of(1, List.of(1)))));
        assertError(
                Errors.INVALID_REQUEST, create(new NewTopicSpec("a", 1, (short) -1, Map.of(0, List.of(1)), Map.of())));
        assertError(
                Errors.INVALID_REQUEST, create(new NewTopicSpec("a", -1, (short) 1, Map.of(0, List.of(1)), Map.of())));
    }

    @Test
    void shouldRefuseTopicWhenItsConfigurationIsWrong() {
        assertError(Errors.INVALID_CONFIG, create(configured("no.such.key", "1")));
        assertError(Errors.INVALID_CONFIG, create(configured("cleanup.policy", "squeeze")));
        assertError(Errors.INVALID_CONFIG, create(configured("min.cleanable.dirty.ratio", "2")));
        assertError(Errors.INVALID_CONFIG, create(configured("retention.ms", "soon")));
        assertError(Errors.INVALID_CONFIG, create(configured("retention.ms", null)));
        assertError(Errors.NONE, create(configured("retention.ms", "1000")));
        assertEquals(1000, image.topic("a").config().retentionMs);
    }

    @Test
    void shouldAnswerUnknownWhenDeletedTopicIsNotThere() {
        create(withDefaults("a"));
        Uuid id = image.topic("a").id();
        assertEquals(
                Errors.UNKNOWN_TOPIC_OR_PARTITION,
                delete(TopicReference.byName("b")).getFirst().error().error());
        assertEquals(
                Errors.UNKNOWN_TOPIC_ID,
                delete(TopicReference.byId(Uuid.ONE_UUID)).getFirst().error().error());
        DeleteTopicResult byId = delete(TopicReference.byId(id)).getFirst();
        assertEquals("a", byId.name());
        assertEquals(Errors.NONE, byId.error().error());
    }

    @Test
    void shouldDeleteOnceWhenTopicIsNamedTwice() {
        create(withDefaults("a"));
        List<DeleteTopicResult> results = delete(
                TopicReference.byName("a"), TopicReference.byId(image.topic("a").id()));
        assertEquals(Errors.NONE, results.get(0).error().error());
        assertEquals(Errors.UNKNOWN_TOPIC_ID, results.get(1).error().error());
    }

    @Test
    void shouldKeepOldPartitionObjectsWhenPartitionsAreAdded() {
        create(withPartitions("a", 2));
        PartitionInfo first = image.topic("a").partition(0);
        assertEquals(Errors.NONE, addPartitions("a", 5, null));
        assertEquals(5, image.topic("a").partitionCount());
        assertSame(first, image.topic("a").partition(0));
        assertNotNull(image.topic("a").partition(4));
    }

    @Test
    void shouldRefuseMorePartitionsWhenTheyAreNotMoreOrNotThere() {
        create(withPartitions("a", 2));
        assertEquals(Errors.INVALID_PARTITIONS, addPartitions("a", 2, null));
        assertEquals(Errors.INVALID_PARTITIONS, addPartitions("a", 1, null));
        assertEquals(Errors.UNKNOWN_TOPIC_OR_PARTITION, addPartitions("b", 3, null));
        assertEquals(Errors.INVALID_REPLICA_ASSIGNMENT, addPartitions("a", 4, List.of(List.of(1))));
        assertEquals(Errors.INVALID_REPLICA_ASSIGNMENT, addPartitions("a", 3, List.of(List.of(9))));
        assertEquals(Errors.POLICY_VIOLATION, addPartitions("a", 10_003, null));
        assertEquals(Errors.NONE, addPartitions("a", 3, List.of(List.of(1))));
    }

    @Test
    void shouldTellOpenedAndClosedPartitionsWhenImagesDiffer() {
        ClusterImage before = image;
        create(withPartitions("a", 700), withPartitions("b", 2));
        PartitionChanges made = PartitionChanges.between(before, image);
        assertEquals(702, made.opened().size());
        assertTrue(made.closed().isEmpty());
        ClusterImage withBoth = image;
        delete(TopicReference.byName("a"));
        PartitionChanges gone = PartitionChanges.between(withBoth, image);
        assertTrue(gone.opened().isEmpty());
        assertEquals(700, gone.closed().size());
        assertTrue(PartitionChanges.between(image, image).isEmpty());
    }

    private static NewTopicSpec assigned(Map<Integer, List<Integer>> assignments) {
        return new NewTopicSpec("a", -1, (short) -1, assignments, Map.of());
    }

    private static NewTopicSpec configured(String key, String value) {
        return new NewTopicSpec("a", 1, (short) 1, Map.of(), java.util.Collections.singletonMap(key, value));
    }

    private List<CreateTopicResult> create(NewTopicSpec... topics) {
        List<Uuid> ids = Arrays.stream(topics).map(topic -> fixture.ids().get()).toList();
        return take(decisions.create(image, command(List.of(topics), ids)));
    }

    private List<DeleteTopicResult> delete(TopicReference... topics) {
        return take(decisions.delete(image, List.of(topics)));
    }

    private ControlCommand.CreateTopics command(List<NewTopicSpec> topics, List<Uuid> ids) {
        return new ControlCommand.CreateTopics(
                topics.stream().map(defaults::applyTo).toList(), ids, defaults.maxPartitionCount());
    }

    private Errors addPartitions(String topic, int total, List<List<Integer>> assignments) {
        return take(decisions.addPartitions(
                        image,
                        new ControlCommand.CreatePartitions(
                                List.of(new NewPartitionsSpec(topic, total, assignments)),
                                defaults.maxPartitionCount())))
                .getFirst()
                .error()
                .error();
    }

    private <R> R take(Decision<R> decision) {
        image = apply(image, decision.records());
        ControllerFixture.requireConsistent(image);
        return decision.response();
    }

    private ClusterImage apply(ClusterImage base, List<MetadataRecord> records) {
        return new ImageFold(base, topicConfigs).applyAll(records).build(base.version() + records.size() + 1);
    }

    private static void assertError(Errors expected, List<CreateTopicResult> results) {
        assertEquals(expected, results.getFirst().error().error(), results.toString());
    }
}
