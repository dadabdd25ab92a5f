package io.epona.journal;

import io.epona.codec.FrameCheck;
import io.epona.codec.FrameDescriptor;
import io.epona.codec.FrameHandler;
import io.epona.codec.FrameValidator;
import org.agrona.concurrent.UnsafeBuffer;

/**
 * Walks the frames of a journal from a position on, until something that is not the next frame. Reads only. Owned by
 * one thread.
 */
final class FrameWalk {
    private final JournalConfig config;
    private final SegmentHeaders headers;
    private final SegmentWindow window;
    private final RecoveryRules rules;
    private final FrameValidator validator = new FrameValidator();

    private long position;
    private FrameCheck endCheck = FrameCheck.EMPTY;
    private long frameCount;
    private int leaderEpoch = -1;
    private long committedPosition;

    FrameWalk(
            final JournalConfig config,
            final SegmentHeaders headers,
            final SegmentWindow window,
            final RecoveryRules rules) {
        this.config = config;
        this.headers = headers;
        this.window = window;
        this.rules = rules;
    }

    /**
     * Hands on each frame.
     *
     * @param fromPosition start of a frame, or the end of the log.
     * @param handler of the frames.
     * @param withPadding whether the handler sees padding frames.
     */
    void walk(final long fromPosition, final FrameHandler handler, final boolean withPadding) {
        walk(fromPosition, Long.MAX_VALUE, handler, withPadding);
    }

    /** As {@link #walk(long, FrameHandler, boolean)}, up to the first frame that starts at a limit or beyond. */
    void walk(
            final long fromPosition, final long limitPosition, final FrameHandler handler, final boolean withPadding) {
        position = fromPosition;
        while (position < limitPosition) {
            final SegmentHeader header = headers.of(config.segmentNumber(position));
            if (null == header) {
                endCheck = FrameCheck.EMPTY;
                return;
            }
            final int spanLength = header.spanLength();
            final long framePosition = FrameDescriptor.framePosition(position, spanLength);
            if (framePosition != position) {
                position = framePosition;
                continue;
            }
            endCheck = check(position, spanLength);
            if (!rules.isFrame(endCheck)) {
                return;
            }
            if (rules.isStale(epochAt(position), leaderEpoch)) {
                endCheck = FrameCheck.STALE_EPOCH;
                return;
            }
            onFrame(handler, withPadding, spanLength);
        }
    }

    private void onFrame(final FrameHandler handler, final boolean withPadding, final int spanLength) {
        final int offset = window.load(position, FrameDescriptor.HEADER_LENGTH);
        final UnsafeBuffer buffer = window.buffer();
        final int frameLength = FrameDescriptor.frameLength(buffer, offset);
        leaderEpoch = FrameDescriptor.leaderEpoch(buffer, offset);
        committedPosition = Math.max(committedPosition, FrameDescriptor.committedPosition(buffer, offset));
        if (withPadding || FrameDescriptor.type(buffer, offset) != FrameDescriptor.TYPE_PADDING) {
            handler.onFrame(buffer, offset, frameLength, position);
            frameCount++;
        }
        position = FrameDescriptor.nextFramePosition(position, frameLength, spanLength);
    }

    private int epochAt(final long framePosition) {
        final int offset = window.load(framePosition, FrameDescriptor.HEADER_LENGTH);
        return FrameDescriptor.leaderEpoch(window.buffer(), offset);
    }

    /** Judges the bytes at a position, at least a header's length before the end of its span. */
    FrameCheck check(final long framePosition, final int spanLength) {
        final int remaining = FrameDescriptor.remainingInSpan(framePosition, spanLength);
        int offset = window.load(framePosition, FrameDescriptor.HEADER_LENGTH);
        final int length = FrameDescriptor.frameLength(window.buffer(), offset);
        if (length >= FrameDescriptor.HEADER_LENGTH
                && length <= remaining
                && FrameDescriptor.position(window.buffer(), offset) == framePosition
                && FrameDescriptor.type(window.buffer(), offset) != FrameDescriptor.TYPE_PADDING) {
            offset = window.load(framePosition, length);
        }
        return validator.check(window.buffer(), offset, remaining, framePosition);
    }

    /** Where the walk ended. */
    long position() {
        return position;
    }

    /** What was there in place of a frame. */
    FrameCheck endCheck() {
        return endCheck;
    }

    long frameCount() {
        return frameCount;
    }

    /** Highest position that a frame names as committed; 0 when none does. */
    long committedPosition() {
        return committedPosition;
    }

    /** Of the last frame, -1 when there was none. */
    int leaderEpoch() {
        return leaderEpoch;
    }
}
