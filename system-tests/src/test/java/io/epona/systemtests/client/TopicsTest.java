package io.epona.systemtests.client;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.epona.systemtests.harness.Clients;
import io.epona.systemtests.harness.EponaProcess;
import io.epona.systemtests.harness.TestBench;
import java.util.List;
import java.util.Map;
import org.apache.kafka.clients.admin.Admin;
import org.apache.kafka.clients.admin.CreateTopicsOptions;
import org.apache.kafka.clients.admin.CreateTopicsResult;
import org.apache.kafka.clients.admin.NewPartitions;
import org.apache.kafka.clients.admin.NewTopic;
import org.apache.kafka.clients.admin.TopicDescription;
import org.apache.kafka.clients.consumer.KafkaConsumer;
import org.apache.kafka.clients.producer.KafkaProducer;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.apache.kafka.common.TopicCollection;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.Uuid;
import org.apache.kafka.common.errors.InvalidConfigurationException;
import org.apache.kafka.common.errors.InvalidPartitionsException;
import org.apache.kafka.common.errors.InvalidReplicationFactorException;
import org.apache.kafka.common.errors.InvalidTopicException;
import org.apache.kafka.common.errors.TimeoutException;
import org.apache.kafka.common.errors.TopicExistsException;
import org.apache.kafka.common.errors.UnknownTopicIdException;
import org.apache.kafka.common.errors.UnknownTopicOrPartitionException;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.extension.RegisterExtension;

@Timeout(60)
class TopicsTest {
    @RegisterExtension
    static final TestBench BENCH = new TestBench();

    private static EponaProcess node;
    private static Admin admin;
    private static KafkaConsumer<byte[], byte[]> consumer;

    @BeforeAll
    static void startNode() {
        node = BENCH.start(BENCH.settings().set("topic.partitions", "3"));
        admin = Clients.admin(node.bootstrap());
        consumer = Clients.consumer(node.bootstrap());
    }

    @AfterAll
    static void closeClients() {
        consumer.close();
        admin.close();
    }

    private static TopicDescription describe(final String topic) throws Exception {
        return Clients.get(admin.describeTopics(List.of(topic)).allTopicNames()).get(topic);
    }

    private static CreateTopicsResult create(final String name, final int partitionCount, final int replicas) {
        return admin.createTopics(List.of(new NewTopic(name, partitionCount, (short) replicas)));
    }

    @Test
    void shouldMakeDescribeListAndDeleteTopics() throws Exception {
        final CreateTopicsResult result = create("made", 5, 1);
        assertEquals(5, Clients.get(result.numPartitions("made")));
        assertEquals(1, Clients.get(result.replicationFactor("made")));
        final Uuid id = Clients.get(result.topicId("made"));
        final TopicDescription description = describe("made");
        assertEquals(id, description.topicId());
        assertEquals(5, description.partitions().size());
        assertEquals(1, description.partitions().getFirst().leader().id());
        assertEquals(1, description.partitions().getFirst().isr().size());
        assertTrue(Clients.get(admin.listTopics().names()).contains("made"));
        assertEquals(
                "made",
                Clients.get(admin.describeTopics(TopicCollection.ofTopicIds(List.of(id)))
                                .allTopicIds())
                        .get(id)
                        .name());
        Clients.get(admin.deleteTopics(List.of("made")).all());
        assertFalse(Clients.get(admin.listTopics().names()).contains("made"));
        assertThrows(UnknownTopicOrPartitionException.class, () -> describe("made"));
        assertThrows(
                UnknownTopicIdException.class,
                () -> Clients.get(admin.describeTopics(TopicCollection.ofTopicIds(List.of(id)))
                        .allTopicIds()));
    }

    @Test
    void shouldRefuseTopicsThatCannotBe() throws Exception {
        Clients.get(create("there", 1, 1).all());
        assertThrows(
                TopicExistsException.class,
                () -> Clients.get(create("there", 1, 1).all()));
        assertThrows(
                InvalidTopicException.class,
                () -> Clients.get(create("not/a/name", 1, 1).all()));
        assertThrows(
                InvalidTopicException.class,
                () -> Clients.get(create("n".repeat(250), 1, 1).all()));
        assertThrows(
                InvalidTopicException.class,
                () -> Clients.get(create("..", 1, 1).all()));
        assertThrows(
                InvalidTopicException.class, () -> Clients.get(create("", 1, 1).all()));
        assertThrows(
                InvalidPartitionsException.class,
                () -> Clients.get(create("zero", 0, 1).all()));
        assertThrows(
                InvalidReplicationFactorException.class,
                () -> Clients.get(create("three", 1, 3).all()));
        final NewTopic unknownKey = new NewTopic("key", 1, (short) 1).configs(Map.of("no.such.key", "1"));
        assertThrows(
                InvalidConfigurationException.class,
                () -> Clients.get(admin.createTopics(List.of(unknownKey)).all()));
        assertFalse(Clients.get(admin.listTopics().names()).contains("key"));
    }

    @Test
    void shouldOnlyCheckWhenAskedToValidate() throws Exception {
        final CreateTopicsOptions validate = new CreateTopicsOptions().validateOnly(true);
        Clients.get(admin.createTopics(List.of(new NewTopic("checked", 1, (short) 1)), validate)
                .all());
        assertFalse(Clients.get(admin.listTopics().names()).contains("checked"));
    }

    @Test
    void shouldUseDefaultsWhenNoNumbersAreGiven() throws Exception {
        Clients.get(create("default", -1, -1).all());
        assertEquals(3, describe("default").partitions().size());
    }

    @Test
    void shouldDoEachOfARequestWhenSomeFail() throws Exception {
        Clients.get(create("old", 1, 1).all());
        final CreateTopicsResult result =
                admin.createTopics(List.of(new NewTopic("new", 1, (short) 1), new NewTopic("old", 1, (short) 1)));
        Clients.get(result.values().get("new"));
        assertThrows(
                TopicExistsException.class, () -> Clients.get(result.values().get("old")));
        assertTrue(Clients.get(admin.listTopics().names()).contains("new"));
    }

    @Test
    void shouldComeBackEmptyWithAnotherIdWhenMadeAgain() throws Exception {
        // A producer that remembers the deleted topic would bring it back by asking for it.
        final EponaProcess another = BENCH.start(BENCH.settings().set("topic.auto-create", "false"));
        try (Admin itsAdmin = Clients.admin(another.bootstrap())) {
            makeAgainAndAgain(another.bootstrap(), itsAdmin);
        }
        assertEquals(0, another.stop());
    }

    private static void makeAgainAndAgain(final String bootstrap, final Admin admin) throws Exception {
        final TopicPartition partition = new TopicPartition("again", 0);
        Uuid before = Uuid.ZERO_UUID;
        try (KafkaProducer<byte[], byte[]> producer = Clients.producer(bootstrap, "metadata.max.age.ms", 100);
                KafkaConsumer<byte[], byte[]> consumer = Clients.consumer(bootstrap)) {
            for (int round = 0; round < 5; round++) {
                Clients.createTopic(admin, "again", 1);
                final Uuid id = Clients.get(
                                admin.describeTopics(List.of("again")).allTopicNames())
                        .get("again")
                        .topicId();
                assertNotEquals(before, id);
                before = id;
                assertEquals(0, Clients.endOffset(consumer, partition));
                try (KafkaProducer<byte[], byte[]> fresh = Clients.producer(bootstrap)) {
                    for (int i = 0; i < 10; i++) {
                        Clients.send(fresh, Clients.record(partition, ("round " + round).getBytes()));
                    }
                }
                Clients.send(producer, Clients.record(partition, ("round " + round).getBytes()));
                try (KafkaConsumer<byte[], byte[]> reader = Clients.consumer(bootstrap)) {
                    for (final var record : Clients.read(reader, partition, 0, 11)) {
                        assertEquals("round " + round, new String(record.value()));
                    }
                }
                Clients.get(admin.deleteTopics(List.of("again")).all());
            }
        }
    }

    @Test
    void shouldDeleteByIdAndRefuseUnknownOnes() throws Exception {
        final CreateTopicsResult result = create("by-id", 1, 1);
        final Uuid id = Clients.get(result.topicId("by-id"));
        Clients.get(admin.deleteTopics(TopicCollection.ofTopicIds(List.of(id))).all());
        assertThrows(
                UnknownTopicIdException.class,
                () -> Clients.get(admin.deleteTopics(TopicCollection.ofTopicIds(List.of(id)))
                        .all()));
        assertThrows(
                UnknownTopicOrPartitionException.class,
                () -> Clients.get(admin.deleteTopics(List.of("by-id")).all()));
    }

    @Test
    void shouldAddPartitionsAndUseThem() throws Exception {
        Clients.createTopic(admin, "grows", 1);
        Clients.get(admin.createPartitions(Map.of("grows", NewPartitions.increaseTo(4)))
                .all());
        assertEquals(4, describe("grows").partitions().size());
        final TopicPartition last = new TopicPartition("grows", 3);
        try (KafkaProducer<byte[], byte[]> producer = Clients.producer(node.bootstrap())) {
            assertEquals(
                    0, Clients.send(producer, Clients.record(last, new byte[1])).offset());
        }
        assertEquals(1, Clients.read(consumer, last, 0, 1).size());
        for (final int count : new int[] {4, 2}) {
            assertThrows(
                    InvalidPartitionsException.class,
                    () -> Clients.get(admin.createPartitions(Map.of("grows", NewPartitions.increaseTo(count)))
                            .all()));
        }
        assertThrows(
                UnknownTopicOrPartitionException.class,
                () -> Clients.get(admin.createPartitions(Map.of("none", NewPartitions.increaseTo(4)))
                        .all()));
    }

    @Test
    void shouldMakeTopicsOnFirstUseWhenAllowed() throws Exception {
        try (KafkaProducer<byte[], byte[]> producer = Clients.producer(node.bootstrap())) {
            Clients.send(producer, new ProducerRecord<>("on-first-use", "value".getBytes()));
        }
        assertEquals(3, describe("on-first-use").partitions().size());
        assertThrows(UnknownTopicOrPartitionException.class, () -> describe("not-by-describing"));
        assertFalse(Clients.get(admin.listTopics().names()).contains("not-by-describing"));
    }

    @Test
    void shouldMakeNoTopicOnFirstUseWhenForbidden() throws Exception {
        try (EponaProcess strict = EponaProcess.start(BENCH.settings().set("topic.auto-create", "false"));
                KafkaProducer<byte[], byte[]> producer = Clients.producer(strict.bootstrap(), "max.block.ms", 1_000);
                Admin strictAdmin = Clients.admin(strict.bootstrap())) {
            assertThrows(
                    TimeoutException.class,
                    () -> Clients.send(producer, new ProducerRecord<>("on-first-use", "value".getBytes())));
            assertEquals(0, Clients.get(strictAdmin.listTopics().names()).size());
        }
    }

    @Test
    void shouldMakeAndDeleteManyPartitionsQuickly() throws Exception {
        Clients.createTopic(admin, "wide", 2_000);
        assertEquals(2_000, describe("wide").partitions().size());
        final TopicPartition last = new TopicPartition("wide", 1_999);
        try (KafkaProducer<byte[], byte[]> producer = Clients.producer(node.bootstrap())) {
            assertEquals(
                    0, Clients.send(producer, Clients.record(last, new byte[1])).offset());
        }
        Clients.get(admin.deleteTopics(List.of("wide")).all());
    }
}
