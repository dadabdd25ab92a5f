package io.epona.sequencer;

import io.epona.runtime.CounterType;
import io.epona.runtime.NodeCounters;
import org.agrona.BufferUtil;
import org.agrona.concurrent.UnsafeBuffer;
import org.agrona.concurrent.status.AtomicCounter;
import org.agrona.concurrent.status.CountersReader;

/**
 * What a lane counts, besides its positions. Written by the lane's thread only.
 *
 * @param batches record batches appended.
 * @param records records appended.
 * @param duplicates batches that were there already.
 * @param differingDuplicates of them, those whose content is another one: a client lost track of its sequences, and
 *     data.
 * @param refused commands answered with an error.
 * @param logFull duty cycles in which a command waited because the log had no room.
 * @param replyRingFull duty cycles in which a command waited because its reply had no room; the gateway broke its
 *     bound.
 * @param malformed messages of unknown type or impossible length, skipped.
 * @param producers producers and partitions remembered now.
 * @param verifications batches for which the transaction coordinator had to be asked.
 */
public record LaneMeters(
        AtomicCounter batches,
        AtomicCounter records,
        AtomicCounter duplicates,
        AtomicCounter differingDuplicates,
        AtomicCounter refused,
        AtomicCounter logFull,
        AtomicCounter replyRingFull,
        AtomicCounter malformed,
        AtomicCounter producers,
        AtomicCounter verifications) {
    private static final int COUNT = 10;

    /**
     * Counters of a node.
     *
     * @param counters of the node.
     * @param laneId of the lane.
     */
    public static LaneMeters create(final NodeCounters counters, final int laneId) {
        final String subject = "lane-" + laneId;
        return new LaneMeters(
                counters.counter(CounterType.LANE_BATCHES, laneId, subject),
                counters.counter(CounterType.LANE_RECORDS, laneId, subject),
                counters.counter(CounterType.LANE_DUPLICATES, laneId, subject),
                counters.counter(CounterType.LANE_DIFFERING_DUPLICATES, laneId, subject),
                counters.counter(CounterType.LANE_REFUSED, laneId, subject),
                counters.counter(CounterType.LANE_LOG_FULL, laneId, subject),
                counters.counter(CounterType.LANE_REPLY_RING_FULL, laneId, subject),
                counters.counter(CounterType.LANE_MALFORMED, laneId, subject),
                counters.counter(CounterType.LANE_PRODUCERS, laneId, subject),
                counters.counter(CounterType.LANE_VERIFICATIONS, laneId, subject));
    }

    /** Counters in this process's own memory: for tests and tools that drive a lane alone. */
    public static LaneMeters onHeap() {
        final UnsafeBuffer values = new UnsafeBuffer(
                BufferUtil.allocateDirectAligned(COUNT * CountersReader.COUNTER_LENGTH, CountersReader.COUNTER_LENGTH));
        return new LaneMeters(
                new AtomicCounter(values, 0),
                new AtomicCounter(values, 1),
                new AtomicCounter(values, 2),
                new AtomicCounter(values, 3),
                new AtomicCounter(values, 4),
                new AtomicCounter(values, 5),
                new AtomicCounter(values, 6),
                new AtomicCounter(values, 7),
                new AtomicCounter(values, 8),
                new AtomicCounter(values, 9));
    }
}
