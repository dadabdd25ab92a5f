package io.epona.sequencer;

/**
 * What the leader had appended when, in the recent past: tells what a follower must have by now. Owned by the lane's
 * thread; allocates nothing.
 */
final class LagHistory {
    private static final int LENGTH = 2 * LaneLimits.JUDGEMENTS_PER_LAG;

    private final long[] timesNs = new long[LENGTH];
    private final long[] positions = new long[LENGTH];
    private int count;
    private int next;

    void clear() {
        count = 0;
        next = 0;
    }

    /** Remembers that the log's end was there; times do not go back. */
    void add(final long timeNs, final long position) {
        timesNs[next] = timeNs;
        positions[next] = position;
        next = (next + 1) % LENGTH;
        count = Math.min(count + 1, LENGTH);
    }

    /**
     * The log's end as it was some time ago.
     *
     * @param timeNs that time.
     * @return the last one remembered from then or before; 0 when nothing is remembered from so long ago.
     */
    long positionAt(final long timeNs) {
        for (int i = 1; i <= count; i++) {
            final int index = Math.floorMod(next - i, LENGTH);
            if (timesNs[index] - timeNs <= 0) {
                return positions[index];
            }
        }
        return 0;
    }
}
