package io.epona.systemtests.cell.install;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.epona.systemtests.cell.live.LiveCell;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.TreeMap;
import java.util.concurrent.Future;
import org.apache.kafka.clients.admin.Admin;
import org.apache.kafka.clients.admin.NewTopic;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.apache.kafka.clients.consumer.KafkaConsumer;
import org.apache.kafka.clients.producer.KafkaProducer;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.serialization.ByteArrayDeserializer;
import org.apache.kafka.common.serialization.ByteArraySerializer;

/** Records whose values tell partition and offset, written with acks=all, and read back. Used by the test's thread. */
final class SmallLoad implements AutoCloseable {
    static final String TOPIC = "orders";

    private static final String GONE = "gone";
    private static final int PARTITIONS = 6;
    static final int VALUE_LENGTH = 10_000;
    private static final Duration POLL = Duration.ofMillis(200);
    private static final Duration PATIENCE = Duration.ofSeconds(100);

    private final LiveCell cell;
    private final KafkaProducer<byte[], byte[]> producer;
    private final Map<Integer, Long> sent = new TreeMap<>();

    SmallLoad(final LiveCell cell) {
        this.cell = cell;
        this.producer = new KafkaProducer<>(
                Map.of(
                        "bootstrap.servers", cell.bootstrap(),
                        "acks", "all",
                        "enable.idempotence", "true",
                        "linger.ms", "0",
                        "delivery.timeout.ms", "200000",
                        "request.timeout.ms", "20000"),
                new ByteArraySerializer(),
                new ByteArraySerializer());
    }

    private Admin admin() {
        return Admin.create(Map.of("bootstrap.servers", cell.bootstrap()));
    }

    void createTopics() throws Exception {
        final Map<String, String> configs = Map.of("min.insync.replicas", "2", "segment.bytes", "1048576");
        try (Admin admin = admin()) {
            admin.createTopics(List.of(
                            new NewTopic(TOPIC, PARTITIONS, (short) 3).configs(configs),
                            new NewTopic(GONE, PARTITIONS, (short) 3).configs(configs)))
                    .all()
                    .get();
        }
        for (int partition = 0; partition < PARTITIONS; partition++) {
            producer.send(new ProducerRecord<>(GONE, partition, null, value(partition, 0)))
                    .get();
        }
    }

    /** A topic whose frames are in the logs, and whose partitions are gone. */
    void deleteTopic() throws Exception {
        try (Admin admin = admin()) {
            admin.deleteTopics(List.of(GONE)).all().get();
        }
    }

    void produce(final int count) throws Exception {
        final List<Future<?>> futures = new ArrayList<>();
        for (int i = 0; i < count; i++) {
            final int partition = i % PARTITIONS;
            final long number = sent.merge(partition, 1L, Long::sum) - 1;
            futures.add(producer.send(new ProducerRecord<>(TOPIC, partition, null, value(partition, number))));
        }
        for (final Future<?> future : futures) {
            future.get();
        }
    }

    private static byte[] value(final int partition, final long number) {
        final byte[] value = new byte[VALUE_LENGTH];
        new Random(partition * 1_000_003L + number).nextBytes(value);
        return value;
    }

    /** All that was acknowledged is there, in order and once. */
    void assertAllRead() {
        try (KafkaConsumer<byte[], byte[]> consumer = new KafkaConsumer<>(
                Map.of("bootstrap.servers", cell.bootstrap(), "auto.offset.reset", "none"),
                new ByteArrayDeserializer(),
                new ByteArrayDeserializer())) {
            final List<TopicPartition> partitions = sent.keySet().stream()
                    .map(partition -> new TopicPartition(TOPIC, partition))
                    .toList();
            consumer.assign(partitions);
            consumer.seekToBeginning(partitions);
            final Map<Integer, Long> next = new TreeMap<>();
            for (final TopicPartition partition : partitions) {
                next.put(partition.partition(), consumer.position(partition));
            }
            final long deadlineNs = System.nanoTime() + PATIENCE.toNanos();
            while (!next.equals(sent)) {
                assertTrue(System.nanoTime() - deadlineNs < 0, () -> "read up to " + next + " of " + sent);
                for (final ConsumerRecord<byte[], byte[]> record : consumer.poll(POLL)) {
                    final long expected = next.merge(record.partition(), 1L, Long::sum) - 1;
                    assertEquals(expected, record.offset());
                    assertArrayEquals(value(record.partition(), expected), record.value());
                }
            }
        }
    }

    @Override
    public void close() {
        producer.close(Duration.ofSeconds(1));
    }
}
