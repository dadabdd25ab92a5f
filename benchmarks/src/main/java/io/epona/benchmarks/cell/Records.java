package io.epona.benchmarks.cell;

import java.util.List;
import java.util.Map;
import java.util.concurrent.ExecutionException;
import org.apache.kafka.clients.admin.Admin;
import org.apache.kafka.clients.admin.NewTopic;
import org.apache.kafka.clients.producer.KafkaProducer;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.apache.kafka.common.serialization.ByteArraySerializer;

/** Topics and producers with Kafka's own clients, as shipped but for what is named here. */
final class Records {
    static final int LENGTH = 1024;
    private static final int BATCH_LENGTH = 128 * 1024;

    private Records() {}

    static void createTopic(final RunningCell cell, final String topic, final int partitions)
            throws InterruptedException {
        try (Admin admin = Admin.create(Map.of("bootstrap.servers", cell.bootstrap()))) {
            admin.createTopics(List.of(new NewTopic(topic, partitions, (short) RunningCell.SIZE)))
                    .all()
                    .get();
        } catch (final ExecutionException ex) {
            throw new IllegalStateException("the topic was not made: " + ex.getCause(), ex);
        }
    }

    /** The node that leads partition 0. */
    static int leader(final RunningCell cell, final String topic) throws InterruptedException {
        try (Admin admin = Admin.create(Map.of("bootstrap.servers", cell.bootstrap()))) {
            return admin.describeTopics(List.of(topic))
                    .allTopicNames()
                    .get()
                    .get(topic)
                    .partitions()
                    .getFirst()
                    .leader()
                    .id();
        } catch (final ExecutionException ex) {
            throw new IllegalStateException("the cell does not tell who leads: " + ex.getCause(), ex);
        }
    }

    /** A producer with acks=all and no other setting. */
    static KafkaProducer<byte[], byte[]> producer(final RunningCell cell) {
        return producer(Map.of("bootstrap.servers", cell.bootstrap(), "acks", "all"));
    }

    private static KafkaProducer<byte[], byte[]> producer(final Map<String, Object> settings) {
        return new KafkaProducer<>(settings, new ByteArraySerializer(), new ByteArraySerializer());
    }

    /** Writes so much, in large batches, and waits until all of it is acknowledged. */
    static void write(final RunningCell cell, final String topic, final int partitions, final long length)
            throws InterruptedException {
        final Map<String, Object> settings = Map.of(
                "bootstrap.servers", cell.bootstrap(), "acks", "all", "batch.size", BATCH_LENGTH, "linger.ms", 5);
        try (KafkaProducer<byte[], byte[]> producer = producer(settings)) {
            final byte[] value = new byte[LENGTH];
            java.util.concurrent.Future<?> last = null;
            for (long i = 0; i < length / LENGTH; i++) {
                last = producer.send(new ProducerRecord<>(topic, (int) (i % partitions), null, value));
            }
            producer.flush();
            if (last != null) {
                last.get();
            }
        } catch (final ExecutionException ex) {
            throw new IllegalStateException("a record was not acknowledged: " + ex.getCause(), ex);
        }
    }
}
