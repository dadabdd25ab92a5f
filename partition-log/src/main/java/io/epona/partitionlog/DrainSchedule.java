package io.epona.partitionlog;

/**
 * When a lane's committed frames are drained. Nobody waits for that: what is not drained is read from the ring, and the
 * journal keeps it. The longer frames wait, the more of them go into one append, so those that are spread over many
 * partitions wait until the ring needs the room, and others until an append is worth it. Owned by one shelf agent.
 */
final class DrainSchedule {
    private final ShelfConfig config;

    private boolean waits;
    private long waitingSinceNs;
    private long nextLookLength;
    private long nextLookAgeNs;

    DrainSchedule(final ShelfConfig config) {
        this.config = config;
        reset();
    }

    /** After a drain: what waits from now on is new. */
    void reset() {
        waits = false;
        nextLookLength = config.drainLength();
        nextLookAgeNs = config.maxAgeMs() * 1_000_000L;
    }

    /** Whether it is time to look at what waits. */
    boolean isDue(final long nowNs, final long waitingLength) {
        if (waitingLength == 0) {
            reset();
            return false;
        }
        if (!waits) {
            waits = true;
            waitingSinceNs = nowNs;
        }
        return waitingLength >= nextLookLength
                || nowNs - waitingSinceNs >= nextLookAgeNs
                || isPressing(nowNs, waitingLength);
    }

    /** Whether it is time to drain, however little there is for each partition. */
    boolean isPressing(final long nowNs, final long waitingLength) {
        return waitingLength >= config.latestDrainLength()
                || nowNs - waitingSinceNs >= config.maxAgeLimitMs() * 1_000_000L;
    }

    /** There was too little for each partition: the next look is when twice as much waits, or twice as long. */
    void putOff(final long waitingLength) {
        nextLookLength = Math.max(nextLookLength, 2 * waitingLength);
        nextLookAgeNs *= 2;
    }
}
