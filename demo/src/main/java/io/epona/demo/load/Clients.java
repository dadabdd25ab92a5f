package io.epona.demo.load;

import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import org.apache.kafka.clients.admin.Admin;
import org.apache.kafka.clients.admin.AdminClientConfig;
import org.apache.kafka.clients.admin.NewTopic;
import org.apache.kafka.clients.admin.TopicDescription;
import org.apache.kafka.clients.consumer.Consumer;
import org.apache.kafka.clients.consumer.ConsumerConfig;
import org.apache.kafka.clients.consumer.KafkaConsumer;
import org.apache.kafka.clients.producer.KafkaProducer;
import org.apache.kafka.clients.producer.Producer;
import org.apache.kafka.clients.producer.ProducerConfig;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.errors.RetriableException;
import org.apache.kafka.common.errors.TopicExistsException;
import org.apache.kafka.common.serialization.ByteArrayDeserializer;
import org.apache.kafka.common.serialization.ByteArraySerializer;

/** The ordinary Kafka clients that the demo uses, with the few settings that a latency-minded user would make. */
public final class Clients {
    /** Partitions of each topic that the demo makes. */
    public static final int PARTITION_COUNT = 4;

    private static final int DELIVERY_TIMEOUT_MS = 30_000;
    private static final int REQUEST_TIMEOUT_MS = 10_000;
    private static final int RETRY_MS = 100;

    private Clients() {}

    /** Acknowledged by every in-sync replica, idempotent, sent at once. */
    public static Producer<byte[], byte[]> producer(final String bootstrap) {
        return new KafkaProducer<>(
                Map.of(
                        ProducerConfig.BOOTSTRAP_SERVERS_CONFIG,
                        bootstrap,
                        ProducerConfig.CLIENT_ID_CONFIG,
                        "epona-demo-producer",
                        ProducerConfig.ACKS_CONFIG,
                        "all",
                        ProducerConfig.ENABLE_IDEMPOTENCE_CONFIG,
                        true,
                        ProducerConfig.LINGER_MS_CONFIG,
                        0,
                        ProducerConfig.DELIVERY_TIMEOUT_MS_CONFIG,
                        DELIVERY_TIMEOUT_MS,
                        ProducerConfig.REQUEST_TIMEOUT_MS_CONFIG,
                        REQUEST_TIMEOUT_MS,
                        ProducerConfig.MAX_BLOCK_MS_CONFIG,
                        REQUEST_TIMEOUT_MS,
                        ProducerConfig.ENABLE_METRICS_PUSH_CONFIG,
                        false),
                new ByteArraySerializer(),
                new ByteArraySerializer());
    }

    /** Without a group; whoever uses it assigns the partitions and seeks. */
    public static Consumer<byte[], byte[]> consumer(final String bootstrap) {
        return new KafkaConsumer<>(
                Map.of(
                        ConsumerConfig.BOOTSTRAP_SERVERS_CONFIG,
                        bootstrap,
                        ConsumerConfig.CLIENT_ID_CONFIG,
                        "epona-demo-consumer",
                        ConsumerConfig.AUTO_OFFSET_RESET_CONFIG,
                        "none",
                        ConsumerConfig.ENABLE_AUTO_COMMIT_CONFIG,
                        false,
                        ConsumerConfig.ALLOW_AUTO_CREATE_TOPICS_CONFIG,
                        false,
                        ConsumerConfig.RECEIVE_BUFFER_CONFIG,
                        -1,
                        ConsumerConfig.REQUEST_TIMEOUT_MS_CONFIG,
                        REQUEST_TIMEOUT_MS,
                        ConsumerConfig.ENABLE_METRICS_PUSH_CONFIG,
                        false),
                new ByteArrayDeserializer(),
                new ByteArrayDeserializer());
    }

    /**
     * Makes the demo's topics where they are missing.
     *
     * @return all their partitions
     * @throws ExecutionException when the broker refuses, or does not answer
     */
    public static List<TopicPartition> createTopics(final String bootstrap)
            throws ExecutionException, InterruptedException {
        try (Admin admin = admin(bootstrap)) {
            final List<TopicPartition> partitions = new ArrayList<>();
            for (final DemoTopic topic : DemoTopic.values()) {
                create(admin, topic.topicName());
            }
            for (final DemoTopic topic : DemoTopic.values()) {
                describe(admin, topic.topicName())
                        .partitions()
                        .forEach(info -> partitions.add(new TopicPartition(topic.topicName(), info.partition())));
            }
            return partitions;
        }
    }

    /**
     * How many of the demo's partitions each broker leads.
     *
     * @throws ExecutionException when the broker refuses, or does not answer
     */
    public static Map<Integer, Integer> countLeaders(final String bootstrap)
            throws ExecutionException, InterruptedException {
        final Map<Integer, Integer> counts = new TreeMap<>();
        try (Admin admin = admin(bootstrap)) {
            for (final DemoTopic topic : DemoTopic.values()) {
                describe(admin, topic.topicName()).partitions().stream()
                        .filter(info -> info.leader() != null)
                        .forEach(info -> counts.merge(info.leader().id(), 1, Integer::sum));
            }
        }
        return counts;
    }

    private static Admin admin(final String bootstrap) {
        return Admin.create(Map.of(
                AdminClientConfig.BOOTSTRAP_SERVERS_CONFIG,
                bootstrap,
                AdminClientConfig.CLIENT_ID_CONFIG,
                "epona-demo-admin",
                AdminClientConfig.DEFAULT_API_TIMEOUT_MS_CONFIG,
                DELIVERY_TIMEOUT_MS,
                AdminClientConfig.ENABLE_METRICS_PUSH_CONFIG,
                false));
    }

    private static void create(final Admin admin, final String name) throws ExecutionException, InterruptedException {
        try {
            admin.createTopics(List.of(new NewTopic(name, Optional.of(PARTITION_COUNT), Optional.empty())))
                    .all()
                    .get();
        } catch (final ExecutionException ex) {
            if (!(ex.getCause() instanceof TopicExistsException)) {
                throw ex;
            }
        }
    }

    /** A broker may know of a topic a moment later than the controller that has just made it. */
    private static TopicDescription describe(final Admin admin, final String name)
            throws ExecutionException, InterruptedException {
        final long deadlineNs = System.nanoTime() + TimeUnit.MILLISECONDS.toNanos(REQUEST_TIMEOUT_MS);
        while (true) {
            try {
                return admin.describeTopics(List.of(name)).allTopicNames().get().get(name);
            } catch (final ExecutionException ex) {
                if (!(ex.getCause() instanceof RetriableException) || System.nanoTime() - deadlineNs > 0) {
                    throw ex;
                }
                TimeUnit.MILLISECONDS.sleep(RETRY_MS);
            }
        }
    }
}
