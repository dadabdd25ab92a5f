package io.epona.node;

import org.agrona.BitUtil;
import org.agrona.BufferUtil;
import org.agrona.concurrent.UnsafeBuffer;
import org.agrona.concurrent.ringbuffer.ManyToOneRingBuffer;
import org.agrona.concurrent.ringbuffer.OneToOneRingBuffer;
import org.agrona.concurrent.ringbuffer.RingBuffer;
import org.agrona.concurrent.ringbuffer.RingBufferDescriptor;

/** Makes the queues between threads. */
final class Rings {
    private Rings() {}

    /** A queue of many writers and one reader, with room for so many bytes of messages. */
    static RingBuffer manyToOne(final long length) {
        final int total = Math.toIntExact(length) + RingBufferDescriptor.TRAILER_LENGTH;
        return new ManyToOneRingBuffer(
                new UnsafeBuffer(BufferUtil.allocateDirectAligned(total, BitUtil.CACHE_LINE_LENGTH)));
    }

    /** A queue of one writer and one reader, with room for so many bytes of messages. */
    static RingBuffer oneToOne(final long length) {
        final int total = Math.toIntExact(length) + RingBufferDescriptor.TRAILER_LENGTH;
        return new OneToOneRingBuffer(
                new UnsafeBuffer(BufferUtil.allocateDirectAligned(total, BitUtil.CACHE_LINE_LENGTH)));
    }
}
