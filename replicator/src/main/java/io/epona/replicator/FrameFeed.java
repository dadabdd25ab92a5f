package io.epona.replicator;

import io.epona.codec.FrameDescriptor;
import io.epona.journal.LogRing;
import io.epona.journal.RingLimits;
import io.epona.runtime.LaneCounters;
import io.epona.runtime.ReplicaCounters;
import io.epona.runtime.Signal;
import java.util.concurrent.atomic.AtomicReference;
import org.agrona.concurrent.AgentTerminationException;
import org.agrona.concurrent.AtomicBuffer;

/**
 * A lane's log on its way to one follower. It streams from the log ring while it can; when the follower is so far
 * behind that the ring no longer has what it needs, a {@link CatchUpFeed} sends from the journal, and this feed comes
 * back when the follower has reached what the ring holds with room to spare. Owned by the sending thread; decides only.
 *
 * <p>A change of stream needs no agreement with the follower: each stream begins at a position that the follower has
 * reached, so that whatever overtakes what, it finds the next frame on one of them and passes over what it has.
 */
final class FrameFeed {
    /** What the feed does now. */
    enum State {
        /** Nothing: the lane does not lead, or the follower must ask again. */
        STOPPED,
        /** Sends from the log ring. */
        LIVE,
        /** The catch-up thread sends from the journal; this feed sends heartbeats. */
        CATCHING_UP
    }

    private final ReplicatedLane lane;
    private final LaneCounters counters;
    private final ReplicaCounters replica;
    private final ReplicationConfig config;
    private final PeerTransport transport;
    private final SenderMeters meters;
    private final FramePieces pieces;
    private final AtomicReference<CatchUpOrder> catchUp;
    private final Signal catchUpSignal;

    private State state = State.STOPPED;
    private int leaderEpoch;
    private long startPosition;
    private long sentPosition;
    private long sentCommitted;
    private long lastSentNs;
    private long receivedPosition;
    private long lastReceivedNs;

    /**
     * What a feed works with.
     *
     * @param lane whose log it is.
     * @param replica the follower.
     * @param config of replication.
     * @param transport that carries the messages.
     * @param meters counts; written by the sending thread.
     * @param catchUp where the catch-up thread finds its order.
     * @param catchUpSignal wakes it.
     */
    record Context(
            ReplicatedLane lane,
            ReplicaCounters replica,
            ReplicationConfig config,
            PeerTransport transport,
            SenderMeters meters,
            AtomicReference<CatchUpOrder> catchUp,
            Signal catchUpSignal) {}

    FrameFeed(final Context context) {
        this.lane = context.lane();
        this.counters = lane.counters();
        this.replica = context.replica();
        this.config = context.config();
        this.meters = context.meters();
        this.catchUp = context.catchUp();
        this.catchUpSignal = context.catchUpSignal();
        this.transport = context.transport();
        final int toNode = replica.nodeId();
        final int laneId = lane.laneId();
        this.pieces = new FramePieces(
                lane,
                config.nodeId(),
                toNode,
                transport.maxMessageLength(),
                (header, headerLength, frames, framesOffset, framesLength) ->
                        transport.offerLive(toNode, laneId, header, headerLength, frames, framesOffset, framesLength));
    }

    /** Sends the log from a position on, in place of whatever was sent before. */
    void start(final int newLeaderEpoch, final long position, final long nowNs) {
        leaderEpoch = newLeaderEpoch;
        startPosition = position;
        receivedPosition = position;
        lastReceivedNs = nowNs;
        lastSentNs = nowNs - config.heartbeatNs();
        pieces.start(newLeaderEpoch);
        if (isInRing(position, counters.appended().getAcquire(), ReplicatorLimits.FALL_OFF_PARTS)) {
            goLive(position);
        } else {
            goCatchUp(position, nowNs);
        }
    }

    /** Sends nothing until {@link #start}. */
    void stop() {
        if (State.STOPPED != state) {
            takeOrderBack();
            enter(State.STOPPED);
            transport.releaseLive(replica.nodeId(), lane.laneId());
        }
    }

    State state() {
        return state;
    }

    int toNode() {
        return replica.nodeId();
    }

    /** Sends what is to be sent now; returns the number of messages. */
    int doWork(final long nowNs) {
        return switch (state) {
            case LIVE -> sendFrames(nowNs) + sendHeartbeat(sentPosition, nowNs);
            case CATCHING_UP -> followCatchUp(nowNs);
            case STOPPED -> 0;
        };
    }

    private int sendFrames(final long nowNs) {
        final AtomicBuffer buffer = lane.ring().buffer();
        final LogRing ring = lane.ring();
        int messageCount = 0;
        while (messageCount < ReplicatorLimits.FEED_MESSAGES_PER_CYCLE) {
            final long appended = counters.appended().getAcquire();
            final long position = FrameDescriptor.framePosition(sentPosition, lane.spanLength());
            if (position >= appended) {
                break;
            }
            if (!isInRing(position, appended, ReplicatorLimits.FALL_OFF_PARTS)) {
                fallOff(nowNs);
                break;
            }
            final long committed = counters.committed().getAcquire();
            final Offer offer = pieces.offer(buffer, ring.offset(position), position, appended, committed);
            if (null == offer) {
                fallOff(nowNs);
                break;
            }
            if (!isSent(offer)) {
                break;
            }
            meters.onFramesSent(pieces.sentLength());
            sentPosition = pieces.endPosition();
            sentCommitted = committed;
            lastSentNs = nowNs;
            messageCount++;
        }
        return messageCount;
    }

    /** What is in flight on the live stream may come late: catch-up begins at what has surely arrived. */
    private void fallOff(final long nowNs) {
        final long received = Math.min(replica.received().getAcquire(), sentPosition);
        goCatchUp(Math.max(startPosition, received), nowNs);
    }

    private int sendHeartbeat(final long position, final long nowNs) {
        if (State.STOPPED == state) {
            return 0;
        }
        final long committed = counters.committed().getAcquire();
        final long dueNs = committed == sentCommitted ? config.heartbeatNs() : config.committedDelayNs();
        if (nowNs - lastSentNs < dueNs || !isSent(pieces.offerHeartbeat(position, committed))) {
            return 0;
        }
        meters.onHeartbeatSent();
        sentCommitted = committed;
        lastSentNs = nowNs;
        return 1;
    }

    /** Heartbeats name a position that the follower has, so that it sees no gap in what is on its way. */
    private int followCatchUp(final long nowNs) {
        final CatchUpOrder order = catchUp.get();
        if (null == order || order.isOver()) {
            stop();
            return 1;
        }
        final long sent = order.sentPosition();
        final long received =
                Math.max(receivedPosition, Math.min(replica.received().getAcquire(), sent));
        if (isInRing(received, counters.appended().getAcquire(), ReplicatorLimits.REJOIN_PARTS)) {
            pieces.start(leaderEpoch);
            goLive(received);
            return 1 + doWork(nowNs);
        }
        if (received > receivedPosition || sent == received) {
            receivedPosition = received;
            lastReceivedNs = nowNs;
        } else if (nowNs - lastReceivedNs > config.catchUpStallNs() && sent > order.startPosition()) {
            goCatchUp(received, nowNs);
            return 1;
        }
        return sendHeartbeat(startPosition, nowNs);
    }

    private void goLive(final long position) {
        sentPosition = position;
        takeOrderBack();
        enter(State.LIVE);
    }

    private void takeOrderBack() {
        if (null != catchUp.getPlain()) {
            catchUp.set(null);
            catchUpSignal.signal();
        }
    }

    private void goCatchUp(final long position, final long nowNs) {
        receivedPosition = position;
        lastReceivedNs = nowNs;
        catchUp.set(new CatchUpOrder(leaderEpoch, position));
        enter(State.CATCHING_UP);
        catchUpSignal.signal();
    }

    private void enter(final State newState) {
        meters.onFeedState(state, newState);
        state = newState;
    }

    private boolean isInRing(final long position, final long appended, final int spareParts) {
        final LogRing ring = lane.ring();
        final long spare = ring.length() / spareParts;
        return position >= ring.floorPosition()
                && position >= RingLimits.oldestIntactPosition(appended, ring.length()) + spare;
    }

    private boolean isSent(final Offer offer) {
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
                        + ", laneId=" + lane.laneId() + ", toNode=" + replica.nodeId() + ", position=" + sentPosition);
        }
    }
}
