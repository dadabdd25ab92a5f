package io.epona.systemtests.tools;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.epona.systemtests.harness.Clients;
import io.epona.systemtests.harness.EponaProcess;
import io.epona.systemtests.harness.TestBench;
import io.epona.systemtests.tools.KafkaTool.Outcome;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;
import org.apache.kafka.clients.consumer.KafkaConsumer;
import org.apache.kafka.clients.consumer.OffsetAndMetadata;
import org.apache.kafka.clients.producer.KafkaProducer;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.apache.kafka.common.TopicPartition;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.extension.RegisterExtension;
import org.junit.jupiter.api.io.TempDir;

/** Each tool does on Epona what it does on Kafka. */
@Timeout(60)
class KafkaToolsTest {
    @RegisterExtension
    static final TestBench BENCH = new TestBench();

    private static EponaProcess node;
    private static String bootstrap;

    @TempDir
    Path directory;

    @BeforeAll
    static void startNode() {
        node = BENCH.start(BENCH.settings().set("log.drain.age", "0ms"));
        bootstrap = node.bootstrap();
    }

    private static String tool(final String name, final String... arguments) {
        final String[] all = new String[arguments.length + 2];
        all[0] = "--bootstrap-server";
        all[1] = bootstrap;
        System.arraycopy(arguments, 0, all, 2, arguments.length);
        return KafkaTool.run(name, all).text();
    }

    private static void assertSays(final String text, final String... parts) {
        for (final String part : parts) {
            assertTrue(text.contains(part), "'" + part + "' is not in:\n" + text);
        }
    }

    private static void topic(final String name, final String... options) {
        final String[] all = new String[options.length + 5];
        System.arraycopy(new String[] {"--create", "--topic", name, "--partitions", "2"}, 0, all, 0, 5);
        System.arraycopy(options, 0, all, 5, options.length);
        assertSays(tool("TopicCommand", all), "Created topic " + name);
    }

    private static void write(final EponaProcess to, final String topic, final int count) throws Exception {
        try (KafkaProducer<byte[], byte[]> producer = Clients.producer(to.bootstrap())) {
            for (int i = 0; i < count; i++) {
                Clients.send(
                        producer, new ProducerRecord<>(topic, 0, 1_000L + i, ("key-" + i).getBytes(), new byte[100]));
            }
        }
    }

    @Test
    void shouldManageTopics() throws Exception {
        topic("managed", "--config", "retention.ms=1234567");
        assertSays(tool("TopicCommand", "--list"), "managed\n");
        assertSays(
                tool("TopicCommand", "--describe", "--topic", "managed"),
                "PartitionCount: 2",
                "ReplicationFactor: 1",
                "retention.ms=1234567",
                "Partition: 1",
                "Leader: " + nodeId());
        tool("TopicCommand", "--alter", "--topic", "managed", "--partitions", "5");
        assertSays(tool("TopicCommand", "--describe", "--topic", "managed"), "PartitionCount: 5", "Partition: 4");
        assertEquals("", tool("TopicCommand", "--describe", "--under-replicated-partitions"));
        assertEquals("", tool("TopicCommand", "--describe", "--unavailable-partitions"));
        tool("TopicCommand", "--delete", "--topic", "managed");
        assertTrue(!tool("TopicCommand", "--list").contains("managed"));
        final Outcome missing = KafkaTool.run(
                "TopicCommand", "--bootstrap-server", bootstrap, "--describe", "--topic", "no-such-topic");
        assertNotEquals(0, missing.status());
        assertSays(missing.out(), "does not exist");
    }

    private static int nodeId() {
        return 1;
    }

    @Test
    void shouldShowAndAlterConfigurations() {
        topic("configured");
        final String configs = "kafka.admin.ConfigCommand";
        assertSays(
                tool(
                        configs,
                        "--alter",
                        "--entity-type",
                        "topics",
                        "--entity-name",
                        "configured",
                        "--add-config",
                        "cleanup.policy=compact,min.cleanable.dirty.ratio=0.2"),
                "Completed updating config for topic configured.");
        final String[] describe = {"--describe", "--entity-type", "topics", "--entity-name", "configured"};
        assertSays(tool(configs, describe), "cleanup.policy=compact", "min.cleanable.dirty.ratio=0.2");
        tool(
                configs,
                "--alter",
                "--entity-type",
                "topics",
                "--entity-name",
                "configured",
                "--delete-config",
                "min.cleanable.dirty.ratio");
        assertTrue(!tool(configs, describe).contains("min.cleanable.dirty.ratio=0.2"));
        assertSays(
                tool(configs, "--describe", "--all", "--entity-type", "brokers", "--entity-name", "" + nodeId()),
                "log.retention.ms",
                "num.partitions");
        final Outcome refused = KafkaTool.run(
                configs,
                "--bootstrap-server",
                bootstrap,
                "--alter",
                "--entity-type",
                "topics",
                "--entity-name",
                "configured",
                "--add-config",
                "cleanup.policy=squeeze");
        assertNotEquals(0, refused.status());
        assertSays(refused.out(), "cleanup.policy");
    }

    @Test
    void shouldShowAndAlterConfigurationsOfGroups() {
        final String configs = "kafka.admin.ConfigCommand";
        final String[] group = {"--entity-type", "groups", "--entity-name", "configured-group"};
        assertSays(
                tool(
                        configs,
                        concat(
                                group,
                                "--alter",
                                "--add-config",
                                "consumer.session.timeout.ms=50000,streams.num.standby.replicas=1")),
                "Completed updating config for group configured-group.");
        assertSays(
                tool(configs, concat(group, "--describe")),
                "consumer.session.timeout.ms=50000",
                "streams.num.standby.replicas=1");
        assertSays(tool(configs, "--describe", "--entity-type", "groups"), "configured-group", "=50000");
        tool(configs, concat(group, "--alter", "--delete-config", "streams.num.standby.replicas"));
        assertTrue(!tool(configs, concat(group, "--describe")).contains("standby"));
        final Outcome refused = KafkaTool.run(
                configs,
                concat(
                        group,
                        "--bootstrap-server",
                        bootstrap,
                        "--alter",
                        "--add-config",
                        "consumer.session.timeout.ms=1"));
        assertNotEquals(0, refused.status());
        assertSays(refused.out(), "group.consumer.min.session.timeout.ms");
    }

    private static String[] concat(final String[] first, final String... second) {
        final String[] all = Arrays.copyOf(first, first.length + second.length);
        System.arraycopy(second, 0, all, first.length, second.length);
        return all;
    }

    @Test
    void shouldListOffsetsAndDeleteRecords() throws Exception {
        topic("counted");
        write(node, "counted", 20);
        assertSays(tool("GetOffsetShell", "--topic", "counted"), "counted:0:20\n", "counted:1:0\n");
        assertSays(tool("GetOffsetShell", "--topic", "counted", "--time", "earliest"), "counted:0:0\n");
        assertSays(tool("GetOffsetShell", "--topic", "counted", "--time", "1007"), "counted:0:7\n");
        assertSays(tool("GetOffsetShell", "--topic", "counted", "--time", "max-timestamp"), "counted:0:19\n");
        final Path json = directory.resolve("offsets.json");
        Files.writeString(
                json,
                "{\"version\": 1, \"partitions\": [{\"topic\": \"counted\", \"partition\": 0, \"offset\": 5},"
                        + " {\"topic\": \"counted\", \"partition\": 1, \"offset\": 9}]}");
        assertSays(
                tool("DeleteRecordsCommand", "--offset-json-file", json.toString()),
                "partition: counted-0\tlow_watermark: 5",
                "partition: counted-1\terror:",
                "OffsetOutOfRange");
        assertSays(tool("GetOffsetShell", "--topic", "counted", "--time", "earliest"), "counted:0:5\n");
    }

    private static void commit(final EponaProcess to, final String group, final String topic, final long offset) {
        final TopicPartition partition = new TopicPartition(topic, 0);
        try (KafkaConsumer<byte[], byte[]> consumer = Clients.consumer(to.bootstrap(), "group.id", group)) {
            consumer.assign(List.of(partition));
            consumer.commitSync(Map.of(partition, new OffsetAndMetadata(offset)), Clients.PATIENCE);
        }
    }

    @Test
    void shouldListDescribeResetAndDeleteGroups() throws Exception {
        topic("consumed");
        write(node, "consumed", 20);
        commit(node, "readers", "consumed", 12);
        final String groups = "org.apache.kafka.tools.consumer.group.ConsumerGroupCommand";
        assertSays(tool(groups, "--list"), "readers");
        assertSays(tool(groups, "--list", "--state"), "readers", "Empty");
        assertSays(
                tool(groups, "--describe", "--group", "readers").replaceAll(" +", " "), "readers consumed 0 12 20 8 ");
        assertSays(tool(groups, "--describe", "--group", "readers", "--state"), "readers", "Empty");
        assertSays(tool(groups, "--describe", "--group", "readers", "--members"), "has no active members");
        assertSays(
                tool(
                                groups,
                                "--reset-offsets",
                                "--group",
                                "readers",
                                "--topic",
                                "consumed:0",
                                "--to-offset",
                                "3",
                                "--execute")
                        .replaceAll(" +", " "),
                "readers consumed 0 3");
        assertSays(
                tool(groups, "--describe", "--group", "readers", "--offsets").replaceAll(" +", " "),
                "readers consumed 0 3 20 17 ");
        assertSays(
                tool(groups, "--delete-offsets", "--group", "readers", "--topic", "consumed"),
                "Request succeeded for deleting offsets");
        assertSays(tool(groups, "--delete", "--group", "readers"), "'readers'", "was successful");
        assertTrue(!tool(groups, "--list").contains("readers"));
        assertSays(
                tool("TopicCommand", "--describe", "--topic", "__consumer_offsets"),
                "cleanup.policy=compact",
                "segment.bytes=104857600",
                "compression.type=producer");
    }

    @Test
    void shouldDescribeLogDirectories() throws Exception {
        topic("stored");
        write(node, "stored", 20);
        final String text = tool("LogDirsCommand", "--describe", "--topic-list", "stored");
        assertSays(text, "\"partition\":\"stored-0\"", "\"error\":null", "\"broker\":" + nodeId());
    }

    @Test
    void shouldDescribeTheCluster() {
        // This one ends the process by itself where it does not like its arguments; the command comes first.
        assertSays(
                KafkaTool.run("ClusterTool", "cluster-id", "--bootstrap-server", bootstrap)
                        .text(),
                "Cluster ID: ");
        assertSays(
                KafkaTool.run("ClusterTool", "list-endpoints", "--bootstrap-server", bootstrap)
                        .text(),
                "127.0.0.1",
                String.valueOf(node.port()));
        assertSays(
                KafkaTool.run("BrokerApiVersionsCommand", "--bootstrap-server", bootstrap)
                        .text(),
                "(id: " + nodeId(),
                "Produce(0): 0 to ",
                "DeleteRecords(21): ");
        // A line for each feature that the node names; none is needed.
        tool("FeatureCommand", "describe").lines().forEach(line -> assertSays(line, "FinalizedVersionLevel"));
        assertSays(tool("MetadataQuorumCommand", "describe", "--status"), "ClusterId:", "LeaderId:", "HighWatermark:");
        assertSays(tool("MetadataQuorumCommand", "describe", "--replication"), "LogEndOffset", "Leader");
    }

    @Test
    void shouldElectLeaders() {
        topic("elected");
        final Outcome elected = KafkaTool.run(
                "LeaderElectionCommand",
                "--bootstrap-server",
                bootstrap,
                "--election-type",
                "preferred",
                "--topic",
                "elected",
                "--partition",
                "0");
        assertSays(elected.text(), "elected-0");
    }

    @Test
    void shouldDumpTheFilesOfAStoppedNode() throws Exception {
        final EponaProcess other = BENCH.start(BENCH.settings().set("log.drain.age", "0ms"));
        final String before = bootstrap;
        try {
            bootstrap = other.bootstrap();
            topic("dumped");
        } finally {
            bootstrap = before;
        }
        write(other, "dumped", 10);
        commit(other, "readers", "dumped", 7);
        assertEquals(0, other.stop(), other::err);
        final Path log = other.settings().directory().resolve("logs/dumped-0");
        final String text = KafkaTool.run(
                        "DumpLogSegments",
                        "--deep-iteration",
                        "--print-data-log",
                        "--files",
                        String.join(",", file(log, ".log"), file(log, ".index"), file(log, ".timeindex")))
                .text();
        assertSays(text, "Log starting offset: 0", "baseOffset: 9 lastOffset: 9", "isvalid: true", "key-7");
        assertSays(
                KafkaTool.run("DumpLogSegments", "--offsets-decoder", "--files", offsetsOf(other))
                        .text(),
                "\"group\":\"readers\"",
                "\"topic\":\"dumped\"",
                "\"offset\":7");
    }

    private static String offsetsOf(final EponaProcess stopped) throws IOException {
        try (Stream<Path> logs = Files.list(stopped.settings().directory().resolve("logs"))) {
            final Path log = logs.filter(path -> path.getFileName().toString().startsWith("__consumer_offsets-"))
                    .findFirst()
                    .orElseThrow();
            return file(log, ".log");
        }
    }

    private static String file(final Path log, final String suffix) throws IOException {
        final Path file = log.resolve("00000000000000000000" + suffix);
        assertTrue(Files.exists(file), () -> "no " + file);
        return file.toString();
    }
}
