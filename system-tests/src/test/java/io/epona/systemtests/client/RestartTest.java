package io.epona.systemtests.client;

import static io.epona.systemtests.harness.RawProduce.batch;
import static io.epona.systemtests.harness.RawProduce.error;
import static io.epona.systemtests.harness.RawProduce.initProducerId;
import static io.epona.systemtests.harness.RawProduce.produce;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.epona.systemtests.harness.Clients;
import io.epona.systemtests.harness.EponaProcess;
import io.epona.systemtests.harness.NodeSettings;
import io.epona.systemtests.harness.RawConnection;
import io.epona.systemtests.harness.TestBench;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.apache.kafka.clients.admin.Admin;
import org.apache.kafka.clients.admin.NewPartitions;
import org.apache.kafka.clients.admin.TopicDescription;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.apache.kafka.clients.consumer.KafkaConsumer;
import org.apache.kafka.clients.producer.KafkaProducer;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.config.ConfigResource;
import org.apache.kafka.common.protocol.Errors;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.extension.RegisterExtension;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

@Timeout(60)
class RestartTest {
    @RegisterExtension
    private final TestBench bench = new TestBench();

    private EponaProcess restart(final EponaProcess node, final boolean isKilled) {
        if (isKilled) {
            node.kill();
        } else {
            assertEquals(0, node.stop(), node::err);
        }
        return bench.start(node.settings());
    }

    @ParameterizedTest
    @ValueSource(booleans = {true, false})
    void shouldKeepTopicsConfigurationAndClusterWhenRestarted(final boolean isKilled) throws Exception {
        EponaProcess node = bench.start(bench.settings());
        final String clusterId;
        final Map<String, TopicDescription> before;
        try (Admin admin = Clients.admin(node.bootstrap())) {
            Clients.createTopic(admin, "kept", 3, "retention.ms", "777777");
            Clients.createTopic(admin, "deleted", 1);
            Clients.get(admin.deleteTopics(List.of("deleted")).all());
            Clients.get(admin.createPartitions(Map.of("kept", NewPartitions.increaseTo(5)))
                    .all());
            clusterId = Clients.get(admin.describeCluster().clusterId());
            before = Clients.get(admin.describeTopics(List.of("kept")).allTopicNames());
        }
        node = restart(node, isKilled);
        try (Admin admin = Clients.admin(node.bootstrap())) {
            assertEquals(Set.of("kept"), Clients.get(admin.listTopics().names()));
            assertEquals(clusterId, Clients.get(admin.describeCluster().clusterId()));
            final TopicDescription after = Clients.get(
                            admin.describeTopics(List.of("kept")).allTopicNames())
                    .get("kept");
            assertEquals(before.get("kept").topicId(), after.topicId());
            assertEquals(5, after.partitions().size());
            final ConfigResource resource = new ConfigResource(ConfigResource.Type.TOPIC, "kept");
            assertEquals(
                    "777777",
                    Clients.get(admin.describeConfigs(List.of(resource)).all())
                            .get(resource)
                            .get("retention.ms")
                            .value());
        }
    }

    @ParameterizedTest
    @ValueSource(booleans = {true, false})
    void shouldKnowProducersAndNeverGiveTheirIdsAgainWhenRestarted(final boolean isKilled) throws Exception {
        final TopicPartition partition = new TopicPartition("known", 0);
        final Set<Long> ids = new HashSet<>();
        EponaProcess node = bench.start(bench.settings());
        final long id;
        try (Admin admin = Clients.admin(node.bootstrap());
                RawConnection connection = new RawConnection(node.port())) {
            Clients.createTopic(admin, "known", 1);
            id = initProducerId(connection).producerId();
            ids.add(id);
            for (int i = 0; i < 7; i++) {
                assertEquals(
                        2 * i,
                        produce(connection, partition, batch(id, 0, 2 * i, 2)).baseOffset());
            }
        }
        for (int round = 0; round < 3; round++) {
            node = restart(node, isKilled);
            try (RawConnection connection = new RawConnection(node.port())) {
                for (int i = 2; i < 7; i++) {
                    final var again = produce(connection, partition, batch(id, 0, 2 * i, 2));
                    assertEquals(Errors.NONE, error(again));
                    assertEquals(2 * i, again.baseOffset());
                }
                assertEquals(
                        Errors.OUT_OF_ORDER_SEQUENCE_NUMBER,
                        error(produce(connection, partition, batch(id, 0, 15, 1))));
                assertTrue(ids.add(initProducerId(connection).producerId()));
            }
        }
        try (RawConnection connection = new RawConnection(node.port())) {
            assertEquals(14, produce(connection, partition, batch(id, 0, 14, 1)).baseOffset());
        }
    }

    @Test
    void shouldStopWithinSecondsUnderLoadAndLoseNothing() throws Exception {
        final NodeSettings settings = bench.settings();
        final TopicPartition partition = new TopicPartition("stopped", 0);
        EponaProcess node = bench.start(settings);
        final long acknowledged;
        try (KafkaProducer<byte[], byte[]> producer = Clients.producer(node.bootstrap(), "linger.ms", 1)) {
            for (int i = 0; i < 5_000; i++) {
                producer.send(Clients.record(partition, new byte[1_000]));
            }
            acknowledged = Clients.send(producer, Clients.record(partition, new byte[1_000]))
                    .offset();
            for (int i = 0; i < 500; i++) {
                producer.send(Clients.record(partition, new byte[1_000]));
            }
            final long beginNs = System.nanoTime();
            assertEquals(0, node.stop());
            // Far above what it takes, and below the time-outs for what could hold it up.
            assertTrue(System.nanoTime() - beginNs < 20_000_000_000L, "took too long to stop");
            producer.close(java.time.Duration.ZERO);
        }
        node = bench.start(settings);
        try (KafkaConsumer<byte[], byte[]> consumer = Clients.consumer(node.bootstrap())) {
            assertTrue(Clients.endOffset(consumer, partition) > acknowledged);
            long expected = 0;
            for (final ConsumerRecord<byte[], byte[]> record :
                    Clients.read(consumer, partition, 0, (int) acknowledged + 1)) {
                assertEquals(expected++, record.offset());
            }
        }
        assertEquals(0, node.stop());
    }

    @Test
    void shouldStartQuicklyAndLeaveNothingToRecoverWhenStoppedCleanly() throws Exception {
        final NodeSettings settings = bench.settings();
        final TopicPartition partition = new TopicPartition("clean", 0);
        EponaProcess node = bench.start(settings);
        try (KafkaProducer<byte[], byte[]> producer = Clients.producer(node.bootstrap(), "linger.ms", 1)) {
            for (int i = 0; i < 3_000; i++) {
                producer.send(Clients.record(partition, new byte[1_000]));
            }
        }
        assertFalse(node.settings().directory().resolve("node.run").toFile().length() == 0);
        assertEquals(0, node.stop());
        assertFalse(settings.directory().resolve("node.run").toFile().exists());
        node = bench.start(settings);
        // A second or two where nothing else runs.
        assertTrue(node.startupMs() < 30_000, node.startupMs() + " ms");
        try (KafkaConsumer<byte[], byte[]> consumer = Clients.consumer(node.bootstrap())) {
            assertEquals(3_000, Clients.endOffset(consumer, partition));
            assertEquals(3_000, Clients.read(consumer, partition, 0, 3_000).size());
        }
    }
}
