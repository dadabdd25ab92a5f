package io.epona.codec;

import static io.epona.codec.RecordBatchDescriptor.BATCH_OVERHEAD;
import static io.epona.codec.RecordBatchDescriptor.CRC_START_OFFSET;
import static io.epona.codec.RecordBatchDescriptor.LOG_OVERHEAD;

import org.agrona.DirectBuffer;

/**
 * Judges a record batch that a client sent, before anything is done with it: header, checksum and, when it is not
 * compressed, every record. Reads nothing outside the given bytes, whatever the batch says, and throws nothing.
 *
 * <p>Of a compressed batch only header and checksum are judged; the records are for who can decompress them
 * ({@link #recordsWalked()} tells). Control and transactional flags are not judged: see {@link RecordBatchDescriptor}.
 *
 * <p>The getters speak of the last batch that was {@link RecordBatchCheck#VALID}. Owned by one thread; not thread-safe;
 * allocates nothing.
 */
public final class RecordBatchValidator {
    private static final int KNOWN_ATTRIBUTES = RecordBatchDescriptor.COMPRESSION_MASK
            | RecordBatchDescriptor.LOG_APPEND_TIME_FLAG
            | RecordBatchDescriptor.TRANSACTIONAL_FLAG
            | RecordBatchDescriptor.CONTROL_FLAG;

    private final Crc32c crc32c = new Crc32c();
    private final RecordWalker walker = new RecordWalker();
    private int sizeInBytes;
    private boolean recordsWalked;
    private boolean hasNullKey;
    private long minTimestamp;
    private long maxTimestamp;

    /**
     * Judges a region that must hold exactly one batch, as a producer sends it (base offset 0).
     *
     * @param buffer with the bytes.
     * @param offset of the first.
     * @param length of the region, bytes.
     * @return what was found.
     */
    public RecordBatchCheck check(final DirectBuffer buffer, final int offset, final int length) {
        final RecordBatchCheck result = checkBatch(buffer, offset, length);
        if (result != RecordBatchCheck.VALID) {
            return result;
        }
        if (sizeInBytes != length) {
            return RecordBatchCheck.TRAILING_BYTES;
        }
        return RecordBatchDescriptor.baseOffset(buffer, offset) != 0
                ? RecordBatchCheck.BAD_BASE_OFFSET
                : RecordBatchCheck.VALID;
    }

    /**
     * Judges the batch at the start of a region; other bytes may follow it ({@link #sizeInBytes()} tells where), and
     * its base offset may be any.
     *
     * @param buffer with the bytes.
     * @param offset of the first.
     * @param availableLength of the region, bytes.
     * @return what was found.
     */
    public RecordBatchCheck checkBatch(final DirectBuffer buffer, final int offset, final int availableLength) {
        final RecordBatchCheck bounds = checkBounds(buffer, offset, availableLength);
        if (bounds != RecordBatchCheck.VALID) {
            return bounds;
        }
        final int size = RecordBatchDescriptor.sizeInBytes(buffer, offset);
        final int crc = crc32c.compute(buffer, offset + CRC_START_OFFSET, size - CRC_START_OFFSET);
        if (crc != RecordBatchDescriptor.crc(buffer, offset)) {
            return RecordBatchCheck.BAD_CRC;
        }
        final RecordBatchCheck header = checkHeader(buffer, offset);
        if (header != RecordBatchCheck.VALID) {
            return header;
        }
        sizeInBytes = size;
        if (RecordBatchDescriptor.isCompressed(buffer, offset)) {
            recordsWalked = false;
            hasNullKey = false;
            minTimestamp = RecordBatchDescriptor.baseTimestamp(buffer, offset);
            maxTimestamp = RecordBatchDescriptor.maxTimestamp(buffer, offset);
            return RecordBatchCheck.VALID;
        }
        return checkRecords(buffer, offset, size);
    }

    /** Bytes of the whole batch. */
    public int sizeInBytes() {
        return sizeInBytes;
    }

    /** Whether the records themselves were judged: the batch is not compressed. */
    public boolean recordsWalked() {
        return recordsWalked;
    }

    /** Whether any record has no key (which compacted topics refuse); false when the records were not walked. */
    public boolean hasNullKey() {
        return hasNullKey;
    }

    /**
     * Least record timestamp, ms since the Unix epoch; the header's base timestamp when the records were not walked.
     */
    public long minTimestamp() {
        return minTimestamp;
    }

    /**
     * Largest record timestamp, ms since the Unix epoch; the header's when the records were not walked. Where it
     * differs from the header's, Kafka corrects the header ({@link RecordBatchDescriptor#stampMaxTimestamp}) and
     * appends.
     */
    public long maxTimestamp() {
        return maxTimestamp;
    }

    private static RecordBatchCheck checkBounds(final DirectBuffer buffer, final int offset, final int length) {
        if (length < LOG_OVERHEAD) {
            return RecordBatchCheck.TRUNCATED;
        }
        final int lengthField = RecordBatchDescriptor.length(buffer, offset);
        if (length > RecordBatchDescriptor.MAGIC_OFFSET
                && RecordBatchDescriptor.magic(buffer, offset) != RecordBatchDescriptor.MAGIC) {
            return RecordBatchCheck.BAD_MAGIC;
        }
        if (lengthField < BATCH_OVERHEAD - LOG_OVERHEAD) {
            return RecordBatchCheck.BAD_LENGTH;
        }
        return lengthField > length - LOG_OVERHEAD ? RecordBatchCheck.TRUNCATED : RecordBatchCheck.VALID;
    }

    private static RecordBatchCheck checkHeader(final DirectBuffer buffer, final int offset) {
        final int attributes = RecordBatchDescriptor.attributes(buffer, offset);
        if ((attributes & RecordBatchDescriptor.COMPRESSION_MASK) > RecordBatchDescriptor.MAX_COMPRESSION) {
            return RecordBatchCheck.UNKNOWN_COMPRESSION;
        }
        if ((attributes & ~KNOWN_ATTRIBUTES) != 0) {
            return RecordBatchCheck.BAD_ATTRIBUTES;
        }
        if ((attributes & RecordBatchDescriptor.LOG_APPEND_TIME_FLAG) != 0) {
            return RecordBatchCheck.BAD_TIMESTAMP_TYPE;
        }
        final int count = RecordBatchDescriptor.recordCount(buffer, offset);
        if (count <= 0 || RecordBatchDescriptor.lastOffsetDelta(buffer, offset) != count - 1) {
            return RecordBatchCheck.BAD_COUNT;
        }
        final boolean isControl = (attributes & RecordBatchDescriptor.CONTROL_FLAG) != 0;
        if (RecordBatchDescriptor.producerId(buffer, offset) > RecordBatchDescriptor.NO_PRODUCER_ID
                && !isControl
                && (RecordBatchDescriptor.producerEpoch(buffer, offset) < 0
                        || RecordBatchDescriptor.baseSequence(buffer, offset) < 0)) {
            return RecordBatchCheck.BAD_PRODUCER;
        }
        return RecordBatchCheck.VALID;
    }

    private RecordBatchCheck checkRecords(final DirectBuffer buffer, final int offset, final int size) {
        final RecordBatchCheck result = walker.walk(
                buffer,
                offset + BATCH_OVERHEAD,
                offset + size,
                RecordBatchDescriptor.recordCount(buffer, offset),
                RecordBatchDescriptor.baseTimestamp(buffer, offset));
        recordsWalked = true;
        hasNullKey = walker.hasNullKey();
        minTimestamp = walker.minTimestamp();
        maxTimestamp = walker.maxTimestamp();
        return result;
    }
}
