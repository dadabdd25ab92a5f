package io.epona.replicator;

import io.epona.journal.LogRing;
import io.epona.runtime.LaneCounters;
import io.epona.runtime.ReplicaCounters;
import io.epona.runtime.Signal;
import java.util.List;
import java.util.function.Supplier;
import org.agrona.concurrent.ringbuffer.RingBuffer;

/**
 * What the replicator has to do with one lane of its node.
 *
 * @param laneId of the lane, 0 to 65,535.
 * @param ring the log ring; read only.
 * @param spanLength that frames never straddle a multiple of.
 * @param counters of the lane; {@code appended}, {@code durable} and {@code committed} are read.
 * @param replicas counters of all other nodes of the cell; {@code received} is read.
 * @param outbox words of the lane: FollowRequest, FollowResponse, FollowerAck, StartFeed, StopFeeds.
 * @param peers what other nodes say to the lane: FollowRequest, FollowResponse, Frames, FollowerAck; the receiver is
 *     its only writer. An eighth of it bounds the messages that are sent, and must hold the longest frame; on all nodes
 *     alike.
 * @param laneSignal wakes the lane when there is something in {@code peers}.
 * @param journal opens one more reader of the lane's journal, on the catch-up thread.
 */
public record ReplicatedLane(
        int laneId,
        LogRing ring,
        int spanLength,
        LaneCounters counters,
        List<ReplicaCounters> replicas,
        RingBuffer outbox,
        RingBuffer peers,
        Signal laneSignal,
        Supplier<FrameSource> journal) {
    /** Checks ids and lengths. */
    public ReplicatedLane {
        if (laneId < 0 || laneId > ReplicatorLimits.MAX_ID) {
            throw new IllegalArgumentException("no lane id: laneId=" + laneId);
        }
        if (spanLength > ring.length() || Integer.bitCount(spanLength) != 1) {
            throw new IllegalArgumentException("no span of this ring: spanLength=" + spanLength);
        }
        replicas = List.copyOf(replicas);
        for (final ReplicaCounters replica : replicas) {
            if (replica.nodeId() < 0 || replica.nodeId() > ReplicatorLimits.MAX_ID) {
                throw new IllegalArgumentException("no node id: nodeId=" + replica.nodeId());
            }
        }
    }
}
