package io.epona.partitionlog;

import org.apache.kafka.common.Uuid;
import org.apache.kafka.storage.internals.log.LogConfig;

/**
 * What partition logs need to know of a partition that exists.
 *
 * @param partitionIndex the partition's number in the cell, never used again
 * @param topic topic name
 * @param partition number within the topic
 * @param topicId the topic's id, kept in the log's {@code partition.metadata}
 * @param config the topic's configuration in force; the same object as long as it did not change
 */
public record PartitionDescription(int partitionIndex, String topic, int partition, Uuid topicId, LogConfig config) {
    /** Name of the log's directory, as Kafka names it. */
    public String directoryName() {
        return topic + "-" + partition;
    }
}
