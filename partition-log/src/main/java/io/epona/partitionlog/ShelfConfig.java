package io.epona.partitionlog;

/**
 * How lazily one lane's frames are drained into partition logs, and how gently these are flushed.
 *
 * @param drainLength a drain starts when this many bytes wait in the ring
 * @param maxAgeMs or when the oldest of them has waited so long
 * @param latestDrainLength a drain of many partitions with few bytes each waits until this many bytes wait in the ring
 * @param maxAgeLimitMs or until the oldest of them has waited so long
 * @param drainsPerSecond pace of appends in such a drain; it grows as the ring fills up
 * @param shelveLength a flush round starts when this many bytes are drained and not flushed
 * @param shelveIntervalMs or when the last one ended so long ago
 * @param urgentLength as {@code shelveLength}, but from here on flushes are not paced any more
 * @param writeBackLengthPerSecond pace of write-back while far from urgent; it grows as that comes nearer
 * @param flushesPerSecond pace of flushes, likewise
 * @param cycleNs after this long a duty cycle ends and goes on in the next, unless the ring runs short
 * @param closeMs at a stop drains end after so long; what is left the journal keeps
 */
public record ShelfConfig(
        int drainLength,
        long maxAgeMs,
        long latestDrainLength,
        long maxAgeLimitMs,
        int drainsPerSecond,
        long shelveLength,
        long shelveIntervalMs,
        long urgentLength,
        long writeBackLengthPerSecond,
        int flushesPerSecond,
        long cycleNs,
        long closeMs) {
    /** Checks what is given. */
    public ShelfConfig {
        if (drainLength < 1
                || maxAgeMs < 0
                || latestDrainLength < drainLength
                || maxAgeLimitMs < maxAgeMs
                || drainsPerSecond < 1
                || shelveLength < 1
                || shelveIntervalMs < 1
                || urgentLength < shelveLength
                || writeBackLengthPerSecond < 1
                || flushesPerSecond < 1
                || cycleNs < 1
                || closeMs < 0) {
            throw new IllegalArgumentException("shelf: lengths, times and rates must be positive,"
                    + " latestDrainLength >= drainLength, maxAgeLimitMs >= maxAgeMs, urgentLength >= shelveLength:"
                    + " drainLength=" + drainLength + ", maxAgeMs=" + maxAgeMs + ", latestDrainLength="
                    + latestDrainLength + ", maxAgeLimitMs=" + maxAgeLimitMs + ", drainsPerSecond="
                    + drainsPerSecond + ", shelveLength=" + shelveLength
                    + ", shelveIntervalMs=" + shelveIntervalMs + ", urgentLength=" + urgentLength
                    + ", writeBackLengthPerSecond=" + writeBackLengthPerSecond + ", flushesPerSecond="
                    + flushesPerSecond + ", cycleNs=" + cycleNs + ", closeMs=" + closeMs);
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
        final int drainLength =
                (int) Math.min(Math.min(ringLength, journalCapacity) / 4, PartitionLogLimits.MAX_DRAIN_LENGTH);
        return new ShelfConfig(
                Math.max(1, drainLength),
                1_000,
                Math.max(Math.max(1, drainLength), Math.min(ringLength / 2, journalCapacity / 4)),
                300_000,
                2_000,
                shelveLength,
                30_000,
                Math.max(shelveLength, journalCapacity / 2),
                64L * 1024 * 1024,
                100,
                2_000_000,
                1_000);
    }
}
