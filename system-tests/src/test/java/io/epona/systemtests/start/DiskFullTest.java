package io.epona.systemtests.start;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import io.epona.systemtests.harness.Clients;
import io.epona.systemtests.harness.EponaProcess;
import io.epona.systemtests.harness.JavaCommand;
import io.epona.systemtests.harness.NodeSettings;
import io.epona.systemtests.harness.SmallDisk;
import io.epona.systemtests.harness.TestBench;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Collections;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.TimeUnit;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.apache.kafka.clients.consumer.KafkaConsumer;
import org.apache.kafka.clients.producer.KafkaProducer;
import org.apache.kafka.common.TopicPartition;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.extension.RegisterExtension;

/** A node on a small file system of its own, mounted for the test, that fills up. Needs root and a loop device. */
@Timeout(240)
class DiskFullTest {
    private static final TopicPartition PARTITION = new TopicPartition("records", 0);
    private static final int IMAGE_LENGTH = 64 << 20;
    private static final int BALLAST_LENGTH = 24 << 20;
    private static final int VALUE_LENGTH = 8_000;
    private static final int END_TIMEOUT_S = 60;

    @RegisterExtension
    private final TestBench bench = new TestBench();

    private Path mount;
    private SmallDisk disk;

    @BeforeEach
    void mountFileSystem() throws Exception {
        mount = Files.createTempDirectory(JavaCommand.work(), "mount");
        final Optional<SmallDisk> mounted = SmallDisk.mount(mount, IMAGE_LENGTH);
        assumeTrue(
                mounted.isPresent(), "skipped: a loop device cannot be mounted here (root and mkfs.ext4 are needed)");
        disk = mounted.orElseThrow();
    }

    @AfterEach
    void unmountFileSystem() throws Exception {
        if (disk != null) {
            disk.close();
        }
        Files.delete(mount);
    }

    @Test
    void shouldRefuseToMakeAJournalThatDoesNotFit() throws Exception {
        final NodeSettings settings = settings().set("journal.segment.count", "64");
        final EponaProcess node = bench.launch(settings);
        assertEquals(1, node.awaitExit(END_TIMEOUT_S, TimeUnit.SECONDS), node::err);
        assertTrue(node.err().contains("space"), node::err);
        assertTrue(node.err().contains("needed="), node::err);
    }

    /** The counters stay outside: a mapped file on a full disk ends its process with a signal. */
    private NodeSettings settings() throws IOException {
        final Path counters = Files.createDirectories(bench.directory());
        return NodeSettings.small(mount.resolve("data")).set("counters.dir", counters.toString());
    }

    @Test
    void shouldEndItselfAndLoseNothingWhenTheDiskIsFull() throws Exception {
        final NodeSettings settings = settings();
        final Map<Long, Integer> acknowledged = new ConcurrentHashMap<>();
        disk.fill(BALLAST_LENGTH);
        final EponaProcess node = bench.start(settings);
        bench.expectError(".");
        try (KafkaProducer<byte[], byte[]> producer =
                Clients.producer(node.bootstrap(), "request.timeout.ms", 2_000, "delivery.timeout.ms", 3_000)) {
            for (int i = 0; i < 20_000 && node.isAlive(); i++) {
                final int sent = i;
                producer.send(Clients.record(PARTITION, value(i)), (metadata, error) -> {
                    if (error == null && metadata.hasOffset()) {
                        acknowledged.put(metadata.offset(), sent);
                    }
                });
                if (i % 50 == 0) {
                    producer.flush();
                }
            }
            producer.close(Duration.ZERO);
        }
        assertEquals(3, node.awaitExit(END_TIMEOUT_S, TimeUnit.SECONDS), node::err);
        assertTrue(node.err().contains("stopped by itself"), node::err);
        assertTrue(node.err().contains("No space left on device"), node::err);
        assertTrue(acknowledged.size() > 100, () -> "acknowledged only " + acknowledged);

        final EponaProcess again = bench.launch(settings);
        assertNotEquals(0, again.awaitExit(END_TIMEOUT_S, TimeUnit.SECONDS), again::err);
        assertFalse(again.err().isBlank());

        disk.free();
        final EponaProcess recovered = bench.start(settings);
        try (KafkaConsumer<byte[], byte[]> consumer = Clients.consumer(recovered.bootstrap());
                KafkaProducer<byte[], byte[]> producer = Clients.producer(recovered.bootstrap())) {
            final int count = Math.toIntExact(Collections.max(acknowledged.keySet()) + 1);
            long offset = 0;
            for (final ConsumerRecord<byte[], byte[]> record : Clients.read(consumer, PARTITION, 0, count)) {
                assertEquals(offset, record.offset());
                // What the producer gave up may be there or not.
                final Integer expected = acknowledged.remove(offset++);
                if (expected != null) {
                    assertEquals(expected, ByteBuffer.wrap(record.value()).getInt());
                }
            }
            assertEquals(Map.of(), acknowledged);
            assertTrue(
                    Clients.send(producer, Clients.record(PARTITION, value(0))).offset() >= count);
        }
        assertEquals(0, recovered.stop());
    }

    private static byte[] value(final int index) {
        return ByteBuffer.allocate(VALUE_LENGTH).putInt(index).array();
    }
}
