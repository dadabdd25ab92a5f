package io.epona.systemtests.cell.install;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.epona.systemtests.cell.live.LiveCell;
import io.epona.systemtests.harness.Await;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.concurrent.Future;
import org.apache.kafka.clients.admin.Admin;
import org.apache.kafka.clients.admin.NewTopic;
import org.apache.kafka.clients.admin.RecordsToDelete;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.apache.kafka.clients.consumer.KafkaConsumer;
import org.apache.kafka.clients.producer.KafkaProducer;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.serialization.StringDeserializer;
import org.apache.kafka.common.serialization.StringSerializer;

/**
 * A compacted topic, and one whose first records were deleted, written with acks=all and read back: whoever reads the
 * compacted one from its beginning gets the newest value of each key, and nothing that was deleted comes back. Used by
 * the test's thread.
 */
final class KeyedLoad {
    private static final String COMPACTED = "compacted";
    private static final String TRIMMED = "trimmed";
    private static final int PARTITIONS = 3;
    private static final int TRIMMED_COUNT = 30;
    private static final int TRIMMED_BELOW = 17;
    private static final int KEYS = 9;

    /** Together more than a segment. */
    private static final int COUNT = 110;

    private static final int VALUE_LENGTH = 10_000;
    private static final String DOOMED = "doomed";
    private static final String TOMBSTONE = "";
    private static final Duration POLL = Duration.ofMillis(200);
    private static final Duration PATIENCE = Duration.ofSeconds(100);

    private final LiveCell cell;

    /** Key and beginning of the value, by partition and offset. */
    private final Map<Integer, List<Map.Entry<String, String>>> written = new TreeMap<>();

    private final Map<Path, Long> compacted = new HashMap<>();

    KeyedLoad(final LiveCell cell) {
        this.cell = cell;
    }

    private Admin admin() {
        return Admin.create(Map.of("bootstrap.servers", cell.bootstrap()));
    }

    private KafkaProducer<String, String> producer() {
        return new KafkaProducer<>(
                Map.of("bootstrap.servers", cell.bootstrap(), "acks", "all", "delivery.timeout.ms", "200000"),
                new StringSerializer(),
                new StringSerializer());
    }

    private KafkaConsumer<String, String> consumer() {
        return new KafkaConsumer<>(
                Map.of("bootstrap.servers", cell.bootstrap(), "auto.offset.reset", "none"),
                new StringDeserializer(),
                new StringDeserializer());
    }

    private static List<TopicPartition> partitions(final String topic) {
        final List<TopicPartition> partitions = new ArrayList<>();
        for (int partition = 0; partition < PARTITIONS; partition++) {
            partitions.add(new TopicPartition(topic, partition));
        }
        return partitions;
    }

    /** Makes the topics; the first record of each partition of the compacted one is of a key of its own. */
    void createTopics() throws Exception {
        try (Admin admin = admin();
                KafkaProducer<String, String> producer = producer()) {
            admin.createTopics(List.of(
                            new NewTopic(COMPACTED, PARTITIONS, (short) 3)
                                    .configs(Map.of(
                                            "cleanup.policy",
                                            "compact",
                                            "min.insync.replicas",
                                            "2",
                                            "segment.bytes",
                                            "1048576",
                                            "min.cleanable.dirty.ratio",
                                            "0.01",
                                            "delete.retention.ms",
                                            "0")),
                            new NewTopic(TRIMMED, PARTITIONS, (short) 3)))
                    .all()
                    .get();
            for (final TopicPartition partition : partitions(TRIMMED)) {
                for (int i = 0; i < TRIMMED_COUNT; i++) {
                    producer.send(new ProducerRecord<>(TRIMMED, partition.partition(), "k", Integer.toString(i)));
                }
            }
            producer.flush();
            for (int partition = 0; partition < PARTITIONS; partition++) {
                send(producer, partition, DOOMED, "v").get();
            }
        }
    }

    private Future<?> send(
            final KafkaProducer<String, String> producer, final int partition, final String key, final String value) {
        written.computeIfAbsent(partition, unused -> new ArrayList<>())
                .add(Map.entry(key, value == null ? TOMBSTONE : value));
        return producer.send(new ProducerRecord<>(
                COMPACTED, partition, key, value == null ? null : value + ' ' + "x".repeat(VALUE_LENGTH)));
    }

    /** Enough for another segment of each partition. */
    void produce() throws Exception {
        try (KafkaProducer<String, String> producer = producer()) {
            final List<Future<?>> sent = new ArrayList<>();
            for (int partition = 0; partition < PARTITIONS; partition++) {
                for (int i = 0; i < COUNT; i++) {
                    sent.add(send(producer, partition, "k" + i % KEYS, "v" + sent.size()));
                }
            }
            for (final Future<?> one : sent) {
                one.get();
            }
        }
    }

    /** Deletes the key that was written first, by a tombstone. */
    void deleteTheDoomed() throws Exception {
        try (KafkaProducer<String, String> producer = producer()) {
            for (int partition = 0; partition < PARTITIONS; partition++) {
                send(producer, partition, DOOMED, null).get();
            }
        }
    }

    /** Deletes the first records of the other topic. */
    void trim() throws Exception {
        final Map<TopicPartition, RecordsToDelete> what = new HashMap<>();
        partitions(TRIMMED).forEach(one -> what.put(one, RecordsToDelete.beforeOffset(TRIMMED_BELOW)));
        try (Admin admin = admin()) {
            admin.deleteRecords(what).all().get();
        }
    }

    /** Waits until nodes have compacted more of each partition than at the last call. */
    void awaitCompacted(final int... nodeIds) throws Exception {
        for (final int nodeId : nodeIds) {
            for (int partition = 0; partition < PARTITIONS; partition++) {
                final Path log = cell.dataDirectory(nodeId)
                        .resolve("logs")
                        .resolve(COMPACTED + "-" + partition)
                        .resolve("epona-clean");
                final long before = compacted.getOrDefault(log, 0L);
                Await.until(
                        () -> "node " + nodeId + " compacts beyond " + before + ": " + log,
                        PATIENCE,
                        () -> cleanUpTo(log) > before);
                compacted.put(log, cleanUpTo(log));
            }
        }
    }

    private static long cleanUpTo(final Path file) {
        try {
            return Files.exists(file) ? Long.parseLong(Files.readString(file).split(" ")[2]) : 0;
        } catch (final IOException ex) {
            return 0; // exchanged just now
        }
    }

    /** Every record is what was written at its offset, and all of them together say what all that was written said. */
    void assertAllRead() {
        try (KafkaConsumer<String, String> consumer = consumer()) {
            for (final TopicPartition partition : partitions(COMPACTED)) {
                assertEquals(
                        state(written.get(partition.partition())),
                        state(read(consumer, partition)),
                        partition.toString());
            }
            consumer.beginningOffsets(partitions(TRIMMED))
                    .forEach((partition, offset) -> assertEquals(TRIMMED_BELOW, offset, partition.toString()));
        }
    }

    private List<Map.Entry<String, String>> read(
            final KafkaConsumer<String, String> consumer, final TopicPartition partition) {
        final List<Map.Entry<String, String>> all = written.get(partition.partition());
        final List<Map.Entry<String, String>> found = new ArrayList<>();
        consumer.assign(List.of(partition));
        consumer.seekToBeginning(List.of(partition));
        final long deadlineNs = System.nanoTime() + PATIENCE.toNanos();
        while (consumer.position(partition) < all.size()) {
            for (final ConsumerRecord<String, String> record : consumer.poll(POLL)) {
                final String value = record.value() == null
                        ? TOMBSTONE
                        : record.value().substring(0, record.value().indexOf(' '));
                assertEquals(all.get((int) record.offset()), Map.entry(record.key(), value));
                found.add(Map.entry(record.key(), value));
            }
            assertTrue(System.nanoTime() - deadlineNs < 0, () -> "stuck at " + consumer.position(partition));
        }
        return found;
    }

    private static Map<String, String> state(final List<Map.Entry<String, String>> records) {
        final Map<String, String> state = new TreeMap<>();
        records.forEach(one -> state.put(one.getKey(), one.getValue()));
        state.values().removeIf(TOMBSTONE::equals);
        return state;
    }
}
