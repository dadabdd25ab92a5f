package io.epona.sequencer;

/**
 * When a position that only grows was seen to have got where: a bounded number of (position, time) pairs, oldest first.
 * Whoever asks does so in the order of positions. Owned by the lane's thread; allocates nothing.
 */
final class ProgressTimes {
    /** No time is known. */
    static final long UNKNOWN = Long.MIN_VALUE;

    /** A power of two; more steps than there are duty cycles between two commits, unless these stand still. */
    private static final int CAPACITY = 256;

    private final long[] positions = new long[CAPACITY];
    private final long[] timesNs = new long[CAPACITY];
    private long first;
    private long next;
    private long position;

    /** Forgets all; what lies below a position is of no interest. */
    void beginAt(final long newPosition) {
        first = next;
        position = newPosition;
    }

    /** Notes a step, if it is one. When there is no room the newest step is made longer, and so counts as later. */
    void reached(final long newPosition, final long timeNs) {
        if (newPosition <= position) {
            return;
        }
        position = newPosition;
        if (next - first == CAPACITY) {
            next--;
        }
        final int index = (int) next & CAPACITY - 1;
        positions[index] = newPosition;
        timesNs[index] = timeNs;
        next++;
    }

    /**
     * When a position was reached.
     *
     * @param wanted not below the one that was asked for before.
     * @return its time, or {@link #UNKNOWN}.
     */
    long timeOf(final long wanted) {
        while (first < next && positions[(int) first & CAPACITY - 1] < wanted) {
            first++;
        }
        return first == next ? UNKNOWN : timesNs[(int) first & CAPACITY - 1];
    }
}
