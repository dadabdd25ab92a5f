package io.epona.codec;

import org.agrona.DirectBuffer;
import org.agrona.ExpandableArrayBuffer;

/**
 * Collects the headers of one record for {@link RecordBatchEncoder}: {@link #clear}, any number of {@link #add}. May be
 * used for several records with the same headers. Owned by one thread; allocates only while its buffer grows.
 */
public final class RecordHeadersEncoder {
    private final ExpandableArrayBuffer buffer = new ExpandableArrayBuffer();
    private int count;
    private int length;

    /**
     * Forgets all headers.
     *
     * @return this.
     */
    public RecordHeadersEncoder clear() {
        count = 0;
        length = 0;
        return this;
    }

    /**
     * Adds a header.
     *
     * @param key buffer of the key's UTF-8 bytes.
     * @param keyOffset of the key in its buffer.
     * @param keyLength bytes, not negative.
     * @param value buffer of the value; not used when null.
     * @param valueOffset of the value in its buffer.
     * @param valueLength bytes, or {@link RecordBatchEncoder#NULL_LENGTH}.
     * @return this.
     */
    public RecordHeadersEncoder add(
            final DirectBuffer key,
            final int keyOffset,
            final int keyLength,
            final DirectBuffer value,
            final int valueOffset,
            final int valueLength) {
        if (keyLength < 0) {
            throw new IllegalArgumentException("a header's key is never null: keyLength=" + keyLength);
        }
        final int valueStart = RecordBatchEncoder.putNullable(buffer, length, key, keyOffset, keyLength);
        length = RecordBatchEncoder.putNullable(buffer, valueStart, value, valueOffset, valueLength);
        count++;
        return this;
    }

    int count() {
        return count;
    }

    int length() {
        return length;
    }

    DirectBuffer buffer() {
        return buffer;
    }
}
