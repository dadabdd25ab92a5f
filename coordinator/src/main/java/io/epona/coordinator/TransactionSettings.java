package io.epona.coordinator;

/**
 * What transactions may do, and where their state is.
 *
 * @param topicPartitionCount partitions of the topic that has the transactions' state, when it is made.
 * @param topicSegmentLength its segments, bytes.
 * @param maxTimeoutMs longest time that a client may give a transaction.
 * @param expirationMs how long a transactional id is remembered that is not used.
 * @param abortIntervalMs how often is looked for transactions whose time is over.
 * @param expirationIntervalMs how often is looked for transactional ids that are not used.
 */
public record TransactionSettings(
        int topicPartitionCount,
        int topicSegmentLength,
        int maxTimeoutMs,
        long expirationMs,
        long abortIntervalMs,
        long expirationIntervalMs) {
    private static final int PARTITION_COUNT = 50;
    private static final int SEGMENT_LENGTH = 100 * 1024 * 1024;
    private static final int MAX_TIMEOUT_MS = 900_000;
    private static final long EXPIRATION_MS = 7L * 24 * 3_600_000;
    private static final long ABORT_INTERVAL_MS = 1_000;
    private static final long EXPIRATION_INTERVAL_MS = 3_600_000;

    /** Kafka's defaults; it looks for what is over more seldom. */
    public static final TransactionSettings DEFAULTS = new TransactionSettings(
            PARTITION_COUNT, SEGMENT_LENGTH, MAX_TIMEOUT_MS, EXPIRATION_MS, ABORT_INTERVAL_MS, EXPIRATION_INTERVAL_MS);
}
