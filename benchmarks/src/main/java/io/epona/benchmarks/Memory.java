package io.epona.benchmarks;

import java.nio.ByteBuffer;
import org.agrona.BufferUtil;
import org.agrona.concurrent.UnsafeBuffer;

/** Memory off the heap, aligned as a device wants it. */
final class Memory {
    static final int BLOCK_LENGTH = 4096;

    private Memory() {}

    static UnsafeBuffer offHeap(final int length) {
        final ByteBuffer bytes = BufferUtil.allocateDirectAligned(length, BLOCK_LENGTH);
        return new UnsafeBuffer(bytes, 0, length);
    }
}
