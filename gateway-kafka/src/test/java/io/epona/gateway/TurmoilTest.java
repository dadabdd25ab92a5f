package io.epona.gateway;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.nio.ByteBuffer;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.concurrent.Callable;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicLongArray;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.apache.kafka.clients.consumer.KafkaConsumer;
import org.apache.kafka.clients.producer.KafkaProducer;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.Uuid;
import org.apache.kafka.common.protocol.ApiKeys;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/**
 * Several lanes and gateways with small rings that wrap many times, producers, consumers at the end and far behind it,
 * and clients that come, ask and go in the middle of everything. What was acknowledged is read by everybody, in order,
 * once; and all memory is given back.
 */
@Timeout(180)
class TurmoilTest {
    private static final int PARTITIONS = 6;
    private static final int PER_PRODUCER = 6_000;
    private static final int PRODUCERS = 3;

    @TempDir
    private Path directory;

    private final AtomicBoolean isOver = new AtomicBoolean();
    private final AtomicLongArray acknowledged = new AtomicLongArray(PARTITIONS);

    private Void produce(final TestNode node, final int producerId) throws Exception {
        final Random random = new Random(producerId);
        try (KafkaProducer<byte[], byte[]> producer =
                ClientsTest.producer(node, Map.of("acks", "all", "batch.size", 8_192, "linger.ms", 1))) {
            for (int i = 0; i < PER_PRODUCER; i++) {
                final int partition = random.nextInt(PARTITIONS);
                final byte[] value = new byte[8 + random.nextInt(3_000)];
                ByteBuffer.wrap(value).putInt(producerId).putInt(i);
                producer.send(new ProducerRecord<>("t", partition, null, value), (metadata, error) -> {
                    if (error == null) {
                        acknowledged.incrementAndGet(partition);
                    }
                });
            }
        }
        return null;
    }

    /** Reads everything; returns each partition's values, checked for order and gaps. */
    private List<List<Long>> consume(final TestNode node, final int expected, final Map<String, Object> config) {
        final List<List<Long>> values = new ArrayList<>();
        final List<TopicPartition> partitions = new ArrayList<>();
        for (int i = 0; i < PARTITIONS; i++) {
            values.add(new ArrayList<>());
            partitions.add(new TopicPartition("t", i));
        }
        try (KafkaConsumer<byte[], byte[]> consumer = ClientsTest.consumer(node, config)) {
            consumer.assign(partitions);
            consumer.seekToBeginning(partitions);
            final long deadlineNs = System.nanoTime() + TimeUnit.SECONDS.toNanos(120);
            int count = 0;
            while (count < expected && System.nanoTime() - deadlineNs < 0) {
                for (final ConsumerRecord<byte[], byte[]> record : consumer.poll(Duration.ofMillis(100))) {
                    final List<Long> seen = values.get(record.partition());
                    assertEquals(seen.size(), record.offset());
                    seen.add(ByteBuffer.wrap(record.value()).getLong());
                    count++;
                }
            }
            assertEquals(expected, count);
        }
        return values;
    }

    private Void disturb(final TestNode node, final int seed) throws Exception {
        final Random random = new Random(seed);
        while (!isOver.get()) {
            try (RawClient client = new RawClient(node.address, random.nextBoolean() ? 4_096 : 0)) {
                for (int i = random.nextInt(4); i >= 0; i--) {
                    client.send(
                            ApiKeys.FETCH,
                            11,
                            RawClient.fetch("t", Uuid.ZERO_UUID, random.nextInt(PARTITIONS), random.nextInt(500), 500)
                                    .setSessionEpoch(random.nextInt(2) - 1));
                }
                if (random.nextBoolean()) {
                    final byte[] frame = RawClient.frame(
                            ApiKeys.PRODUCE,
                            9,
                            RawClient.produce(
                                    "other",
                                    Uuid.ZERO_UUID,
                                    0,
                                    1,
                                    RawClient.records("x".repeat(random.nextInt(50_000)))),
                            1);
                    client.sendBytes(java.util.Arrays.copyOf(frame, 1 + random.nextInt(frame.length)));
                }
                Thread.sleep(random.nextInt(20));
            }
        }
        return null;
    }

    @Test
    void shouldLoseReorderOrRepeatNothingWhateverElseGoesOn() throws Exception {
        final NodeOptions options =
                NodeOptions.standard().withLanes(3, 2).withRings(1024 * 1024, 1024 * 1024, 4 * 1024);
        final ExecutorService threads = Executors.newCachedThreadPool();
        try (TestNode node = new TestNode(directory, options)) {
            node.createTopic("t", PARTITIONS, Map.of());
            node.createTopic("other", 1, Map.of());
            final List<Future<Void>> producers = new ArrayList<>();
            for (int i = 0; i < PRODUCERS; i++) {
                final int id = i;
                producers.add(threads.submit((Callable<Void>) () -> produce(node, id)));
            }
            final List<Future<Void>> disturbers = new ArrayList<>();
            for (int i = 0; i < 3; i++) {
                final int seed = i;
                disturbers.add(threads.submit((Callable<Void>) () -> disturb(node, seed)));
            }
            final int expected = PRODUCERS * PER_PRODUCER;
            final Future<List<List<Long>>> tailing = threads.submit(() -> consume(node, expected, Map.of()));
            final Future<List<List<Long>>> waiting = threads.submit(
                    () -> consume(node, expected, Map.of("fetch.min.bytes", 20_000, "fetch.max.wait.ms", 50)));
            for (final Future<Void> producer : producers) {
                producer.get();
            }
            final List<List<Long>> values = tailing.get();
            assertEquals(values, waiting.get());
            assertEquals(values, consume(node, expected, Map.of("max.partition.fetch.bytes", 30_000)));
            isOver.set(true);
            for (final Future<Void> disturber : disturbers) {
                disturber.get();
            }
            for (int partition = 0; partition < PARTITIONS; partition++) {
                assertEquals(acknowledged.get(partition), values.get(partition).size());
            }
            assertTrue(node.gateways.stream()
                    .allMatch(gateway -> gateway.netStats().requests() > 0));
        } finally {
            isOver.set(true);
            threads.shutdownNow();
        }
    }
}
