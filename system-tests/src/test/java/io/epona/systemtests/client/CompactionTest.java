package io.epona.systemtests.client;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.epona.systemtests.harness.Await;
import io.epona.systemtests.harness.Clients;
import io.epona.systemtests.harness.EponaProcess;
import io.epona.systemtests.harness.NodeSettings;
import io.epona.systemtests.harness.TestBench;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.TreeMap;
import java.util.concurrent.Future;
import java.util.stream.Stream;
import org.apache.kafka.clients.admin.Admin;
import org.apache.kafka.clients.admin.AlterConfigOp;
import org.apache.kafka.clients.admin.ConfigEntry;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.apache.kafka.clients.consumer.KafkaConsumer;
import org.apache.kafka.clients.producer.KafkaProducer;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.apache.kafka.clients.producer.RecordMetadata;
import org.apache.kafka.common.InvalidRecordException;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.config.ConfigResource;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.extension.RegisterExtension;

/** Compacted topics as clients see them, also when the node is killed again and again. */
@Timeout(120)
class CompactionTest {
    private static final TopicPartition PARTITION = new TopicPartition("compacted", 0);
    private static final int KEYS = 50;
    private static final int VALUE_LENGTH = 4_000;

    @RegisterExtension
    private final TestBench bench = new TestBench();

    private final Random random = new Random(5);

    /** Key and version of each record by offset; version 0 is a tombstone. */
    private final List<String> history = new ArrayList<>();

    private NodeSettings settings() {
        return bench.settings()
                .set("log.drain.age", "0ms")
                .set("log.flush.interval", "50ms")
                .set("log.cleaner.interval", "50ms")
                .set("log.cleaner.rate", "1GiB");
    }

    private void write(final EponaProcess node, final int count) throws Exception {
        try (KafkaProducer<byte[], byte[]> producer = Clients.producer(node.bootstrap())) {
            final List<Future<RecordMetadata>> sent = new ArrayList<>();
            for (int i = 0; i < count; i++) {
                final String key = "k" + random.nextInt(KEYS);
                final boolean isTombstone = random.nextInt(20) == 0;
                history.add(key + ':' + (isTombstone ? 0 : history.size() + 1));
                final byte[] value = isTombstone
                        ? null
                        : (history.getLast() + " " + "x".repeat(VALUE_LENGTH)).getBytes(StandardCharsets.US_ASCII);
                sent.add(producer.send(
                        new ProducerRecord<>(PARTITION.topic(), 0, key.getBytes(StandardCharsets.US_ASCII), value)));
            }
            for (final Future<RecordMetadata> one : sent) {
                one.get();
            }
        }
    }

    private TreeMap<Long, String> readAll(final EponaProcess node) {
        final TreeMap<Long, String> found = new TreeMap<>();
        try (KafkaConsumer<byte[], byte[]> consumer = Clients.consumer(node.bootstrap())) {
            consumer.assign(List.of(PARTITION));
            consumer.seek(PARTITION, 0);
            final long end = Clients.endOffset(consumer, PARTITION);
            final long deadlineNs = System.nanoTime() + Clients.PATIENCE.toNanos();
            while (consumer.position(PARTITION) < end) {
                for (final ConsumerRecord<byte[], byte[]> record : consumer.poll(Duration.ofMillis(100))) {
                    final String value =
                            record.value() == null ? "0" : new String(record.value(), StandardCharsets.US_ASCII);
                    final String key = new String(record.key(), StandardCharsets.US_ASCII);
                    found.put(
                            record.offset(),
                            record.value() == null ? key + ":0" : value.substring(0, value.indexOf(' ')));
                }
                assertTrue(System.nanoTime() - deadlineNs < 0, "stuck at " + consumer.position(PARTITION));
            }
            assertEquals(history.size(), end);
        }
        return found;
    }

    /** Every record at its offset, and the last one of each key. Returns how many are gone. */
    private int check(final EponaProcess node) {
        final TreeMap<Long, String> found = readAll(node);
        found.forEach((offset, text) -> assertEquals(history.get(offset.intValue()), text, "offset=" + offset));
        final Map<String, Long> last = new TreeMap<>();
        for (int i = 0; i < history.size(); i++) {
            last.put(history.get(i).split(":")[0], (long) i);
        }
        last.forEach((key, offset) -> assertTrue(found.containsKey(offset), key + " at " + offset));
        return history.size() - found.size();
    }

    private static long metric(final EponaProcess node, final String name) throws Exception {
        return node.http("/metrics")
                .body()
                .lines()
                .filter(line -> line.startsWith(name + ' '))
                .mapToLong(line -> (long) Double.parseDouble(line.substring(name.length() + 1)))
                .findFirst()
                .orElseThrow(() -> new AssertionError("no metric " + name));
    }

    private static void awaitCleaned(final EponaProcess node) throws Exception {
        Await.until("compaction frees something", () -> metric(node, "epona_cleaner_freed_bytes_total") > 0);
    }

    private static void compact(final EponaProcess node) throws Exception {
        try (Admin admin = Clients.admin(node.bootstrap())) {
            final ConfigResource topic = new ConfigResource(ConfigResource.Type.TOPIC, "compacted");
            Clients.get(admin.incrementalAlterConfigs(Map.of(
                            topic,
                            List.of(
                                    new AlterConfigOp(
                                            new ConfigEntry("cleanup.policy", "compact"), AlterConfigOp.OpType.SET),
                                    new AlterConfigOp(
                                            new ConfigEntry("min.cleanable.dirty.ratio", "0.01"),
                                            AlterConfigOp.OpType.SET))))
                    .all());
        }
    }

    private static long length(final EponaProcess node) {
        try (Stream<Path> files = Files.list(node.settings().directory().resolve("logs/compacted-0"))) {
            return files.filter(file -> file.toString().endsWith(".log"))
                    .mapToLong(file -> file.toFile().length())
                    .sum();
        } catch (final IOException ex) {
            throw new UncheckedIOException(ex);
        }
    }

    @Test
    void shouldKeepTheLastRecordOfEachKeyWhenSwitchedToCompactionAndKilledAgainAndAgain() throws Exception {
        EponaProcess node = bench.start(settings());
        try (Admin admin = Clients.admin(node.bootstrap())) {
            Clients.createTopic(admin, "compacted", 1, "segment.bytes", "1048576");
        }
        write(node, 1_000);
        assertEquals(0, check(node));
        compact(node);
        awaitCleaned(node);
        int gone = check(node);
        assertTrue(gone > 500, "gone=" + gone);
        for (int round = 0; round < 2; round++) {
            write(node, 600);
            node.kill(); // while it drains, flushes or cleans
            node = bench.start(node.settings());
            final int now = check(node);
            assertTrue(now >= gone, "records came back: " + gone + " were gone, " + now + " are");
            gone = now;
        }
        // Nobody writes, and nobody remembers what had been flushed: it is compacted all the same.
        final EponaProcess last = node;
        Await.until(() -> "compacted: length=" + length(last), Clients.PATIENCE, () -> length(last) < 2_500_000);
        assertTrue(check(last) > history.size() / 2);
        assertEquals(0, metric(last, "epona_cleaner_failures_total"));
        assertEquals(0, last.stop(), last::err);
    }

    @Test
    void shouldRefuseRecordsWithoutAKeyWhenTheTopicIsCompacted() throws Exception {
        final EponaProcess node = bench.start(bench.settings());
        try (Admin admin = Clients.admin(node.bootstrap())) {
            Clients.createTopic(admin, "compacted", 1, "cleanup.policy", "compact,delete");
            Clients.createTopic(admin, "plain", 1);
            assertKeyless(node, "none", 0);
            assertKeyless(node, "gzip", 1);
        }
    }

    private static void assertKeyless(final EponaProcess node, final String compression, final long offset)
            throws Exception {
        try (KafkaProducer<byte[], byte[]> producer =
                Clients.producer(node.bootstrap(), "compression.type", compression)) {
            final InvalidRecordException refusal = assertThrows(
                    InvalidRecordException.class,
                    () -> Clients.send(producer, Clients.record(PARTITION, new byte[10])));
            assertTrue(refusal.getMessage().contains("without key"), refusal.getMessage());
            assertEquals(
                    offset,
                    Clients.send(producer, new ProducerRecord<>("compacted", 0, new byte[] {1}, null))
                            .offset());
            assertEquals(
                    offset,
                    Clients.send(producer, Clients.record(new TopicPartition("plain", 0), new byte[10]))
                            .offset());
        }
    }
}
