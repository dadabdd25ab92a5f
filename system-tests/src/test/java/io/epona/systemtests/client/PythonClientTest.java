package io.epona.systemtests.client;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import io.epona.systemtests.harness.Await;
import io.epona.systemtests.harness.ClientProcess;
import io.epona.systemtests.harness.Clients;
import io.epona.systemtests.harness.EponaProcess;
import io.epona.systemtests.harness.FreePorts;
import io.epona.systemtests.harness.NodeSettings;
import io.epona.systemtests.harness.TestBench;
import java.io.IOException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Queue;
import java.util.TreeMap;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.TimeUnit;
import org.apache.kafka.clients.admin.Admin;
import org.apache.kafka.clients.producer.KafkaProducer;
import org.apache.kafka.common.TopicPartition;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.extension.RegisterExtension;

/**
 * Python's confluent-kafka as Debian packages it: groups, transactions and administration in a language beside Java.
 */
@Timeout(300)
class PythonClientTest {
    private static final Path SCRIPT = Path.of("src/test/python/client.py").toAbsolutePath();
    private static final int TIMEOUT_S = 240;
    private static final int PARTITION_COUNT = 2;
    private static final int RECORD_COUNT = 150;

    @RegisterExtension
    static final TestBench BENCH = new TestBench();

    private static String python;
    private static NodeSettings settings;
    private static EponaProcess node;

    @BeforeAll
    static void startNode() throws Exception {
        python = pythonWithClient();
        assumeTrue(python != null, "skipped: no python3 has confluent_kafka (apt-get install python3-confluent-kafka)");
        settings = BENCH.settings()
                .port(FreePorts.next())
                .set("group.config.group.initial.rebalance.delay.ms", "0")
                .set("group.config.offsets.topic.num.partitions", "4")
                .set("transaction.config.transaction.state.log.num.partitions", "4");
        node = BENCH.start(settings);
    }

    /** The first on the path need not be the one that Debian's packages are for. */
    private static String pythonWithClient() throws IOException, InterruptedException {
        for (final String candidate : List.of("python3", "/usr/bin/python3")) {
            try {
                final Process process = new ProcessBuilder(candidate, "-c", "import confluent_kafka")
                        .redirectErrorStream(true)
                        .redirectOutput(ProcessBuilder.Redirect.DISCARD)
                        .start();
                if (process.waitFor() == 0) {
                    return candidate;
                }
            } catch (final IOException ex) {
                continue; // there is no such program
            }
        }
        return null;
    }

    /** What the script printed so far. */
    private static final class Script implements AutoCloseable {
        private final Queue<String> lines = new ConcurrentLinkedQueue<>();
        private final ClientProcess process;

        Script(final String... arguments) {
            final List<String> command = new ArrayList<>(List.of(python, SCRIPT.toString()));
            command.addAll(List.of(arguments));
            process = ClientProcess.start("python", command, lines::add);
        }

        List<String> lines(final String word) {
            return lines.stream()
                    .filter(line -> line.equals(word) || line.startsWith(word + ' '))
                    .toList();
        }

        void awaitSuccess() {
            assertEquals(0, process.awaitExit(TIMEOUT_S, TimeUnit.SECONDS), () -> lines + process.err());
        }

        @Override
        public void close() {
            process.close();
        }
    }

    private static List<String> run(final String word, final String... arguments) {
        try (Script script = new Script(arguments)) {
            script.awaitSuccess();
            return script.lines(word);
        }
    }

    private static void createTopics(final String... names) throws Exception {
        try (Admin admin = Clients.admin(node.bootstrap())) {
            for (final String name : names) {
                Clients.createTopic(admin, name, PARTITION_COUNT);
            }
        }
    }

    private static void produce(final String topic, final int count) throws Exception {
        try (KafkaProducer<byte[], byte[]> producer = Clients.producer(node.bootstrap())) {
            for (int i = 0; i < count; i++) {
                producer.send(Clients.record(
                        new TopicPartition(topic, i % PARTITION_COUNT),
                        Integer.toString(i).getBytes()));
            }
            producer.flush();
        }
    }

    /** Values by partition, in order of offsets, as Python reads them. */
    private static Map<Integer, List<String>> values(final String topic, final String isolation) {
        final Map<Integer, List<String>> values = new TreeMap<>();
        for (final String line : run("record", "read", node.bootstrap(), topic, "" + PARTITION_COUNT, isolation)) {
            final String[] words = line.split(" ");
            values.computeIfAbsent(Integer.parseInt(words[1]), key -> new ArrayList<>())
                    .add(words[3]);
        }
        return values;
    }

    private static long count(final Map<Integer, List<String>> values) {
        return values.values().stream().mapToLong(List::size).sum();
    }

    @Test
    void shouldCopyEachRecordOnceInTransactionsWhenTheNodeIsKilled() throws Exception {
        createTopics("source", "copy");
        produce("source", RECORD_COUNT);
        try (Script script =
                new Script("copy", node.bootstrap(), "source", "copy", "copiers", "python", "" + RECORD_COUNT)) {
            Await.until(
                    () -> "commits: " + script.lines,
                    Duration.ofSeconds(120),
                    () -> script.lines("committed").size() >= 5);
            node.kill();
            node = BENCH.start(settings);
            script.awaitSuccess();
        }
        assertEquals(values("source", "read_uncommitted"), values("copy", "read_committed"));
        assertTrue(count(values("copy", "read_uncommitted")) > RECORD_COUNT, "nothing was aborted");
        try (Admin admin = Clients.admin(node.bootstrap())) {
            assertEquals(
                    RECORD_COUNT,
                    Clients.get(admin.listConsumerGroupOffsets("copiers").partitionsToOffsetAndMetadata())
                            .values()
                            .stream()
                            .mapToLong(offset -> offset.offset())
                            .sum());
        }
    }

    @Test
    void shouldFenceTheOlderProducerOfATransactionalId() throws Exception {
        createTopics("fenced");
        assertEquals(List.of("fenced _FENCED True"), run("fenced", "fence", node.bootstrap(), "fenced", "one-of-two"));
        assertEquals(
                List.of("of 1"),
                run("record", "read", node.bootstrap(), "fenced", "" + PARTITION_COUNT, "read_committed").stream()
                        .map(line -> line.split(" ", 4)[3])
                        .toList());
    }

    @Test
    void shouldAdministerTopicsAndListGroups() {
        try (Script script = new Script("administer", node.bootstrap(), "administered")) {
            script.awaitSuccess();
            assertEquals(List.of("partitions 3"), script.lines("partitions"));
            assertEquals(List.of("retention.ms 1234567"), script.lines("retention.ms"));
            assertEquals(1, script.lines("groups").size());
            assertEquals(List.of("deleted"), script.lines("deleted"));
        }
    }
}
