package io.epona.journal;

import org.agrona.BitUtil;
import org.agrona.BufferUtil;
import org.agrona.concurrent.AtomicBuffer;
import org.agrona.concurrent.UnsafeBuffer;

/**
 * Cuts the end of a lane's log off, on the device and in the ring. Owned by the writer's thread.
 *
 * <p>A crash leaves a longer or shorter beginning of the old log, never something that looks like damage: first the
 * marks in segment headers are taken back, then frames are wiped from the end backwards in steps no longer than a
 * device write may be, so that what a torn step leaves looks like a torn write; a segment is left when it is wiped.
 * What was beyond the cut is wiped in the ring, too: the writer writes whole blocks from there, and a frame of the old
 * end that got back to the device that way could stand exactly where a new one ends.
 */
final class JournalCut {
    private final JournalConfig config;
    private final SegmentStore store;
    private final SegmentHeaders headers;
    private final LogRing ring;
    private final JournalBounds bounds;
    private final RecoveryRules rules;
    private UnsafeBuffer zeros;

    JournalCut(
            final JournalConfig config,
            final SegmentStore store,
            final SegmentHeaders headers,
            final LogRing ring,
            final JournalBounds bounds,
            final RecoveryRules rules) {
        this.config = config;
        this.store = store;
        this.headers = headers;
        this.ring = ring;
        this.bounds = bounds;
        this.rules = rules;
    }

    /**
     * Cuts.
     *
     * @param position the new end.
     * @param writtenPosition up to where bytes were written to the device.
     * @param appendedPosition up to where there are bytes in the ring.
     * @throws IllegalStateException when the position is not in the log; nothing was changed then.
     */
    void cut(final long position, final long writtenPosition, final long appendedPosition) {
        if (position > appendedPosition || position < bounds.oldestPosition()) {
            throw new IllegalStateException("cannot cut the log where it is not: position=" + position + ", oldest="
                    + bounds.oldestPosition() + ", appended=" + appendedPosition);
        }
        bounds.beginCut();
        final long writtenEnd = BitUtil.align(writtenPosition, (long) config.blockLength());
        final long segmentNumber = config.segmentNumber(position);
        if (position < writtenEnd && segmentNumber <= headers.newestNumber() && rules.wipesBehindCut()) {
            headers.lowerMarks(position);
            for (long number = headers.newestNumber(); number > segmentNumber; number--) {
                wipe(number, number * config.segmentLength(), writtenEnd);
                headers.leaveNewest();
            }
            wipe(segmentNumber, position, writtenEnd);
        }
        wipeRing(position, appendedPosition);
        if (position <= writtenPosition) {
            loadLastBlock(position);
        }
        ring.raiseFloor(appendedPosition - ring.length());
        bounds.endCut();
    }

    /** Zeros from a position to where the segment was written, back to front. */
    private void wipe(final long segmentNumber, final long position, final long writtenEnd) {
        final int stepLength = Math.min(config.maxWriteLength(), headers.maxWriteLength(segmentNumber));
        final int fileIndex = config.fileIndex(segmentNumber);
        final long start = position & -config.blockLength();
        final UnsafeBuffer buffer = zeros();
        long end = Math.min(writtenEnd, (segmentNumber + 1) * config.segmentLength());
        while (end > start) {
            final long stepStart = Math.max(start, end - stepLength);
            final int length = (int) (end - stepStart);
            final int keptLength = (int) Math.max(0, position - stepStart);
            if (keptLength > 0) {
                store.read(fileIndex, config.fileOffset(start), buffer, 0, config.blockLength());
                buffer.setMemory(keptLength, config.blockLength() - keptLength, (byte) 0);
            }
            store.write(fileIndex, config.fileOffset(stepStart), buffer, 0, length);
            buffer.setMemory(0, keptLength, (byte) 0);
            end = stepStart;
        }
    }

    private void wipeRing(final long position, final long appendedPosition) {
        final AtomicBuffer buffer = ring.buffer();
        long from = Math.max(position, appendedPosition - ring.length());
        while (from < appendedPosition) {
            final int offset = ring.offset(from);
            final int length = (int) Math.min(appendedPosition - from, ring.length() - offset);
            buffer.setMemory(offset, length, (byte) 0);
            from += length;
        }
    }

    /** The writer writes the last, partly filled block again with what follows; the lane may have overwritten it. */
    private void loadLastBlock(final long position) {
        final long start = position & -config.blockLength();
        final int keptLength = (int) (position - start);
        if (keptLength > 0) {
            final UnsafeBuffer buffer = zeros();
            final int fileIndex = config.fileIndex(config.segmentNumber(position));
            store.read(fileIndex, config.fileOffset(start), buffer, 0, config.blockLength());
            ring.buffer().putBytes(ring.offset(start), buffer, 0, keptLength);
            buffer.setMemory(0, config.blockLength(), (byte) 0);
        }
    }

    /** Made at the first cut: most journals never see one. */
    private UnsafeBuffer zeros() {
        if (null == zeros) {
            final int length = (int) Math.min(config.segmentLength(), config.maxWriteLength());
            zeros = new UnsafeBuffer(BufferUtil.allocateDirectAligned(length, JournalLimits.HEADER_BLOCK_LENGTH));
        }
        return zeros;
    }
}
