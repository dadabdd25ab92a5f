package io.epona.systemtests.harness;

import java.time.Duration;
import java.util.ArrayList;
import java.util.Collection;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import org.apache.kafka.clients.admin.Admin;
import org.apache.kafka.clients.admin.AdminClientConfig;
import org.apache.kafka.clients.admin.NewTopic;
import org.apache.kafka.clients.consumer.ConsumerConfig;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.apache.kafka.clients.consumer.KafkaConsumer;
import org.apache.kafka.clients.producer.KafkaProducer;
import org.apache.kafka.clients.producer.ProducerConfig;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.apache.kafka.clients.producer.RecordMetadata;
import org.apache.kafka.common.KafkaFuture;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.serialization.ByteArrayDeserializer;
import org.apache.kafka.common.serialization.ByteArraySerializer;

/** Kafka's own Java clients with waits that suit tests, and what tests do with them all the time. */
public final class Clients {
    /** Longest wait for any answer. */
    public static final Duration PATIENCE = Duration.ofSeconds(60);

    private static final Duration POLL = Duration.ofMillis(100);

    private Clients() {}

    /** An admin client. */
    public static Admin admin(final String bootstrap) {
        final Map<String, Object> config = common(bootstrap);
        config.put(AdminClientConfig.DEFAULT_API_TIMEOUT_MS_CONFIG, Math.toIntExact(PATIENCE.toMillis()));
        return Admin.create(config);
    }

    /** A producer of bytes: idempotent, acks=all, no linger; options are pairs of key and value. */
    public static KafkaProducer<byte[], byte[]> producer(final String bootstrap, final Object... options) {
        final Map<String, Object> config = common(bootstrap);
        config.put(ProducerConfig.LINGER_MS_CONFIG, 0);
        config.put(ProducerConfig.ACKS_CONFIG, "all");
        config.put(ProducerConfig.REQUEST_TIMEOUT_MS_CONFIG, 15_000);
        config.put(ProducerConfig.DELIVERY_TIMEOUT_MS_CONFIG, Math.toIntExact(PATIENCE.toMillis()));
        config.put(ProducerConfig.MAX_BLOCK_MS_CONFIG, PATIENCE.toMillis());
        put(config, options);
        return new KafkaProducer<>(config, new ByteArraySerializer(), new ByteArraySerializer());
    }

    /** A consumer of bytes without a group. */
    public static KafkaConsumer<byte[], byte[]> consumer(final String bootstrap, final Object... options) {
        final Map<String, Object> config = common(bootstrap);
        config.put(ConsumerConfig.AUTO_OFFSET_RESET_CONFIG, "none");
        config.put(ConsumerConfig.ENABLE_AUTO_COMMIT_CONFIG, false);
        config.put(ConsumerConfig.ALLOW_AUTO_CREATE_TOPICS_CONFIG, false);
        config.put(ConsumerConfig.DEFAULT_API_TIMEOUT_MS_CONFIG, Math.toIntExact(PATIENCE.toMillis()));
        config.put(ConsumerConfig.MAX_POLL_RECORDS_CONFIG, 10_000);
        // A fetch that waits for nothing holds up the next one, for what is assigned by then.
        config.put(ConsumerConfig.FETCH_MAX_WAIT_MS_CONFIG, 50);
        put(config, options);
        return new KafkaConsumer<>(config, new ByteArrayDeserializer(), new ByteArrayDeserializer());
    }

    private static Map<String, Object> common(final String bootstrap) {
        final Map<String, Object> config = new HashMap<>();
        config.put("bootstrap.servers", bootstrap);
        config.put("reconnect.backoff.ms", 10);
        config.put("reconnect.backoff.max.ms", 50);
        config.put("retry.backoff.ms", 10);
        config.put("retry.backoff.max.ms", 50);
        config.put("request.timeout.ms", 15_000);
        config.put("enable.metrics.push", false);
        return config;
    }

    private static void put(final Map<String, Object> config, final Object... options) {
        for (int i = 0; i < options.length; i += 2) {
            config.put((String) options[i], options[i + 1]);
        }
    }

    /** Waits for an answer and throws the error in it, unwrapped. */
    public static <T> T get(final KafkaFuture<T> future) throws Exception {
        try {
            return future.get(PATIENCE.toMillis(), TimeUnit.MILLISECONDS);
        } catch (final ExecutionException ex) {
            throw ex.getCause() instanceof Exception cause ? cause : ex;
        } catch (final TimeoutException ex) {
            throw new AssertionError("no answer within " + PATIENCE, ex);
        }
    }

    /** Sends a record, waits for its answer and throws the error in it, unwrapped. */
    public static RecordMetadata send(
            final KafkaProducer<byte[], byte[]> producer, final ProducerRecord<byte[], byte[]> record)
            throws Exception {
        try {
            return producer.send(record).get(PATIENCE.toMillis(), TimeUnit.MILLISECONDS);
        } catch (final ExecutionException ex) {
            throw ex.getCause() instanceof Exception cause ? cause : ex;
        } catch (final TimeoutException ex) {
            throw new AssertionError("no answer within " + PATIENCE, ex);
        }
    }

    /** Makes a topic; options are pairs of topic configuration key and value. */
    public static void createTopic(
            final Admin admin, final String topic, final int partitionCount, final String... options) throws Exception {
        final Map<String, String> configs = new HashMap<>();
        for (int i = 0; i < options.length; i += 2) {
            configs.put(options[i], options[i + 1]);
        }
        get(admin.createTopics(List.of(new NewTopic(topic, partitionCount, (short) 1).configs(configs)))
                .all());
    }

    /** Reads this many records of a partition from an offset. */
    public static List<ConsumerRecord<byte[], byte[]>> read(
            final KafkaConsumer<byte[], byte[]> consumer,
            final TopicPartition partition,
            final long fromOffset,
            final int count) {
        consumer.assign(List.of(partition));
        consumer.seek(partition, fromOffset);
        return poll(consumer, count);
    }

    /** Polls until this many records have come. */
    public static List<ConsumerRecord<byte[], byte[]>> poll(
            final KafkaConsumer<byte[], byte[]> consumer, final int count) {
        final List<ConsumerRecord<byte[], byte[]>> records = new ArrayList<>();
        final long deadlineNs = System.nanoTime() + PATIENCE.toNanos();
        while (records.size() < count) {
            consumer.poll(POLL).forEach(records::add);
            if (System.nanoTime() - deadlineNs > 0) {
                throw new AssertionError("only " + records.size() + " of " + count + " records within " + PATIENCE);
            }
        }
        return records;
    }

    /** End offset of a partition. */
    public static long endOffset(final KafkaConsumer<?, ?> consumer, final TopicPartition partition) {
        return consumer.endOffsets(List.of(partition)).get(partition);
    }

    /** Partitions 0 to {@code count - 1} of a topic. */
    public static Collection<TopicPartition> partitions(final String topic, final int count) {
        final List<TopicPartition> partitions = new ArrayList<>();
        for (int i = 0; i < count; i++) {
            partitions.add(new TopicPartition(topic, i));
        }
        return partitions;
    }

    /** A record without a key. */
    public static ProducerRecord<byte[], byte[]> record(final TopicPartition partition, final byte[] value) {
        return new ProducerRecord<>(partition.topic(), partition.partition(), null, value);
    }

    /** A little of everything, so that a node loads its classes. */
    static void warmUp(final String bootstrap) {
        try (Admin admin = admin(bootstrap);
                KafkaProducer<byte[], byte[]> producer = producer(bootstrap);
                KafkaConsumer<byte[], byte[]> consumer = consumer(bootstrap)) {
            createTopic(admin, "training", 2);
            final TopicPartition partition = new TopicPartition("training", 0);
            send(producer, record(partition, new byte[100]));
            read(consumer, partition, 0, 1);
            get(admin.deleteTopics(List.of("training")).all());
        } catch (final Exception ex) {
            throw new IllegalStateException(ex);
        }
    }
}
