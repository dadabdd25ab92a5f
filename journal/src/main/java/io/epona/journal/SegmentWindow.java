package io.epona.journal;

import org.agrona.BitUtil;
import org.agrona.BufferUtil;
import org.agrona.concurrent.UnsafeBuffer;

/**
 * A window on the frames of a journal's segments, by position, that slides forward as it is read. Owned by one thread;
 * for recovery and tools, which may allocate.
 */
final class SegmentWindow {
    private final SegmentStore store;
    private final long segmentLength;
    private final int blockLength;
    private UnsafeBuffer buffer;
    private long startPosition;
    private long endPosition;

    SegmentWindow(final SegmentStore store, final long segmentLength, final int blockLength) {
        this.store = store;
        this.segmentLength = segmentLength;
        this.blockLength = blockLength;
        this.buffer = allocate((int) Math.min(segmentLength, JournalLimits.SCAN_WINDOW_LENGTH));
    }

    /**
     * Makes bytes readable, which must lie within one segment.
     *
     * @return where in {@link #buffer()} they start, until the next call.
     */
    int load(final long position, final int length) {
        if (position < startPosition || position + length > endPosition) {
            slide(position, length);
        }
        return (int) (position - startPosition);
    }

    private void slide(final long position, final int length) {
        final long segmentStart = position & -segmentLength;
        final long start = position & -blockLength;
        final int needed = (int) BitUtil.align(position + length - start, blockLength);
        if (needed > buffer.capacity()) {
            buffer = allocate(needed);
        }
        final int count = (int) Math.min(buffer.capacity(), segmentStart + segmentLength - start);
        startPosition = 0;
        endPosition = 0;
        final int fileIndex = (int) (position / segmentLength % store.segmentCount());
        store.read(fileIndex, JournalLimits.HEADER_BLOCK_LENGTH + (start - segmentStart), buffer, 0, count);
        startPosition = start;
        endPosition = start + count;
    }

    /** Position after the last byte that is loaded. */
    long endPosition() {
        return endPosition;
    }

    /** The bytes that were loaded. */
    UnsafeBuffer buffer() {
        return buffer;
    }

    private UnsafeBuffer allocate(final int length) {
        return new UnsafeBuffer(BufferUtil.allocateDirectAligned(length, JournalLimits.HEADER_BLOCK_LENGTH));
    }
}
