package io.epona.codec;

/**
 * Advances a CRC-32C over bytes that are not looked at. Stateless, for any thread.
 *
 * <p>Appending n bytes multiplies the checksum's polynomial by x^(8n) modulo the CRC-32C polynomial; what the bytes
 * hold is added separately ({@code combine(a, b, n) = a * x^(8n) + b}). Multiplying by a constant is linear over GF(2),
 * so for each power of two k a table of 4 x 256 words holds the products of x^(8 * 2^k) with every byte in each of the
 * four places; a length costs four look-ups for each bit that is set in it.
 */
final class Crc32cCombiner {
    /** The Castagnoli polynomial, bits reversed as in all CRC-32C implementations. */
    private static final int POLYNOMIAL = 0x82F63B78;

    private static final int OPERATOR_COUNT = 31;
    private static final int TABLE_LENGTH = 256;
    private static final int[][] OPERATORS = new int[OPERATOR_COUNT][];

    static {
        int power = oneByte();
        for (int k = 0; k < OPERATOR_COUNT; k++) {
            OPERATORS[k] = tables(power);
            power = multiply(power, power);
        }
    }

    private Crc32cCombiner() {}

    static int shift(final int crc, final int length) {
        if (length < 0) {
            throw new IllegalArgumentException("negative length: length=" + length);
        }
        int result = crc;
        for (int remaining = length; remaining != 0; remaining &= remaining - 1) {
            final int[] table = OPERATORS[Integer.numberOfTrailingZeros(remaining)];
            result = table[result & 0xFF]
                    ^ table[TABLE_LENGTH + ((result >>> 8) & 0xFF)]
                    ^ table[2 * TABLE_LENGTH + ((result >>> 16) & 0xFF)]
                    ^ table[3 * TABLE_LENGTH + (result >>> 24)];
        }
        return result;
    }

    /** x^8; the coefficient of x^0 is the highest bit. */
    private static int oneByte() {
        return 0x80000000 >>> 8;
    }

    private static int[] tables(final int factor) {
        final int[] tables = new int[4 * TABLE_LENGTH];
        for (int place = 0; place < 4; place++) {
            for (int value = 0; value < TABLE_LENGTH; value++) {
                tables[place * TABLE_LENGTH + value] = multiply(factor, value << (8 * place));
            }
        }
        return tables;
    }

    /** Product of two polynomials modulo the CRC-32C polynomial, bits reversed. */
    private static int multiply(final int a, final int b) {
        int product = 0;
        int shifted = b;
        for (int bit = 0x80000000; bit != 0; bit >>>= 1) {
            if ((a & bit) != 0) {
                product ^= shifted;
            }
            shifted = (shifted & 1) != 0 ? (shifted >>> 1) ^ POLYNOMIAL : shifted >>> 1;
        }
        return product;
    }
}
