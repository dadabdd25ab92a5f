package io.epona.systemtests.cell;

import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.agrona.BufferUtil;
import org.agrona.concurrent.UnsafeBuffer;
import org.agrona.concurrent.ringbuffer.RingBufferDescriptor;

/**
 * Memory of ring buffers, used again by the next simulation on the same thread: making it anew for each life of each
 * node would cost more than the simulation itself. Each thread has its own.
 */
final class MemoryPool {
    private static final int ALIGNMENT = 64;
    private static final ThreadLocal<MemoryPool> OF_THIS_THREAD = ThreadLocal.withInitial(MemoryPool::new);

    private final Map<Integer, ArrayDeque<UnsafeBuffer>> free = new HashMap<>();
    private final List<UnsafeBuffer> taken = new ArrayList<>();

    /** Zeroed memory of a ring buffer with that capacity; it goes back with {@link #giveAllBack()}. */
    static UnsafeBuffer take(final int capacity) {
        return OF_THIS_THREAD.get().takeMemory(capacity + RingBufferDescriptor.TRAILER_LENGTH);
    }

    /** Nobody uses anything any more of what this thread took. */
    static void giveAllBack() {
        final MemoryPool pool = OF_THIS_THREAD.get();
        for (final UnsafeBuffer buffer : pool.taken) {
            pool.free.get(buffer.capacity()).push(buffer);
        }
        pool.taken.clear();
    }

    private UnsafeBuffer takeMemory(final int length) {
        final ArrayDeque<UnsafeBuffer> unused = free.computeIfAbsent(length, key -> new ArrayDeque<>());
        final UnsafeBuffer buffer =
                unused.isEmpty() ? new UnsafeBuffer(BufferUtil.allocateDirectAligned(length, ALIGNMENT)) : unused.pop();
        buffer.setMemory(0, length, (byte) 0);
        taken.add(buffer);
        return buffer;
    }
}
