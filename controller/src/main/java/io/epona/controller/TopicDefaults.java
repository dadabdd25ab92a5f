package io.epona.controller;

import java.util.Map;

/**
 * What a topic is that nobody described further, and how much there may be.
 *
 * @param partitionCount partitions of a topic made without a number (Kafka's num.partitions).
 * @param autoCreate whether a Metadata request may make a topic (Kafka's auto.create.topics.enable).
 * @param maxPartitionCount most partitions that may exist on the cluster at one time.
 * @param configs topic configuration keys to the node's defaults; keys that are absent have Kafka's.
 */
public record TopicDefaults(
        int partitionCount, boolean autoCreate, int maxPartitionCount, Map<String, String> configs) {
    /** One partition, auto-creation on, at most 200,000 partitions, Kafka's configuration: what Kafka ships. */
    public static final TopicDefaults STANDARD = new TopicDefaults(1, true, 200_000, Map.of());

    /** The topic as it is to be made: with a number of partitions where none was asked for. */
    NewTopicSpec applyTo(NewTopicSpec topic) {
        return topic.partitionCount() == -1 && topic.assignments().isEmpty()
                ? new NewTopicSpec(
                        topic.name(), partitionCount, topic.replicationFactor(), topic.assignments(), topic.configs())
                : topic;
    }

    /** Copies the map. */
    public TopicDefaults {
        configs = Map.copyOf(configs);
        if (partitionCount < 1 || maxPartitionCount < 1) {
            throw new IllegalArgumentException("topic defaults: partitionCount=" + partitionCount
                    + ", maxPartitionCount=" + maxPartitionCount + ", both must be at least 1");
        }
    }
}
