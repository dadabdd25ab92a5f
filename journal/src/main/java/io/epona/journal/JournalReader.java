package io.epona.journal;

import io.epona.codec.FrameCheck;
import io.epona.codec.FrameDescriptor;
import io.epona.codec.FrameValidator;
import org.agrona.BitUtil;
import org.agrona.CloseHelper;
import org.agrona.concurrent.UnsafeBuffer;

/**
 * Reads whole frames of a lane's log from its journal while that is written: for followers that have fallen behind what
 * the log ring holds. Owned by one thread, which may wait for the device; allocates nothing after it was made. It holds
 * nobody back: a segment that is recycled while it is read is noticed, and what was read then is not handed out.
 */
public final class JournalReader implements AutoCloseable {
    /** What a read has found, and what the caller must do now. */
    public enum Status {
        /** There are frames: {@link #offset()}, {@link #length()}. Go on at {@link #nextPosition()}. */
        OK,

        /** No whole frame ends at or below the limit. Ask again when the limit is higher. */
        END,

        /**
         * The position is not in the journal any more, or the log was cut while it was read: look at
         * {@link JournalBounds#oldestPosition()} and at who leads, and begin anew.
         */
        RECYCLED,

        /** The frame at the position is not intact: the device has damaged it. Never send it, report it. */
        DAMAGED
    }

    private final JournalConfig config;
    private final SegmentStore store;
    private final JournalBounds bounds;
    private final int spanLength;
    private final FrameValidator validator = new FrameValidator();
    private long position;
    private long nextPosition;
    private int offset;
    private int length;
    private FrameCheck endCheck = FrameCheck.EMPTY;

    JournalReader(
            final JournalConfig config, final SegmentStore store, final JournalBounds bounds, final int spanLength) {
        this.config = config;
        this.store = store;
        this.bounds = bounds;
        this.spanLength = spanLength;
    }

    /**
     * Reads frames that lie behind each other, none of another span than the first. One device read.
     *
     * @param fromPosition where a frame starts, or one ends.
     * @param limitPosition published by who writes the log, at most what is durable: no frame beyond it is looked at.
     * @param target gets whole device blocks; its address and capacity are multiples of the journal's block length, and
     *     it has room for the longest frame and two blocks.
     * @return what was found.
     * @throws JournalFailedException when the device fails.
     */
    public Status read(final long fromPosition, final long limitPosition, final UnsafeBuffer target) {
        position = FrameDescriptor.framePosition(fromPosition, spanLength);
        nextPosition = position;
        offset = 0;
        length = 0;
        final long stamp = bounds.cutStamp();
        if ((stamp & 1) != 0 || position < bounds.oldestPosition()) {
            return Status.RECYCLED;
        }
        if (position >= limitPosition) {
            nextPosition = fromPosition;
            return Status.END;
        }
        final Status status = find(limitPosition, target, loadOrNote(limitPosition, target));
        if (position < bounds.oldestPosition() || bounds.cutStamp() != stamp) {
            nextPosition = position;
            length = 0;
            return Status.RECYCLED;
        }
        if (status == Status.DAMAGED) {
            bounds.damagedAt(position);
        }
        return status;
    }

    private long loadOrNote(final long limitPosition, final UnsafeBuffer target) {
        try {
            return load(limitPosition, target);
        } catch (final JournalFailedException ex) {
            bounds.damagedAt(position);
            throw ex;
        }
    }

    /** Reads the blocks from the position's to the limit's, as many as fit; position after the last byte read. */
    private long load(final long limitPosition, final UnsafeBuffer target) {
        final int blockLength = config.blockLength();
        final long start = position & -blockLength;
        final long spanEnd = position + FrameDescriptor.remainingInSpan(position, spanLength);
        final long wanted = BitUtil.align(Math.min(limitPosition, spanEnd), (long) blockLength);
        final long end = Math.min(wanted, start + (target.capacity() & -blockLength));
        final int fileIndex = config.fileIndex(config.segmentNumber(position));
        store.read(fileIndex, config.fileOffset(start), target, 0, (int) (end - start));
        offset = (int) (position - start);
        return end;
    }

    private Status find(final long limitPosition, final UnsafeBuffer target, final long loadedEnd) {
        final long spanEnd = position + FrameDescriptor.remainingInSpan(position, spanLength);
        final long readableEnd = Math.min(limitPosition, loadedEnd);
        while (nextPosition + FrameDescriptor.HEADER_LENGTH <= readableEnd) {
            final int frameOffset = offset + (int) (nextPosition - position);
            final int frameLength = FrameDescriptor.frameLength(target, frameOffset);
            if (isPlausible(target, frameOffset, frameLength, (int) (spanEnd - nextPosition))) {
                final long frameEnd = nextPosition + frameLength;
                if (frameEnd > limitPosition) {
                    break;
                }
                if (frameEnd > loadedEnd) {
                    return length > 0 ? Status.OK : longerThanTarget(target, frameOffset, spanEnd);
                }
            }
            endCheck = validator.check(target, frameOffset, (int) (spanEnd - nextPosition), nextPosition);
            if (endCheck != FrameCheck.VALID) {
                return length > 0 ? Status.OK : Status.DAMAGED;
            }
            length += FrameDescriptor.alignedLength(frameLength);
            nextPosition = FrameDescriptor.nextFramePosition(nextPosition, frameLength, spanLength);
            if (nextPosition >= spanEnd) {
                break;
            }
        }
        return length > 0 ? Status.OK : Status.END;
    }

    /** True when the length may be believed as far as to ask whether the frame was read whole. */
    private boolean isPlausible(
            final UnsafeBuffer target, final int frameOffset, final int frameLength, final int remaining) {
        return frameLength >= FrameDescriptor.HEADER_LENGTH
                && frameLength <= remaining
                && FrameDescriptor.position(target, frameOffset) == nextPosition;
    }

    /** Only padding may be longer than the longest frame; of that the header is all that counts. */
    private Status longerThanTarget(final UnsafeBuffer target, final int frameOffset, final long spanEnd) {
        endCheck = FrameCheck.BAD_LENGTH;
        if (FrameDescriptor.type(target, frameOffset) != FrameDescriptor.TYPE_PADDING) {
            return Status.DAMAGED;
        }
        endCheck = validator.check(target, frameOffset, (int) (spanEnd - nextPosition), nextPosition);
        if (endCheck != FrameCheck.VALID) {
            return Status.DAMAGED;
        }
        length = FrameDescriptor.HEADER_LENGTH;
        nextPosition = spanEnd;
        return Status.OK;
    }

    /** Position of the first frame that the last read was to find. */
    public long position() {
        return position;
    }

    /** Where that frame is in the target. */
    public int offset() {
        return offset;
    }

    /**
     * Bytes of whole frames from there on, each with its alignment: up to {@link #nextPosition()}, less what is skipped
     * at the end of a span where no header fits. Of a padding frame that is longer than the target it is the header.
     */
    public int length() {
        return length;
    }

    /** Where the next read goes on. */
    public long nextPosition() {
        return nextPosition;
    }

    /** What was found in place of a frame when the last read said {@link Status#DAMAGED}. */
    public FrameCheck endCheck() {
        return endCheck;
    }

    /** Where on the device the position of the last read is, for messages. */
    public String place() {
        return "lane=" + config.laneId() + ", file="
                + store.fileName(config.fileIndex(config.segmentNumber(position))) + ", offset in file="
                + config.fileOffset(position) + ", position=" + position;
    }

    @Override
    public void close() {
        CloseHelper.close(store);
    }
}
