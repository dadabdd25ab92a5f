package io.epona.systemtests.client;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;

import io.epona.systemtests.harness.Clients;
import io.epona.systemtests.harness.EponaProcess;
import io.epona.systemtests.harness.TestBench;
import java.util.List;
import java.util.Map;
import org.apache.kafka.clients.admin.Admin;
import org.apache.kafka.clients.admin.OffsetSpec;
import org.apache.kafka.clients.admin.RecordsToDelete;
import org.apache.kafka.clients.consumer.KafkaConsumer;
import org.apache.kafka.clients.consumer.OffsetOutOfRangeException;
import org.apache.kafka.clients.producer.KafkaProducer;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.errors.PolicyViolationException;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.extension.RegisterExtension;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Deleting records: at once, in range, and for ever. */
@Timeout(120)
class DeleteRecordsTest {
    private static final TopicPartition PARTITION = new TopicPartition("trimmed", 0);

    @RegisterExtension
    private final TestBench bench = new TestBench();

    private static long delete(final Admin admin, final TopicPartition partition, final long before) throws Exception {
        return Clients.get(admin.deleteRecords(Map.of(partition, RecordsToDelete.beforeOffset(before)))
                        .lowWatermarks()
                        .get(partition))
                .lowWatermark();
    }

    private static void fill(final EponaProcess node, final TopicPartition partition, final int count)
            throws Exception {
        try (KafkaProducer<byte[], byte[]> producer = Clients.producer(node.bootstrap())) {
            for (int i = 0; i < count; i++) {
                Clients.send(
                        producer,
                        new ProducerRecord<>(partition.topic(), 0, 1_000L + i, new byte[] {1}, new byte[1_000]));
            }
        }
    }

    private static void assertStart(final EponaProcess node, final long start, final long end) throws Exception {
        try (KafkaConsumer<byte[], byte[]> consumer = Clients.consumer(node.bootstrap());
                Admin admin = Clients.admin(node.bootstrap())) {
            assertEquals(start, consumer.beginningOffsets(List.of(PARTITION)).get(PARTITION));
            assertEquals(end, consumer.endOffsets(List.of(PARTITION)).get(PARTITION));
            if (start < end) {
                assertEquals(
                        start,
                        Clients.read(consumer, PARTITION, start, (int) (end - start))
                                .getFirst()
                                .offset());
                // Record i has time stamp 1000 + i.
                assertEquals(
                        start,
                        Clients.get(admin.listOffsets(Map.of(PARTITION, OffsetSpec.forTimestamp(1_000)))
                                        .partitionResult(PARTITION))
                                .offset());
            }
            if (start > 0) {
                consumer.assign(List.of(PARTITION));
                consumer.seek(PARTITION, start - 1);
                assertThrows(OffsetOutOfRangeException.class, () -> Clients.poll(consumer, 1));
            }
        }
    }

    @Test
    void shouldRefuseWhatIsOutOfRangeOrAgainstThePolicy() throws Exception {
        final EponaProcess node = bench.start(bench.settings());
        try (Admin admin = Clients.admin(node.bootstrap())) {
            Clients.createTopic(admin, "trimmed", 1);
            Clients.createTopic(admin, "compacted", 1, "cleanup.policy", "compact");
            Clients.createTopic(admin, "both", 1, "cleanup.policy", "compact,delete");
            fill(node, PARTITION, 10);
            assertThrows(
                    org.apache.kafka.common.errors.OffsetOutOfRangeException.class, () -> delete(admin, PARTITION, 11));
            assertThrows(
                    org.apache.kafka.common.errors.OffsetOutOfRangeException.class, () -> delete(admin, PARTITION, -2));
            assertThrows(PolicyViolationException.class, () -> delete(admin, new TopicPartition("compacted", 0), 0));
            assertEquals(0, delete(admin, new TopicPartition("both", 0), 0));
            assertEquals(0, delete(admin, PARTITION, 0));
            assertStart(node, 0, 10);
            assertEquals(3, delete(admin, PARTITION, 3));
            assertEquals(3, delete(admin, PARTITION, 2));
            assertStart(node, 3, 10);
            assertEquals(10, delete(admin, PARTITION, -1));
            assertStart(node, 10, 10);
            fill(node, PARTITION, 2);
            assertEquals(12, delete(admin, PARTITION, 12));
            assertStart(node, 12, 12);
        }
    }

    /** Drained or only in the log ring; killed, and then stopped. */
    @ParameterizedTest
    @ValueSource(booleans = {true, false})
    void shouldStayDeletedWhenRestarted(final boolean isDrained) throws Exception {
        EponaProcess node = bench.start(bench.settings().set("log.drain.age", isDrained ? "0ms" : "1h"));
        try (Admin admin = Clients.admin(node.bootstrap())) {
            Clients.createTopic(admin, "trimmed", 1);
            fill(node, PARTITION, 100);
            assertEquals(42, delete(admin, PARTITION, 42));
            assertStart(node, 42, 100);
        }
        node.kill();
        node = bench.start(node.settings());
        assertStart(node, 42, 100);
        assertEquals(0, node.stop(), node::err);
        node = bench.start(node.settings());
        assertStart(node, 42, 100);
        try (Admin admin = Clients.admin(node.bootstrap())) {
            assertEquals(100, delete(admin, PARTITION, -1));
        }
        node.kill();
        node = bench.start(node.settings());
        assertStart(node, 100, 100);
        fill(node, PARTITION, 1);
        assertStart(node, 100, 101);
    }
}
