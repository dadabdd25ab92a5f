package io.epona.sequencer;

import java.util.Arrays;

/**
 * Where in a log each leader epoch begins, and so where it ends: what two replicas compare to find the place at which
 * their logs part. Frames of one epoch come from one leader, which wrote each position once; so two logs that have the
 * same epoch at the same position are the same below it.
 *
 * <p>Owned by one thread. Allocates only when there are more epochs than ever before. Keeps the newest
 * {@link LaneLimits#MAX_EPOCHS}; of a replica whose last epoch is older than these nothing can be said.
 */
public final class EpochHistory {
    /** Epoch of an empty log. */
    public static final int NONE = 0;

    private static final int INITIAL_CAPACITY = 16;

    private int[] epochs = new int[INITIAL_CAPACITY];
    private long[] startPositions = new long[INITIAL_CAPACITY];
    private int count;

    /**
     * Takes note of a frame at the end of the log.
     *
     * @param epoch of the frame, above 0.
     * @param position of the frame.
     * @throws IllegalStateException when the epoch is below that of the frame before.
     */
    public void onFrame(final int epoch, final long position) {
        final int last = lastEpoch();
        if (epoch == last) {
            return;
        }
        if (epoch < last || count > 0 && position <= startPositions[count - 1]) {
            throw new IllegalStateException("epochs of a log never go back: epoch=" + epoch + ", position=" + position
                    + ", lastEpoch=" + last + ", its start="
                    + (count > 0 ? startPositions[count - 1] : 0));
        }
        add(epoch, position);
    }

    private void add(final int epoch, final long position) {
        if (count == LaneLimits.MAX_EPOCHS) {
            count--;
            System.arraycopy(epochs, 1, epochs, 0, count);
            System.arraycopy(startPositions, 1, startPositions, 0, count);
        } else if (count == epochs.length) {
            epochs = Arrays.copyOf(epochs, 2 * count);
            startPositions = Arrays.copyOf(startPositions, 2 * count);
        }
        epochs[count] = epoch;
        startPositions[count] = position;
        count++;
    }

    /**
     * The log was cut: epochs that began at its new end or beyond never were.
     *
     * @param endPosition new end of the log.
     */
    public void cutTo(final long endPosition) {
        while (count > 0 && startPositions[count - 1] >= endPosition) {
            count--;
        }
    }

    /** Epoch of the last frame, {@link #NONE} of an empty log. */
    public int lastEpoch() {
        return count == 0 ? NONE : epochs[count - 1];
    }

    /**
     * The largest epoch of this log that is not above another one.
     *
     * @param epoch the other one.
     * @return that, or {@link #NONE} when all are above it.
     */
    public int largestUpTo(final int epoch) {
        final int index = indexUpTo(epoch);
        return index < 0 ? NONE : epochs[index];
    }

    /**
     * Where the frames of all epochs up to one end.
     *
     * @param epoch need not be an epoch of this log.
     * @param logEnd end of the log.
     * @return begin of the first epoch above it, or the log's end; the begin of what is known of the log when all are
     *     above it.
     */
    public long endOf(final int epoch, final long logEnd) {
        final int next = indexUpTo(epoch) + 1;
        return next < count ? startPositions[next] : logEnd;
    }

    private int indexUpTo(final int epoch) {
        int index = count - 1;
        while (index >= 0 && epochs[index] > epoch) {
            index--;
        }
        return index;
    }

    /** Number of epochs known. */
    public int count() {
        return count;
    }

    /** An epoch, the oldest known first. */
    public int epoch(final int index) {
        return epochs[index];
    }

    /** Position of the first frame of an epoch. */
    public long startPosition(final int index) {
        return startPositions[index];
    }

    /** True when the log had older epochs than those that are known. */
    public boolean hasForgotten() {
        return count > 0 && startPositions[0] > 0;
    }

    /** Becomes equal to another history. */
    public void set(final EpochHistory other) {
        epochs = other.epochs.clone();
        startPositions = other.startPositions.clone();
        count = other.count;
    }

    @Override
    public String toString() {
        final StringBuilder text = new StringBuilder("[");
        for (int i = 0; i < count; i++) {
            text.append(i == 0 ? "" : ", ").append(epochs[i]).append('@').append(startPositions[i]);
        }
        return text.append(']').toString();
    }
}
