package io.epona.systemtests.cell.live;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.epona.systemtests.harness.Await;
import io.epona.systemtests.harness.Clients;
import io.epona.systemtests.harness.EponaProcess;
import io.epona.systemtests.harness.TestBench;
import java.util.List;
import java.util.Map;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import org.apache.kafka.clients.admin.Admin;
import org.apache.kafka.clients.admin.NewTopic;
import org.apache.kafka.clients.producer.KafkaProducer;
import org.apache.kafka.clients.producer.RecordMetadata;
import org.apache.kafka.common.Node;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.errors.NotEnoughReplicasException;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.extension.RegisterExtension;

/** Who is in sync, as clients and operators see it, and what is refused when too few are. */
@Timeout(600)
class InSyncReplicasTest {
    private static final String TOPIC = "strict";
    private static final int PARTITION_COUNT = 6;
    private static final int WELL = 0;
    private static final int NOT_WELL = 3;

    @RegisterExtension
    private final TestBench bench = new TestBench();

    @Test
    void shouldRefuseAndRecoverWhenTooFewReplicasAreInSync() throws Exception {
        CellErrors.expectIn(bench);
        try (LiveCell cell = LiveCell.of(bench).startAll();
                Admin admin = Clients.admin(cell.bootstrap());
                KafkaProducer<byte[], byte[]> patient =
                        Clients.producer(cell.bootstrap(), "delivery.timeout.ms", 240_000);
                KafkaProducer<byte[], byte[]> hasty =
                        Clients.producer(cell.bootstrap(), "enable.idempotence", false, "retries", 0)) {
            Clients.get(admin.createTopics(List.of(new NewTopic(TOPIC, PARTITION_COUNT, (short) 3)
                            .configs(Map.of("min.insync.replicas", "3"))))
                    .all());
            final List<TopicPartition> partitions = List.copyOf(Clients.partitions(TOPIC, PARTITION_COUNT));
            for (final TopicPartition partition : partitions) {
                assertEquals(
                        0,
                        Clients.send(patient, Clients.record(partition, new byte[100]))
                                .offset());
            }
            assertStatus(cell, WELL, "0 under-replicated, 0 offline");

            cell.kill(3);
            cell.awaitInSync(List.of(1, 2));
            assertInSync(admin, List.of(1, 2));
            assertStatus(cell, NOT_WELL, "3 under-replicated, 0 offline");
            for (final TopicPartition partition : partitions) {
                assertRefused(hasty, partition);
            }
            final List<Future<RecordMetadata>> waiting = partitions.stream()
                    .map(partition -> patient.send(Clients.record(partition, new byte[100])))
                    .toList();

            cell.restart(3);
            for (final Future<RecordMetadata> sent : waiting) {
                assertEquals(
                        1,
                        sent.get(LiveCell.PATIENCE.toSeconds(), TimeUnit.SECONDS)
                                .offset());
            }
            assertInSync(admin, LiveCell.NODE_IDS);
            assertStatus(cell, WELL, "0 under-replicated, 0 offline");
        }
    }

    /** The hasty producer may still know the leader that was killed; nothing else than a refusal may follow. */
    private static void assertRefused(final KafkaProducer<byte[], byte[]> producer, final TopicPartition partition)
            throws Exception {
        Await.until("a refusal of " + partition, () -> {
            final Exception reason = assertThrows(
                    Exception.class, () -> Clients.send(producer, Clients.record(partition, new byte[100])));
            return reason instanceof NotEnoughReplicasException;
        });
    }

    private static void assertInSync(final Admin admin, final List<Integer> nodeIds) throws Exception {
        Await.until(
                "clients see the in-sync replicas " + nodeIds,
                () -> Clients.get(admin.describeTopics(List.of(TOPIC)).allTopicNames()).get(TOPIC).partitions().stream()
                        .allMatch(partition -> partition.isr().stream()
                                .map(Node::id)
                                .sorted()
                                .toList()
                                .equals(nodeIds)));
    }

    private static void assertStatus(final LiveCell cell, final int exitStatus, final String says) {
        final EponaProcess status = cell.status();
        assertEquals(exitStatus, status.exitStatus(), () -> status.out() + status.err());
        assertTrue(status.out().contains(says), status::out);
        assertTrue(status.out().contains("lag ms"), status::out);
        assertEquals(
                exitStatus == NOT_WELL,
                status.out().contains("no answer from "),
                () -> "the node that is away: " + status.out());
    }

    @Test
    void shouldSayThatNobodyAnswersWhenNoNodeRuns() throws Exception {
        try (LiveCell cell = LiveCell.of(bench)) {
            final EponaProcess status = cell.status();
            assertEquals(1, status.exitStatus());
            assertTrue(status.err().contains("no node runs in "), status::err);
        }
    }
}
