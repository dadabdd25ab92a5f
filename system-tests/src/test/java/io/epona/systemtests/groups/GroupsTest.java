package io.epona.systemtests.groups;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.epona.systemtests.harness.Await;
import io.epona.systemtests.harness.Clients;
import io.epona.systemtests.harness.EponaProcess;
import io.epona.systemtests.harness.NodeSettings;
import io.epona.systemtests.harness.TestBench;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.apache.kafka.clients.admin.Admin;
import org.apache.kafka.clients.admin.ConsumerGroupDescription;
import org.apache.kafka.clients.admin.GroupListing;
import org.apache.kafka.clients.consumer.KafkaConsumer;
import org.apache.kafka.clients.consumer.OffsetAndMetadata;
import org.apache.kafka.clients.producer.KafkaProducer;
import org.apache.kafka.common.GroupState;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.errors.GroupIdNotFoundException;
import org.apache.kafka.common.errors.GroupNotEmptyException;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.extension.RegisterExtension;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

@Timeout(120)
class GroupsTest {
    @RegisterExtension
    static final TestBench BENCH = new TestBench();

    private static EponaProcess node;

    @BeforeAll
    static void startNode() {
        node = BENCH.start(settings());
    }

    private static NodeSettings settings() {
        return BENCH.settings()
                .set("group.config.group.initial.rebalance.delay.ms", "0")
                .set("group.config.group.consumer.min.heartbeat.interval.ms", "100")
                .set("group.config.group.consumer.heartbeat.interval.ms", "100")
                .set("group.config.offsets.topic.num.partitions", "4");
    }

    private static void produce(final String bootstrap, final String topic, final int partitions, final int count)
            throws Exception {
        try (KafkaProducer<byte[], byte[]> producer = Clients.producer(bootstrap)) {
            for (int i = 0; i < count; i++) {
                producer.send(Clients.record(new TopicPartition(topic, i % partitions), ("v" + i).getBytes()));
            }
            producer.flush();
        }
    }

    private static Set<String> expected(final int count) {
        final Set<String> values = new HashSet<>();
        for (int i = 0; i < count; i++) {
            values.add("v" + i);
        }
        return values;
    }

    @ParameterizedTest
    @ValueSource(booleans = {true, false})
    void shouldGoOnFromCommittedOffsetsWhenTheNodeIsRestarted(final boolean isKilled) throws Exception {
        final NodeSettings settings = settings();
        EponaProcess own = BENCH.start(settings);
        try (Admin admin = Clients.admin(own.bootstrap())) {
            Clients.createTopic(admin, "kept", 2);
        }
        produce(own.bootstrap(), "kept", 2, 10);
        final Map<TopicPartition, OffsetAndMetadata> committed = Map.of(
                new TopicPartition("kept", 0), new OffsetAndMetadata(3, "three"),
                new TopicPartition("kept", 1), new OffsetAndMetadata(5));
        try (Members members = new Members(own.bootstrap(), "kept", "group.id", "group")) {
            members.join();
            Await.until("all is read", () -> members.values().size() == 10);
        }
        try (KafkaConsumer<byte[], byte[]> consumer = Clients.consumer(own.bootstrap(), "group.id", "group")) {
            assertEquals(
                    Map.of(
                            new TopicPartition("kept", 0), 5L,
                            new TopicPartition("kept", 1), 5L),
                    offsets(consumer, committed.keySet()));
            consumer.assign(committed.keySet());
            consumer.commitSync(committed);
        }
        if (isKilled) {
            own.kill();
        } else {
            assertEquals(0, own.stop(), own::err);
        }
        own = BENCH.start(settings);
        try (KafkaConsumer<byte[], byte[]> consumer = Clients.consumer(own.bootstrap(), "group.id", "group")) {
            assertEquals(
                    Map.of(
                            new TopicPartition("kept", 0), 3L,
                            new TopicPartition("kept", 1), 5L),
                    offsets(consumer, committed.keySet()));
            assertEquals(
                    "three",
                    consumer.committed(committed.keySet())
                            .get(new TopicPartition("kept", 0))
                            .metadata());
            consumer.subscribe(List.of("kept"));
            assertEquals(3, Clients.poll(consumer, 2).getFirst().offset());
            consumer.commitSync();
            assertEquals(
                    Map.of(
                            new TopicPartition("kept", 0), 5L,
                            new TopicPartition("kept", 1), 5L),
                    offsets(consumer, committed.keySet()));
        }
        assertEquals(0, own.stop(), own::err);
    }

    private static Map<TopicPartition, Long> offsets(
            final KafkaConsumer<?, ?> consumer, final Set<TopicPartition> partitions) {
        final Map<TopicPartition, Long> offsets = new java.util.HashMap<>();
        consumer.committed(partitions).forEach((partition, offset) -> offsets.put(partition, offset.offset()));
        return offsets;
    }

    @ParameterizedTest
    @ValueSource(strings = {"classic", "cooperative", "consumer"})
    void shouldShareAndHandOverPartitionsWhenMembersComeAndGo(final String protocol) throws Exception {
        final String topic = "shared-" + protocol;
        try (Admin admin = Clients.admin(node.bootstrap())) {
            Clients.createTopic(admin, topic, 10);
        }
        final Object[] options = switch (protocol) {
            case "consumer" -> new Object[] {"group.id", topic, "group.protocol", "consumer"};
            case "cooperative" ->
                new Object[] {
                    "group.id",
                    topic,
                    "heartbeat.interval.ms",
                    100,
                    "partition.assignment.strategy",
                    "org.apache.kafka.clients.consumer.CooperativeStickyAssignor"
                };
            default -> new Object[] {"group.id", topic, "heartbeat.interval.ms", 100};
        };
        try (Members members = new Members(node.bootstrap(), topic, options)) {
            members.join();
            members.join();
            members.awaitBalance(10);
            produce(node.bootstrap(), topic, 10, 200);
            Await.until("all is read", () -> new HashSet<>(members.values()).containsAll(expected(200)));
            try (Members.Member third = members.join()) {
                Await.until("the third has its share", () -> third.assignment().size() >= 3);
                members.awaitBalance(10);
            }
            members.awaitBalance(10);
            try (Admin admin = Clients.admin(node.bootstrap())) {
                final ConsumerGroupDescription group = Clients.get(
                                admin.describeConsumerGroups(List.of(topic)).all())
                        .get(topic);
                assertEquals(2, group.members().size());
                assertEquals(GroupState.STABLE, group.groupState());
                assertThrows(
                        GroupNotEmptyException.class,
                        () -> Clients.get(
                                admin.deleteConsumerGroups(List.of(topic)).all()));
            }
        }
    }

    @Test
    void shouldBalanceTenMembers() throws Exception {
        try (Admin admin = Clients.admin(node.bootstrap())) {
            Clients.createTopic(admin, "ten", 20);
        }
        try (Members members = new Members(node.bootstrap(), "ten", "group.id", "ten", "heartbeat.interval.ms", 100)) {
            for (int i = 0; i < 10; i++) {
                members.join();
            }
            members.awaitBalance(20);
        }
    }

    @Test
    void shouldKeepTheAssignmentWhenAStaticMemberComesBack() throws Exception {
        try (Admin admin = Clients.admin(node.bootstrap())) {
            Clients.createTopic(admin, "static", 4);
        }
        try (Members members =
                new Members(node.bootstrap(), "static", "group.id", "static", "heartbeat.interval.ms", 100)) {
            final Members.Member first = members.join("group.instance.id", "first");
            members.join("group.instance.id", "second");
            members.awaitBalance(4);
            final Set<TopicPartition> before = first.assignment();
            // A static member that closes does not leave.
            first.close();
            final Members.Member again = members.join("group.instance.id", "first");
            members.awaitBalance(4);
            assertEquals(before, again.assignment());
        }
    }

    @Test
    void shouldAnswerWhatAdministratorsAsk() throws Exception {
        final TopicPartition partition = new TopicPartition("asked", 0);
        try (Admin admin = Clients.admin(node.bootstrap())) {
            Clients.createTopic(admin, "asked", 2);
            Clients.get(admin.alterConsumerGroupOffsets(
                            "asked",
                            Map.of(
                                    partition,
                                    new OffsetAndMetadata(7),
                                    new TopicPartition("asked", 1),
                                    new OffsetAndMetadata(1)))
                    .all());
            final Map<TopicPartition, OffsetAndMetadata> offsets =
                    Clients.get(admin.listConsumerGroupOffsets("asked").partitionsToOffsetAndMetadata());
            assertEquals(7, offsets.get(partition).offset());
            assertTrue(Clients.get(admin.listGroups().all()).stream()
                    .map(GroupListing::groupId)
                    .anyMatch("asked"::equals));
            assertEquals(
                    GroupState.EMPTY,
                    Clients.get(admin.describeConsumerGroups(List.of("asked")).all())
                            .get("asked")
                            .groupState());
            Clients.get(
                    admin.deleteConsumerGroupOffsets("asked", Set.of(partition)).all());
            assertEquals(
                    Set.of(new TopicPartition("asked", 1)),
                    Clients.get(admin.listConsumerGroupOffsets("asked").partitionsToOffsetAndMetadata())
                            .keySet());
            Clients.get(admin.deleteConsumerGroups(List.of("asked")).all());
            assertThrows(
                    GroupIdNotFoundException.class,
                    () -> Clients.get(
                            admin.describeConsumerGroups(List.of("asked")).all()));
            // Offsets of a topic that is deleted go with it.
            Clients.get(admin.alterConsumerGroupOffsets("orphan", Map.of(partition, new OffsetAndMetadata(1)))
                    .all());
            Clients.get(admin.deleteTopics(List.of("asked")).all());
            Await.until(
                    "the offsets are gone",
                    () -> Clients.get(admin.listConsumerGroupOffsets("orphan").partitionsToOffsetAndMetadata())
                            .isEmpty());
        }
    }

    @Test
    void shouldCountGroups() throws Exception {
        try (Admin admin = Clients.admin(node.bootstrap())) {
            Clients.createTopic(admin, "counted", 1);
            Clients.get(admin.alterConsumerGroupOffsets(
                            "counted", Map.of(new TopicPartition("counted", 0), new OffsetAndMetadata(7)))
                    .all());
        }
        Await.until(
                "the metrics say so", () -> node.http("/metrics").body().contains("epona_groups_active_partitions 4"));
    }
}
