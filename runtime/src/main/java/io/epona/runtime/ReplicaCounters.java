package io.epona.runtime;

import java.nio.ByteBuffer;
import org.agrona.concurrent.UnsafeBuffer;
import org.agrona.concurrent.status.AtomicCounter;
import org.agrona.concurrent.status.CountersReader;

/**
 * How far another replica of a lane is, as its leader on this node knows it in the present leader epoch. Written by the
 * lane, read by any thread; meaningless while this node does not lead the lane.
 *
 * @param nodeId of the other replica
 * @param received end of its log
 * @param acked frames below are on its device
 */
public record ReplicaCounters(int nodeId, AtomicCounter received, AtomicCounter acked) {
    private static final int COUNT = 2;

    /**
     * Counters in this process's own memory: for tests and tools.
     *
     * @param nodeId of the other replica
     */
    public static ReplicaCounters onHeap(final int nodeId) {
        final UnsafeBuffer values = new UnsafeBuffer(ByteBuffer.allocateDirect(COUNT * CountersReader.COUNTER_LENGTH));
        return new ReplicaCounters(nodeId, new AtomicCounter(values, 0), new AtomicCounter(values, 1));
    }
}
