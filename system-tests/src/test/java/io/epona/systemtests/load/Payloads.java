package io.epona.systemtests.load;

import java.nio.ByteBuffer;
import java.util.Arrays;
import java.util.Random;

/**
 * Values that tell who sent them and that can be made again to compare: producer, sequence, then bytes that follow from
 * both. Immutable; any thread.
 *
 * <pre>
 *  0        4                12
 *  +--------+----------------+------------------ ...
 *  |producer|    sequence    | filler
 *  +--------+----------------+------------------ ...
 * </pre>
 */
public final class Payloads {
    static final int HEADER_LENGTH = 12;

    private static final int NOISE_LENGTH = 1 << 20;
    private static final byte[] NOISE = new byte[NOISE_LENGTH];

    private final int maxLength;

    static {
        new Random(42).nextBytes(NOISE);
    }

    /** @param maxLength longest value, rarely reached */
    public Payloads(final int maxLength) {
        this.maxLength = maxLength;
    }

    byte[] make(final int producer, final long sequence) {
        final byte[] value = new byte[length(producer, sequence)];
        ByteBuffer.wrap(value).putInt(producer).putLong(sequence);
        final int from = (int) (mix(sequence, ~producer) & (NOISE_LENGTH - 1));
        for (int at = HEADER_LENGTH, source = from; at < value.length; source = 0) {
            final int part = Math.min(value.length - at, NOISE_LENGTH - source);
            System.arraycopy(NOISE, source, value, at, part);
            at += part;
        }
        return value;
    }

    /** Mostly a kilobyte or so, sometimes nothing, sometimes the longest. */
    private int length(final int producer, final long sequence) {
        final long random = mix(sequence, producer) >>> 1;
        final int limit = random % 64 == 0 ? maxLength : Math.min(maxLength, 2_000);
        return HEADER_LENGTH + (int) ((random >>> 6) % (limit - HEADER_LENGTH));
    }

    boolean isWhole(final byte[] value) {
        return Arrays.equals(value, make(producer(value), sequence(value)));
    }

    static int producer(final byte[] value) {
        return ByteBuffer.wrap(value).getInt();
    }

    static long sequence(final byte[] value) {
        return ByteBuffer.wrap(value).getLong(Integer.BYTES);
    }

    private static long mix(final long sequence, final int salt) {
        long hash = (sequence + 1) * 0x9E3779B97F4A7C15L + salt * 0xC2B2AE3D27D4EB4FL;
        hash = (hash ^ (hash >>> 32)) * 0xD6E8FEB86659FD93L;
        return hash ^ (hash >>> 29);
    }
}
