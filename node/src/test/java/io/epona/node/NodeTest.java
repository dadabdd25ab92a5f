package io.epona.node;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.epona.node.cli.EponaCli;
import io.epona.runtime.budget.Stage;
import io.epona.runtime.budget.StageHistograms;
import java.io.PrintWriter;
import java.io.StringWriter;
import java.net.ServerSocket;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.apache.kafka.clients.consumer.KafkaConsumer;
import org.apache.kafka.clients.producer.KafkaProducer;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.serialization.StringDeserializer;
import org.apache.kafka.common.serialization.StringSerializer;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import picocli.CommandLine;

class NodeTest {
    private static final String TOPIC = "orders";
    private static final int COUNT = 500;
    private static final Duration POLL = Duration.ofMillis(100);
    private static final long DEADLINE_NS = Duration.ofSeconds(60).toNanos();

    private Path directory;

    @BeforeEach
    void makeDirectory() throws Exception {
        directory = TestNodes.directory();
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "lane.count=1",
                "lane.count=3",
                "lane.on-gateway=false",
                "gateway.threads=3",
                "gateway.native-transport=false"
            })
    void shouldServeWhatWasAcknowledgedWhenStartedAgain(final String setting) throws Exception {
        final List<String> sent = new ArrayList<>();
        for (int start = 0; start < 3; start++) {
            try (Node node = Node.start(TestNodes.config(directory, setting), TestNodes.FAIL)) {
                produce(node, sent, start);
                assertEquals(sent, consume(node, sent.size()));
            }
        }
        assertFalse(Files.exists(directory.resolve("node.run")));
    }

    @Test
    void shouldShowStagesAndCountersWhenRecordsHavePassed() throws Exception {
        try (Node node = Node.start(TestNodes.config(directory), TestNodes.FAIL)) {
            final List<String> sent = new ArrayList<>();
            produce(node, sent, 0);
            consume(node, sent.size());
            assertEquals("ok\n", get(node, "/health"));
            final StageHistograms stages = StageHistograms.decode(get(node, "/stages"));
            for (final Stage stage : List.of(
                    Stage.PRODUCE,
                    Stage.SEQUENCE,
                    Stage.JOURNAL,
                    Stage.COMMIT,
                    Stage.ACKNOWLEDGE,
                    Stage.DEVICE_WRITE)) {
                assertTrue(stages.byStage().get(stage).getTotalCount() > 0, stage.label());
            }
            final String metrics = get(node, "/metrics");
            assertTrue(metrics.contains("epona_lane_records_total{lane=\"lane-0\"} " + COUNT + ".0"), metrics);
            assertTrue(metrics.contains("epona_errors_total 0.0"), metrics);
            assertEquals(
                    node.metricsAddress().toString(), RunFile.read(directory).metrics());
        }
    }

    @Test
    void shouldRefuseToStartWhenAnotherNodeUsesTheDirectory() throws Exception {
        try (Node node = Node.start(TestNodes.config(directory), TestNodes.FAIL)) {
            final RuntimeException refusal =
                    assertThrows(RuntimeException.class, () -> Node.start(TestNodes.config(directory), TestNodes.FAIL));
            assertTrue(refusal.getMessage().contains("in use by another node"), refusal.getMessage());
            assertTrue(refusal.getMessage()
                    .contains(Long.toString(ProcessHandle.current().pid())));
            final List<String> sent = new ArrayList<>();
            produce(node, sent, 0);
            assertEquals(sent, consume(node, sent.size()));
        }
    }

    @Test
    void shouldNameDirectoryReasonAndKeyWhenADirectoryCannotBeMade() throws Exception {
        final Path file = Files.createFile(directory.resolve("file"));
        for (final String key : List.of("data.dir", "journal.dir", "log.dir")) {
            final Exception refusal = assertThrows(
                    Exception.class, () -> Node.start(TestNodes.config(directory, key + "=" + file), TestNodes.FAIL));
            for (final String part : List.of("cannot make the directory", file.toString(), "no directory", key)) {
                assertTrue(refusal.getMessage().contains(part), refusal.getMessage());
            }
        }
    }

    @Test
    void shouldServeFromTheRingWhatTheStopLeftToTheJournal() throws Exception {
        final List<String> sent = new ArrayList<>();
        final String[] lazy = {"log.drain.age=1h", "log.drain.max-age=1h", "log.drain.stop-time=0s"};
        for (int start = 0; start < 3; start++) {
            try (Node node = Node.start(TestNodes.config(directory, lazy), TestNodes.FAIL)) {
                produce(node, sent, start);
                assertEquals(sent, consume(node, sent.size()));
            }
            assertFalse(Files.exists(directory.resolve("logs").resolve(TOPIC + "-0")));
        }
        assertEquals(0, verify("batches equal=0"));
        try (Node node = Node.start(TestNodes.config(directory), TestNodes.FAIL)) {
            assertEquals(sent, consume(node, sent.size()));
        }
        assertTrue(Files.exists(directory.resolve("logs").resolve(TOPIC + "-0")));
    }

    @Test
    void shouldCompareJournalAndPartitionLogsWhenVerified() throws Exception {
        try (Node node = Node.start(TestNodes.config(directory), TestNodes.FAIL)) {
            produce(node, new ArrayList<>(), 0);
        }
        assertEquals(0, verify("different=0"));
        final Path log = directory.resolve("logs").resolve(TOPIC + "-0").resolve("00000000000000000000.log");
        final byte[] bytes = Files.readAllBytes(log);
        bytes[bytes.length / 2] ^= 1;
        Files.write(log, bytes);
        assertEquals(1, verify("first different byte of the batch"));
        bytes[bytes.length / 2] ^= 1;
        Files.write(log, bytes);
        assertEquals(0, verify("not drained yet=0"));
    }

    private int verify(final String expected) {
        final StringWriter out = new StringWriter();
        final int status = new CommandLine(new EponaCli())
                .setOut(new PrintWriter(out, true))
                .execute("journal", "verify", "--dir", directory.toString());
        assertTrue(out.toString().contains(expected), out.toString());
        return status;
    }

    @Test
    void shouldNameTheAddressAndLeaveNothingRunningWhenThePortIsTaken() throws Exception {
        try (ServerSocket taken = new ServerSocket(0, 1, java.net.InetAddress.getLoopbackAddress())) {
            final String address = "127.0.0.1:" + taken.getLocalPort();
            for (final String key : List.of("kafka.listen", "metrics.listen")) {
                final Exception refusal = assertThrows(
                        Exception.class,
                        () -> Node.start(TestNodes.config(directory, key + "=" + address), (component, reason) -> {}));
                assertTrue(refusal.getMessage().contains("cannot listen"), refusal.getMessage());
                assertTrue(refusal.getMessage().contains(Integer.toString(taken.getLocalPort())), refusal.getMessage());
            }
        }
        Node.start(TestNodes.config(directory), TestNodes.FAIL).close();
    }

    @Test
    void shouldRefuseToStartWhenTheMetadataOfTheJournalAreMissing() throws Exception {
        try (Node node = Node.start(TestNodes.config(directory), TestNodes.FAIL)) {
            produce(node, new ArrayList<>(), 0);
        }
        Files.delete(directory.resolve("metadata").resolve("metadata.log"));
        final RuntimeException refusal =
                assertThrows(RuntimeException.class, () -> Node.start(TestNodes.config(directory), TestNodes.FAIL));
        assertTrue(refusal.getMessage().contains("cluster"), refusal.getMessage());
    }

    private static void produce(final Node node, final List<String> sent, final int start) throws Exception {
        try (KafkaProducer<String, String> producer = new KafkaProducer<>(
                settings(node, Map.of("linger.ms", 0)), new StringSerializer(), new StringSerializer())) {
            for (int i = 0; i < COUNT; i++) {
                final String value = start + "-" + i;
                producer.send(new ProducerRecord<>(TOPIC, 0, null, value));
                sent.add(value);
            }
            producer.flush();
        }
    }

    private static List<String> consume(final Node node, final int count) {
        final List<String> received = new ArrayList<>();
        try (KafkaConsumer<String, String> consumer =
                new KafkaConsumer<>(settings(node, Map.of()), new StringDeserializer(), new StringDeserializer())) {
            final TopicPartition partition = new TopicPartition(TOPIC, 0);
            consumer.assign(List.of(partition));
            consumer.seekToBeginning(List.of(partition));
            final long beganNs = System.nanoTime();
            while (received.size() < count && System.nanoTime() - beganNs < DEADLINE_NS) {
                for (final ConsumerRecord<String, String> received1 : consumer.poll(POLL)) {
                    received.add(received1.value());
                }
            }
        }
        return received;
    }

    private static Map<String, Object> settings(final Node node, final Map<String, Object> more) {
        final Map<String, Object> settings = new java.util.HashMap<>(more);
        settings.put("bootstrap.servers", node.kafkaAddress().toString());
        return settings;
    }

    private static String get(final Node node, final String path) throws Exception {
        try (HttpClient client = HttpClient.newHttpClient()) {
            return client.send(
                            HttpRequest.newBuilder(URI.create("http://" + node.metricsAddress() + path))
                                    .build(),
                            HttpResponse.BodyHandlers.ofString(StandardCharsets.UTF_8))
                    .body();
        }
    }
}
