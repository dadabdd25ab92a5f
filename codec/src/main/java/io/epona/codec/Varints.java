package io.epona.codec;

import org.agrona.MutableDirectBuffer;

/** Kafka's variable-length integers: zigzag, seven bits a byte, least significant group first. Stateless. */
final class Varints {
    static final int MAX_VARINT_LENGTH = 5;

    private Varints() {}

    static int sizeOfVarint(final int value) {
        final int bits = Integer.SIZE - Integer.numberOfLeadingZeros(zigzag(value) | 1);
        return (bits + 6) / 7;
    }

    static int sizeOfVarlong(final long value) {
        final int bits = Long.SIZE - Long.numberOfLeadingZeros(zigzag(value) | 1);
        return (bits + 6) / 7;
    }

    static int putVarint(final MutableDirectBuffer buffer, final int offset, final int value) {
        int rest = zigzag(value);
        int position = offset;
        while ((rest & ~0x7F) != 0) {
            buffer.putByte(position++, (byte) (rest | 0x80));
            rest >>>= 7;
        }
        buffer.putByte(position++, (byte) rest);
        return position;
    }

    static int putVarlong(final MutableDirectBuffer buffer, final int offset, final long value) {
        long rest = zigzag(value);
        int position = offset;
        while ((rest & ~0x7FL) != 0) {
            buffer.putByte(position++, (byte) (rest | 0x80));
            rest >>>= 7;
        }
        buffer.putByte(position++, (byte) rest);
        return position;
    }

    private static int zigzag(final int value) {
        return (value << 1) ^ (value >> 31);
    }

    private static long zigzag(final long value) {
        return (value << 1) ^ (value >> 63);
    }
}
