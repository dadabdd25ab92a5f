package io.epona.codec;

import org.agrona.DirectBuffer;

/**
 * Flyweight over the header of one Kafka record batch of magic 2; fields as in {@link RecordBatchDescriptor}. Wrap,
 * read, wrap the next. Owned by one thread; allocates nothing.
 */
public final class RecordBatchView {
    private DirectBuffer buffer;
    private int offset;

    /**
     * Looks at a batch.
     *
     * @param batchBuffer that holds it.
     * @param batchOffset of its first byte.
     * @return this.
     */
    public RecordBatchView wrap(final DirectBuffer batchBuffer, final int batchOffset) {
        this.buffer = batchBuffer;
        this.offset = batchOffset;
        return this;
    }

    /** Buffer that holds the batch. */
    public DirectBuffer buffer() {
        return buffer;
    }

    /** Of the batch's first byte in the buffer. */
    public int offset() {
        return offset;
    }

    /** Offset of the first record. */
    public long baseOffset() {
        return RecordBatchDescriptor.baseOffset(buffer, offset);
    }

    /** Offset of the last record. */
    public long lastOffset() {
        return RecordBatchDescriptor.lastOffset(buffer, offset);
    }

    /** Offset that follows the last record's. */
    public long nextOffset() {
        return lastOffset() + 1;
    }

    /** Bytes of the whole batch. */
    public int sizeInBytes() {
        return RecordBatchDescriptor.sizeInBytes(buffer, offset);
    }

    /** Epoch of the leader that appended the batch. */
    public int partitionLeaderEpoch() {
        return RecordBatchDescriptor.partitionLeaderEpoch(buffer, offset);
    }

    /** Layout version. */
    public byte magic() {
        return RecordBatchDescriptor.magic(buffer, offset);
    }

    /** CRC-32C over the bytes from the attributes to the end. */
    public int crc() {
        return RecordBatchDescriptor.crc(buffer, offset);
    }

    /** Attribute bits. */
    public int attributes() {
        return RecordBatchDescriptor.attributes(buffer, offset);
    }

    /** Compression codec, 0 when not compressed. */
    public int compression() {
        return RecordBatchDescriptor.compression(buffer, offset);
    }

    /** Whether the records are compressed. */
    public boolean isCompressed() {
        return RecordBatchDescriptor.isCompressed(buffer, offset);
    }

    /** Whether all records carry the time of their append. */
    public boolean isLogAppendTime() {
        return RecordBatchDescriptor.isLogAppendTime(buffer, offset);
    }

    /** Whether the batch is part of a transaction. */
    public boolean isTransactional() {
        return RecordBatchDescriptor.isTransactional(buffer, offset);
    }

    /** Whether the batch is a transaction marker. */
    public boolean isControl() {
        return RecordBatchDescriptor.isControl(buffer, offset);
    }

    /** Last record's offset minus the first's. */
    public int lastOffsetDelta() {
        return RecordBatchDescriptor.lastOffsetDelta(buffer, offset);
    }

    /** Timestamp that the records' deltas count from, ms since the Unix epoch. */
    public long baseTimestamp() {
        return RecordBatchDescriptor.baseTimestamp(buffer, offset);
    }

    /** Largest timestamp, ms since the Unix epoch. */
    public long maxTimestamp() {
        return RecordBatchDescriptor.maxTimestamp(buffer, offset);
    }

    /** Producer id, or {@link RecordBatchDescriptor#NO_PRODUCER_ID}. */
    public long producerId() {
        return RecordBatchDescriptor.producerId(buffer, offset);
    }

    /** Whether a producer id is there. */
    public boolean hasProducerId() {
        return producerId() > RecordBatchDescriptor.NO_PRODUCER_ID;
    }

    /** Producer epoch, or {@link RecordBatchDescriptor#NO_PRODUCER_EPOCH}. */
    public short producerEpoch() {
        return RecordBatchDescriptor.producerEpoch(buffer, offset);
    }

    /** Sequence number of the first record, or {@link RecordBatchDescriptor#NO_SEQUENCE}. */
    public int baseSequence() {
        return RecordBatchDescriptor.baseSequence(buffer, offset);
    }

    /** Sequence number of the last record. */
    public int lastSequence() {
        return RecordBatchDescriptor.lastSequence(buffer, offset);
    }

    /** Number of records. */
    public int recordCount() {
        return RecordBatchDescriptor.recordCount(buffer, offset);
    }
}
