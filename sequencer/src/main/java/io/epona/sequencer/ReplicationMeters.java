package io.epona.sequencer;

import io.epona.runtime.CounterType;
import io.epona.runtime.NodeCounters;
import org.agrona.BufferUtil;
import org.agrona.concurrent.UnsafeBuffer;
import org.agrona.concurrent.status.AtomicCounter;
import org.agrona.concurrent.status.CountersReader;

/**
 * What a lane counts as one replica of several. Written by the lane's thread only.
 *
 * @param tenures how often this node became leader.
 * @param truncations cuts of the own log's uncommitted end.
 * @param truncatedLength bytes cut.
 * @param proposals in-sync proposals made.
 * @param ignored peer messages of another epoch or incarnation, repeated ones, and those that fit nothing.
 * @param gaps frames that came beyond the log's end.
 * @param outboxFull messages that found no room; they are made again.
 * @param journalStalls times that a leader's own journal stood still for too long.
 */
public record ReplicationMeters(
        AtomicCounter tenures,
        AtomicCounter truncations,
        AtomicCounter truncatedLength,
        AtomicCounter proposals,
        AtomicCounter ignored,
        AtomicCounter gaps,
        AtomicCounter outboxFull,
        AtomicCounter journalStalls) {
    private static final int COUNT = 8;

    /**
     * Counters of a node.
     *
     * @param counters of the node.
     * @param laneId of the lane.
     */
    public static ReplicationMeters create(final NodeCounters counters, final int laneId) {
        final String subject = "lane-" + laneId;
        return new ReplicationMeters(
                counters.counter(CounterType.LANE_TENURES, laneId, subject),
                counters.counter(CounterType.LANE_TRUNCATIONS, laneId, subject),
                counters.counter(CounterType.LANE_TRUNCATED, laneId, subject),
                counters.counter(CounterType.LANE_IN_SYNC_PROPOSALS, laneId, subject),
                counters.counter(CounterType.LANE_PEER_MESSAGES_IGNORED, laneId, subject),
                counters.counter(CounterType.LANE_GAPS, laneId, subject),
                counters.counter(CounterType.LANE_OUTBOX_FULL, laneId, subject),
                counters.counter(CounterType.LANE_JOURNAL_STALLS, laneId, subject));
    }

    /** Counters in this process's own memory: for tests and tools that drive a lane alone. */
    public static ReplicationMeters onHeap() {
        final UnsafeBuffer values = new UnsafeBuffer(
                BufferUtil.allocateDirectAligned(COUNT * CountersReader.COUNTER_LENGTH, CountersReader.COUNTER_LENGTH));
        return new ReplicationMeters(
                new AtomicCounter(values, 0),
                new AtomicCounter(values, 1),
                new AtomicCounter(values, 2),
                new AtomicCounter(values, 3),
                new AtomicCounter(values, 4),
                new AtomicCounter(values, 5),
                new AtomicCounter(values, 6),
                new AtomicCounter(values, 7));
    }
}
