package io.epona.codec;

import org.agrona.DirectBuffer;

/**
 * Walks the records of a batch that is not compressed and judges that each adds up. A record: length varint, attributes
 * byte, timestamp delta varlong, offset delta varint, key (length varint, -1 for null, bytes), value likewise, header
 * count varint, headers (key length varint, bytes, value as above). Varints are zigzag, least significant group first.
 *
 * <p>Owned by one thread; allocates nothing; never reads at or behind the limit.
 */
final class RecordWalker {
    private static final int MAX_VARINT_SHIFT = 28;
    private static final int MAX_VARLONG_SHIFT = 63;

    private DirectBuffer buffer;
    private int cursor;
    private int limit;
    /** Set when a varint ran over the limit or was too long; what was read then means nothing. */
    private boolean malformed;

    private boolean hasNullKey;
    private long minTimestamp;
    private long maxTimestamp;

    boolean hasNullKey() {
        return hasNullKey;
    }

    long minTimestamp() {
        return minTimestamp;
    }

    long maxTimestamp() {
        return maxTimestamp;
    }

    RecordBatchCheck walk(
            final DirectBuffer records, final int offset, final int end, final int count, final long baseTimestamp) {
        buffer = records;
        cursor = offset;
        malformed = false;
        hasNullKey = false;
        minTimestamp = Long.MAX_VALUE;
        maxTimestamp = Long.MIN_VALUE;
        for (int i = 0; i < count; i++) {
            limit = end;
            final int bodyLength = readVarint();
            if (malformed || bodyLength < 0 || bodyLength > end - cursor) {
                return RecordBatchCheck.BAD_RECORD;
            }
            limit = cursor + bodyLength;
            final RecordBatchCheck result = walkBody(i, baseTimestamp);
            if (result != RecordBatchCheck.VALID) {
                return result;
            }
        }
        return cursor == end ? RecordBatchCheck.VALID : RecordBatchCheck.BAD_RECORD;
    }

    private RecordBatchCheck walkBody(final int index, final long baseTimestamp) {
        if (cursor == limit) {
            return RecordBatchCheck.BAD_RECORD;
        }
        cursor++; // attributes, unused
        final long timestamp = baseTimestamp + readVarlong();
        final int offsetDelta = readVarint();
        final boolean keyIsNull = skipNullable();
        skipNullable();
        final int headerCount = readVarint();
        if (malformed || headerCount < 0) {
            return RecordBatchCheck.BAD_RECORD;
        }
        for (int i = 0; i < headerCount && !malformed; i++) {
            skipHeader();
        }
        if (malformed || cursor != limit) {
            return RecordBatchCheck.BAD_RECORD;
        }
        if (offsetDelta != index) {
            return RecordBatchCheck.BAD_OFFSET_DELTA;
        }
        hasNullKey |= keyIsNull;
        minTimestamp = Math.min(minTimestamp, timestamp);
        maxTimestamp = Math.max(maxTimestamp, timestamp);
        return RecordBatchCheck.VALID;
    }

    private void skipHeader() {
        if (skipNullable()) {
            malformed = true; // a header's key is never null
        }
        skipNullable();
    }

    /** Skips a length and as many bytes; true when it was null (any negative length, as Kafka reads it). */
    private boolean skipNullable() {
        final int length = readVarint();
        if (length > limit - cursor) {
            malformed = true;
            return false;
        }
        cursor += Math.max(length, 0);
        return length < 0;
    }

    private int readVarint() {
        int value = 0;
        for (int shift = 0; shift <= MAX_VARINT_SHIFT; shift += 7) {
            if (cursor >= limit) {
                malformed = true;
                return 0;
            }
            final byte next = buffer.getByte(cursor++);
            value |= (next & 0x7F) << shift;
            if (next >= 0) {
                return (value >>> 1) ^ -(value & 1);
            }
        }
        malformed = true;
        return 0;
    }

    private long readVarlong() {
        long value = 0;
        for (int shift = 0; shift <= MAX_VARLONG_SHIFT; shift += 7) {
            if (cursor >= limit) {
                malformed = true;
                return 0;
            }
            final byte next = buffer.getByte(cursor++);
            value |= (next & 0x7FL) << shift;
            if (next >= 0) {
                return (value >>> 1) ^ -(value & 1);
            }
        }
        malformed = true;
        return 0;
    }
}
