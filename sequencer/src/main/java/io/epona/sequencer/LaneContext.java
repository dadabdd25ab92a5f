package io.epona.sequencer;

import io.epona.journal.LogRing;
import io.epona.runtime.LaneCounters;
import io.epona.runtime.NodeClock;
import io.epona.runtime.Signal;
import io.epona.runtime.budget.BreachLog;
import io.epona.runtime.budget.StageRecorder;
import java.util.List;
import org.agrona.ErrorHandler;
import org.agrona.concurrent.ringbuffer.RingBuffer;

/**
 * Everything that a lane works with.
 *
 * @param config sizes and names.
 * @param state after recovery, of the frames that are known to be committed. In a cell of one the lane's alone from now
 *     on; else only looked at in the constructor, for partitions and epochs, so that it may be the checkpoint agent's
 *     shadow.
 * @param ring the log ring; the lane is its only writer.
 * @param commands many to one.
 * @param gateways that send commands, by gateway id.
 * @param counters positions when the lane starts: {@code appended} at the log's end, {@code committed} not above it;
 *     frames between the state's position and {@code appended} are in the ring.
 * @param replication what it needs to be one replica of several, or to be alone.
 * @param clock stamps frames.
 * @param onAppended wakes the journal writer.
 * @param onCommitted wakes whoever waits for {@code committed}, gateways left out: these have their own signals.
 * @param stages records SEQUENCE, JOURNAL and COMMIT; the lane is its only writer.
 * @param breaches of the commit stage; the lane is its only writer.
 * @param meters counts what happens.
 * @param errorHandler told of what is skipped.
 */
public record LaneContext(
        LaneConfig config,
        LaneState state,
        LogRing ring,
        RingBuffer commands,
        List<LaneGateway> gateways,
        LaneCounters counters,
        LaneReplication replication,
        NodeClock clock,
        Signal onAppended,
        Signal onCommitted,
        StageRecorder stages,
        BreachLog breaches,
        LaneMeters meters,
        ErrorHandler errorHandler) {
    /** Copies the list of gateways. */
    public LaneContext {
        gateways = List.copyOf(gateways);
    }

    /** Frames never straddle a multiple of this: the smaller of ring and segment. */
    public int spanLength() {
        return ring.spanLength(config.segmentLength());
    }
}
