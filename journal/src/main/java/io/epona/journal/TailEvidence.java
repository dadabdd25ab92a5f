package io.epona.journal;

import io.epona.codec.FrameCheck;
import io.epona.codec.FrameDescriptor;
import org.agrona.DirectBuffer;

/**
 * Looks behind a bad frame for what tells damage from a torn write. Both leave a bad frame with good ones behind it;
 * the difference is whether anything shows that the bad bytes had been durable:
 *
 * <ul>
 *   <li>a later intact frame lies further away than one device write reaches, so that the bad bytes' own write had
 *       ended before that frame's began: proof;
 *   <li>a later intact frame names a committed position beyond it: proof where the frame's writer or a replica in sync
 *       wrote it, but not on a replica that was catching up, which may have got both in one write.
 * </ul>
 *
 * <p>Frames of a lower epoch than the last good one are left over from before a cut, and tell nothing.
 *
 * <p>Reads only; owned by one thread.
 */
final class TailEvidence {
    /** A header that starts this close to an end, less its alignment, does not fit before it. */
    private static final int LAST_HEADER_DISTANCE = FrameDescriptor.HEADER_LENGTH - FrameDescriptor.FRAME_ALIGNMENT;

    private final JournalConfig config;
    private final SegmentWindow window;
    private final FrameWalk walk;

    private long frameCount;
    private long lastEnd;
    private long reach;
    private long provenPosition;
    private long namedPosition;
    private long provenWitness;
    private long namedWitness;

    TailEvidence(final JournalConfig config, final SegmentWindow window, final FrameWalk walk) {
        this.config = config;
        this.window = window;
        this.walk = walk;
    }

    /** Searches the segment of the bad position, as far as frames of the same ring can lie. */
    void search(final long badPosition, final SegmentHeader header) {
        final int spanLength = header.spanLength();
        final long limit = Math.min(
                header.endPosition() - LAST_HEADER_DISTANCE,
                badPosition + header.ringLength() + header.maxWriteLength());
        lastEnd = badPosition;
        reach = Long.MAX_VALUE;
        long position = badPosition + FrameDescriptor.FRAME_ALIGNMENT;
        while (position < limit) {
            position = nextCandidate(position, limit);
            if (position < limit && isFrame(position, spanLength)) {
                onFrame(position, badPosition, header);
                position = lastEnd;
            } else {
                position += FrameDescriptor.FRAME_ALIGNMENT;
            }
        }
    }

    /** First place from here on whose bytes name it as a frame's position; the limit, or beyond, when there is none. */
    private long nextCandidate(final long fromPosition, final long limit) {
        long position = fromPosition;
        while (position < limit) {
            int offset = window.load(position, FrameDescriptor.HEADER_LENGTH);
            final DirectBuffer buffer = window.buffer();
            final long loadedLimit = Math.min(limit, window.endPosition() - LAST_HEADER_DISTANCE);
            while (position < loadedLimit) {
                if (FrameDescriptor.position(buffer, offset) == position) {
                    return position;
                }
                position += FrameDescriptor.FRAME_ALIGNMENT;
                offset += FrameDescriptor.FRAME_ALIGNMENT;
            }
        }
        return position;
    }

    private boolean isFrame(final long position, final int spanLength) {
        return FrameDescriptor.remainingInSpan(position, spanLength) >= FrameDescriptor.HEADER_LENGTH
                && walk.check(position, spanLength) == FrameCheck.VALID;
    }

    private void onFrame(final long position, final long badPosition, final SegmentHeader header) {
        final int offset = window.load(position, FrameDescriptor.HEADER_LENGTH);
        final DirectBuffer buffer = window.buffer();
        frameCount++;
        lastEnd = FrameDescriptor.nextFramePosition(
                position, FrameDescriptor.frameLength(buffer, offset), header.spanLength());
        if (FrameDescriptor.leaderEpoch(buffer, offset) < walk.leaderEpoch()) {
            return;
        }
        reach = Math.min(reach, (position & -config.blockLength()) + header.maxWriteLength());
        if (position >= reach && provenPosition == 0) {
            provenPosition = badPosition + FrameDescriptor.FRAME_ALIGNMENT;
            provenWitness = position;
        }
        final long named = FrameDescriptor.committedPosition(buffer, offset);
        if (named > namedPosition) {
            namedPosition = named;
            namedWitness = position;
        }
    }

    /** Intact frames behind the bad one. */
    long frameCount() {
        return frameCount;
    }

    /** End of the last of them, or the bad position. */
    long lastEnd() {
        return lastEnd;
    }

    /** A position up to which their distance proves that all was durable; 0 when it proves nothing. */
    long provenPosition() {
        return provenPosition;
    }

    /** The frame that proves it. */
    long provenWitness() {
        return provenWitness;
    }

    /** Highest position that one of them names as committed; 0 when none. */
    long namedPosition() {
        return namedPosition;
    }

    /** The frame that names it. */
    long namedWitness() {
        return namedWitness;
    }
}
