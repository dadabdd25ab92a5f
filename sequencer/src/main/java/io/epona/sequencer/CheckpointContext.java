package io.epona.sequencer;

import io.epona.journal.CheckpointStore;
import io.epona.journal.LogRing;
import io.epona.runtime.CounterType;
import io.epona.runtime.FatalHandler;
import io.epona.runtime.LaneCounters;
import io.epona.runtime.NodeClock;
import io.epona.runtime.NodeCounters;
import io.epona.runtime.Signal;
import java.util.function.IntPredicate;
import org.agrona.BufferUtil;
import org.agrona.concurrent.UnsafeBuffer;
import org.agrona.concurrent.status.AtomicCounter;
import org.agrona.concurrent.status.CountersReader;

/**
 * Everything that a checkpoint agent works with.
 *
 * @param identity of the lane.
 * @param config when checkpoints are stored.
 * @param shadow a copy of the lane's state after recovery; the agent's alone from now on.
 * @param handOver where the lane asks for a copy of the shadow.
 * @param ring the lane's log ring.
 * @param spanLength that frames never straddle a multiple of.
 * @param counters of the lane.
 * @param start what was stored before this start.
 * @param store where checkpoints are kept.
 * @param clock for the idle time.
 * @param partitionExists tells whether a partition exists by the newest metadata; those that do not are left out. A
 *     partition must be in it before the lane gets its first command.
 * @param onProgress wakes the lane, which may wait for room.
 * @param fatalHandler told when a checkpoint could not be stored.
 * @param meters counts checkpoints.
 */
public record CheckpointContext(
        LaneIdentity identity,
        CheckpointConfig config,
        LaneState shadow,
        ShadowHandOver handOver,
        LogRing ring,
        int spanLength,
        LaneCounters counters,
        Start start,
        CheckpointStore store,
        NodeClock clock,
        IntPredicate partitionExists,
        Signal onProgress,
        FatalHandler fatalHandler,
        Meters meters) {
    /**
     * The newest checkpoint on the device when the node starts.
     *
     * @param position of it, 0 without one.
     * @param shelvedPosition of it, 0 without one: the journal keeps everything from here on.
     */
    public record Start(long position, long shelvedPosition) {
        /** There is no checkpoint yet. */
        public static final Start NONE = new Start(0, 0);

        /** That of a checkpoint which was read back. */
        public static Start of(final Checkpoint checkpoint) {
            return new Start(checkpoint.position(), checkpoint.shelvedPosition());
        }
    }

    /**
     * What a checkpoint agent counts.
     *
     * @param checkpoints stored.
     * @param length of the newest one, bytes.
     */
    public record Meters(AtomicCounter checkpoints, AtomicCounter length) {
        /**
         * Counters of a node.
         *
         * @param counters of the node.
         * @param laneId of the lane.
         */
        public static Meters create(final NodeCounters counters, final int laneId) {
            final String subject = "lane-" + laneId;
            return new Meters(
                    counters.counter(CounterType.CHECKPOINTS, laneId, subject),
                    counters.counter(CounterType.CHECKPOINT_LENGTH, laneId, subject));
        }

        /** Counters in this process's own memory, for tests. */
        public static Meters onHeap() {
            final UnsafeBuffer values = new UnsafeBuffer(
                    BufferUtil.allocateDirectAligned(2 * CountersReader.COUNTER_LENGTH, CountersReader.COUNTER_LENGTH));
            return new Meters(new AtomicCounter(values, 0), new AtomicCounter(values, 1));
        }
    }
}
