package io.epona.systemtests.client;

import static org.junit.jupiter.api.Assertions.assertEquals;

import io.epona.systemtests.harness.Await;
import io.epona.systemtests.harness.Clients;
import io.epona.systemtests.harness.EponaProcess;
import io.epona.systemtests.harness.FreePorts;
import io.epona.systemtests.harness.TestBench;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Properties;
import java.util.TreeMap;
import java.util.stream.LongStream;
import org.apache.kafka.clients.admin.Admin;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.apache.kafka.clients.consumer.KafkaConsumer;
import org.apache.kafka.clients.producer.KafkaProducer;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.serialization.Serdes;
import org.apache.kafka.streams.KafkaStreams;
import org.apache.kafka.streams.StreamsBuilder;
import org.apache.kafka.streams.StreamsConfig;
import org.apache.kafka.streams.Topology;
import org.apache.kafka.streams.errors.StreamsUncaughtExceptionHandler.StreamThreadExceptionResponse;
import org.apache.kafka.streams.kstream.Materialized;
import org.apache.kafka.streams.state.Stores;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.extension.RegisterExtension;
import org.junit.jupiter.api.io.TempDir;

/** Kafka Streams counts orders by symbol with {@code exactly_once_v2}: every count is there once, and in order. */
@Timeout(240)
class StreamsTest {
    private static final String ORDERS = "orders";
    private static final String TOTALS = "totals";
    private static final int PARTITION_COUNT = 2;
    private static final int SYMBOL_COUNT = 4;
    private static final int ROUND_COUNT = 150;
    private static final Duration PATIENCE = Duration.ofSeconds(120);

    @RegisterExtension
    private final TestBench bench = new TestBench();

    @TempDir
    Path state;

    @Test
    void shouldCountEveryOrderOnceWhenTheNodeIsKilledInBetween() throws Exception {
        count("classic", 2);
    }

    @Test
    void shouldCountEveryOrderOnceWhenTheGroupIsOneOfStreams() throws Exception {
        count("streams", 0);
    }

    private void count(final String groupProtocol, final int killCount) throws Exception {
        EponaProcess node = bench.start(bench.settings().port(FreePorts.next()));
        try (Admin admin = Clients.admin(node.bootstrap())) {
            Clients.createTopic(admin, ORDERS, PARTITION_COUNT);
            Clients.createTopic(admin, TOTALS, PARTITION_COUNT);
        }
        try (KafkaStreams streams = new KafkaStreams(topology(), settings(node, groupProtocol));
                KafkaProducer<byte[], byte[]> producer =
                        Clients.producer(node.bootstrap(), "delivery.timeout.ms", 200_000, "max.block.ms", 200_000)) {
            streams.setUncaughtExceptionHandler(failure -> StreamThreadExceptionResponse.REPLACE_THREAD);
            streams.start();
            for (int part = 0; part <= killCount; part++) {
                final long wanted = (long) (part + 1) * ROUND_COUNT;
                sendOrders(producer);
                if (part < killCount) { // while they are being counted
                    node.kill();
                    node = bench.start(node.settings());
                }
                final EponaProcess now = node;
                Await.until(
                        () -> "all are counted: " + totals(now),
                        PATIENCE,
                        () -> totals(now).values().stream().mapToInt(List::size).sum() >= wanted * SYMBOL_COUNT);
            }
        }
        final Map<String, List<Long>> totals = totals(node);
        assertEquals(SYMBOL_COUNT, totals.size());
        final List<Long> expected = LongStream.rangeClosed(1, (long) (killCount + 1) * ROUND_COUNT)
                .boxed()
                .toList();
        totals.forEach((symbol, counts) -> assertEquals(expected, counts, symbol));
    }

    private static void sendOrders(final KafkaProducer<byte[], byte[]> producer) {
        for (int i = 0; i < ROUND_COUNT; i++) {
            for (int symbol = 0; symbol < SYMBOL_COUNT; symbol++) {
                final byte[] key = ("symbol-" + symbol).getBytes(StandardCharsets.US_ASCII);
                producer.send(new ProducerRecord<>(ORDERS, key, new byte[] {1}));
            }
        }
        producer.flush();
    }

    private static Topology topology() {
        final StreamsBuilder builder = new StreamsBuilder();
        builder.<String, byte[]>stream(ORDERS)
                .groupByKey()
                .count(Materialized.<String, Long>as(Stores.inMemoryKeyValueStore("counts"))
                        .withKeySerde(Serdes.String())
                        .withValueSerde(Serdes.Long())
                        .withCachingDisabled())
                .toStream()
                .mapValues(count -> Long.toString(count).getBytes(StandardCharsets.US_ASCII))
                .to(TOTALS);
        return builder.build();
    }

    private Properties settings(final EponaProcess node, final String groupProtocol) {
        final Properties settings = new Properties();
        settings.put(StreamsConfig.APPLICATION_ID_CONFIG, "totals-of-orders");
        settings.put(StreamsConfig.BOOTSTRAP_SERVERS_CONFIG, node.bootstrap());
        settings.put(StreamsConfig.PROCESSING_GUARANTEE_CONFIG, StreamsConfig.EXACTLY_ONCE_V2);
        settings.put(StreamsConfig.GROUP_PROTOCOL_CONFIG, groupProtocol);
        settings.put(StreamsConfig.STATE_DIR_CONFIG, state.toString());
        settings.put(StreamsConfig.REPLICATION_FACTOR_CONFIG, 1);
        settings.put(StreamsConfig.DEFAULT_KEY_SERDE_CLASS_CONFIG, Serdes.StringSerde.class);
        settings.put(StreamsConfig.DEFAULT_VALUE_SERDE_CLASS_CONFIG, Serdes.ByteArraySerde.class);
        settings.put(StreamsConfig.consumerPrefix("auto.offset.reset"), "earliest");
        return settings;
    }

    private static Map<String, List<Long>> totals(final EponaProcess node) {
        final Map<String, List<Long>> totals = new TreeMap<>();
        try (KafkaConsumer<byte[], byte[]> reader =
                Clients.consumer(node.bootstrap(), "isolation.level", "read_committed")) {
            for (final TopicPartition partition : Clients.partitions(TOTALS, PARTITION_COUNT)) {
                reader.assign(List.of(partition));
                reader.seekToBeginning(List.of(partition));
                final long end = reader.endOffsets(List.of(partition)).get(partition);
                while (reader.position(partition) < end) {
                    for (final ConsumerRecord<byte[], byte[]> record : reader.poll(Clients.PATIENCE)) {
                        totals.computeIfAbsent(text(record.key()), symbol -> new ArrayList<>())
                                .add(Long.parseLong(text(record.value())));
                    }
                }
            }
        }
        return totals;
    }

    private static String text(final byte[] bytes) {
        return new String(bytes, StandardCharsets.US_ASCII);
    }
}
