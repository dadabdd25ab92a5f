package io.epona.codec;

import java.nio.ByteOrder;
import org.agrona.BitUtil;
import org.agrona.DirectBuffer;
import org.agrona.MutableDirectBuffer;
import org.agrona.concurrent.AtomicBuffer;

/**
 * Layout of a frame, the unit of a lane's log: the same bytes in the log ring, in the journal and between nodes. Agrees
 * with message FrameHeader of the schema {@code epona-frames.xml}; little-endian.
 *
 * <pre>
 *    0       4       8              16  17  18  20      24              32      36      40
 *    +=======+=======+===============+===+===+===+=======+===============+=======+=======+
 *    |length | crc   | position      |typ|rsv|ver|epoch  | baseOffset    |lastOD |partIdx|
 *    +=======+=======+===============+===+===+===+=======+===============+=======+=======+
 *    40              48              56              64
 *    +===============+===============+===============+================== = =
 *    | ingressTimeNs |sequencedTimeNs|committedPos.  | payload (length - 64 bytes)
 *    +===============+===============+===============+================== = =
 * </pre>
 *
 * <p>A frame starts at a position that is a multiple of {@link #FRAME_ALIGNMENT} and never straddles the end of a span
 * (the smaller of ring and segment; a power of two). When fewer than {@link #HEADER_LENGTH} bytes remain to the end of
 * the span nothing is written there and the next frame starts at the next span; otherwise a frame that does not fit is
 * preceded by a padding frame that fills the remainder. A padding frame's {@code lastOffsetDelta} repeats its length,
 * because its crc covers only the header.
 *
 * <p>Static and stateless; offsets are those of the frame's first byte in the buffer. Allocates nothing.
 */
public final class FrameDescriptor {
    /** Bytes before the payload. */
    public static final int HEADER_LENGTH = 64;

    /** Every frame starts on a multiple of it. */
    public static final int FRAME_ALIGNMENT = 8;

    /** Schema version in every frame. */
    public static final short VERSION = 1;

    /** Payload is one Kafka v2 record batch. */
    public static final byte TYPE_RECORDS = 1;

    /** First frame of a leader epoch, no payload. */
    public static final byte TYPE_EPOCH_START = 2;

    /** {@code baseOffset} is the partition's new first offset, no payload. */
    public static final byte TYPE_TRIM = 3;

    /** Fills the rest of a span; what follows the header is undefined. */
    public static final byte TYPE_PADDING = 4;

    /** Value of offset and partition fields of frames that have none. */
    public static final int NULL_VALUE = -1;

    /** Offset of the length in bytes of header and payload, without alignment; int, written last with release. */
    public static final int FRAME_LENGTH_OFFSET = 0;

    /** Offset of the CRC-32C over the bytes from {@link #CRC_START_OFFSET} to the frame's end; uint. */
    public static final int CRC_OFFSET = FRAME_LENGTH_OFFSET + 4;

    /** First byte that the checksum covers. */
    public static final int CRC_START_OFFSET = CRC_OFFSET + 4;

    /** Offset of the frame's own position; long. */
    public static final int POSITION_OFFSET = CRC_START_OFFSET;

    /** Offset of the frame type; uint8. */
    public static final int TYPE_OFFSET = POSITION_OFFSET + 8;

    /** Offset of a byte that is 0. */
    public static final int RESERVED_OFFSET = TYPE_OFFSET + 1;

    /** Offset of the frame version; uint16. */
    public static final int VERSION_OFFSET = RESERVED_OFFSET + 1;

    /** Offset of the leader epoch; int. */
    public static final int LEADER_EPOCH_OFFSET = VERSION_OFFSET + 2;

    /** Offset of the first record's offset; long. */
    public static final int BASE_OFFSET_OFFSET = LEADER_EPOCH_OFFSET + 4;

    /** Offset of the last record's offset minus the first's; int. */
    public static final int LAST_OFFSET_DELTA_OFFSET = BASE_OFFSET_OFFSET + 8;

    /** Offset of the partition index; int. */
    public static final int PARTITION_INDEX_OFFSET = LAST_OFFSET_DELTA_OFFSET + 4;

    /** Offset of the time at which the gateway had the whole request, ns since the Unix epoch; long. */
    public static final int INGRESS_TIME_NS_OFFSET = PARTITION_INDEX_OFFSET + 4;

    /** Offset of the time at which the lane decided, ns since the Unix epoch; long. */
    public static final int SEQUENCED_TIME_NS_OFFSET = INGRESS_TIME_NS_OFFSET + 8;

    /** Offset of the committed position that the lane knew; long. */
    public static final int COMMITTED_POSITION_OFFSET = SEQUENCED_TIME_NS_OFFSET + 8;

    /** Offset of the payload. */
    public static final int PAYLOAD_OFFSET = COMMITTED_POSITION_OFFSET + 8;

    private static final ByteOrder ORDER = ByteOrder.LITTLE_ENDIAN;
    private static final boolean NATIVE_ORDER = ByteOrder.nativeOrder() == ORDER;

    private FrameDescriptor() {}

    /** Header and payload, bytes, not aligned; 0 where nothing was written yet. */
    public static int frameLength(final DirectBuffer buffer, final int offset) {
        return buffer.getInt(offset + FRAME_LENGTH_OFFSET, ORDER);
    }

    /** As {@link #frameLength}, with acquire: a length other than 0 makes the frame's other bytes visible. */
    public static int frameLengthAcquire(final AtomicBuffer buffer, final int offset) {
        final int bits = buffer.getIntAcquire(offset + FRAME_LENGTH_OFFSET);
        return NATIVE_ORDER ? bits : Integer.reverseBytes(bits);
    }

    /** Publishes a frame: everything written before is visible to who reads the length with acquire. */
    public static void frameLengthRelease(final AtomicBuffer buffer, final int offset, final int frameLength) {
        buffer.putIntRelease(
                offset + FRAME_LENGTH_OFFSET, NATIVE_ORDER ? frameLength : Integer.reverseBytes(frameLength));
    }

    /** Bytes that a frame of this length takes in the log. */
    public static int alignedLength(final int frameLength) {
        return BitUtil.align(frameLength, FRAME_ALIGNMENT);
    }

    /** One of the {@code TYPE_} constants. */
    public static byte type(final DirectBuffer buffer, final int offset) {
        return buffer.getByte(offset + TYPE_OFFSET);
    }

    /** Version of the frame's layout. */
    public static int version(final DirectBuffer buffer, final int offset) {
        return buffer.getShort(offset + VERSION_OFFSET, ORDER) & 0xFFFF;
    }

    /** The frame's own position in the lane's log. */
    public static long position(final DirectBuffer buffer, final int offset) {
        return buffer.getLong(offset + POSITION_OFFSET, ORDER);
    }

    /** Leader epoch that sequenced the frame. */
    public static int leaderEpoch(final DirectBuffer buffer, final int offset) {
        return buffer.getInt(offset + LEADER_EPOCH_OFFSET, ORDER);
    }

    /** Offset of the first record (records), the new first offset (trim), else {@link #NULL_VALUE}. */
    public static long baseOffset(final DirectBuffer buffer, final int offset) {
        return buffer.getLong(offset + BASE_OFFSET_OFFSET, ORDER);
    }

    /** Last record's offset minus the first's; a padding frame's length. */
    public static int lastOffsetDelta(final DirectBuffer buffer, final int offset) {
        return buffer.getInt(offset + LAST_OFFSET_DELTA_OFFSET, ORDER);
    }

    /** Offset of the last record of a records frame. */
    public static long lastOffset(final DirectBuffer buffer, final int offset) {
        return baseOffset(buffer, offset) + lastOffsetDelta(buffer, offset);
    }

    /** Partition that the frame belongs to, else {@link #NULL_VALUE}. */
    public static int partitionIndex(final DirectBuffer buffer, final int offset) {
        return buffer.getInt(offset + PARTITION_INDEX_OFFSET, ORDER);
    }

    /** When the gateway had the whole request, ns since the Unix epoch. */
    public static long ingressTimeNs(final DirectBuffer buffer, final int offset) {
        return buffer.getLong(offset + INGRESS_TIME_NS_OFFSET, ORDER);
    }

    /** When the lane decided, ns since the Unix epoch. */
    public static long sequencedTimeNs(final DirectBuffer buffer, final int offset) {
        return buffer.getLong(offset + SEQUENCED_TIME_NS_OFFSET, ORDER);
    }

    /** Committed position that the leader knew then: frames below it were durable on all in-sync replicas. */
    public static long committedPosition(final DirectBuffer buffer, final int offset) {
        return buffer.getLong(offset + COMMITTED_POSITION_OFFSET, ORDER);
    }

    /** CRC-32C over the bytes from 8 to the frame's end (padding: to the header's end). */
    public static int crc(final DirectBuffer buffer, final int offset) {
        return buffer.getInt(offset + CRC_OFFSET, ORDER);
    }

    /** Payload bytes of a frame of this length. */
    public static int payloadLength(final int frameLength) {
        return frameLength - HEADER_LENGTH;
    }

    /** Bytes from a position to the end of its span: 1 to spanLength. */
    public static int remainingInSpan(final long position, final int spanLength) {
        return spanLength - (int) (position & (spanLength - 1));
    }

    /**
     * Where the frame after this one starts: applies the alignment, and skips to the next span when no header fits into
     * what is left of this one.
     *
     * @param position of this frame.
     * @param frameLength of this frame.
     * @param spanLength smaller of ring and segment length, a power of two.
     * @return position of the next frame.
     */
    public static long nextFramePosition(final long position, final int frameLength, final int spanLength) {
        return framePosition(position + alignedLength(frameLength), spanLength);
    }

    /**
     * First position from here on at which a frame may start: the position itself, or the next span's start when fewer
     * than {@link #HEADER_LENGTH} bytes remain in this one.
     *
     * @param position a multiple of {@link #FRAME_ALIGNMENT}.
     * @param spanLength smaller of ring and segment length, a power of two.
     * @return where a frame may start.
     */
    public static long framePosition(final long position, final int spanLength) {
        final int remaining = remainingInSpan(position, spanLength);
        return remaining < HEADER_LENGTH ? position + remaining : position;
    }

    static void putHeader(
            final MutableDirectBuffer buffer, final int offset, final long position, final byte type, final int epoch) {
        buffer.putLong(offset + POSITION_OFFSET, position, ORDER);
        buffer.putByte(offset + TYPE_OFFSET, type);
        buffer.putByte(offset + RESERVED_OFFSET, (byte) 0);
        buffer.putShort(offset + VERSION_OFFSET, VERSION, ORDER);
        buffer.putInt(offset + LEADER_EPOCH_OFFSET, epoch, ORDER);
    }

    static void putSubject(
            final MutableDirectBuffer buffer,
            final int offset,
            final int partitionIndex,
            final long baseOffset,
            final int lastOffsetDelta) {
        buffer.putLong(offset + BASE_OFFSET_OFFSET, baseOffset, ORDER);
        buffer.putInt(offset + LAST_OFFSET_DELTA_OFFSET, lastOffsetDelta, ORDER);
        buffer.putInt(offset + PARTITION_INDEX_OFFSET, partitionIndex, ORDER);
    }

    static void putTimes(
            final MutableDirectBuffer buffer,
            final int offset,
            final long ingressTimeNs,
            final long sequencedTimeNs,
            final long committedPosition) {
        buffer.putLong(offset + INGRESS_TIME_NS_OFFSET, ingressTimeNs, ORDER);
        buffer.putLong(offset + SEQUENCED_TIME_NS_OFFSET, sequencedTimeNs, ORDER);
        buffer.putLong(offset + COMMITTED_POSITION_OFFSET, committedPosition, ORDER);
    }

    static void putCrc(final MutableDirectBuffer buffer, final int offset, final int crc) {
        buffer.putInt(offset + CRC_OFFSET, crc, ORDER);
    }
}
