package io.epona.partitionlog;

/**
 * How lazily one lane's frames are drained into partition logs, and how gently these are flushed.
 *
 * @param drainLength a drain starts when this many bytes wait in the ring
 * @param maxAgeMs or when the oldest of them has waited so long
 * @param maxAgeLimitMs up to which the age grows while drains touch many partitions with few bytes each
 * @param shelveLength a flush round starts when this many bytes are drained and not flushed
 * @param shelveIntervalMs or when the last one ended so long ago
 * @param urgentLength as {@code shelveLength}, but from here on flushes are not paced any more
 * @param writeBackLengthPerSecond pace of write-back while far from urgent; it grows as that comes nearer
 * @param flushesPerSecond pace of flushes, likewise
 * @param cycleNs after this long a duty cycle ends and goes on in the next, unless the ring runs short
 */
public record ShelfConfig(
        int drainLength,
        long maxAgeMs,
        long maxAgeLimitMs,
        long shelveLength,
        long shelveIntervalMs,
        long urgentLength,
        long writeBackLengthPerSecond,
        int flushesPerSecond,
        long cycleNs) {
    /** Checks what is given. */
    public ShelfConfig {
        if (drainLength < 1
                || maxAgeMs < 0
                || maxAgeLimitMs < maxAgeMs
                || shelveLength < 1
                || shelveIntervalMs < 1
                || urgentLength < shelveLength
                || writeBackLengthPerSecond < 1
                || flushesPerSecond < 1
                || cycleNs < 1) {
            throw new IllegalArgumentException("shelf: lengths, times and rates must be positive,"
                    + " maxAgeLimitMs >= maxAgeMs, urgentLength >= shelveLength: drainLength=" + drainLength
                    + ", maxAgeMs=" + maxAgeMs + ", maxAgeLimitMs=" + maxAgeLimitMs + ", shelveLength=" + shelveLength
                    + ", shelveIntervalMs=" + shelveIntervalMs + ", urgentLength=" + urgentLength
                    + ", writeBackLengthPerSecond=" + writeBackLengthPerSecond + ", flushesPerSecond="
                    + flushesPerSecond + ", cycleNs=" + cycleNs);
        }
    }

    /**
     * Defaults that fit a lane.
     *
     * @param ringLength length of its log ring
     * @param journalCapacity bytes of frames that its journal holds
     */
    public static ShelfConfig defaults(final int ringLength, final long journalCapacity) {
        final long shelveLength = Math.max(1, Math.min(64L * 1024 * 1024, journalCapacity / 8));
        return new ShelfConfig(
                Math.min(ringLength / 4, PartitionLogLimits.MAX_DRAIN_LENGTH),
                1_000,
                10_000,
                shelveLength,
                30_000,
                Math.max(shelveLength, journalCapacity / 2),
                64L * 1024 * 1024,
                100,
                2_000_000);
    }
}
