package io.epona.partitionlog;

/**
 * How compacted topics' logs are cleaned.
 *
 * @param intervalMs time between two looks for logs that need it
 * @param mapLength memory for the keys of one round, bytes; 24 a key. Taken while something is cleaned
 * @param lengthPerSecond bytes read and written in a second
 */
public record CleanerConfig(long intervalMs, int mapLength, long lengthPerSecond) {
    /** Checks what is given. */
    public CleanerConfig {
        if (intervalMs < 1 || mapLength < PartitionLogLimits.MIN_CLEANER_MAP_LENGTH || lengthPerSecond < 1) {
            throw new IllegalArgumentException("cleaner of partition logs: intervalMs=" + intervalMs
                    + " and lengthPerSecond=" + lengthPerSecond + " must be positive, mapLength=" + mapLength
                    + " at least " + PartitionLogLimits.MIN_CLEANER_MAP_LENGTH);
        }
    }

    /** The defaults. */
    public static CleanerConfig defaults() {
        return new CleanerConfig(
                PartitionLogLimits.DEFAULT_CLEANER_INTERVAL_MS,
                PartitionLogLimits.DEFAULT_CLEANER_MAP_LENGTH,
                PartitionLogLimits.DEFAULT_CLEANER_LENGTH_PER_SECOND);
    }
}
