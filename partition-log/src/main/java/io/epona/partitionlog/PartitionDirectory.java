package io.epona.partitionlog;

import java.util.function.IntConsumer;
import org.apache.kafka.common.Uuid;

/**
 * The partitions that exist, by the cluster's metadata as this node knows it. Called by any thread, also on the path of
 * an append or a read: it answers from memory.
 */
public interface PartitionDirectory {
    /**
     * Describes a partition.
     *
     * @param partitionIndex the partition's number in the cell
     * @return the description, or null when there is no such partition (any more)
     */
    PartitionDescription partition(int partitionIndex);

    /**
     * Finds a partition by its name; used to tell directories that belong to no partition.
     *
     * @return the partition's number in the cell, or -1 when there is none of this name
     */
    int partitionIndex(String topic, int partition);

    /**
     * Hands on the numbers of all partitions whose topics have {@code cleanup.policy=compact}, alone or not.
     *
     * @param consumer called within this call
     */
    default void forEachCompacted(final IntConsumer consumer) {
        // none
    }

    /**
     * Whether a topic was there and was deleted, so that what is left of it may be removed.
     *
     * @param topicId the topic's id
     * @return false when that is not known
     */
    default boolean wasDeleted(final Uuid topicId) {
        return false;
    }

    /**
     * How far this node's metadata reach. A replica may get records of a partition before it hears that the partition
     * was made: they are kept where they are until then.
     *
     * @return partitions of this index and above may have been made already; a lower one without a description was
     *     deleted
     */
    default int announcedLimit() {
        return Integer.MAX_VALUE;
    }
}
