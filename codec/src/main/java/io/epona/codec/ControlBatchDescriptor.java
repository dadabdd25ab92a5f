package io.epona.codec;

import java.nio.ByteOrder;
import org.agrona.DirectBuffer;

/**
 * Reads transaction markers: Kafka v2 record batches with the control attribute and one uncompressed record, whose key
 * is {version int16, type int16} and whose value, for the ends of transactions, {version int16, coordinatorEpoch
 * int32}. Static and stateless; offsets are those of the batch's first byte in the buffer. Allocates nothing.
 */
public final class ControlBatchDescriptor {
    /** {@link #type} of a marker that aborts a transaction. */
    public static final int TYPE_ABORT = 0;

    /** {@link #type} of a marker that commits a transaction. */
    public static final int TYPE_COMMIT = 1;

    /** {@link #type} of a batch that is no marker as described above. */
    public static final int TYPE_UNKNOWN = -1;

    private static final int KEY_LENGTH = 4;
    private static final int VALUE_LENGTH = 6;
    private static final int TYPE_OFFSET_IN_KEY = 2;
    private static final int EPOCH_OFFSET_IN_VALUE = 2;
    private static final int MAX_VARINT_LENGTH = 10;
    private static final ByteOrder ORDER = ByteOrder.BIG_ENDIAN;

    private ControlBatchDescriptor() {}

    /** What the marker says: {@link #TYPE_ABORT}, {@link #TYPE_COMMIT}, or {@link #TYPE_UNKNOWN}. */
    public static int type(final DirectBuffer buffer, final int offset) {
        final int key = keyOffset(buffer, offset);
        if (key < 0 || valueOffset(buffer, offset, key) < 0) {
            return TYPE_UNKNOWN;
        }
        final int type = buffer.getShort(key + TYPE_OFFSET_IN_KEY, ORDER);
        return type == TYPE_ABORT || type == TYPE_COMMIT ? type : TYPE_UNKNOWN;
    }

    /** Epoch of the coordinator that ended the transaction; for batches whose {@link #type} is known. */
    public static int coordinatorEpoch(final DirectBuffer buffer, final int offset) {
        return buffer.getInt(valueOffset(buffer, offset, keyOffset(buffer, offset)) + EPOCH_OFFSET_IN_VALUE, ORDER);
    }

    private static int keyOffset(final DirectBuffer buffer, final int offset) {
        final int end = offset + RecordBatchDescriptor.sizeInBytes(buffer, offset);
        if (RecordBatchDescriptor.recordCount(buffer, offset) != 1) {
            return -1;
        }
        int position = skipVarint(buffer, offset + RecordBatchDescriptor.RECORDS_OFFSET, end); // length
        position = position < 0 ? -1 : skipVarint(buffer, position + 1, end); // attributes, timestamp delta
        position = position < 0 ? -1 : skipVarint(buffer, position, end); // offset delta
        return hasLength(buffer, position, end, KEY_LENGTH) ? position + 1 : -1;
    }

    private static int valueOffset(final DirectBuffer buffer, final int offset, final int keyOffset) {
        final int end = offset + RecordBatchDescriptor.sizeInBytes(buffer, offset);
        final int position = keyOffset + KEY_LENGTH;
        return hasLength(buffer, position, end, VALUE_LENGTH) ? position + 1 : -1;
    }

    /** Whether a length of one byte stands there and what it counts lies before the end. */
    private static boolean hasLength(final DirectBuffer buffer, final int position, final int end, final int length) {
        return position >= 0 && position + 1 + length <= end && buffer.getByte(position) == length << 1;
    }

    private static int skipVarint(final DirectBuffer buffer, final int start, final int end) {
        for (int i = start; i < end && i < start + MAX_VARINT_LENGTH; i++) {
            if (buffer.getByte(i) >= 0) {
                return i + 1;
            }
        }
        return -1;
    }
}
