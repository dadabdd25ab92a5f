package io.epona.gateway;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.locks.LockSupport;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.apache.kafka.clients.consumer.KafkaConsumer;
import org.apache.kafka.clients.consumer.LogTruncationException;
import org.apache.kafka.clients.consumer.OffsetAndMetadata;
import org.apache.kafka.clients.producer.KafkaProducer;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.apache.kafka.clients.producer.RecordMetadata;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.serialization.ByteArrayDeserializer;
import org.apache.kafka.common.serialization.ByteArraySerializer;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** Kafka's own clients against a gateway. */
@Timeout(120)
class ClientsTest {
    @TempDir
    private Path directory;

    static KafkaProducer<byte[], byte[]> producer(final TestNode node, final Map<String, Object> more) {
        final Map<String, Object> config = new HashMap<>(Map.of(
                "bootstrap.servers",
                node.bootstrap(),
                "linger.ms",
                0,
                "delivery.timeout.ms",
                20_000,
                "request.timeout.ms",
                10_000));
        config.putAll(more);
        return new KafkaProducer<>(config, new ByteArraySerializer(), new ByteArraySerializer());
    }

    static KafkaConsumer<byte[], byte[]> consumer(final TestNode node, final Map<String, Object> more) {
        final Map<String, Object> config =
                new HashMap<>(Map.of("bootstrap.servers", node.bootstrap(), "enable.auto.commit", false));
        config.putAll(more);
        return new KafkaConsumer<>(config, new ByteArrayDeserializer(), new ByteArrayDeserializer());
    }

    static List<ConsumerRecord<byte[], byte[]>> readAll(
            final KafkaConsumer<byte[], byte[]> consumer, final int expected) {
        final List<ConsumerRecord<byte[], byte[]>> records = new ArrayList<>();
        final long deadlineNs = System.nanoTime() + TimeUnit.SECONDS.toNanos(30);
        while (records.size() < expected && System.nanoTime() - deadlineNs < 0) {
            consumer.poll(Duration.ofMillis(100)).forEach(records::add);
        }
        return records;
    }

    @ParameterizedTest
    @ValueSource(strings = {"all", "1", "0"})
    void shouldDeliverEveryRecordInOrderWhenProducedWithAcks(final String acks) throws Exception {
        try (TestNode node = new TestNode(directory, NodeOptions.standard())) {
            node.createTopic("orders", 1, Map.of());
            try (KafkaProducer<byte[], byte[]> producer =
                    producer(node, Map.of("acks", acks, "enable.idempotence", "all".equals(acks)))) {
                for (int i = 0; i < 2_000; i++) {
                    producer.send(new ProducerRecord<>("orders", 0, null, ("value-" + i).getBytes()));
                }
            }
            try (KafkaConsumer<byte[], byte[]> consumer = consumer(node, Map.of())) {
                consumer.assign(List.of(new TopicPartition("orders", 0)));
                consumer.seekToBeginning(consumer.assignment());
                final List<ConsumerRecord<byte[], byte[]>> records = readAll(consumer, 2_000);
                assertEquals(2_000, records.size());
                for (int i = 0; i < records.size(); i++) {
                    assertEquals(i, records.get(i).offset());
                    assertEquals("value-" + i, new String(records.get(i).value()));
                }
            }
        }
    }

    @ParameterizedTest
    @CsvSource({"none", "gzip", "snappy", "lz4", "zstd"})
    void shouldKeepBatchesWhenCompressed(final String compression) throws Exception {
        try (TestNode node = new TestNode(directory, NodeOptions.standard())) {
            node.createTopic("orders", 1, Map.of());
            try (KafkaProducer<byte[], byte[]> producer =
                    producer(node, Map.of("compression.type", compression, "linger.ms", 5))) {
                Future<RecordMetadata> last = null;
                for (int i = 0; i < 500; i++) {
                    last = producer.send(new ProducerRecord<>("orders", 0, ("k" + i).getBytes(), new byte[100]));
                }
                assertEquals(499, last.get(60, TimeUnit.SECONDS).offset());
            }
            try (KafkaConsumer<byte[], byte[]> consumer = consumer(node, Map.of())) {
                consumer.assign(List.of(new TopicPartition("orders", 0)));
                consumer.seekToBeginning(consumer.assignment());
                assertEquals(500, readAll(consumer, 500).size());
            }
        }
    }

    @ParameterizedTest
    @ValueSource(booleans = {true, false})
    void shouldReadOldRecordsFromPartitionLogsWhenTheyHaveLeftMemory(final boolean isNative) throws Exception {
        final NodeOptions small = NodeOptions.standard()
                .withRings(1024 * 1024, 1024 * 1024, 64 * 1024)
                .withNative(isNative);
        try (TestNode node = new TestNode(directory, small)) {
            node.createTopic("orders", 1, Map.of());
            final int count = 3_000;
            try (KafkaProducer<byte[], byte[]> producer = producer(node, Map.of("batch.size", 4096))) {
                for (int i = 0; i < count; i++) {
                    final byte[] value = new byte[2_000];
                    value[0] = (byte) i;
                    producer.send(new ProducerRecord<>("orders", 0, null, value));
                }
            }
            try (KafkaConsumer<byte[], byte[]> consumer = consumer(node, Map.of())) {
                consumer.assign(List.of(new TopicPartition("orders", 0)));
                consumer.seekToBeginning(consumer.assignment());
                final List<ConsumerRecord<byte[], byte[]>> records = readAll(consumer, count);
                assertEquals(count, records.size());
                for (int i = 0; i < count; i++) {
                    assertEquals(i, records.get(i).offset());
                    assertEquals((byte) i, records.get(i).value()[0]);
                }
            }
            assertTrue(node.gateways.getFirst().fetchMeters().fileBytes() > 0, "nothing came from files");
        }
    }

    @Test
    void shouldServeManyPartitionsWhenLanesAndGatewaysAreSeveral() throws Exception {
        final NodeOptions several = NodeOptions.standard().withLanes(3, 2);
        try (TestNode node = new TestNode(directory, several)) {
            node.createTopic("orders", 12, Map.of());
            try (KafkaProducer<byte[], byte[]> producer = producer(node, Map.of())) {
                for (int i = 0; i < 3_000; i++) {
                    producer.send(new ProducerRecord<>(
                            "orders", i % 12, null, Integer.toString(i).getBytes()));
                }
            }
            try (KafkaConsumer<byte[], byte[]> consumer = consumer(node, Map.of())) {
                final List<TopicPartition> partitions = new ArrayList<>();
                for (int i = 0; i < 12; i++) {
                    partitions.add(new TopicPartition("orders", i));
                }
                consumer.assign(partitions);
                consumer.seekToBeginning(partitions);
                final long[] next = new long[12];
                final List<ConsumerRecord<byte[], byte[]>> records = readAll(consumer, 3_000);
                assertEquals(3_000, records.size());
                for (final ConsumerRecord<byte[], byte[]> record : records) {
                    assertEquals(next[record.partition()]++, record.offset());
                }
                assertEquals(250L, consumer.endOffsets(partitions).get(partitions.getFirst()));
            }
        }
    }

    @Test
    void shouldTellAConsumerWhereTheLogEndsWhenItsPositionIsBeyond() throws Exception {
        try (TestNode node = new TestNode(directory, NodeOptions.standard())) {
            node.createTopic("orders", 1, Map.of());
            final TopicPartition partition = new TopicPartition("orders", 0);
            try (KafkaProducer<byte[], byte[]> producer = producer(node, Map.of())) {
                for (int i = 0; i < 5; i++) {
                    producer.send(new ProducerRecord<>("orders", 0, null, new byte[10]));
                }
            }
            try (KafkaConsumer<byte[], byte[]> consumer = consumer(node, Map.of("auto.offset.reset", "none"))) {
                consumer.assign(List.of(partition));
                consumer.seek(partition, new OffsetAndMetadata(3, Optional.of(1), ""));
                assertEquals(2, readAll(consumer, 2).size());
                consumer.seek(partition, new OffsetAndMetadata(100, Optional.of(1), ""));
                final LogTruncationException truncation =
                        assertThrows(LogTruncationException.class, () -> readAll(consumer, 1));
                assertEquals(5, truncation.divergentOffsets().get(partition).offset());
            }
        }
    }

    /** The lane keeps what it has appended, so what is failed here is a duplicate when it comes again. */
    @Test
    void shouldDeliverEachRecordOnceAndInOrderWhenLeadershipComesAndGoes() throws Exception {
        final int count = 3_000;
        try (TestNode node = new TestNode(directory, NodeOptions.standard())) {
            node.createTopic("orders", 1, Map.of());
            final AtomicBoolean isOver = new AtomicBoolean();
            final CompletableFuture<Integer> changes = CompletableFuture.supplyAsync(() -> comeAndGo(node, isOver));
            final Map<String, Object> quick = Map.of("retry.backoff.ms", 2, "retry.backoff.max.ms", 5);
            try (KafkaProducer<byte[], byte[]> producer = producer(node, quick);
                    KafkaConsumer<byte[], byte[]> consumer = consumer(node, quick)) {
                final List<Future<RecordMetadata>> sent = new ArrayList<>();
                consumer.assign(List.of(new TopicPartition("orders", 0)));
                consumer.seekToBeginning(consumer.assignment());
                final List<ConsumerRecord<byte[], byte[]>> records = new ArrayList<>();
                for (int i = 0; i < count; i++) {
                    sent.add(producer.send(new ProducerRecord<>("orders", 0, null, ("value-" + i).getBytes())));
                    if (i % 100 == 99) {
                        records.addAll(readAll(consumer, Math.max(0, i - 50 - records.size())));
                    }
                }
                for (int i = 0; i < count; i++) {
                    assertEquals(i, sent.get(i).get(30, TimeUnit.SECONDS).offset());
                }
                records.addAll(readAll(consumer, count - records.size()));
                assertEquals(count, records.size());
                for (int i = 0; i < count; i++) {
                    assertEquals(i, records.get(i).offset());
                    assertEquals("value-" + i, new String(records.get(i).value()));
                }
            } finally {
                isOver.set(true);
            }
            assertTrue(changes.get(30, TimeUnit.SECONDS) > 1);
        }
    }

    /** Returns how often the node ceased to lead. */
    private static int comeAndGo(final TestNode node, final AtomicBoolean isOver) {
        int count = 0;
        while (!isOver.get()) {
            LockSupport.parkNanos(TimeUnit.MILLISECONDS.toNanos(20));
            node.role(0).clear();
            node.wake();
            LockSupport.parkNanos(TimeUnit.MILLISECONDS.toNanos(5));
            node.role(0).inSync().setRelease(1);
            node.role(0).readyPosition().setRelease(node.counters(0).appended().getAcquire());
            node.role(0).leadingEpoch().setRelease(1);
            node.wake();
            count++;
        }
        return count;
    }
}
