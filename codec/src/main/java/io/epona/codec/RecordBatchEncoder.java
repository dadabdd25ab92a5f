package io.epona.codec;

import static io.epona.codec.RecordBatchDescriptor.ORDER;

import org.agrona.DirectBuffer;
import org.agrona.MutableDirectBuffer;

/**
 * Writes a Kafka record batch of magic 2, not compressed, byte for byte as Kafka's own builder does: {@link #begin},
 * any number of {@link #add}, {@link #end}.
 *
 * <p>Owned by one thread; not thread-safe; allocates nothing (a buffer that expands itself may).
 */
public final class RecordBatchEncoder {
    /** Length of a null key or value. */
    public static final int NULL_LENGTH = -1;

    private final Crc32c crc32c = new Crc32c();
    private MutableDirectBuffer buffer;
    private int offset;
    private int cursor;
    private int recordCount;
    private long baseTimestamp;
    private long maxTimestamp;

    /**
     * Starts a batch without producer id.
     *
     * @param batchBuffer to write into.
     * @param batchOffset of the batch's first byte.
     */
    public void begin(final MutableDirectBuffer batchBuffer, final int batchOffset) {
        begin(
                batchBuffer,
                batchOffset,
                RecordBatchDescriptor.NO_PRODUCER_ID,
                RecordBatchDescriptor.NO_PRODUCER_EPOCH,
                RecordBatchDescriptor.NO_SEQUENCE,
                false);
    }

    /**
     * Starts a batch of an idempotent or transactional producer.
     *
     * @param batchBuffer to write into.
     * @param batchOffset of the batch's first byte.
     * @param producerId of the producer.
     * @param producerEpoch of the producer.
     * @param baseSequence sequence number of the first record.
     * @param isTransactional whether the batch is part of a transaction.
     */
    public void begin(
            final MutableDirectBuffer batchBuffer,
            final int batchOffset,
            final long producerId,
            final short producerEpoch,
            final int baseSequence,
            final boolean isTransactional) {
        batchBuffer.checkLimit(batchOffset + RecordBatchDescriptor.BATCH_OVERHEAD);
        buffer = batchBuffer;
        offset = batchOffset;
        cursor = batchOffset + RecordBatchDescriptor.BATCH_OVERHEAD;
        recordCount = 0;
        baseTimestamp = RecordBatchDescriptor.NO_TIMESTAMP;
        maxTimestamp = RecordBatchDescriptor.NO_TIMESTAMP;
        final int attributes = isTransactional ? RecordBatchDescriptor.TRANSACTIONAL_FLAG : 0;
        batchBuffer.putLong(batchOffset + RecordBatchDescriptor.BASE_OFFSET_OFFSET, 0, ORDER);
        batchBuffer.putInt(
                batchOffset + RecordBatchDescriptor.PARTITION_LEADER_EPOCH_OFFSET,
                RecordBatchDescriptor.NO_PARTITION_LEADER_EPOCH,
                ORDER);
        batchBuffer.putByte(batchOffset + RecordBatchDescriptor.MAGIC_OFFSET, RecordBatchDescriptor.MAGIC);
        batchBuffer.putShort(batchOffset + RecordBatchDescriptor.ATTRIBUTES_OFFSET, (short) attributes, ORDER);
        batchBuffer.putLong(batchOffset + RecordBatchDescriptor.PRODUCER_ID_OFFSET, producerId, ORDER);
        batchBuffer.putShort(batchOffset + RecordBatchDescriptor.PRODUCER_EPOCH_OFFSET, producerEpoch, ORDER);
        batchBuffer.putInt(batchOffset + RecordBatchDescriptor.BASE_SEQUENCE_OFFSET, baseSequence, ORDER);
    }

    /**
     * Adds a record without headers.
     *
     * @param timestampMs ms since the Unix epoch, or {@link RecordBatchDescriptor#NO_TIMESTAMP}.
     * @param key buffer of the key; not used when null.
     * @param keyOffset of the key in its buffer.
     * @param keyLength bytes, or {@link #NULL_LENGTH}.
     * @param value buffer of the value; not used when null.
     * @param valueOffset of the value in its buffer.
     * @param valueLength bytes, or {@link #NULL_LENGTH}.
     * @return false when the record does not fit into the buffer: nothing was added, end the batch.
     */
    public boolean add(
            final long timestampMs,
            final DirectBuffer key,
            final int keyOffset,
            final int keyLength,
            final DirectBuffer value,
            final int valueOffset,
            final int valueLength) {
        return add(timestampMs, key, keyOffset, keyLength, value, valueOffset, valueLength, null);
    }

    /**
     * Adds a record with headers. Parameters as in the method without, and:
     *
     * @param headers of the record; may be null for none.
     */
    public boolean add(
            final long timestampMs,
            final DirectBuffer key,
            final int keyOffset,
            final int keyLength,
            final DirectBuffer value,
            final int valueOffset,
            final int valueLength,
            final RecordHeadersEncoder headers) {
        if (timestampMs < RecordBatchDescriptor.NO_TIMESTAMP) {
            throw new IllegalArgumentException("a timestamp before the Unix epoch: timestampMs=" + timestampMs);
        }
        final long timestampDelta = recordCount == 0 ? 0 : timestampMs - baseTimestamp;
        final int headerCount = headers == null ? 0 : headers.count();
        final int headersLength = headers == null ? 0 : headers.length();
        final long bodyLength = 1L
                + Varints.sizeOfVarlong(timestampDelta)
                + Varints.sizeOfVarint(recordCount)
                + sizeOfNullable(keyLength)
                + sizeOfNullable(valueLength)
                + Varints.sizeOfVarint(headerCount)
                + headersLength;
        if (!fits(bodyLength)) {
            return false;
        }
        if (recordCount == 0) {
            baseTimestamp = timestampMs;
            maxTimestamp = timestampMs;
        } else {
            maxTimestamp = Math.max(maxTimestamp, timestampMs);
        }
        int position = Varints.putVarint(buffer, cursor, (int) bodyLength);
        buffer.putByte(position++, (byte) 0);
        position = Varints.putVarlong(buffer, position, timestampDelta);
        position = Varints.putVarint(buffer, position, recordCount);
        position = putNullable(buffer, position, key, keyOffset, keyLength);
        position = putNullable(buffer, position, value, valueOffset, valueLength);
        position = Varints.putVarint(buffer, position, headerCount);
        if (headersLength > 0) {
            buffer.putBytes(position, headers.buffer(), 0, headersLength);
        }
        cursor = position + headersLength;
        recordCount++;
        return true;
    }

    /** Records so far. */
    public int recordCount() {
        return recordCount;
    }

    /** Bytes of the batch so far. */
    public int sizeInBytes() {
        return cursor - offset;
    }

    /**
     * Completes the batch's header and checksum.
     *
     * @return bytes of the batch.
     * @throws IllegalStateException without records.
     */
    public int end() {
        if (recordCount == 0) {
            throw new IllegalStateException("a batch without records: offset=" + offset);
        }
        final int size = cursor - offset;
        buffer.putInt(offset + RecordBatchDescriptor.LENGTH_OFFSET, size - RecordBatchDescriptor.LOG_OVERHEAD, ORDER);
        buffer.putInt(offset + RecordBatchDescriptor.LAST_OFFSET_DELTA_OFFSET, recordCount - 1, ORDER);
        buffer.putLong(offset + RecordBatchDescriptor.BASE_TIMESTAMP_OFFSET, baseTimestamp, ORDER);
        buffer.putLong(offset + RecordBatchDescriptor.MAX_TIMESTAMP_OFFSET, maxTimestamp, ORDER);
        buffer.putInt(offset + RecordBatchDescriptor.RECORD_COUNT_OFFSET, recordCount, ORDER);
        RecordBatchDescriptor.stampCrc(buffer, offset, crc32c);
        return size;
    }

    private boolean fits(final long bodyLength) {
        final long end = cursor + bodyLength + Varints.MAX_VARINT_LENGTH;
        final long exactEnd =
                end > Integer.MAX_VALUE ? end : cursor + bodyLength + Varints.sizeOfVarint((int) bodyLength);
        return exactEnd <= (buffer.isExpandable() ? Integer.MAX_VALUE - 8 : buffer.capacity());
    }

    private static long sizeOfNullable(final int length) {
        return length < 0 ? 1 : Varints.sizeOfVarint(length) + (long) length;
    }

    static int putNullable(
            final MutableDirectBuffer target,
            final int position,
            final DirectBuffer source,
            final int sourceOffset,
            final int length) {
        if (length < 0) {
            return Varints.putVarint(target, position, NULL_LENGTH);
        }
        final int start = Varints.putVarint(target, position, length);
        if (length > 0) {
            target.putBytes(start, source, sourceOffset, length);
        }
        return start + length;
    }
}
