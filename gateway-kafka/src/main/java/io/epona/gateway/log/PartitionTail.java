package io.epona.gateway.log;

import java.util.List;

/**
 * The end of one partition: its high watermark, which of its frames are still in the lane's ring, and who waits for
 * more. Frames are kept as triples in a ring of longs that grows and goes with their number; a partition without frames
 * in memory has none. Gateway thread only.
 */
public final class PartitionTail {
    private static final int BASE_OFFSET = 0;
    private static final int POSITION = 1;
    private static final int LENGTH_BEFORE = 2;
    private static final int STRIDE = 3;
    private static final int MIN_CAPACITY = 4;
    private static final long[] NO_FRAMES = new long[0];

    private final int partitionIndex;
    private final LaneTail lane;

    private long[] frames = NO_FRAMES;
    private int mask;
    private long firstFrame;
    private long endFrame;
    private long highWatermark;
    private long totalLength;
    private TailWatcher firstWatcher;
    private PartitionTransactions transactions;

    PartitionTail(final int partitionIndex, final LaneTail lane, final long highWatermark) {
        this.partitionIndex = partitionIndex;
        this.lane = lane;
        this.highWatermark = highWatermark;
    }

    /** Index of the partition in frames. */
    public int partitionIndex() {
        return partitionIndex;
    }

    /** The lane that carries the partition. */
    public LaneTail lane() {
        return lane;
    }

    /** Offset after the last committed record. */
    public long highWatermark() {
        return highWatermark;
    }

    /** First offset that may belong to a transaction that is open; the high watermark when there is none. */
    public long lastStableOffset() {
        final PartitionTransactions known = transactions;
        return null == known ? highWatermark : Math.min(highWatermark, known.firstOpenOffset());
    }

    /** Aborted transactions whose marker is in memory, with records from one offset on and below another. */
    public List<AbortedTransaction> abortedWithin(final long fromOffset, final long toOffset) {
        return null == transactions ? List.of() : transactions.abortedWithin(fromOffset, toOffset);
    }

    /** What was known of transactions at a start has been taken into account. */
    void endInitialTransactions() {
        if (null != transactions) {
            transactions.expectNoMarker();
            transactions.clearOpen();
        }
    }

    /** What is known of transactions, made when there are any. */
    PartitionTransactions transactions() {
        if (null == transactions) {
            transactions = new PartitionTransactions();
        }
        return transactions;
    }

    /** Those who wait for records that no transaction holds back look again. */
    void onTransactionsChanged() {
        notifyWatchers();
    }

    /** Forgets what is known of transactions where there is nothing left to know. */
    private void evictTransactions() {
        if (null != transactions) {
            transactions.evictBelow(firstOffset());
            if (transactions.isEmpty()) {
                transactions = null;
            }
        }
    }

    /** Offset of the oldest record in memory; the high watermark when there is none. */
    public long firstOffset() {
        return firstFrame == endFrame ? highWatermark : baseOffset(firstFrame);
    }

    /** Bytes of batches in memory from the one that has the offset; 0 when it is not in memory. */
    public long lengthFrom(final long offset) {
        if (offset < firstOffset() || offset >= highWatermark) {
            return 0;
        }
        return totalLength - lengthBefore(frameOf(offset));
    }

    /**
     * Bytes of batches in memory from the one that has the offset up to a limit; 0 when it is not in memory.
     *
     * @param limitOffset where a batch begins, or beyond the high watermark.
     */
    public long lengthWithin(final long offset, final long limitOffset) {
        if (limitOffset >= highWatermark) {
            return lengthFrom(offset);
        }
        if (offset < firstOffset() || offset >= limitOffset) {
            return 0;
        }
        return lengthBefore(frameOf(limitOffset)) - lengthBefore(frameOf(offset));
    }

    /** Starts a watcher. It must not be watching. */
    public void watch(final TailWatcher watcher) {
        if (watcher.watched != null) {
            throw new IllegalStateException("watching already: partitionIndex=" + watcher.watched.partitionIndex);
        }
        watcher.watched = this;
        watcher.previous = null;
        watcher.next = firstWatcher;
        if (firstWatcher != null) {
            firstWatcher.previous = watcher;
        }
        firstWatcher = watcher;
    }

    /** Stops a watcher; harmless when it does not watch this partition. */
    public void unwatch(final TailWatcher watcher) {
        if (watcher.watched != this) {
            return;
        }
        if (watcher.previous == null) {
            firstWatcher = watcher.next;
        } else {
            watcher.previous.next = watcher.next;
        }
        if (watcher.next != null) {
            watcher.next.previous = watcher.previous;
        }
        watcher.watched = null;
        watcher.previous = null;
        watcher.next = null;
    }

    void onFrame(final long baseOffset, final long nextOffset, final long position, final int payloadLength) {
        if (endFrame - firstFrame == capacity()) {
            grow();
        }
        final int slot = slot(endFrame);
        frames[slot + BASE_OFFSET] = baseOffset;
        frames[slot + POSITION] = position;
        frames[slot + LENGTH_BEFORE] = totalLength;
        endFrame++;
        totalLength += payloadLength;
        // After a start it may be known already, ahead of the frames.
        highWatermark = Math.max(highWatermark, nextOffset);
        notifyWatchers();
    }

    /** Learns a high watermark from elsewhere; it never goes back. */
    void raiseHighWatermark(final long offset) {
        if (offset > highWatermark && firstFrame == endFrame) {
            highWatermark = offset;
            notifyWatchers();
        }
    }

    void onDeleted() {
        frames = NO_FRAMES;
        firstFrame = endFrame;
        notifyWatchers();
    }

    /** The node leads the partition from now on, or leads it no more. */
    void onRoleChanged() {
        notifyWatchers();
    }

    void evictFirst() {
        firstFrame++;
        evictTransactions();
        if (firstFrame == endFrame) {
            frames = NO_FRAMES;
        } else if (capacity() > MIN_CAPACITY && endFrame - firstFrame <= capacity() / 8) {
            resize(capacity() / 2);
        }
    }

    void evictAll() {
        firstFrame = endFrame;
        frames = NO_FRAMES;
        if (null != transactions) {
            transactions.clearAborted();
        }
    }

    boolean hasFrames() {
        return firstFrame < endFrame;
    }

    long firstFrame() {
        return firstFrame;
    }

    long endFrame() {
        return endFrame;
    }

    long baseOffset(final long frame) {
        return frames[slot(frame) + BASE_OFFSET];
    }

    long position(final long frame) {
        return frames[slot(frame) + POSITION];
    }

    /** Bytes of the batches before a frame; of all when it is the end. */
    long lengthBefore(final long frame) {
        return frame == endFrame ? totalLength : frames[slot(frame) + LENGTH_BEFORE];
    }

    int payloadLength(final long frame) {
        return (int) (lengthBefore(frame + 1) - lengthBefore(frame));
    }

    /** Number of the frame that has the offset, which must be in memory. */
    long frameOf(final long offset) {
        final long last = endFrame - 1;
        if (baseOffset(last) <= offset) {
            return last;
        }
        long low = firstFrame;
        long high = last;
        while (high - low > 1) {
            final long middle = (low + high) >>> 1;
            if (baseOffset(middle) <= offset) {
                low = middle;
            } else {
                high = middle;
            }
        }
        return low;
    }

    /** End of the run of frames from {@code first} that has at most {@code maxLength} bytes; may be {@code first}. */
    long endOfRun(final long first, final long maxLength) {
        final long limit = lengthBefore(first) + maxLength;
        if (totalLength <= limit) {
            return endFrame;
        }
        long low = first;
        long high = endFrame;
        while (high - low > 1) {
            final long middle = (low + high) >>> 1;
            if (lengthBefore(middle) <= limit) {
                low = middle;
            } else {
                high = middle;
            }
        }
        return low;
    }

    private void notifyWatchers() {
        TailWatcher watcher = firstWatcher;
        while (watcher != null) {
            final TailWatcher following = watcher.next;
            watcher.onCommitted();
            watcher = following;
        }
    }

    private int capacity() {
        return frames.length == 0 ? 0 : mask + 1;
    }

    private int slot(final long frame) {
        return ((int) frame & mask) * STRIDE;
    }

    private void grow() {
        resize(Math.max(MIN_CAPACITY, capacity() * 2));
    }

    private void resize(final int newCapacity) {
        final long[] old = frames;
        final int oldMask = mask;
        final long[] resized = new long[newCapacity * STRIDE];
        final int newMask = newCapacity - 1;
        for (long frame = firstFrame; frame < endFrame; frame++) {
            System.arraycopy(old, ((int) frame & oldMask) * STRIDE, resized, ((int) frame & newMask) * STRIDE, STRIDE);
        }
        frames = resized;
        mask = newMask;
    }

    @Override
    public String toString() {
        return "PartitionTail{partitionIndex=" + partitionIndex + ", highWatermark=" + highWatermark + ", frames="
                + (endFrame - firstFrame) + ", capacity=" + capacity() + '}';
    }
}
