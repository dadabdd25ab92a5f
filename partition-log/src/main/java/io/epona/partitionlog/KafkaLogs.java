package io.epona.partitionlog;

import io.epona.runtime.NodeClock;
import java.util.HashMap;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import org.apache.kafka.common.config.TopicConfig;
import org.apache.kafka.common.utils.Time;
import org.apache.kafka.storage.internals.log.LogConfig;
import org.apache.kafka.storage.internals.log.LogDirFailureChannel;
import org.apache.kafka.storage.internals.log.ProducerStateManagerConfig;
import org.apache.kafka.storage.log.metrics.BrokerTopicStats;

/**
 * What all logs of a node share of Kafka's library. Thread-safe. A failed write or flush of one log puts them all out
 * of use ({@link LogDirFailureChannel}), as it should: the process is about to end.
 */
final class KafkaLogs implements AutoCloseable {
    /** Derived configurations are few: one for each topic whose configuration differs. Cleared beyond. */
    private static final int MAX_DERIVED_CONFIGS = 10_000;

    private final Time time;
    private final DelayedTasks delayed;
    private final BrokerTopicStats stats = new BrokerTopicStats();
    private final LogDirFailureChannel failures = new LogDirFailureChannel(1);
    private final ProducerStateManagerConfig producerConfig =
            new ProducerStateManagerConfig(PartitionLogLimits.PRODUCER_EXPIRATION_MS, false);
    private final ConcurrentHashMap<LogConfig, LogConfig> derived = new ConcurrentHashMap<>();

    KafkaLogs(final NodeClock clock, final DelayedTasks delayed) {
        this.time = new KafkaClock(clock);
        this.delayed = delayed;
    }

    Time time() {
        return time;
    }

    DelayedTasks delayed() {
        return delayed;
    }

    BrokerTopicStats stats() {
        return stats;
    }

    LogDirFailureChannel failures() {
        return failures;
    }

    ProducerStateManagerConfig producerConfig() {
        return producerConfig;
    }

    /**
     * The topic's configuration as a log gets it: retention is decided by {@link RetentionPolicy}, compaction by
     * {@link CleaningPolicy}, flushes by the shelf agent, so Kafka's own are switched off.
     */
    LogConfig effective(final LogConfig config) {
        if (derived.size() > MAX_DERIVED_CONFIGS) {
            derived.clear();
        }
        return derived.computeIfAbsent(config, KafkaLogs::derive);
    }

    private static LogConfig derive(final LogConfig config) {
        final Map<String, Object> values = new HashMap<>(config.originals());
        values.put(TopicConfig.RETENTION_MS_CONFIG, "-1");
        values.put(TopicConfig.RETENTION_BYTES_CONFIG, "-1");
        // With both policies a log rolls in time for max.compaction.lag.ms, and lets go of what is below its start.
        values.put(
                TopicConfig.CLEANUP_POLICY_CONFIG,
                config.compact
                        ? TopicConfig.CLEANUP_POLICY_COMPACT + ',' + TopicConfig.CLEANUP_POLICY_DELETE
                        : TopicConfig.CLEANUP_POLICY_DELETE);
        values.put(TopicConfig.FLUSH_MESSAGES_INTERVAL_CONFIG, Long.toString(Long.MAX_VALUE));
        values.put(TopicConfig.PREALLOCATE_CONFIG, "false");
        values.put(
                TopicConfig.FILE_DELETE_DELAY_MS_CONFIG,
                Long.toString(Math.max(config.fileDeleteDelayMs, PartitionLogLimits.MIN_FILE_DELETE_DELAY_MS)));
        return new LogConfig(values);
    }

    /** The same configuration with room for one batch that is larger than its segments. */
    static LogConfig withSegmentLength(final LogConfig config, final int segmentLength) {
        final Map<String, Object> values = new HashMap<>(config.originals());
        values.put(LogConfig.INTERNAL_SEGMENT_BYTES_CONFIG, Integer.toString(segmentLength));
        return new LogConfig(values);
    }

    @Override
    public void close() {
        stats.close();
    }
}
