package io.epona.benchmarks.clients;

import java.nio.ByteBuffer;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.LockSupport;
import org.HdrHistogram.Histogram;
import org.apache.kafka.clients.consumer.ConsumerConfig;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.apache.kafka.clients.consumer.KafkaConsumer;
import org.apache.kafka.clients.producer.KafkaProducer;
import org.apache.kafka.clients.producer.ProducerConfig;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.serialization.ByteArrayDeserializer;
import org.apache.kafka.common.serialization.ByteArraySerializer;

/**
 * End-to-end latency of records of 1 KiB on a fixed schedule, from the intended time of sending: a stall is charged to
 * every record that it holds up.
 */
final class OpenLoopProbe {
    private static final long INTERVAL_NS = TimeUnit.MILLISECONDS.toNanos(1);
    private static final int WARM_UP_COUNT = 4_000;
    private static final int MEASURED_COUNT = 8_000;
    private static final int RECORD_LENGTH = 1024;
    private static final Duration POLL = Duration.ofMillis(100);
    private static final long PATIENCE_NS = TimeUnit.MINUTES.toNanos(1);

    private OpenLoopProbe() {}

    /**
     * Sends 1,000 records a second to the topic's partition 0 for twelve seconds; the last eight are measured, in ns.
     */
    static Histogram run(final MeasuredSystem system, final String topic) throws Exception {
        final Map<String, Object> producing = Map.of(ProducerConfig.LINGER_MS_CONFIG, 0);
        try (KafkaProducer<byte[], byte[]> producer = new KafkaProducer<>(
                        system.clientSettings(producing), new ByteArraySerializer(), new ByteArraySerializer());
                KafkaConsumer<byte[], byte[]> consumer = new KafkaConsumer<>(
                        system.clientSettings(Map.of(ConsumerConfig.AUTO_OFFSET_RESET_CONFIG, "latest")),
                        new ByteArrayDeserializer(),
                        new ByteArrayDeserializer())) {
            final TopicPartition partition = new TopicPartition(topic, 0);
            consumer.assign(List.of(partition));
            consumer.position(partition); // from here on, all that is sent is received
            final CompletableFuture<Histogram> received = new CompletableFuture<>();
            final Thread reader = Thread.ofPlatform().name("bench-reader").start(() -> {
                try {
                    received.complete(receive(consumer));
                } catch (final RuntimeException e) {
                    received.completeExceptionally(e);
                }
            });
            send(producer, topic);
            reader.join();
            return received.get();
        }
    }

    private static void send(final KafkaProducer<byte[], byte[]> producer, final String topic) {
        final long startNs = System.nanoTime();
        for (int i = 0; i < WARM_UP_COUNT + MEASURED_COUNT; i++) {
            final long intendedNs = startNs + i * INTERVAL_NS;
            for (long leftNs = intendedNs - System.nanoTime(); leftNs > 0; leftNs = intendedNs - System.nanoTime()) {
                LockSupport.parkNanos(leftNs);
            }
            final byte[] value = ByteBuffer.allocate(RECORD_LENGTH)
                    .putLong(intendedNs)
                    .putInt(i)
                    .array();
            producer.send(new ProducerRecord<>(topic, 0, null, value));
        }
        producer.flush();
    }

    private static Histogram receive(final KafkaConsumer<byte[], byte[]> consumer) {
        final Histogram histogram = new Histogram(3);
        final long deadlineNs = System.nanoTime() + PATIENCE_NS;
        int next = 0;
        while (next < WARM_UP_COUNT + MEASURED_COUNT) {
            if (System.nanoTime() - deadlineNs > 0) {
                throw new IllegalStateException("records are missing: received=" + next);
            }
            for (final ConsumerRecord<byte[], byte[]> record : consumer.poll(POLL)) {
                final ByteBuffer value = ByteBuffer.wrap(record.value());
                final long intendedNs = value.getLong();
                final int number = value.getInt();
                if (number != next) {
                    throw new IllegalStateException(
                            "record lost or out of order: expected=" + next + ", number=" + number);
                }
                if (next++ >= WARM_UP_COUNT) {
                    histogram.recordValue(System.nanoTime() - intendedNs);
                }
            }
        }
        return histogram;
    }
}
