package io.epona.systemtests.start;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.epona.runtime.CounterType;
import io.epona.systemtests.harness.Clients;
import io.epona.systemtests.harness.EponaProcess;
import io.epona.systemtests.harness.NodeSettings;
import io.epona.systemtests.harness.TestBench;
import java.io.IOException;
import java.io.RandomAccessFile;
import java.nio.file.Path;
import java.util.List;
import java.util.Random;
import java.util.concurrent.TimeUnit;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.apache.kafka.clients.consumer.KafkaConsumer;
import org.apache.kafka.clients.producer.KafkaProducer;
import org.apache.kafka.common.TopicPartition;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.extension.RegisterExtension;

/** A torn end is what a crash leaves and is cut off; damage before it is told from that and never cut silently. */
@Timeout(240)
class DamageTest {
    private static final TopicPartition PARTITION = new TopicPartition("records", 0);
    private static final int HEADER_LENGTH = 4096;
    private static final int RECORD_COUNT = 200;
    private static final int END_TIMEOUT_S = 60;

    @RegisterExtension
    private final TestBench bench = new TestBench();

    private NodeSettings settings;
    private long tail;

    /** Some hundred kilobytes in the first segment, no checkpoint, everything acknowledged, and the node is killed. */
    private void makeAndKill() throws Exception {
        settings = bench.settings().set("checkpoint.interval.length", "1MiB").set("checkpoint.idle", "1h");
        final EponaProcess node = bench.start(settings);
        try (KafkaProducer<byte[], byte[]> producer = Clients.producer(node.bootstrap())) {
            for (int i = 0; i < RECORD_COUNT; i++) {
                Clients.send(producer, Clients.record(PARTITION, value(i)));
            }
        }
        tail = node.laneCounter(CounterType.LANE_DURABLE, 0);
        node.kill();
    }

    private static byte[] value(final int index) {
        final byte[] value = new byte[2_000];
        new Random(index).nextBytes(value);
        return value;
    }

    private Path segment() {
        return settings.directory().resolve("journal/lane-0/segment-000.epj");
    }

    private byte[] overwrite(final long position, final byte[] bytes) throws IOException {
        final byte[] before = new byte[bytes.length];
        try (RandomAccessFile file = new RandomAccessFile(segment().toFile(), "rw")) {
            file.seek(HEADER_LENGTH + position);
            file.readFully(before);
            file.seek(HEADER_LENGTH + position);
            file.write(bytes);
        }
        return before;
    }

    private void checkAll(final EponaProcess node) throws Exception {
        try (KafkaConsumer<byte[], byte[]> consumer = Clients.consumer(node.bootstrap());
                KafkaProducer<byte[], byte[]> producer = Clients.producer(node.bootstrap())) {
            assertEquals(RECORD_COUNT, Clients.endOffset(consumer, PARTITION));
            int index = 0;
            for (final ConsumerRecord<byte[], byte[]> record : Clients.read(consumer, PARTITION, 0, RECORD_COUNT)) {
                assertArrayEquals(value(index++), record.value());
            }
            assertEquals(
                    RECORD_COUNT,
                    Clients.send(producer, Clients.record(PARTITION, value(RECORD_COUNT)))
                            .offset());
        }
    }

    @Test
    void shouldRefuseAndSayWhereWhenTheMiddleIsDamaged() throws Exception {
        makeAndKill();
        final byte[] damage = new byte[16];
        new Random(3).nextBytes(damage);
        final byte[] before = overwrite(tail / 2, damage);
        for (int attempt = 0; attempt < 2; attempt++) {
            final EponaProcess node = bench.launch(settings);
            assertEquals(1, node.awaitExit(END_TIMEOUT_S, TimeUnit.SECONDS), node::err);
            for (final String word : List.of("damaged", "lane=0", "position=", "segment-000.epj", "offset in file=")) {
                assertTrue(node.err().contains(word), () -> "expected '" + word + "' in: " + node.err());
            }
        }
        final EponaProcess verify = bench.command(
                settings, "journal", "verify", "--dir", settings.directory().toString());
        assertEquals(1, verify.awaitExit(END_TIMEOUT_S, TimeUnit.SECONDS), verify::out);
        overwrite(tail / 2, before);
        checkAll(bench.start(settings));
    }

    @Test
    void shouldCutTheEndAndStartWhenItIsTorn() throws Exception {
        makeAndKill();
        final byte[] torn = new byte[3_000];
        new Random(4).nextBytes(torn);
        overwrite(tail, torn);
        final EponaProcess node = bench.start(settings);
        checkAll(node);
        assertEquals(0, node.stop());
        final EponaProcess verify = bench.command(
                settings, "journal", "verify", "--dir", settings.directory().toString());
        assertEquals(0, verify.awaitExit(END_TIMEOUT_S, TimeUnit.SECONDS), () -> verify.out() + verify.err());
    }

    @Test
    void shouldCutTheEndAndStartWhenItLooksLikeAnOldFrame() throws Exception {
        makeAndKill();
        final byte[] old = new byte[8_000];
        try (RandomAccessFile file = new RandomAccessFile(segment().toFile(), "r")) {
            file.seek(HEADER_LENGTH);
            file.readFully(old);
        }
        overwrite(tail, old);
        checkAll(bench.start(settings));
    }

    @Test
    void shouldDumpWhatTheJournalHolds() throws Exception {
        makeAndKill();
        final EponaProcess dump = bench.command(
                settings, "journal", "dump", "--dir", settings.directory().toString());
        assertEquals(0, dump.awaitExit(END_TIMEOUT_S, TimeUnit.SECONDS), dump::err);
        assertTrue(dump.out().lines().count() >= RECORD_COUNT, "records are missing");
        assertTrue(dump.out().contains("type=epoch-start"), "there is no epoch start");
        assertTrue(dump.out().contains("base-offset=" + (RECORD_COUNT - 1)), "the last record is missing");
    }
}
