package io.epona.systemtests.client;

import static io.epona.systemtests.harness.RawProduce.batch;
import static io.epona.systemtests.harness.RawProduce.error;
import static io.epona.systemtests.harness.RawProduce.initProducerId;
import static io.epona.systemtests.harness.RawProduce.produce;
import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.epona.systemtests.harness.Await;
import io.epona.systemtests.harness.Clients;
import io.epona.systemtests.harness.EponaProcess;
import io.epona.systemtests.harness.RawConnection;
import io.epona.systemtests.harness.RawProduce;
import io.epona.systemtests.harness.TestBench;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.Random;
import org.apache.kafka.clients.admin.Admin;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.apache.kafka.clients.consumer.KafkaConsumer;
import org.apache.kafka.clients.producer.KafkaProducer;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.apache.kafka.clients.producer.RecordMetadata;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.Uuid;
import org.apache.kafka.common.compress.Compression;
import org.apache.kafka.common.errors.NotEnoughReplicasException;
import org.apache.kafka.common.errors.RecordTooLargeException;
import org.apache.kafka.common.message.ProduceRequestData;
import org.apache.kafka.common.message.ProduceResponseData;
import org.apache.kafka.common.message.ProduceResponseData.PartitionProduceResponse;
import org.apache.kafka.common.protocol.ApiKeys;
import org.apache.kafka.common.protocol.Errors;
import org.apache.kafka.common.record.internal.MemoryRecords;
import org.apache.kafka.common.record.internal.SimpleRecord;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.extension.RegisterExtension;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

@Timeout(60)
class ProduceTest {
    @RegisterExtension
    static final TestBench BENCH = new TestBench();

    private static EponaProcess node;
    private static Admin admin;
    private static KafkaConsumer<byte[], byte[]> consumer;

    @BeforeAll
    static void startNode() {
        node = BENCH.start(BENCH.settings()
                .set("lane.ring.length", "16MiB")
                .set("lane.command-ring.length", "16MiB")
                .set("journal.segment.length", "8MiB"));
        admin = Clients.admin(node.bootstrap());
        consumer = Clients.consumer(node.bootstrap());
    }

    @AfterAll
    static void closeClients() {
        consumer.close();
        admin.close();
    }

    private static TopicPartition topic(final String name, final String... options) throws Exception {
        Clients.createTopic(admin, name, 1, options);
        return new TopicPartition(name, 0);
    }

    @ParameterizedTest
    @ValueSource(strings = {"0", "1", "all"})
    void shouldStoreRecordsWhenSentWithAcks(final String acks) throws Exception {
        final TopicPartition partition = topic("acks-" + acks);
        try (KafkaProducer<byte[], byte[]> producer =
                Clients.producer(node.bootstrap(), "acks", acks, "enable.idempotence", false)) {
            for (int i = 0; i < 100; i++) {
                final RecordMetadata metadata =
                        Clients.send(producer, Clients.record(partition, ("value " + i).getBytes()));
                assertEquals(acks.equals("0") ? -1 : i, metadata.offset());
            }
        }
        final List<ConsumerRecord<byte[], byte[]>> records = Clients.read(consumer, partition, 0, 100);
        for (int i = 0; i < 100; i++) {
            assertEquals("value " + i, new String(records.get(i).value()));
            assertEquals(i, records.get(i).offset());
        }
    }

    @ParameterizedTest
    @ValueSource(strings = {"none", "gzip", "snappy", "lz4", "zstd"})
    void shouldKeepRecordsWholeWhenCompressed(final String compression) throws Exception {
        final TopicPartition partition = topic("compressed-" + compression);
        final byte[] value = "a value that repeats itself; ".repeat(50).getBytes(StandardCharsets.UTF_8);
        try (KafkaProducer<byte[], byte[]> producer =
                Clients.producer(node.bootstrap(), "compression.type", compression, "linger.ms", 5)) {
            for (int i = 0; i < 300; i++) {
                producer.send(Clients.record(partition, value));
            }
            producer.flush();
        }
        Clients.read(consumer, partition, 0, 300).forEach(record -> assertArrayEquals(value, record.value()));
        assertEquals(300, Clients.endOffset(consumer, partition));
    }

    @Test
    void shouldKeepKeysHeadersAndTimestampsWhenGiven() throws Exception {
        final TopicPartition partition = topic("corners");
        try (KafkaProducer<byte[], byte[]> producer = Clients.producer(node.bootstrap())) {
            producer.send(new ProducerRecord<>("corners", 0, 1_700_000_000_000L, null, (byte[]) null));
            final ProducerRecord<byte[], byte[]> record =
                    new ProducerRecord<>("corners", 0, 1_700_000_000_001L, new byte[0], new byte[0]);
            record.headers().add("empty", new byte[0]).add("null", null).add("twice", new byte[] {1});
            record.headers().add("twice", new byte[] {2});
            Clients.send(producer, record);
        }
        final List<ConsumerRecord<byte[], byte[]>> records = Clients.read(consumer, partition, 0, 2);
        assertNull(records.getFirst().key());
        assertNull(records.getFirst().value());
        assertEquals(1_700_000_000_000L, records.getFirst().timestamp());
        final ConsumerRecord<byte[], byte[]> second = records.getLast();
        assertArrayEquals(new byte[0], second.key());
        assertArrayEquals(new byte[0], second.value());
        assertEquals(4, second.headers().toArray().length);
        assertArrayEquals(new byte[0], second.headers().lastHeader("empty").value());
        assertNull(second.headers().lastHeader("null").value());
        assertArrayEquals(new byte[] {2}, second.headers().lastHeader("twice").value());
    }

    @Test
    void shouldTakeBigRecordsUpToTheLimitAndRefuseBiggerOnes() throws Exception {
        final TopicPartition partition = topic("big", "max.message.bytes", "1000000");
        final byte[] fits = new byte[1_000_000 - 100];
        new Random(1).nextBytes(fits);
        try (KafkaProducer<byte[], byte[]> producer =
                Clients.producer(node.bootstrap(), "max.request.size", 4_000_000, "batch.size", 4_000_000)) {
            assertEquals(
                    0, Clients.send(producer, Clients.record(partition, fits)).offset());
            assertThrows(
                    RecordTooLargeException.class,
                    () -> Clients.send(producer, Clients.record(partition, new byte[1_000_001])));
            assertEquals(
                    1, Clients.send(producer, Clients.record(partition, fits)).offset());
        }
        Clients.read(consumer, partition, 0, 2).forEach(record -> assertArrayEquals(fits, record.value()));
    }

    @Test
    void shouldAnswerTheFirstOffsetWhenABatchIsSentTwice() throws Exception {
        final TopicPartition partition = topic("duplicates");
        try (RawConnection connection = new RawConnection(node.port())) {
            final long id = initProducerId(connection).producerId();
            for (int i = 0; i < 5; i++) {
                assertEquals(
                        3 * i,
                        produce(connection, partition, batch(id, 0, 3 * i, 3)).baseOffset());
            }
            for (int i = 0; i < 5; i++) {
                final PartitionProduceResponse again = produce(connection, partition, batch(id, 0, 3 * i, 3));
                assertEquals(Errors.NONE, error(again));
                assertEquals(3 * i, again.baseOffset());
            }
            assertEquals(15, Clients.endOffset(consumer, partition));
            assertEquals(15, produce(connection, partition, batch(id, 0, 15, 1)).baseOffset());
            final PartitionProduceResponse tooOld = produce(connection, partition, batch(id, 0, 0, 3));
            assertEquals(Errors.DUPLICATE_SEQUENCE_NUMBER, error(tooOld));
            assertEquals(-1, tooOld.baseOffset());
            assertEquals(16, Clients.endOffset(consumer, partition));
        }
    }

    @Test
    void shouldRefuseWhenASequenceIsMissing() throws Exception {
        final TopicPartition partition = topic("gaps");
        try (RawConnection connection = new RawConnection(node.port())) {
            final long id = initProducerId(connection).producerId();
            assertEquals(
                    Errors.OUT_OF_ORDER_SEQUENCE_NUMBER, error(produce(connection, partition, batch(id, 0, 2, 1))));
            assertEquals(Errors.NONE, error(produce(connection, partition, batch(id, 0, 0, 2))));
            assertEquals(
                    Errors.OUT_OF_ORDER_SEQUENCE_NUMBER, error(produce(connection, partition, batch(id, 0, 3, 1))));
            assertEquals(2, produce(connection, partition, batch(id, 0, 2, 1)).baseOffset());
        }
    }

    @Test
    void shouldFenceOldEpochsAndStartAgainWithNewOnes() throws Exception {
        final TopicPartition partition = topic("epochs");
        try (RawConnection connection = new RawConnection(node.port())) {
            final long id = initProducerId(connection).producerId();
            assertEquals(Errors.NONE, error(produce(connection, partition, batch(id, 1, 0, 2))));
            assertEquals(Errors.INVALID_PRODUCER_EPOCH, error(produce(connection, partition, batch(id, 0, 2, 1))));
            assertEquals(
                    Errors.OUT_OF_ORDER_SEQUENCE_NUMBER, error(produce(connection, partition, batch(id, 2, 2, 1))));
            assertEquals(2, produce(connection, partition, batch(id, 2, 0, 1)).baseOffset());
        }
    }

    @Test
    void shouldRefuseWhenTheTopicAsksForMoreReplicasThanThereAre() throws Exception {
        final TopicPartition partition = topic("min-isr", "min.insync.replicas", "2");
        try (KafkaProducer<byte[], byte[]> producer = Clients.producer(node.bootstrap(), "retries", 0)) {
            assertThrows(
                    NotEnoughReplicasException.class,
                    () -> Clients.send(producer, Clients.record(partition, new byte[10])));
        }
        try (KafkaProducer<byte[], byte[]> producer =
                Clients.producer(node.bootstrap(), "acks", "1", "enable.idempotence", false)) {
            assertEquals(
                    0,
                    Clients.send(producer, Clients.record(partition, new byte[10]))
                            .offset());
        }
    }

    @Test
    void shouldRefuseDamagedBatchesAndTakeTheOthersOfTheRequest() throws Exception {
        final TopicPartition good = topic("good");
        final TopicPartition bad = topic("bad");
        final MemoryRecords damaged = batch(3);
        damaged.buffer().put(damaged.sizeInBytes() - 1, (byte) ~damaged.buffer().get(damaged.sizeInBytes() - 1));
        final ProduceRequestData request = RawProduce.request(good, -1, batch(2));
        RawProduce.request(bad, -1, damaged)
                .topicData()
                .forEach(topic -> request.topicData().add(topic.duplicate()));
        RawProduce.request(new TopicPartition("nowhere", 0), -1, batch(1))
                .topicData()
                .forEach(topic -> request.topicData().add(topic.duplicate()));
        try (RawConnection connection = new RawConnection(node.port())) {
            final ProduceResponseData response = connection.call(ApiKeys.PRODUCE, RawProduce.VERSION, request);
            response.responses().forEach(topic -> {
                final Errors expected = switch (topic.name()) {
                    case "good" -> Errors.NONE;
                    case "bad" -> Errors.CORRUPT_MESSAGE;
                    default -> Errors.UNKNOWN_TOPIC_OR_PARTITION;
                };
                assertEquals(expected, error(topic.partitionResponses().getFirst()), topic::name);
            });
            assertEquals(3, response.responses().size());
        }
        assertEquals(2, Clients.endOffset(consumer, good));
        assertEquals(0, Clients.endOffset(consumer, bad));
    }

    @Test
    void shouldRefuseUnknownTopicIdsAndPartitions() throws Exception {
        final TopicPartition partition = topic("identified");
        try (RawConnection connection = new RawConnection(node.port())) {
            final ProduceRequestData unknownId = RawProduce.request(partition, -1, batch(1));
            unknownId
                    .topicData()
                    .iterator()
                    .next()
                    .setTopicId(Uuid.randomUuid())
                    .setName("");
            final ProduceResponseData response = connection.call(ApiKeys.PRODUCE, 13, unknownId);
            assertEquals(Errors.UNKNOWN_TOPIC_ID, error(RawProduce.partitionOf(response)));
            final TopicPartition second = new TopicPartition("identified", 1);
            assertEquals(Errors.UNKNOWN_TOPIC_OR_PARTITION, error(produce(connection, second, batch(1))));
        }
    }

    @Test
    void shouldRefuseAcksThatDoNotExist() throws Exception {
        final TopicPartition partition = topic("acks-2");
        try (RawConnection connection = new RawConnection(node.port())) {
            final ProduceResponseData response =
                    connection.call(ApiKeys.PRODUCE, RawProduce.VERSION, RawProduce.request(partition, 2, batch(1)));
            assertEquals(Errors.INVALID_REQUIRED_ACKS, error(RawProduce.partitionOf(response)));
        }
    }

    @Test
    void shouldAnswerInOrderWhenRequestsArePipelined() throws Exception {
        final TopicPartition partition = topic("pipelined");
        try (RawConnection connection = new RawConnection(node.port())) {
            for (int i = 0; i < 100; i++) {
                final int acks = i % 3 == 2 ? 0 : 1 - 2 * (i % 3);
                connection.send(ApiKeys.PRODUCE, RawProduce.VERSION, RawProduce.request(partition, acks, batch(1)));
            }
            for (int i = 0; i < 100; i++) {
                if (i % 3 != 2) {
                    final ProduceResponseData response = connection.receive(ApiKeys.PRODUCE, RawProduce.VERSION);
                    assertEquals(i, RawProduce.partitionOf(response).baseOffset());
                }
            }
        }
    }

    @Test
    void shouldTakeBatchesInEachVersionOfTheRequest() throws Exception {
        final TopicPartition partition = topic("versions");
        final Uuid topicId = Clients.get(
                        admin.describeTopics(List.of("versions")).allTopicNames())
                .get("versions")
                .topicId();
        try (RawConnection connection = new RawConnection(node.port())) {
            long offset = 0;
            for (int version = 3; version <= ApiKeys.PRODUCE.latestVersion(false); version++) {
                final ProduceRequestData request = RawProduce.request(partition, -1, batch(2));
                if (version >= 13) {
                    request.topicData().iterator().next().setTopicId(topicId);
                }
                final ProduceResponseData response = connection.call(ApiKeys.PRODUCE, version, request);
                assertEquals(Errors.NONE, error(RawProduce.partitionOf(response)), "version " + version);
                assertEquals(offset, RawProduce.partitionOf(response).baseOffset(), "version " + version);
                offset += 2;
            }
        }
    }

    @Test
    void shouldCloseTheConnectionWhenAnUnansweredRequestFails() throws Exception {
        BENCH.expectError("produce with acks=0 failed");
        final TopicPartition nowhere = new TopicPartition("not there", 0);
        try (RawConnection connection = new RawConnection(node.port())) {
            connection.send(ApiKeys.PRODUCE, RawProduce.VERSION, RawProduce.request(nowhere, 0, batch(1)));
            connection.awaitClosed(10_000);
        }
    }

    @Test
    void shouldRefuseOldMessageFormats() throws Exception {
        final TopicPartition partition = topic("magic");
        final ByteBuffer buffer = ByteBuffer.allocate(1_000);
        final var builder = MemoryRecords.builder(
                buffer, (byte) 1, Compression.NONE, org.apache.kafka.common.record.TimestampType.CREATE_TIME, 0L);
        builder.append(new SimpleRecord("old".getBytes()));
        try (RawConnection connection = new RawConnection(node.port())) {
            final PartitionProduceResponse response = produce(connection, partition, builder.build());
            assertTrue(
                    List.of(Errors.INVALID_RECORD, Errors.UNSUPPORTED_FOR_MESSAGE_FORMAT, Errors.CORRUPT_MESSAGE)
                            .contains(error(response)),
                    () -> error(response).name());
            assertEquals(0, produce(connection, partition, batch(1)).baseOffset());
        }
    }

    @Test
    void shouldLoseNothingWhenManyProducersWriteToManyPartitions() throws Exception {
        Clients.createTopic(admin, "many", 50);
        final KafkaProducer<byte[], byte[]> one = Clients.producer(node.bootstrap(), "linger.ms", 2);
        final KafkaProducer<byte[], byte[]> other = Clients.producer(node.bootstrap(), "compression.type", "lz4");
        try (one;
                other) {
            for (int i = 0; i < 20_000; i++) {
                final byte[] value = ByteBuffer.allocate(100).putInt(i).array();
                (i % 2 == 0 ? one : other).send(new ProducerRecord<>("many", i % 50, null, value));
            }
        }
        Await.until(
                "all records are there",
                () -> consumer.endOffsets(Clients.partitions("many", 50)).values().stream()
                                .mapToLong(Long::longValue)
                                .sum()
                        == 20_000);
        for (final TopicPartition partition : Clients.partitions("many", 50)) {
            int expected = partition.partition();
            for (final ConsumerRecord<byte[], byte[]> record : Clients.read(consumer, partition, 0, 400)) {
                assertEquals(expected, ByteBuffer.wrap(record.value()).getInt());
                expected += 50;
            }
        }
    }
}
