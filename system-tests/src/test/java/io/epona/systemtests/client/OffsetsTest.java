package io.epona.systemtests.client;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.epona.systemtests.harness.Clients;
import io.epona.systemtests.harness.EponaProcess;
import io.epona.systemtests.harness.RawConnection;
import io.epona.systemtests.harness.TestBench;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.apache.kafka.clients.admin.Admin;
import org.apache.kafka.clients.admin.ListOffsetsResult.ListOffsetsResultInfo;
import org.apache.kafka.clients.admin.OffsetSpec;
import org.apache.kafka.clients.consumer.KafkaConsumer;
import org.apache.kafka.clients.consumer.OffsetAndTimestamp;
import org.apache.kafka.clients.producer.KafkaProducer;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.errors.UnknownTopicOrPartitionException;
import org.apache.kafka.common.message.ListOffsetsRequestData;
import org.apache.kafka.common.message.ListOffsetsResponseData;
import org.apache.kafka.common.message.OffsetForLeaderEpochRequestData;
import org.apache.kafka.common.message.OffsetForLeaderEpochResponseData;
import org.apache.kafka.common.protocol.ApiKeys;
import org.apache.kafka.common.protocol.Errors;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.extension.RegisterExtension;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

@Timeout(60)
class OffsetsTest {
    private static final long BASE_MS = 1_700_000_000_000L;
    private static final long LATEST = -1;
    private static final long EARLIEST = -2;
    private static final long MAX_TIMESTAMP = -3;

    @RegisterExtension
    static final TestBench BENCH = new TestBench();

    private static EponaProcess node;
    private static Admin admin;
    private static KafkaConsumer<byte[], byte[]> consumer;

    @BeforeAll
    static void startNode() {
        node = BENCH.start(BENCH.settings());
        admin = Clients.admin(node.bootstrap());
        consumer = Clients.consumer(node.bootstrap());
    }

    @AfterAll
    static void closeClients() {
        consumer.close();
        admin.close();
    }

    /** Fifty records, ten seconds apart, the fortieth with the latest time of all. */
    private static TopicPartition filled(final String name, final String compression) throws Exception {
        Clients.createTopic(admin, name, 1, "message.timestamp.before.max.ms", Long.toString(Long.MAX_VALUE));
        try (KafkaProducer<byte[], byte[]> producer =
                Clients.producer(node.bootstrap(), "compression.type", compression, "linger.ms", 20)) {
            for (int i = 0; i < 50; i++) {
                final long timestampMs = BASE_MS + (i == 40 ? 1_000_000 : i * 10_000L);
                producer.send(new ProducerRecord<>(name, 0, timestampMs, null, new byte[20]));
                if (i % 17 == 16) {
                    producer.flush();
                }
            }
        }
        return new TopicPartition(name, 0);
    }

    @ParameterizedTest
    @ValueSource(strings = {"none", "gzip", "snappy", "lz4", "zstd"})
    void shouldFindTheFirstRecordAtOrAfterATimeWhenCompressed(final String compression) throws Exception {
        final TopicPartition partition = filled("times-" + compression, compression);
        for (final int index : new int[] {0, 1, 16, 17, 39, 40}) {
            final OffsetAndTimestamp found = offsetFor(partition, BASE_MS + index * 10_000L);
            assertEquals(index, found.offset());
            assertEquals(BASE_MS + (index == 40 ? 1_000_000 : index * 10_000L), found.timestamp());
            assertEquals(Optional.of(1), found.leaderEpoch());
        }
        assertEquals(1, offsetFor(partition, BASE_MS + 1).offset());
        assertEquals(0, offsetFor(partition, 0).offset());
        assertEquals(40, offsetFor(partition, BASE_MS + 999_999).offset());
        assertNull(offsetFor(partition, BASE_MS + 1_000_001));
        final ListOffsetsResultInfo latest = listed(partition, OffsetSpec.maxTimestamp());
        assertEquals(40, latest.offset());
        assertEquals(BASE_MS + 1_000_000, latest.timestamp());
    }

    private static OffsetAndTimestamp offsetFor(final TopicPartition partition, final long timestampMs) {
        return consumer.offsetsForTimes(Map.of(partition, timestampMs)).get(partition);
    }

    private static ListOffsetsResultInfo listed(final TopicPartition partition, final OffsetSpec spec)
            throws Exception {
        return Clients.get(admin.listOffsets(Map.of(partition, spec)).partitionResult(partition));
    }

    @Test
    void shouldKnowBothEndsWhenEmptyAndWhenNot() throws Exception {
        Clients.createTopic(admin, "ends", 1);
        final TopicPartition partition = new TopicPartition("ends", 0);
        assertEquals(0, listed(partition, OffsetSpec.earliest()).offset());
        assertEquals(0, listed(partition, OffsetSpec.latest()).offset());
        final ListOffsetsResultInfo none = listed(partition, OffsetSpec.maxTimestamp());
        assertEquals(-1, none.offset());
        assertEquals(-1, none.timestamp());
        try (KafkaProducer<byte[], byte[]> producer = Clients.producer(node.bootstrap())) {
            for (int i = 0; i < 3; i++) {
                Clients.send(producer, Clients.record(partition, new byte[1]));
                assertEquals(i + 1, listed(partition, OffsetSpec.latest()).offset());
            }
        }
        assertEquals(0, listed(partition, OffsetSpec.earliest()).offset());
    }

    @Test
    void shouldFindTimesInPartitionLogsWhenTheRingHasWrapped() throws Exception {
        Clients.createTopic(admin, "old", 1, "message.timestamp.before.max.ms", Long.toString(Long.MAX_VALUE));
        final TopicPartition partition = new TopicPartition("old", 0);
        try (KafkaProducer<byte[], byte[]> producer = Clients.producer(node.bootstrap(), "linger.ms", 1)) {
            for (int i = 0; i < 4_000; i++) {
                producer.send(new ProducerRecord<>("old", 0, BASE_MS + i, null, new byte[1_000]));
            }
        }
        for (final int index : new int[] {0, 1, 777, 3_000, 3_990, 3_999}) {
            assertEquals(index, offsetFor(partition, BASE_MS + index).offset());
        }
        assertEquals(3_999, listed(partition, OffsetSpec.maxTimestamp()).offset());
    }

    @Test
    void shouldSayUnknownWhenThereIsNoSuchPartition() throws Exception {
        Clients.createTopic(admin, "single", 1);
        try (Admin impatient = Clients.admin(node.bootstrap());
                RawConnection connection = new RawConnection(node.port())) {
            final ListOffsetsResponseData response =
                    connection.call(ApiKeys.LIST_OFFSETS, 7, listOffsets(LATEST, new TopicPartition("single", 3)));
            assertEquals(
                    Errors.UNKNOWN_TOPIC_OR_PARTITION.code(),
                    partitionOf(response).errorCode());
            assertThrows(
                    UnknownTopicOrPartitionException.class,
                    () -> Clients.get(
                            impatient.describeTopics(List.of("nowhere")).allTopicNames()));
        }
    }

    @Test
    void shouldAnswerListOffsetsInEachVersion() throws Exception {
        final TopicPartition partition = filled("list-versions", "none");
        try (RawConnection connection = new RawConnection(node.port())) {
            for (int version = 1; version <= ApiKeys.LIST_OFFSETS.latestVersion(false); version++) {
                assertEquals(0, offset(connection, version, EARLIEST, partition), "version " + version);
                assertEquals(50, offset(connection, version, LATEST, partition), "version " + version);
                assertEquals(2, offset(connection, version, BASE_MS + 20_000, partition), "version " + version);
                if (version >= 7) {
                    assertEquals(40, offset(connection, version, MAX_TIMESTAMP, partition), "version " + version);
                }
            }
        }
    }

    private static long offset(
            final RawConnection connection, final int version, final long timestampMs, final TopicPartition partition)
            throws Exception {
        final ListOffsetsResponseData response =
                connection.call(ApiKeys.LIST_OFFSETS, version, listOffsets(timestampMs, partition));
        assertEquals(Errors.NONE.code(), partitionOf(response).errorCode(), "version " + version);
        return partitionOf(response).offset();
    }

    private static ListOffsetsRequestData listOffsets(final long timestampMs, final TopicPartition partition) {
        return new ListOffsetsRequestData()
                .setReplicaId(-1)
                .setTopics(List.of(new ListOffsetsRequestData.ListOffsetsTopic()
                        .setName(partition.topic())
                        .setPartitions(List.of(new ListOffsetsRequestData.ListOffsetsPartition()
                                .setPartitionIndex(partition.partition())
                                .setTimestamp(timestampMs)))));
    }

    private static ListOffsetsResponseData.ListOffsetsPartitionResponse partitionOf(
            final ListOffsetsResponseData response) {
        return response.topics().getFirst().partitions().getFirst();
    }

    @Test
    void shouldTellTheEndOfALeaderEpochInEachVersion() throws Exception {
        final TopicPartition partition = filled("epoch-ends", "none");
        try (RawConnection connection = new RawConnection(node.port())) {
            for (int version = ApiKeys.OFFSET_FOR_LEADER_EPOCH.oldestVersion();
                    version <= ApiKeys.OFFSET_FOR_LEADER_EPOCH.latestVersion(false);
                    version++) {
                final var current = epochEnd(connection, version, partition, 1, 1);
                assertEquals(Errors.NONE.code(), current.errorCode(), "version " + version);
                assertEquals(50, current.endOffset(), "version " + version);
                assertEquals(1, current.leaderEpoch(), "version " + version);
                final var future = epochEnd(connection, version, partition, -1, 9);
                assertEquals(Errors.NONE.code(), future.errorCode(), "version " + version);
                assertEquals(-1, future.endOffset(), "version " + version);
            }
            assertEquals(
                    Errors.FENCED_LEADER_EPOCH.code(),
                    epochEnd(connection, 4, partition, 0, 1).errorCode());
            assertEquals(
                    Errors.UNKNOWN_LEADER_EPOCH.code(),
                    epochEnd(connection, 4, partition, 2, 1).errorCode());
            assertEquals(
                    Errors.UNKNOWN_TOPIC_OR_PARTITION.code(),
                    epochEnd(connection, 4, new TopicPartition("epoch-ends", 1), 1, 1)
                            .errorCode());
        }
    }

    private static OffsetForLeaderEpochResponseData.EpochEndOffset epochEnd(
            final RawConnection connection,
            final int version,
            final TopicPartition partition,
            final int currentEpoch,
            final int epoch)
            throws Exception {
        final OffsetForLeaderEpochRequestData.OffsetForLeaderTopicCollection topics =
                new OffsetForLeaderEpochRequestData.OffsetForLeaderTopicCollection();
        topics.add(new OffsetForLeaderEpochRequestData.OffsetForLeaderTopic()
                .setTopic(partition.topic())
                .setPartitions(List.of(new OffsetForLeaderEpochRequestData.OffsetForLeaderPartition()
                        .setPartition(partition.partition())
                        .setCurrentLeaderEpoch(currentEpoch)
                        .setLeaderEpoch(epoch))));
        final OffsetForLeaderEpochResponseData response = connection.call(
                ApiKeys.OFFSET_FOR_LEADER_EPOCH,
                version,
                new OffsetForLeaderEpochRequestData().setReplicaId(-1).setTopics(topics));
        return response.topics().iterator().next().partitions().getFirst();
    }

    @Test
    void shouldCarryTheSameLeaderEpochEverywhere() throws Exception {
        final TopicPartition partition = filled("same-epoch", "none");
        assertEquals(Optional.of(1), offsetFor(partition, BASE_MS).leaderEpoch());
        assertEquals(
                Optional.of(1),
                Clients.read(consumer, partition, 0, 1).getFirst().leaderEpoch());
        assertEquals(Optional.of(1), listed(partition, OffsetSpec.latest()).leaderEpoch());
        assertTrue(consumer.partitionsFor("same-epoch").getFirst().leader().id() == 1);
    }
}
