package io.epona.journal;

import io.epona.codec.FrameDescriptor;
import io.epona.codec.FrameHandler;
import org.agrona.concurrent.AtomicBuffer;

/**
 * Walks the frames of a log ring between two positions: for readers whose own counter keeps the lane from overwriting
 * what they have not read. Owned by one thread; allocates nothing.
 */
public final class RingReader {
    private final AtomicBuffer buffer;
    private final int mask;
    private final int spanLength;
    private long position;

    /**
     * @param ring to read.
     * @param spanLength that frames never straddle a multiple of: {@link LogRing#spanLength(long)}.
     */
    public RingReader(final LogRing ring, final int spanLength) {
        this.buffer = ring.buffer();
        this.mask = ring.mask();
        this.spanLength = spanLength;
    }

    /**
     * Hands on whole frames, without padding.
     *
     * @param fromPosition where a frame starts, or the limit.
     * @param limitPosition published by the counter that the reader follows; a frame that ends above it is left.
     * @param handler of the frames. When it throws, {@link #position()} is that of the frame that it got.
     * @param maxLength no further frame is begun when this many bytes have been walked; at least one is.
     * @return frames handed on.
     * @throws IllegalStateException when there is no frame where one must be.
     */
    public int read(
            final long fromPosition, final long limitPosition, final FrameHandler handler, final int maxLength) {
        long current = FrameDescriptor.framePosition(fromPosition, spanLength);
        int frameCount = 0;
        while (current < limitPosition && current - fromPosition < maxLength) {
            position = current;
            final int offset = (int) current & mask;
            final int frameLength = FrameDescriptor.frameLength(buffer, offset);
            checkFrame(current, offset, frameLength);
            if (current + frameLength > limitPosition) {
                break;
            }
            if (FrameDescriptor.type(buffer, offset) != FrameDescriptor.TYPE_PADDING) {
                handler.onFrame(buffer, offset, frameLength, current);
                frameCount++;
            }
            current = FrameDescriptor.nextFramePosition(current, frameLength, spanLength);
        }
        position = current;
        return frameCount;
    }

    /** Where the next {@link #read} goes on: after the last frame that was handed on or skipped. */
    public long position() {
        return position;
    }

    private void checkFrame(final long current, final int offset, final int frameLength) {
        if (frameLength < FrameDescriptor.HEADER_LENGTH
                || frameLength > FrameDescriptor.remainingInSpan(current, spanLength)
                || FrameDescriptor.position(buffer, offset) != current) {
            throw new IllegalStateException("no frame in the ring where one must be: position=" + current
                    + ", frameLength=" + frameLength + ", position in frame="
                    + FrameDescriptor.position(buffer, offset));
        }
    }
}
