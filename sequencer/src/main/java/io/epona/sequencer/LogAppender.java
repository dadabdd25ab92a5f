package io.epona.sequencer;

import io.epona.codec.FrameDescriptor;
import io.epona.codec.FrameEncoder;
import io.epona.codec.RecordBatchDescriptor;
import io.epona.journal.LogRing;
import io.epona.journal.RingLimits;
import io.epona.runtime.LaneCounters;
import java.lang.invoke.VarHandle;
import org.agrona.DirectBuffer;
import org.agrona.concurrent.AtomicBuffer;

/**
 * Writes frames at the end of a lane's log and publishes them. Owned by the lane's thread; wait-free; allocates
 * nothing.
 *
 * <p>It writes only where every reader that needs the ring's older bytes is past them, and never more than the ring's
 * unpublished length beyond what it has published, so that a reader which holds nobody back can tell whether its copy
 * is intact ({@link RingLimits#oldestIntactPosition}).
 */
final class LogAppender {
    private final FrameEncoder encoder = new FrameEncoder();
    private final AtomicBuffer buffer;
    private final LaneCounters counters;
    private final LaneConfig config;
    private final int reserveLength;
    private final int ringLength;
    private final int ringMask;
    private final int spanLength;
    private final int maxUnpublishedLength;

    private long position;
    private long publishedPosition;
    private long appendLimit;
    private long committedPosition;
    private int leaderEpoch;

    /**
     * An appender at the end of the log.
     *
     * @param reserveLength room that records leave for the epoch starts of later leaders.
     */
    LogAppender(final LaneConfig config, final LogRing ring, final LaneCounters counters, final int reserveLength) {
        this.config = config;
        this.reserveLength = reserveLength;
        this.counters = counters;
        this.buffer = ring.buffer();
        this.ringLength = ring.length();
        this.ringMask = ring.mask();
        this.spanLength = ring.spanLength(config.segmentLength());
        this.maxUnpublishedLength = RingLimits.maxUnpublishedLength(ring.length());
        this.position = FrameDescriptor.framePosition(counters.appended().get(), spanLength);
        this.publishedPosition = position;
        this.committedPosition = counters.committed().get();
    }

    /** Frames that are written from now on are of this epoch. */
    void leaderEpoch(final int epoch) {
        leaderEpoch = epoch;
    }

    /** Frames that are written from now on tell this committed position. */
    void committedPosition(final long position) {
        committedPosition = position;
    }

    /** Where the next frame goes, unless it needs padding before it. */
    long position() {
        return position;
    }

    /**
     * Whether a frame fits, as far as the log's readers are concerned.
     *
     * @param payloadLength of the frame.
     * @param recordedPosition up to which the lane itself has read its committed frames.
     */
    boolean hasRoomFor(final int payloadLength, final long recordedPosition) {
        final int frameLength = FrameDescriptor.HEADER_LENGTH + payloadLength;
        final long start = position + paddingBefore(frameLength);
        final long end = FrameDescriptor.nextFramePosition(start, frameLength, spanLength);
        return hasRoomUpTo(end + reserveLength, recordedPosition);
    }

    /** Whether the frame that begins a leader epoch fits; it may take what records leave. */
    boolean hasRoomForEpochStart(final long recordedPosition) {
        final long end = FrameDescriptor.nextFramePosition(position, FrameDescriptor.HEADER_LENGTH, spanLength);
        return hasRoomUpTo(end, recordedPosition);
    }

    /** Whether the log may reach up to a position, as far as its readers are concerned. */
    boolean hasRoomUpTo(final long end, final long recordedPosition) {
        if (end <= appendLimit) {
            return true;
        }
        appendLimit = limit(recordedPosition);
        return end <= appendLimit;
    }

    private long limit(final long recordedPosition) {
        final long otherReader = Math.min(
                recordedPosition,
                Math.min(
                        counters.drained().getAcquire(),
                        counters.checkpointApplied().getAcquire()));
        final long ringLimit = RingLimits.ringAppendLimit(
                counters.durable().getAcquire(), otherReader, ringLength, config.blockLength());
        final long journalLimit = RingLimits.journalAppendLimit(
                counters.checkpointed().getAcquire(), config.segmentLength(), config.segmentCount());
        return Math.min(ringLimit, journalLimit);
    }

    private int paddingBefore(final int frameLength) {
        final int remaining = FrameDescriptor.remainingInSpan(position, spanLength);
        return FrameDescriptor.alignedLength(frameLength) > remaining ? remaining : 0;
    }

    /**
     * Copies a batch behind the log's end, stamps it and makes it a frame. There must be room.
     *
     * @return offset of the frame in the ring; its position is {@link FrameDescriptor#position}.
     */
    int appendRecords(
            final DirectBuffer source,
            final int batchOffset,
            final int batchLength,
            final int partitionIndex,
            final long baseOffset,
            final long ingressTimeNs,
            final long sequencedTimeNs) {
        final int frameLength = FrameDescriptor.HEADER_LENGTH + batchLength;
        final int offset = reserve(frameLength, sequencedTimeNs);
        final int payloadOffset = offset + FrameDescriptor.PAYLOAD_OFFSET;
        final AtomicBuffer buffer = this.buffer;
        buffer.putBytes(payloadOffset, source, batchOffset, batchLength);
        RecordBatchDescriptor.stampBaseOffset(buffer, payloadOffset, baseOffset);
        RecordBatchDescriptor.stampPartitionLeaderEpoch(buffer, payloadOffset, leaderEpoch);
        encoder.encodeVerifiedRecords(
                buffer,
                offset,
                position,
                batchLength,
                leaderEpoch,
                partitionIndex,
                baseOffset,
                RecordBatchDescriptor.lastOffsetDelta(buffer, payloadOffset),
                ingressTimeNs,
                sequencedTimeNs,
                committedPosition);
        position = FrameDescriptor.nextFramePosition(position, frameLength, spanLength);
        return offset;
    }

    /** Says that a partition's records below an offset are deleted. There must be room. */
    int appendTrim(final int partitionIndex, final long startOffset, final long sequencedTimeNs) {
        final int offset = reserve(FrameDescriptor.HEADER_LENGTH, sequencedTimeNs);
        encoder.encodeTrim(
                buffer, offset, position, leaderEpoch, partitionIndex, startOffset, sequencedTimeNs, committedPosition);
        position = FrameDescriptor.nextFramePosition(position, FrameDescriptor.HEADER_LENGTH, spanLength);
        return offset;
    }

    /** First frame of a leader epoch. There must be room. */
    int appendEpochStart(final long sequencedTimeNs) {
        final int offset = reserve(FrameDescriptor.HEADER_LENGTH, sequencedTimeNs);
        encoder.encodeEpochStart(buffer, offset, position, leaderEpoch, sequencedTimeNs, committedPosition);
        position = FrameDescriptor.nextFramePosition(position, FrameDescriptor.HEADER_LENGTH, spanLength);
        return offset;
    }

    /**
     * Copies whole frames of another replica behind the log's end. There must be room.
     *
     * @param source with the frames.
     * @param offset of the first one, whose position is {@link #position()}.
     * @param length bytes, not beyond the end of the span.
     */
    void appendFrames(final DirectBuffer source, final int offset, final int length) {
        publishBefore(length);
        buffer.putBytes((int) position & ringMask, source, offset, length);
        position = FrameDescriptor.framePosition(position + length, spanLength);
    }

    /**
     * Takes the end of the log back. Nobody reads what is beyond any more.
     *
     * @param endPosition end of a frame, not above what is published.
     */
    void cutTo(final long endPosition) {
        position = FrameDescriptor.framePosition(endPosition, spanLength);
        publishedPosition = position;
        // Room was computed from a durable position that may have gone back.
        appendLimit = 0;
        counters.appended().setRelease(position);
    }

    /** Longest message of frames that may be appended at once, so that readers can tell what is overwritten. */
    int maxUnpublishedLength() {
        return maxUnpublishedLength;
    }

    /** Fills the span when the frame does not fit into it, and makes sure that not too much is unpublished. */
    private int reserve(final int frameLength, final long sequencedTimeNs) {
        final int padding = paddingBefore(frameLength);
        if (padding > 0) {
            publishBefore(padding);
            encoder.encodePadding(
                    buffer,
                    (int) position & ringMask,
                    position,
                    padding,
                    leaderEpoch,
                    sequencedTimeNs,
                    committedPosition);
            position += padding;
        }
        publishBefore(FrameDescriptor.alignedLength(frameLength));
        return (int) position & ringMask;
    }

    private void publishBefore(final int length) {
        if (position + length - publishedPosition > maxUnpublishedLength) {
            publish();
        }
    }

    /**
     * Publishes all frames written.
     *
     * @return true when there were any.
     */
    boolean publish() {
        if (position == publishedPosition) {
            return false;
        }
        publishedPosition = position;
        counters.appended().setRelease(position);
        // What is written from now on may overwrite older bytes: a reader that sees any of it must see this position.
        VarHandle.storeStoreFence();
        return true;
    }
}
