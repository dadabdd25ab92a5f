package io.epona.codec;

import java.nio.ByteOrder;
import org.agrona.DirectBuffer;
import org.agrona.MutableDirectBuffer;

/**
 * Layout of a Kafka record batch of magic 2; big-endian.
 *
 * <pre>
 *    0               8       12      16  17      21      23      27              35
 *    +===============+=======+=======+===+=======+=======+=======+===============+===============+
 *    | baseOffset    |length |epoch  |mag| crc   |attrib.|lastOD | baseTimestamp | maxTimestamp  |
 *    +===============+=======+=======+===+=======+=======+=======+===============+===============+
 *    43              51      53      57      61
 *    +===============+=======+=======+=======+================ = =
 *    | producerId    |epoch  |baseSeq|count  | records
 *    +===============+=======+=======+=======+================ = =
 *
 *    attributes, bits:  0..2 compression   3 log append time   4 transactional   5 control   6 delete horizon
 * </pre>
 *
 * <p>{@code length} counts the bytes behind itself. {@code crc} is CRC-32C over the bytes from {@code attributes} to
 * the end: base offset and partition leader epoch may be stamped without touching it. {@code baseTimestamp} and
 * {@code maxTimestamp} are ms since the Unix epoch.
 *
 * <p>Static and stateless; offsets are those of the batch's first byte in the buffer. Allocates nothing.
 */
public final class RecordBatchDescriptor {
    /** Offset of the first record's offset; long. */
    public static final int BASE_OFFSET_OFFSET = 0;

    /** Offset of the length in bytes of what follows this field; int. */
    public static final int LENGTH_OFFSET = BASE_OFFSET_OFFSET + 8;

    /** Bytes before those that the length field counts. */
    public static final int LOG_OVERHEAD = LENGTH_OFFSET + 4;

    /** Offset of the partition leader epoch; int. */
    public static final int PARTITION_LEADER_EPOCH_OFFSET = LOG_OVERHEAD;

    /** Offset of the magic byte. */
    public static final int MAGIC_OFFSET = PARTITION_LEADER_EPOCH_OFFSET + 4;

    /** Offset of the checksum; uint. */
    public static final int CRC_OFFSET = MAGIC_OFFSET + 1;

    /** First byte that the checksum covers. */
    public static final int CRC_START_OFFSET = CRC_OFFSET + 4;

    /** Offset of the attributes; short. */
    public static final int ATTRIBUTES_OFFSET = CRC_START_OFFSET;

    /** Offset of the last record's offset minus the first's; int. */
    public static final int LAST_OFFSET_DELTA_OFFSET = ATTRIBUTES_OFFSET + 2;

    /** Offset of the timestamp that the records' deltas count from; long. */
    public static final int BASE_TIMESTAMP_OFFSET = LAST_OFFSET_DELTA_OFFSET + 4;

    /** Offset of the largest timestamp; long. */
    public static final int MAX_TIMESTAMP_OFFSET = BASE_TIMESTAMP_OFFSET + 8;

    /** Offset of the producer id; long. */
    public static final int PRODUCER_ID_OFFSET = MAX_TIMESTAMP_OFFSET + 8;

    /** Offset of the producer epoch; short. */
    public static final int PRODUCER_EPOCH_OFFSET = PRODUCER_ID_OFFSET + 8;

    /** Offset of the first record's sequence number; int. */
    public static final int BASE_SEQUENCE_OFFSET = PRODUCER_EPOCH_OFFSET + 2;

    /** Offset of the number of records; int. */
    public static final int RECORD_COUNT_OFFSET = BASE_SEQUENCE_OFFSET + 4;

    /** Offset of the first record. */
    public static final int RECORDS_OFFSET = RECORD_COUNT_OFFSET + 4;

    /** Bytes of a batch without its records. */
    public static final int BATCH_OVERHEAD = RECORDS_OFFSET;

    /** The only magic that is spoken here. */
    public static final byte MAGIC = 2;

    /** Attribute bits of the compression codec. */
    public static final int COMPRESSION_MASK = 0x07;

    /** Highest known codec: 0 none, 1 gzip, 2 snappy, 3 lz4, 4 zstd. */
    public static final int MAX_COMPRESSION = 4;

    /** Attribute bit: timestamps are those of the append; set by a broker, never by a producer. */
    public static final int LOG_APPEND_TIME_FLAG = 0x08;

    /** Attribute bit: part of a transaction. */
    public static final int TRANSACTIONAL_FLAG = 0x10;

    /** Attribute bit: a transaction marker. */
    public static final int CONTROL_FLAG = 0x20;

    /** Attribute bit: the base timestamp is a delete horizon; set by compaction. */
    public static final int DELETE_HORIZON_FLAG = 0x40;

    /** Producer id of batches without one. */
    public static final long NO_PRODUCER_ID = -1;

    /** Producer epoch of batches without one. */
    public static final short NO_PRODUCER_EPOCH = -1;

    /** Sequence number of batches without one. */
    public static final int NO_SEQUENCE = -1;

    /** Partition leader epoch of batches that no leader has stamped. */
    public static final int NO_PARTITION_LEADER_EPOCH = -1;

    /** Timestamp of records without one. */
    public static final long NO_TIMESTAMP = -1;

    static final ByteOrder ORDER = ByteOrder.BIG_ENDIAN;

    private RecordBatchDescriptor() {}

    /** Offset of the first record. */
    public static long baseOffset(final DirectBuffer buffer, final int offset) {
        return buffer.getLong(offset + BASE_OFFSET_OFFSET, ORDER);
    }

    /** Value of the length field: bytes behind it. */
    public static int length(final DirectBuffer buffer, final int offset) {
        return buffer.getInt(offset + LENGTH_OFFSET, ORDER);
    }

    /** Bytes of the whole batch. */
    public static int sizeInBytes(final DirectBuffer buffer, final int offset) {
        return LOG_OVERHEAD + length(buffer, offset);
    }

    /** Epoch of the leader that appended the batch. */
    public static int partitionLeaderEpoch(final DirectBuffer buffer, final int offset) {
        return buffer.getInt(offset + PARTITION_LEADER_EPOCH_OFFSET, ORDER);
    }

    /** Layout version. */
    public static byte magic(final DirectBuffer buffer, final int offset) {
        return buffer.getByte(offset + MAGIC_OFFSET);
    }

    /** CRC-32C over the bytes from the attributes to the end. */
    public static int crc(final DirectBuffer buffer, final int offset) {
        return buffer.getInt(offset + CRC_OFFSET, ORDER);
    }

    /** Attribute bits, 0 to 65535. */
    public static int attributes(final DirectBuffer buffer, final int offset) {
        return buffer.getShort(offset + ATTRIBUTES_OFFSET, ORDER) & 0xFFFF;
    }

    /** Compression codec, 0 when not compressed. */
    public static int compression(final DirectBuffer buffer, final int offset) {
        return attributes(buffer, offset) & COMPRESSION_MASK;
    }

    /** Whether the records are compressed. */
    public static boolean isCompressed(final DirectBuffer buffer, final int offset) {
        return compression(buffer, offset) != 0;
    }

    /** Whether all records carry the time of their append. */
    public static boolean isLogAppendTime(final DirectBuffer buffer, final int offset) {
        return (attributes(buffer, offset) & LOG_APPEND_TIME_FLAG) != 0;
    }

    /** Whether the batch is part of a transaction. */
    public static boolean isTransactional(final DirectBuffer buffer, final int offset) {
        return (attributes(buffer, offset) & TRANSACTIONAL_FLAG) != 0;
    }

    /** Whether the batch is a transaction marker. */
    public static boolean isControl(final DirectBuffer buffer, final int offset) {
        return (attributes(buffer, offset) & CONTROL_FLAG) != 0;
    }

    /** Last record's offset minus the first's. */
    public static int lastOffsetDelta(final DirectBuffer buffer, final int offset) {
        return buffer.getInt(offset + LAST_OFFSET_DELTA_OFFSET, ORDER);
    }

    /** Offset of the last record. */
    public static long lastOffset(final DirectBuffer buffer, final int offset) {
        return baseOffset(buffer, offset) + lastOffsetDelta(buffer, offset);
    }

    /** Timestamp that the records' deltas count from, ms since the Unix epoch. */
    public static long baseTimestamp(final DirectBuffer buffer, final int offset) {
        return buffer.getLong(offset + BASE_TIMESTAMP_OFFSET, ORDER);
    }

    /** Largest timestamp, ms since the Unix epoch. */
    public static long maxTimestamp(final DirectBuffer buffer, final int offset) {
        return buffer.getLong(offset + MAX_TIMESTAMP_OFFSET, ORDER);
    }

    /** Producer id, or {@link #NO_PRODUCER_ID}. */
    public static long producerId(final DirectBuffer buffer, final int offset) {
        return buffer.getLong(offset + PRODUCER_ID_OFFSET, ORDER);
    }

    /** Producer epoch, or {@link #NO_PRODUCER_EPOCH}. */
    public static short producerEpoch(final DirectBuffer buffer, final int offset) {
        return buffer.getShort(offset + PRODUCER_EPOCH_OFFSET, ORDER);
    }

    /** Sequence number of the first record, or {@link #NO_SEQUENCE}. */
    public static int baseSequence(final DirectBuffer buffer, final int offset) {
        return buffer.getInt(offset + BASE_SEQUENCE_OFFSET, ORDER);
    }

    /** Sequence number of the last record; wraps from the largest int to 0, as Kafka's do. */
    public static int lastSequence(final DirectBuffer buffer, final int offset) {
        final int baseSequence = baseSequence(buffer, offset);
        return baseSequence == NO_SEQUENCE
                ? NO_SEQUENCE
                : (baseSequence + lastOffsetDelta(buffer, offset)) & Integer.MAX_VALUE;
    }

    /** Number of records. */
    public static int recordCount(final DirectBuffer buffer, final int offset) {
        return buffer.getInt(offset + RECORD_COUNT_OFFSET, ORDER);
    }

    /** Sets the first record's offset; outside the checksum. */
    public static void stampBaseOffset(final MutableDirectBuffer buffer, final int offset, final long baseOffset) {
        buffer.putLong(offset + BASE_OFFSET_OFFSET, baseOffset, ORDER);
    }

    /** Sets the epoch of the leader that appends; outside the checksum. */
    public static void stampPartitionLeaderEpoch(
            final MutableDirectBuffer buffer, final int offset, final int partitionLeaderEpoch) {
        buffer.putInt(offset + PARTITION_LEADER_EPOCH_OFFSET, partitionLeaderEpoch, ORDER);
    }

    /**
     * Sets the largest timestamp and whether it is the time of append. Inside the checksum: {@link #stampCrc}
     * afterwards.
     */
    public static void stampMaxTimestamp(
            final MutableDirectBuffer buffer,
            final int offset,
            final boolean isLogAppendTime,
            final long maxTimestampMs) {
        final int others = attributes(buffer, offset) & ~LOG_APPEND_TIME_FLAG;
        final int attributes = isLogAppendTime ? others | LOG_APPEND_TIME_FLAG : others;
        buffer.putShort(offset + ATTRIBUTES_OFFSET, (short) attributes, ORDER);
        buffer.putLong(offset + MAX_TIMESTAMP_OFFSET, maxTimestampMs, ORDER);
    }

    /** Computes the checksum anew and sets it; the length field must be right. */
    public static void stampCrc(final MutableDirectBuffer buffer, final int offset, final Crc32c crc32c) {
        final int coveredLength = sizeInBytes(buffer, offset) - CRC_START_OFFSET;
        final int crc = crc32c.compute(buffer, offset + CRC_START_OFFSET, coveredLength);
        buffer.putInt(offset + CRC_OFFSET, crc, ORDER);
    }
}
