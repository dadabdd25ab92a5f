package io.epona.runtime;

import java.nio.ByteBuffer;
import org.agrona.concurrent.UnsafeBuffer;
import org.agrona.concurrent.status.AtomicCounter;
import org.agrona.concurrent.status.CountersReader;

/**
 * What a lane tells of its role on this node. Written by the lane, read by any thread.
 *
 * <p>A reader that wants to know whether a position still counts reads the position first and {@code leadingEpoch}
 * then: the lane sets {@code leadingEpoch} to {@link #NOT_LEADING} before it lets any position advance or go back for
 * another leader. Likewise {@code inSync} shrinks before {@code committed} advances without the replica that left.
 *
 * @param leadingEpoch the leader epoch in which this node leads the lane; {@link #NOT_LEADING} while it does not
 * @param readyPosition end of the frame that begins this tenure: once {@code committed} has reached it the leader
 *     exposes all that its predecessors committed; {@link Long#MAX_VALUE} while the node does not lead
 * @param inSync number of in-sync replicas that {@code committed} waits for, this node included; 0 while it does not
 *     lead
 */
public record LaneRole(AtomicCounter leadingEpoch, AtomicCounter readyPosition, AtomicCounter inSync) {
    /** Leader epoch of a lane that this node does not lead. */
    public static final long NOT_LEADING = -1;

    private static final int COUNT = 3;

    /** Counters in this process's own memory, of a lane that is not led: for tests and tools. */
    public static LaneRole onHeap() {
        final UnsafeBuffer values = new UnsafeBuffer(ByteBuffer.allocateDirect(COUNT * CountersReader.COUNTER_LENGTH));
        final LaneRole role =
                new LaneRole(new AtomicCounter(values, 0), new AtomicCounter(values, 1), new AtomicCounter(values, 2));
        role.clear();
        return role;
    }

    /** This node does not lead the lane. */
    public void clear() {
        leadingEpoch.setRelease(NOT_LEADING);
        readyPosition.setRelease(Long.MAX_VALUE);
        inSync.setRelease(0);
    }
}
