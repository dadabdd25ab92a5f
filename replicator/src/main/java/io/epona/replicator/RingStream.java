package io.epona.replicator;

import io.epona.codec.FrameDescriptor;
import io.epona.journal.LogRing;
import io.epona.journal.RingLimits;
import io.epona.runtime.LaneCounters;
import org.agrona.concurrent.AgentTerminationException;

/**
 * Sends a lane's log from its ring on one stream, from a position on, and heartbeats when there is nothing to be sent.
 * Owned by the sending thread; decides only; allocates nothing.
 */
final class RingStream {
    private final ReplicatedLane lane;
    private final LaneCounters counters;
    private final ReplicationConfig config;
    private final SenderMeters meters;
    private final int toNode;
    private final FramePieces pieces;

    private int leaderEpoch;
    private long sentPosition;
    private long sentCommitted;
    private long lastSentNs;
    private boolean hasFallenOff;
    private boolean isConnected;

    /**
     * @param lane whose log it is.
     * @param config of replication.
     * @param meters counts; written by the sending thread.
     * @param toNode the receiver, for messages about errors.
     * @param pieces of the stream.
     */
    RingStream(
            final ReplicatedLane lane,
            final ReplicationConfig config,
            final SenderMeters meters,
            final int toNode,
            final FramePieces pieces) {
        this.lane = lane;
        this.counters = lane.counters();
        this.config = config;
        this.meters = meters;
        this.toNode = toNode;
        this.pieces = pieces;
    }

    /** A heartbeat goes out soon, and frames from the position where {@link #moveTo} puts it. */
    void start(final int newLeaderEpoch, final long nowNs) {
        leaderEpoch = newLeaderEpoch;
        lastSentNs = nowNs - config.heartbeatNs();
        isConnected = false;
        pieces.start(newLeaderEpoch);
    }

    /** Goes on from another position, with a whole frame. */
    void moveTo(final long position) {
        sentPosition = position;
        hasFallenOff = false;
        pieces.start(leaderEpoch);
    }

    int leaderEpoch() {
        return leaderEpoch;
    }

    /** How far the log was sent. */
    long sentPosition() {
        return sentPosition;
    }

    /** The ring has no more of what is to be sent next, or is about to lose it. */
    boolean hasFallenOff() {
        return hasFallenOff;
    }

    /** False when nobody listened to the last message that was offered. */
    boolean isConnected() {
        return isConnected;
    }

    /** Sends a bounded number of messages; returns how many. */
    int sendFrames(final long nowNs) {
        int messageCount = 0;
        while (messageCount < ReplicatorLimits.FEED_MESSAGES_PER_CYCLE && sendNext(nowNs)) {
            messageCount++;
        }
        return messageCount;
    }

    private boolean sendNext(final long nowNs) {
        final long appended = counters.appended().getAcquire();
        final long position = FrameDescriptor.framePosition(sentPosition, lane.spanLength());
        if (position >= appended) {
            return false;
        }
        if (!isInRing(lane, position, appended, ReplicatorLimits.FALL_OFF_PARTS)) {
            hasFallenOff = true;
            return false;
        }
        final LogRing ring = lane.ring();
        final long committed = counters.committed().getAcquire();
        final Offer offer = pieces.offer(ring.buffer(), ring.offset(position), position, appended, committed);
        if (null == offer) {
            hasFallenOff = true;
            return false;
        }
        if (!isSent(offer)) {
            return false;
        }
        meters.onFramesSent(pieces.sentLength());
        sentPosition = pieces.endPosition();
        onSent(committed, nowNs);
        return true;
    }

    /** Tells where the leader is, when that is due; returns the number of messages. */
    int sendHeartbeat(final long position, final long nowNs) {
        final long committed = counters.committed().getAcquire();
        final long dueNs = committed == sentCommitted ? config.heartbeatNs() : config.committedDelayNs();
        if (nowNs - lastSentNs < dueNs || !isSent(pieces.offerHeartbeat(position, committed))) {
            return 0;
        }
        meters.onHeartbeatSent();
        onSent(committed, nowNs);
        return 1;
    }

    private void onSent(final long committed, final long nowNs) {
        sentCommitted = committed;
        lastSentNs = nowNs;
    }

    private boolean isSent(final Offer offer) {
        isConnected = Offer.NOT_CONNECTED != offer;
        switch (offer) {
            case SENT:
                return true;
            case BACK_PRESSURED:
                meters.onBackPressure();
                return false;
            case NOT_CONNECTED:
                return false;
            default:
                throw new AgentTerminationException("cannot send to another node any more: result=" + offer
                        + ", laneId=" + lane.laneId() + ", toNode=" + toNode + ", position=" + sentPosition);
        }
    }

    /** Whether the ring has the frame at a position, with a part of its length to spare. */
    static boolean isInRing(final ReplicatedLane lane, final long position, final long appended, final int spareParts) {
        final LogRing ring = lane.ring();
        final long spare = ring.length() / spareParts;
        return position >= ring.floorPosition()
                && position >= RingLimits.oldestIntactPosition(appended, ring.length()) + spare;
    }
}
