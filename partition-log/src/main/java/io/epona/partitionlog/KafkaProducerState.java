package io.epona.partitionlog;

import java.io.File;
import java.io.IOException;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.utils.Time;
import org.apache.kafka.storage.internals.log.ProducerStateManager;
import org.apache.kafka.storage.internals.log.ProducerStateManagerConfig;

/**
 * Kafka's producer state of a log, whose snapshots are not flushed one by one: a damaged one is found by its checksum
 * and the state is rebuilt from an older one and the records. The lane keeps the state that decides (its checkpoint).
 */
final class KafkaProducerState extends ProducerStateManager {
    private volatile boolean isTransactional;

    KafkaProducerState(
            final TopicPartition topicPartition,
            final File directory,
            final ProducerStateManagerConfig config,
            final Time time)
            throws IOException {
        super(topicPartition, directory, PartitionLogLimits.MAX_TRANSACTION_TIMEOUT_MS, config, time);
    }

    /**
     * Takes the newest snapshot as the state at the log's end where there are no transactions: the state in a partition
     * log then decides nothing, so the records since that snapshot are not read for it.
     */
    @Override
    public void truncateAndReload(final long logStartOffset, final long logEndOffset, final long nowMs)
            throws IOException {
        super.truncateAndReload(logStartOffset, logEndOffset, nowMs);
        if (!isTransactional && mapEndOffset() < logEndOffset) {
            updateMapEndOffset(logEndOffset);
        }
    }

    /** The log has records of transactions, or is about to get the first. */
    void transactional() {
        isTransactional = true;
    }

    @Override
    public void takeSnapshot() throws IOException {
        takeSnapshot(false);
    }
}
