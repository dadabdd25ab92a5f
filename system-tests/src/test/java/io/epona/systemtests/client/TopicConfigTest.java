package io.epona.systemtests.client;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.epona.systemtests.harness.Await;
import io.epona.systemtests.harness.Clients;
import io.epona.systemtests.harness.EponaProcess;
import io.epona.systemtests.harness.RawConnection;
import io.epona.systemtests.harness.TestBench;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.apache.kafka.clients.admin.Admin;
import org.apache.kafka.clients.admin.AlterConfigOp;
import org.apache.kafka.clients.admin.AlterConfigOp.OpType;
import org.apache.kafka.clients.admin.AlterConfigsOptions;
import org.apache.kafka.clients.admin.Config;
import org.apache.kafka.clients.admin.ConfigEntry;
import org.apache.kafka.clients.admin.ConfigEntry.ConfigSource;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.apache.kafka.clients.consumer.KafkaConsumer;
import org.apache.kafka.clients.consumer.OffsetOutOfRangeException;
import org.apache.kafka.clients.producer.KafkaProducer;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.config.ConfigResource;
import org.apache.kafka.common.errors.InvalidConfigurationException;
import org.apache.kafka.common.errors.InvalidTimestampException;
import org.apache.kafka.common.errors.RecordTooLargeException;
import org.apache.kafka.common.errors.UnknownTopicOrPartitionException;
import org.apache.kafka.common.message.AlterConfigsRequestData;
import org.apache.kafka.common.message.AlterConfigsResponseData;
import org.apache.kafka.common.protocol.ApiKeys;
import org.apache.kafka.common.protocol.Errors;
import org.apache.kafka.common.record.TimestampType;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.extension.RegisterExtension;

@Timeout(60)
class TopicConfigTest {
    @RegisterExtension
    static final TestBench BENCH = new TestBench();

    private static EponaProcess node;
    private static Admin admin;
    private static KafkaConsumer<byte[], byte[]> consumer;
    private static KafkaProducer<byte[], byte[]> producer;

    @BeforeAll
    static void startNode() {
        node = BENCH.start(BENCH.settings().set("log.retention.interval", "100ms"));
        admin = Clients.admin(node.bootstrap());
        consumer = Clients.consumer(node.bootstrap());
        producer = Clients.producer(node.bootstrap());
    }

    @AfterAll
    static void closeClients() {
        producer.close();
        consumer.close();
        admin.close();
    }

    private static TopicPartition topic(final String name, final String... options) throws Exception {
        Clients.createTopic(admin, name, 1, options);
        return new TopicPartition(name, 0);
    }

    private static ConfigResource resource(final String topic) {
        return new ConfigResource(ConfigResource.Type.TOPIC, topic);
    }

    private static Config config(final String topic) throws Exception {
        return Clients.get(admin.describeConfigs(List.of(resource(topic))).all())
                .get(resource(topic));
    }

    private static void alter(final String topic, final OpType type, final String key, final String value)
            throws Exception {
        Clients.get(admin.incrementalAlterConfigs(
                        Map.of(resource(topic), List.of(new AlterConfigOp(new ConfigEntry(key, value), type))))
                .all());
    }

    @Test
    void shouldDescribeDefaultsAndWhatWasSet() throws Exception {
        topic("described", "retention.ms", "123456");
        final Config config = config("described");
        assertEquals("123456", config.get("retention.ms").value());
        assertEquals(
                ConfigSource.DYNAMIC_TOPIC_CONFIG, config.get("retention.ms").source());
        assertEquals("1048588", config.get("max.message.bytes").value());
        assertTrue(config.get("max.message.bytes").isDefault());
        assertEquals("delete", config.get("cleanup.policy").value());
    }

    @Test
    void shouldSetAndDeleteValuesWhenAltered() throws Exception {
        topic("altered");
        alter("altered", OpType.SET, "retention.ms", "60000");
        alter("altered", OpType.SET, "max.message.bytes", "2000");
        assertEquals("60000", config("altered").get("retention.ms").value());
        alter("altered", OpType.DELETE, "retention.ms", null);
        assertEquals("604800000", config("altered").get("retention.ms").value());
        assertEquals("2000", config("altered").get("max.message.bytes").value());
    }

    @Test
    void shouldReplaceAllValuesWhenAlteredTheOldWay() throws Exception {
        topic("replaced", "retention.ms", "1000000");
        final AlterConfigsRequestData.AlterConfigsResourceCollection resources =
                new AlterConfigsRequestData.AlterConfigsResourceCollection();
        final AlterConfigsRequestData.AlterableConfigCollection configs =
                new AlterConfigsRequestData.AlterableConfigCollection();
        configs.add(new AlterConfigsRequestData.AlterableConfig()
                .setName("max.message.bytes")
                .setValue("5000"));
        resources.add(new AlterConfigsRequestData.AlterConfigsResource()
                .setResourceType(ConfigResource.Type.TOPIC.id())
                .setResourceName("replaced")
                .setConfigs(configs));
        try (RawConnection connection = new RawConnection(node.port())) {
            for (int version = 0; version <= ApiKeys.ALTER_CONFIGS.latestVersion(false); version++) {
                final AlterConfigsResponseData response = connection.call(
                        ApiKeys.ALTER_CONFIGS, version, new AlterConfigsRequestData().setResources(resources));
                assertEquals(Errors.NONE.code(), response.responses().getFirst().errorCode(), "version " + version);
            }
        }
        assertEquals("5000", config("replaced").get("max.message.bytes").value());
        assertTrue(config("replaced").get("retention.ms").isDefault());
    }

    @Test
    void shouldRefuseWhatItDoesNotKnowOrCannotDo() throws Exception {
        topic("refused");
        for (final List<String> wrong : List.of(
                List.of("no.such.key", "1"),
                List.of("retention.ms", "soon"),
                List.of("max.message.bytes", "-5"),
                List.of("cleanup.policy", "squeeze"),
                List.of("min.cleanable.dirty.ratio", "1.5"),
                List.of("compression.type", "gzip"))) {
            final InvalidConfigurationException refusal = assertThrows(
                    InvalidConfigurationException.class,
                    () -> alter("refused", OpType.SET, wrong.getFirst(), wrong.getLast()),
                    wrong::toString);
            assertTrue(refusal.getMessage().contains(wrong.getFirst()), refusal::getMessage);
        }
        assertThrows(UnknownTopicOrPartitionException.class, () -> alter("not-there", OpType.SET, "retention.ms", "1"));
    }

    @Test
    void shouldChangeNothingWhenAskedToValidate() throws Exception {
        topic("validated");
        final List<AlterConfigOp> ops = List.of(new AlterConfigOp(new ConfigEntry("retention.ms", "5"), OpType.SET));
        Clients.get(admin.incrementalAlterConfigs(
                        Map.of(resource("validated"), ops), new AlterConfigsOptions().validateOnly(true))
                .all());
        assertTrue(config("validated").get("retention.ms").isDefault());
    }

    @Test
    void shouldHoldProducersToMaxMessageBytesAtOnce() throws Exception {
        final TopicPartition partition = topic("limited");
        Clients.send(producer, Clients.record(partition, new byte[5_000]));
        alter("limited", OpType.SET, "max.message.bytes", "3000");
        assertThrows(
                RecordTooLargeException.class,
                () -> Clients.send(producer, Clients.record(partition, new byte[5_000])));
        Clients.send(producer, Clients.record(partition, new byte[2_000]));
        alter("limited", OpType.SET, "max.message.bytes", "10000");
        Clients.send(producer, Clients.record(partition, new byte[5_000]));
        assertEquals(3, Clients.endOffset(consumer, partition));
    }

    @Test
    void shouldStampItsOwnTimeWhenTheTopicAsksForIt() throws Exception {
        final TopicPartition partition = topic("stamped", "message.timestamp.type", "LogAppendTime");
        final long beforeMs = System.currentTimeMillis();
        final long toldMs = Clients.send(producer, new ProducerRecord<>("stamped", 0, 1_000L, null, new byte[9]))
                .timestamp();
        final long afterMs = System.currentTimeMillis();
        final ConsumerRecord<byte[], byte[]> record =
                Clients.read(consumer, partition, 0, 1).getFirst();
        assertEquals(TimestampType.LOG_APPEND_TIME, record.timestampType());
        assertTrue(
                record.timestamp() >= beforeMs && record.timestamp() <= afterMs,
                () -> record.timestamp() + " is not between " + beforeMs + " and " + afterMs);
        assertEquals(record.timestamp(), toldMs);
        alter("stamped", OpType.SET, "message.timestamp.type", "CreateTime");
        Clients.send(producer, new ProducerRecord<>("stamped", 0, afterMs - 1, null, new byte[9]));
        final ConsumerRecord<byte[], byte[]> second =
                Clients.read(consumer, partition, 1, 1).getFirst();
        assertEquals(TimestampType.CREATE_TIME, second.timestampType());
        assertEquals(afterMs - 1, second.timestamp());
    }

    @Test
    void shouldRefuseTimesFarFromItsOwnWhenTheTopicForbidsThem() throws Exception {
        topic("timely", "message.timestamp.before.max.ms", "60000", "message.timestamp.after.max.ms", "60000");
        final long nowMs = System.currentTimeMillis();
        for (final long wrongMs : new long[] {nowMs - 120_000, nowMs + 120_000}) {
            assertThrows(
                    InvalidTimestampException.class,
                    () -> Clients.send(producer, new ProducerRecord<>("timely", 0, wrongMs, null, new byte[9])));
        }
        Clients.send(producer, new ProducerRecord<>("timely", 0, nowMs, null, new byte[9]));
    }

    @Test
    void shouldDeleteOldSegmentsWhenRetentionSaysSo() throws Exception {
        final TopicPartition partition = topic(
                "retained", "segment.bytes", "1048576", "retention.bytes", "2000000", "file.delete.delay.ms", "0");
        final List<byte[]> sent = new ArrayList<>();
        for (int i = 0; i < 200; i++) {
            sent.add(new byte[30_000]);
            producer.send(Clients.record(partition, sent.getLast()));
        }
        producer.flush();
        // With more than that the oldest segment would go, however long it is.
        final long mostThatStays = (2_000_000 + 1_048_576) / 30_000;
        Await.until(
                "old segments are gone",
                () -> consumer.beginningOffsets(List.of(partition)).get(partition) >= 200 - mostThatStays);
        final long[] start = new long[1];
        Await.until("a record at the start", () -> {
            start[0] = consumer.beginningOffsets(List.of(partition)).get(partition);
            try {
                final long first = Clients.read(consumer, partition, start[0], 1)
                        .getFirst()
                        .offset();
                assertEquals(start[0], first);
                return true;
            } catch (final OffsetOutOfRangeException ex) {
                return false; // a segment that was short went as well meanwhile
            }
        });
        assertTrue(200 - start[0] >= 60, "deleted too much: " + start[0]);
        assertEquals(200, Clients.endOffset(consumer, partition));
    }

    @Test
    void shouldDescribeTheNode() throws Exception {
        final ConfigResource broker = new ConfigResource(ConfigResource.Type.BROKER, "1");
        final Config config =
                Clients.get(admin.describeConfigs(List.of(broker)).all()).get(broker);
        assertEquals("true", config.get("auto.create.topics.enable").value());
        assertEquals("1", config.get("node.id").value());
    }
}
