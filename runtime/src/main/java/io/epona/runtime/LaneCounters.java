package io.epona.runtime;

import org.agrona.BufferUtil;
import org.agrona.concurrent.UnsafeBuffer;
import org.agrona.concurrent.status.AtomicCounter;
import org.agrona.concurrent.status.CountersReader;

/**
 * The state of progress of one lane: absolute positions in its log, each written by one thread only and read by any.
 * Writers publish with {@code setRelease}, readers look with {@code getAcquire}.
 *
 * @param appended frames below are in the ring; written by the lane
 * @param durable frames below are on this node's device; written by the journal writer
 * @param committed frames below are durable on the in-sync replicas; written by the lane
 * @param checkpointApplied frames below are applied to the checkpoint's shadow state; written by the checkpoint agent
 * @param checkpointed the journal may recycle below, as far as checkpoints are concerned; written by the checkpoint
 *     agent
 * @param drained frames below can be read from partition logs, in the page cache; written by the shelf agent
 * @param shelved frames below are flushed to the device in partition logs; written by the shelf agent
 */
public record LaneCounters(
        AtomicCounter appended,
        AtomicCounter durable,
        AtomicCounter committed,
        AtomicCounter checkpointApplied,
        AtomicCounter checkpointed,
        AtomicCounter drained,
        AtomicCounter shelved) {
    private static final int COUNT = 7;

    /** Counters in this process's own memory, all zero: for tests and tools that drive a component alone. */
    public static LaneCounters onHeap() {
        final int length = COUNT * CountersReader.COUNTER_LENGTH;
        final UnsafeBuffer values =
                new UnsafeBuffer(BufferUtil.allocateDirectAligned(length, CountersReader.COUNTER_LENGTH));
        return new LaneCounters(
                new AtomicCounter(values, 0),
                new AtomicCounter(values, 1),
                new AtomicCounter(values, 2),
                new AtomicCounter(values, 3),
                new AtomicCounter(values, 4),
                new AtomicCounter(values, 5),
                new AtomicCounter(values, 6));
    }

    /** Sets every counter: after recovery, before any thread that reads or writes them has started. */
    public void setAll(final long position) {
        appended.setRelease(position);
        durable.setRelease(position);
        committed.setRelease(position);
        checkpointApplied.setRelease(position);
        checkpointed.setRelease(position);
        drained.setRelease(position);
        shelved.setRelease(position);
    }
}
