package io.epona.codec;

import static io.epona.codec.FrameDescriptor.CRC_START_OFFSET;
import static io.epona.codec.FrameDescriptor.FRAME_ALIGNMENT;
import static io.epona.codec.FrameDescriptor.HEADER_LENGTH;
import static io.epona.codec.FrameDescriptor.NULL_VALUE;

import org.agrona.concurrent.AtomicBuffer;

/**
 * Writes frames into a lane's log ring: the header around a payload that is already in place, the checksum, and last,
 * with release, the length. Layout: {@link FrameDescriptor}.
 *
 * <p>Owned by the ring's one writer; not thread-safe; wait-free; allocates nothing. Whether a frame fits into its span
 * is the caller's to decide ({@link FrameDescriptor#remainingInSpan}); the buffer's bounds are checked.
 */
public final class FrameEncoder {
    /** Shorter payloads are checksummed directly: reading them costs less than the combination. */
    static final int COMBINE_THRESHOLD_LENGTH = 2048;

    private static final int CRC_HEADER_LENGTH = HEADER_LENGTH - CRC_START_OFFSET;

    private final Crc32c crc32c = new Crc32c();

    /**
     * Frame around a record batch that lies at {@code offset + HEADER_LENGTH}, its base offset and leader epoch already
     * stamped.
     *
     * @param ring to write into.
     * @param offset of the frame in the ring.
     * @param position of the frame in the log.
     * @param payloadLength length of the batch, bytes.
     * @param leaderEpoch of the lane.
     * @param partitionIndex of the batch's partition.
     * @param baseOffset of the first record.
     * @param lastOffsetDelta of the last record.
     * @param ingressTimeNs when the gateway had the whole request, ns since the Unix epoch.
     * @param sequencedTimeNs when the lane decided, ns since the Unix epoch.
     * @param committedPosition that the lane knows.
     */
    public void encodeRecords(
            final AtomicBuffer ring,
            final int offset,
            final long position,
            final int payloadLength,
            final int leaderEpoch,
            final int partitionIndex,
            final long baseOffset,
            final int lastOffsetDelta,
            final long ingressTimeNs,
            final long sequencedTimeNs,
            final long committedPosition) {
        checkPlace(offset, position, payloadLength);
        FrameDescriptor.putHeader(ring, offset, position, FrameDescriptor.TYPE_RECORDS, leaderEpoch);
        FrameDescriptor.putSubject(ring, offset, partitionIndex, baseOffset, lastOffsetDelta);
        FrameDescriptor.putTimes(ring, offset, ingressTimeNs, sequencedTimeNs, committedPosition);
        final int crc = crc32c.compute(ring, offset + CRC_START_OFFSET, CRC_HEADER_LENGTH + payloadLength);
        publish(ring, offset, crc, HEADER_LENGTH + payloadLength);
    }

    /**
     * As {@link #encodeRecords}, with a checksum that is derived from the batch's own, so that a long payload is not
     * read a second time: cost does not depend on the payload's length.
     *
     * <p><b>Only for a batch whose CRC-32C was verified on entry</b> (see {@link RecordBatchValidator}) and whose bytes
     * have been in the hands of this process since: the derived checksum is right for what the batch's crc field
     * promises. With a batch that does not fulfil it, the frame is found corrupt when it is read.
     */
    public void encodeVerifiedRecords(
            final AtomicBuffer ring,
            final int offset,
            final long position,
            final int payloadLength,
            final int leaderEpoch,
            final int partitionIndex,
            final long baseOffset,
            final int lastOffsetDelta,
            final long ingressTimeNs,
            final long sequencedTimeNs,
            final long committedPosition) {
        if (payloadLength < COMBINE_THRESHOLD_LENGTH) {
            encodeRecords(
                    ring,
                    offset,
                    position,
                    payloadLength,
                    leaderEpoch,
                    partitionIndex,
                    baseOffset,
                    lastOffsetDelta,
                    ingressTimeNs,
                    sequencedTimeNs,
                    committedPosition);
            return;
        }
        checkPlace(offset, position, payloadLength);
        FrameDescriptor.putHeader(ring, offset, position, FrameDescriptor.TYPE_RECORDS, leaderEpoch);
        FrameDescriptor.putSubject(ring, offset, partitionIndex, baseOffset, lastOffsetDelta);
        FrameDescriptor.putTimes(ring, offset, ingressTimeNs, sequencedTimeNs, committedPosition);
        publish(ring, offset, combinedCrc(ring, offset, payloadLength), HEADER_LENGTH + payloadLength);
    }

    /**
     * Fills the rest of a span.
     *
     * @param ring to write into.
     * @param offset of the frame in the ring.
     * @param position of the frame in the log.
     * @param frameLength all that remains of the span; at least {@link FrameDescriptor#HEADER_LENGTH}.
     * @param leaderEpoch of the lane.
     * @param sequencedTimeNs when the lane decided, ns since the Unix epoch.
     * @param committedPosition that the lane knows.
     */
    public void encodePadding(
            final AtomicBuffer ring,
            final int offset,
            final long position,
            final int frameLength,
            final int leaderEpoch,
            final long sequencedTimeNs,
            final long committedPosition) {
        checkPlace(offset, position, frameLength - HEADER_LENGTH);
        FrameDescriptor.putHeader(ring, offset, position, FrameDescriptor.TYPE_PADDING, leaderEpoch);
        FrameDescriptor.putSubject(ring, offset, NULL_VALUE, NULL_VALUE, frameLength);
        FrameDescriptor.putTimes(ring, offset, sequencedTimeNs, sequencedTimeNs, committedPosition);
        publish(ring, offset, headerCrc(ring, offset), frameLength);
    }

    /**
     * First frame of a leader epoch.
     *
     * @param ring to write into.
     * @param offset of the frame in the ring.
     * @param position of the frame in the log.
     * @param leaderEpoch that starts.
     * @param sequencedTimeNs when the lane decided, ns since the Unix epoch.
     * @param committedPosition that the lane knows.
     */
    public void encodeEpochStart(
            final AtomicBuffer ring,
            final int offset,
            final long position,
            final int leaderEpoch,
            final long sequencedTimeNs,
            final long committedPosition) {
        checkPlace(offset, position, 0);
        FrameDescriptor.putHeader(ring, offset, position, FrameDescriptor.TYPE_EPOCH_START, leaderEpoch);
        FrameDescriptor.putSubject(ring, offset, NULL_VALUE, NULL_VALUE, NULL_VALUE);
        FrameDescriptor.putTimes(ring, offset, sequencedTimeNs, sequencedTimeNs, committedPosition);
        publish(ring, offset, headerCrc(ring, offset), HEADER_LENGTH);
    }

    /**
     * A partition's records below an offset are gone.
     *
     * @param ring to write into.
     * @param offset of the frame in the ring.
     * @param position of the frame in the log.
     * @param leaderEpoch of the lane.
     * @param partitionIndex of the partition.
     * @param startOffset the partition's new first offset.
     * @param sequencedTimeNs when the lane decided, ns since the Unix epoch.
     * @param committedPosition that the lane knows.
     */
    public void encodeTrim(
            final AtomicBuffer ring,
            final int offset,
            final long position,
            final int leaderEpoch,
            final int partitionIndex,
            final long startOffset,
            final long sequencedTimeNs,
            final long committedPosition) {
        checkPlace(offset, position, 0);
        FrameDescriptor.putHeader(ring, offset, position, FrameDescriptor.TYPE_TRIM, leaderEpoch);
        FrameDescriptor.putSubject(ring, offset, partitionIndex, startOffset, NULL_VALUE);
        FrameDescriptor.putTimes(ring, offset, sequencedTimeNs, sequencedTimeNs, committedPosition);
        publish(ring, offset, headerCrc(ring, offset), HEADER_LENGTH);
    }

    private int headerCrc(final AtomicBuffer ring, final int offset) {
        return crc32c.compute(ring, offset + CRC_START_OFFSET, CRC_HEADER_LENGTH);
    }

    private int combinedCrc(final AtomicBuffer ring, final int offset, final int payloadLength) {
        final int batch = offset + HEADER_LENGTH;
        final int ownLength = CRC_HEADER_LENGTH + RecordBatchDescriptor.CRC_START_OFFSET;
        final int ownCrc = crc32c.compute(ring, offset + CRC_START_OFFSET, ownLength);
        final int batchCrc = RecordBatchDescriptor.crc(ring, batch);
        return Crc32c.combine(ownCrc, batchCrc, payloadLength - RecordBatchDescriptor.CRC_START_OFFSET);
    }

    private static void publish(final AtomicBuffer ring, final int offset, final int crc, final int frameLength) {
        FrameDescriptor.putCrc(ring, offset, crc);
        FrameDescriptor.frameLengthRelease(ring, offset, frameLength);
    }

    private static void checkPlace(final int offset, final long position, final int payloadLength) {
        if (((position | offset) & (FRAME_ALIGNMENT - 1)) != 0 || position < 0 || payloadLength < 0) {
            throw new IllegalArgumentException("no place for a frame: position=" + position + ", offset=" + offset
                    + ", payloadLength=" + payloadLength);
        }
    }
}
