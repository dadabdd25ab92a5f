package io.epona.controller;

import java.util.Arrays;
import java.util.Collections;
import java.util.List;
import java.util.Map;
import org.apache.kafka.common.Uuid;
import org.apache.kafka.common.internals.Topic;
import org.apache.kafka.storage.internals.log.LogConfig;

/**
 * One topic. Immutable; any thread may read it. The effective configuration is worked out on first use, because with
 * ten thousand topics most are never asked for it.
 */
public final class TopicInfo {
    private final String name;
    private final Uuid id;
    private final PartitionInfo[] partitions;
    private final Map<String, String> configOverrides;
    private final TopicConfigs topicConfigs;
    private volatile LogConfig config;

    TopicInfo(
            String name,
            Uuid id,
            PartitionInfo[] partitions,
            Map<String, String> configOverrides,
            TopicConfigs topicConfigs) {
        this.name = name;
        this.id = id;
        this.partitions = partitions;
        this.configOverrides = configOverrides;
        this.topicConfigs = topicConfigs;
    }

    /** The same topic whose partitions have changed; what was worked out already is kept. */
    TopicInfo withPartitions(PartitionInfo[] changed) {
        TopicInfo topic = new TopicInfo(name, id, changed, configOverrides, topicConfigs);
        topic.config = config;
        return topic;
    }

    /**
     * The name of the topic.
     *
     * @return the name.
     */
    public String name() {
        return name;
    }

    /**
     * The id of the topic, which a later topic of the same name does not share.
     *
     * @return the id.
     */
    public Uuid id() {
        return id;
    }

    /**
     * How many partitions the topic has.
     *
     * @return at least 1.
     */
    public int partitionCount() {
        return partitions.length;
    }

    /**
     * A partition by number.
     *
     * @param partition the number; anything is allowed.
     * @return the partition, or null when the topic has none of that number.
     */
    public PartitionInfo partition(int partition) {
        return partition >= 0 && partition < partitions.length ? partitions[partition] : null;
    }

    /**
     * All partitions in order of their numbers.
     *
     * @return an unmodifiable view.
     */
    public List<PartitionInfo> partitions() {
        return Collections.unmodifiableList(Arrays.asList(partitions));
    }

    /**
     * What was configured for this topic alone.
     *
     * @return key to value, unmodifiable, without defaults.
     */
    public Map<String, String> configOverrides() {
        return configOverrides;
    }

    /**
     * The effective configuration: the node's defaults with this topic's own values on top.
     *
     * @return Kafka's own form of it; the same object for all topics that override nothing.
     */
    public LogConfig config() {
        LogConfig effective = config;
        if (effective == null) {
            effective = topicConfigs.effective(configOverrides);
            config = effective;
        }
        return effective;
    }

    /**
     * Whether Kafka regards the name as internal ({@code __consumer_offsets} and its like).
     *
     * @return true for those.
     */
    public boolean internal() {
        return Topic.isInternal(name);
    }

    @Override
    public String toString() {
        return "TopicInfo[name=" + name + ", id=" + id + ", partitions=" + partitions.length + "]";
    }
}
