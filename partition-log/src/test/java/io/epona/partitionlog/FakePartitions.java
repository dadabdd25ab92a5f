package io.epona.partitionlog;

import java.util.Map;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.function.IntConsumer;
import org.apache.kafka.common.Uuid;
import org.apache.kafka.storage.internals.log.LogConfig;

/** The cluster's metadata as a map that tests change. */
final class FakePartitions implements PartitionDirectory {
    private final ConcurrentHashMap<Integer, PartitionDescription> partitions = new ConcurrentHashMap<>();
    private final ConcurrentHashMap<String, Integer> indexes = new ConcurrentHashMap<>();
    private final Set<Uuid> deletedTopics = ConcurrentHashMap.newKeySet();

    /** Partitions of this index and above are not known yet. */
    volatile int announcedLimit = Integer.MAX_VALUE;

    static LogConfig config(final String... keysAndValues) {
        final Map<String, String> values = new java.util.HashMap<>();
        for (int i = 0; i < keysAndValues.length; i += 2) {
            values.put(keysAndValues[i], keysAndValues[i + 1]);
        }
        return new LogConfig(values);
    }

    PartitionDescription add(
            final int partitionIndex, final String topic, final int partition, final LogConfig config) {
        return add(partitionIndex, topic, partition, Uuid.randomUuid(), config);
    }

    PartitionDescription add(
            final int partitionIndex,
            final String topic,
            final int partition,
            final Uuid topicId,
            final LogConfig config) {
        final PartitionDescription description =
                new PartitionDescription(partitionIndex, topic, partition, topicId, config);
        partitions.put(partitionIndex, description);
        indexes.put(description.directoryName(), partitionIndex);
        return description;
    }

    void configure(final int partitionIndex, final LogConfig config) {
        partitions.computeIfPresent(
                partitionIndex,
                (key, old) -> new PartitionDescription(key, old.topic(), old.partition(), old.topicId(), config));
    }

    PartitionDescription remove(final int partitionIndex) {
        final PartitionDescription removed = partitions.remove(partitionIndex);
        indexes.remove(removed.directoryName(), partitionIndex);
        return removed;
    }

    /** The topic is deleted, and that is known. */
    void delete(final int partitionIndex) {
        deletedTopics.add(remove(partitionIndex).topicId());
    }

    @Override
    public void forEachCompacted(final IntConsumer consumer) {
        partitions.values().stream()
                .filter(partition -> partition.config().compact)
                .forEach(partition -> consumer.accept(partition.partitionIndex()));
    }

    @Override
    public boolean wasDeleted(final Uuid topicId) {
        return deletedTopics.contains(topicId);
    }

    @Override
    public PartitionDescription partition(final int partitionIndex) {
        return partitions.get(partitionIndex);
    }

    @Override
    public int partitionIndex(final String topic, final int partition) {
        return indexes.getOrDefault(topic + "-" + partition, -1);
    }

    @Override
    public int announcedLimit() {
        return announcedLimit;
    }
}
