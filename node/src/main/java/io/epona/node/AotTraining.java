package io.epona.node;

import io.epona.node.config.NodeSchema;
import io.epona.runtime.config.ConfigOverride;
import io.epona.runtime.config.EponaConfig;
import io.epona.runtime.config.HostPort;
import java.io.IOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Comparator;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.stream.Stream;
import org.apache.kafka.clients.admin.Admin;
import org.apache.kafka.clients.admin.NewTopic;
import org.apache.kafka.clients.consumer.KafkaConsumer;
import org.apache.kafka.clients.producer.KafkaProducer;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.serialization.ByteArrayDeserializer;
import org.apache.kafka.common.serialization.ByteArraySerializer;

/**
 * The training run of the start-up cache (JEP 514, JEP 515): a node in a temporary directory, used by real clients for
 * a few seconds and stopped, so that the JVM can note which classes it loads and which methods are hot. The launcher
 * runs it once for each build; it serves nobody.
 */
public final class AotTraining {
    private static final String TOPIC = "training";
    private static final int PARTITIONS = 4;
    private static final int RECORD_LENGTH = 1024;
    private static final int ROUNDS = 2;
    private static final int RECORDS_PER_ROUND = 12_000;
    private static final Duration POLL_TIMEOUT = Duration.ofMillis(100);
    private static final Duration DEADLINE = Duration.ofSeconds(60);

    private AotTraining() {}

    /**
     * Runs it.
     *
     * @param args {@code --profile NAME --dir DIRECTORY}; the directory must be on a file system with O_DIRECT
     */
    public static void main(final String[] args) throws Exception {
        if (args.length != 4 || !args[0].equals("--profile") || !args[2].equals("--dir")) {
            throw new IllegalArgumentException("usage: --profile NAME --dir DIRECTORY");
        }
        final Path directory = Files.createTempDirectory(Path.of(args[3]), "training");
        try {
            train(config(args[1], directory));
        } finally {
            delete(directory);
        }
    }

    private static EponaConfig config(final String profile, final Path directory) {
        return EponaConfig.load(
                NodeSchema.SCHEMA,
                Optional.empty(),
                Stream.of(
                                "profile=" + profile,
                                "data.dir=" + directory,
                                "kafka.listen=127.0.0.1:0",
                                "metrics.listen=127.0.0.1:0",
                                "journal.segment.count=4")
                        .map(ConfigOverride::ofSet)
                        .toList());
    }

    private static void train(final EponaConfig config) throws Exception {
        try (Node node = Node.start(config, AotTraining::fail)) {
            final Map<String, Object> settings =
                    Map.of("bootstrap.servers", node.kafkaAddress().toString());
            createTopic(settings);
            for (int round = 0; round < ROUNDS; round++) {
                produce(settings, round);
                consume(settings, (round + 1) * RECORDS_PER_ROUND);
            }
            readMetrics(node.metricsAddress());
        }
    }

    private static void fail(final String component, final Throwable reason) {
        throw new IllegalStateException("training failed: component=" + component, reason);
    }

    private static void createTopic(final Map<String, Object> settings) throws Exception {
        try (Admin admin = Admin.create(settings)) {
            admin.createTopics(List.of(new NewTopic(TOPIC, PARTITIONS, (short) 1)))
                    .all()
                    .get();
        }
    }

    /** The first round waits for each acknowledgement, as sparse traffic does; later ones come in bursts. */
    private static void produce(final Map<String, Object> settings, final int round) throws Exception {
        final Map<String, Object> all = new java.util.HashMap<>(settings);
        all.put("linger.ms", 0);
        try (KafkaProducer<byte[], byte[]> producer =
                new KafkaProducer<>(all, new ByteArraySerializer(), new ByteArraySerializer())) {
            for (int i = 0; i < RECORDS_PER_ROUND; i++) {
                final ProducerRecord<byte[], byte[]> producerRecord =
                        new ProducerRecord<>(TOPIC, i % PARTITIONS, null, new byte[RECORD_LENGTH]);
                final var sent = producer.send(producerRecord);
                if (round == 0 && i % 4 == 0) {
                    sent.get();
                }
            }
        }
    }

    private static void consume(final Map<String, Object> settings, final int count) {
        try (KafkaConsumer<byte[], byte[]> consumer =
                new KafkaConsumer<>(settings, new ByteArrayDeserializer(), new ByteArrayDeserializer())) {
            final List<TopicPartition> partitions = java.util.stream.IntStream.range(0, PARTITIONS)
                    .mapToObj(i -> new TopicPartition(TOPIC, i))
                    .toList();
            consumer.assign(partitions);
            consumer.seekToBeginning(partitions);
            final long deadlineNs = System.nanoTime() + DEADLINE.toNanos();
            int received = 0;
            while (received < count) {
                received += consumer.poll(POLL_TIMEOUT).count();
                if (System.nanoTime() - deadlineNs > 0) {
                    throw new IllegalStateException("training: records are missing: received=" + received);
                }
            }
        }
    }

    private static void readMetrics(final HostPort address) throws IOException, InterruptedException {
        try (HttpClient client = HttpClient.newHttpClient()) {
            for (final String path : List.of("/metrics", "/stages", "/health", "/breaches")) {
                client.send(
                        HttpRequest.newBuilder(URI.create("http://" + address + path))
                                .build(),
                        HttpResponse.BodyHandlers.ofString());
            }
        }
    }

    private static void delete(final Path directory) throws IOException {
        try (Stream<Path> paths = Files.walk(directory)) {
            for (final Path path : paths.sorted(Comparator.reverseOrder()).toList()) {
                Files.delete(path);
            }
        }
    }
}
