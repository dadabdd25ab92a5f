package io.epona.benchmarks.clients;

import java.nio.ByteBuffer;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.UUID;
import java.util.concurrent.TimeUnit;
import java.util.stream.IntStream;
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
 * Transactions of ten records over three partitions, one after the other: how long until the producer has them
 * committed, and how long until a read_committed consumer has all ten. Both from the transaction's begin.
 */
final class TransactionBenchmark implements ClientBenchmark {
    private static final int PARTITION_COUNT = 3;
    private static final int RECORD_COUNT = 10;
    private static final int RECORD_LENGTH = 1024;
    private static final int WARM_UP_COUNT = 100;
    private static final int MEASURED_COUNT = 300;
    private static final Duration POLL = Duration.ofMillis(100);
    private static final long PATIENCE_NS = TimeUnit.MINUTES.toNanos(1);

    private final Histogram committed = new Histogram(3);
    private final Histogram received = new Histogram(3);

    @Override
    public void measure(final MeasuredSystem system, final Figures figures) throws Exception {
        final String topic = "bench-transactions-" + UUID.randomUUID();
        system.createTopic(topic, PARTITION_COUNT);
        committed.reset();
        received.reset();
        try (KafkaProducer<byte[], byte[]> producer = producer(system);
                KafkaConsumer<byte[], byte[]> consumer = consumer(system)) {
            final List<TopicPartition> partitions = IntStream.range(0, PARTITION_COUNT)
                    .mapToObj(partition -> new TopicPartition(topic, partition))
                    .toList();
            consumer.assign(partitions);
            consumer.seekToBeginning(partitions);
            producer.initTransactions();
            for (int number = 0; number < WARM_UP_COUNT + MEASURED_COUNT; number++) {
                if (number == WARM_UP_COUNT) {
                    committed.reset();
                    received.reset();
                }
                runTransaction(topic, number, producer, consumer);
            }
        }
        figures.add("transaction of 10: committed, p50", system, milliseconds(committed, 50));
        figures.add("transaction of 10: committed, p99", system, milliseconds(committed, 99));
        figures.add("transaction of 10: end to end, p50", system, milliseconds(received, 50));
        figures.add("transaction of 10: end to end, p99", system, milliseconds(received, 99));
    }

    /** The consumer fetches before there is anything, as one that runs all the time does. */
    private void runTransaction(
            final String topic,
            final int number,
            final KafkaProducer<byte[], byte[]> producer,
            final KafkaConsumer<byte[], byte[]> consumer)
            throws InterruptedException {
        final Thread reader = Thread.ofPlatform().name("bench-reader").unstarted(() -> receive(number, consumer));
        final Throwable[] failure = new Throwable[1];
        reader.setUncaughtExceptionHandler((thread, cause) -> failure[0] = cause);
        reader.start();
        try {
            send(topic, number, producer);
        } catch (final RuntimeException ex) {
            consumer.wakeup(); // it cannot be closed while the reader is in it
            reader.join();
            throw ex;
        }
        reader.join();
        if (failure[0] != null) {
            throw new IllegalStateException("transaction " + number + " was not received as it was sent", failure[0]);
        }
    }

    private void send(final String topic, final int number, final KafkaProducer<byte[], byte[]> producer) {
        final long beginNs = System.nanoTime();
        producer.beginTransaction();
        for (int i = 0; i < RECORD_COUNT; i++) {
            final byte[] value = ByteBuffer.allocate(RECORD_LENGTH)
                    .putLong(beginNs)
                    .putInt(number)
                    .array();
            producer.send(new ProducerRecord<>(topic, i % PARTITION_COUNT, null, value));
        }
        producer.commitTransaction();
        committed.recordValue(System.nanoTime() - beginNs);
    }

    private void receive(final int number, final KafkaConsumer<byte[], byte[]> consumer) {
        final long deadlineNs = System.nanoTime() + PATIENCE_NS;
        long beginNs = 0;
        int count = 0;
        while (count < RECORD_COUNT) {
            if (System.nanoTime() - deadlineNs > 0) {
                throw new IllegalStateException(
                        "records are missing: received=" + count + ", of transaction=" + number);
            }
            for (final ConsumerRecord<byte[], byte[]> record : consumer.poll(POLL)) {
                final ByteBuffer value = ByteBuffer.wrap(record.value());
                beginNs = value.getLong();
                final int of = value.getInt();
                if (of != number) {
                    throw new IllegalStateException("record of another transaction: of=" + of + ", record=" + record);
                }
                count++;
            }
        }
        if (count > RECORD_COUNT) {
            throw new IllegalStateException("more records than were sent: count=" + count);
        }
        received.recordValue(System.nanoTime() - beginNs);
    }

    private static KafkaProducer<byte[], byte[]> producer(final MeasuredSystem system) {
        return new KafkaProducer<>(
                system.clientSettings(Map.of(
                        ProducerConfig.TRANSACTIONAL_ID_CONFIG,
                        "bench-" + UUID.randomUUID(),
                        ProducerConfig.LINGER_MS_CONFIG,
                        0)),
                new ByteArraySerializer(),
                new ByteArraySerializer());
    }

    private static KafkaConsumer<byte[], byte[]> consumer(final MeasuredSystem system) {
        return new KafkaConsumer<>(
                system.clientSettings(Map.of(
                        ConsumerConfig.ISOLATION_LEVEL_CONFIG,
                        "read_committed",
                        ConsumerConfig.AUTO_OFFSET_RESET_CONFIG,
                        "earliest")),
                new ByteArrayDeserializer(),
                new ByteArrayDeserializer());
    }

    private static double milliseconds(final Histogram histogram, final double percentile) {
        return histogram.getValueAtPercentile(percentile) / 1e6;
    }
}
