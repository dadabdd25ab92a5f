package io.epona.codec;

import java.lang.foreign.MemorySegment;
import java.nio.ByteBuffer;
import java.util.zip.CRC32C;
import org.agrona.DirectBuffer;

/**
 * CRC-32C (Castagnoli) over Agrona buffers with the processor's instruction, and the arithmetic to combine checksums.
 *
 * <p>Owned by one thread; not thread-safe. Computing allocates nothing, whether a buffer wraps a {@code byte[]}, a
 * heap, direct or mapped {@link ByteBuffer}, or a bare address: off-heap memory is read through a few cached views of 1
 * GiB of address space each, so only the first use of another gigabyte allocates (one view of a few dozen bytes). The
 * static methods are stateless.
 *
 * <p>The caller keeps the memory mapped during a call, as with any use of an {@code UnsafeBuffer}.
 */
public final class Crc32c {
    private static final int WINDOW_BITS = 30;
    private static final int WINDOW_COUNT = 16;
    /** The JDK makes no longer byte buffer. */
    private static final int MAX_VIEW_LENGTH = Integer.MAX_VALUE - 8;

    private final CRC32C crc = new CRC32C();
    private final int windowBits;
    /** Two windows' worth, so that a part that starts in a window rarely leaves its view. */
    private final int viewLength;

    private final long[] windowAddresses = new long[WINDOW_COUNT];
    private final ByteBuffer[] windows = new ByteBuffer[WINDOW_COUNT];

    /** Without any view yet. */
    public Crc32c() {
        this(WINDOW_BITS);
    }

    Crc32c(final int windowBits) {
        this.windowBits = windowBits;
        this.viewLength = (int) Math.min(MAX_VIEW_LENGTH, 2L << windowBits);
    }

    /**
     * Checksum of a part of a buffer.
     *
     * @param buffer any Agrona buffer, on or off the heap.
     * @param offset of the first byte.
     * @param length in bytes, may be 0.
     * @return the CRC-32C's 32 bits.
     * @throws IndexOutOfBoundsException when the part is not within the buffer.
     */
    public int compute(final DirectBuffer buffer, final int offset, final int length) {
        crc.reset();
        update(buffer, offset, length);
        return (int) crc.getValue();
    }

    /**
     * Checksum of two parts as if the second followed the first.
     *
     * @param first buffer of the first part.
     * @param firstOffset of its first byte.
     * @param firstLength in bytes.
     * @param second buffer of the second part, may be the same.
     * @param secondOffset of its first byte.
     * @param secondLength in bytes.
     * @return the CRC-32C's 32 bits.
     */
    public int compute(
            final DirectBuffer first,
            final int firstOffset,
            final int firstLength,
            final DirectBuffer second,
            final int secondOffset,
            final int secondLength) {
        crc.reset();
        update(first, firstOffset, firstLength);
        update(second, secondOffset, secondLength);
        return (int) crc.getValue();
    }

    /**
     * Checksum of a part of a byte array.
     *
     * @param bytes to read.
     * @param offset of the first byte.
     * @param length in bytes.
     * @return the CRC-32C's 32 bits.
     */
    public int compute(final byte[] bytes, final int offset, final int length) {
        crc.reset();
        crc.update(bytes, offset, length);
        return (int) crc.getValue();
    }

    /**
     * Checksum of the concatenation A B from those of A and B, without reading either: well under 200 ns.
     *
     * @param crcA CRC-32C of A.
     * @param crcB CRC-32C of B.
     * @param lengthB length of B in bytes, not negative.
     * @return CRC-32C of A followed by B.
     */
    public static int combine(final int crcA, final int crcB, final int lengthB) {
        return Crc32cCombiner.shift(crcA, lengthB) ^ crcB;
    }

    private void update(final DirectBuffer buffer, final int offset, final int length) {
        buffer.boundsCheck(offset, length);
        final byte[] array = buffer.byteArray();
        if (array != null) {
            crc.update(array, buffer.wrapAdjustment() + offset, length);
        } else {
            updateMemory(buffer.addressOffset() + offset, length);
        }
    }

    private void updateMemory(final long address, final int length) {
        long next = address;
        int remaining = length;
        do {
            final int position = (int) (next & ((1L << windowBits) - 1));
            final int pieceLength = Math.min(remaining, viewLength - position);
            updateWindow(next - position, position, pieceLength);
            next += pieceLength;
            remaining -= pieceLength;
        } while (remaining > 0);
    }

    private void updateWindow(final long windowAddress, final int position, final int length) {
        final int slot = (int) (windowAddress >>> windowBits) & (WINDOW_COUNT - 1);
        ByteBuffer window = windows[slot];
        if (window == null || windowAddresses[slot] != windowAddress) {
            window = openWindow(slot, windowAddress);
        }
        window.limit(position + length).position(position);
        crc.update(window);
    }

    @SuppressWarnings("restricted") // Only bytes inside a live Agrona buffer are read through the view.
    private ByteBuffer openWindow(final int slot, final long windowAddress) {
        final ByteBuffer window =
                MemorySegment.ofAddress(windowAddress).reinterpret(viewLength).asByteBuffer();
        windows[slot] = window;
        windowAddresses[slot] = windowAddress;
        return window;
    }
}
