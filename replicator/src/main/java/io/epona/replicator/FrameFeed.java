package io.epona.replicator;

import io.epona.runtime.LaneCounters;
import io.epona.runtime.ReplicaCounters;
import io.epona.runtime.Signal;
import java.util.concurrent.atomic.AtomicReference;

/**
 * A lane's log on its way to one follower. It streams from the log ring while it can; when the follower is so far
 * behind that the ring no longer has what it needs, a {@link CatchUpFeed} sends from the journal, and this feed comes
 * back when the follower has reached what the ring holds with room to spare. It sends nothing while the follower is
 * served by the {@link MulticastFeed}. Owned by the sending thread; decides only.
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
        CATCHING_UP,
        /** The follower hears what is sent to all; this feed watches that. */
        MULTICAST
    }

    private final ReplicatedLane lane;
    private final LaneCounters counters;
    private final ReplicaCounters replica;
    private final ReplicationConfig config;
    private final PeerTransport transport;
    private final SenderMeters meters;
    private final RingStream stream;
    private final MulticastFollower multicast;
    private final AtomicReference<CatchUpOrder> catchUp;
    private final Signal catchUpSignal;

    private State state = State.STOPPED;
    private long startPosition;
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
     * @param multicast whether the follower is served by what is sent to all.
     * @param catchUp where the catch-up thread finds its order.
     * @param catchUpSignal wakes it.
     */
    record Context(
            ReplicatedLane lane,
            ReplicaCounters replica,
            ReplicationConfig config,
            PeerTransport transport,
            SenderMeters meters,
            MulticastFollower multicast,
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
        this.multicast = context.multicast();
        final int toNode = replica.nodeId();
        final int laneId = lane.laneId();
        this.stream = new RingStream(
                lane,
                config,
                meters,
                toNode,
                FramePieces.toOne(
                        lane,
                        config.nodeId(),
                        toNode,
                        transport.maxMessageLength(),
                        (header, headerLength, frames, framesOffset, framesLength) -> transport.offerLive(
                                toNode, laneId, header, headerLength, frames, framesOffset, framesLength)));
    }

    /** Sends the log from a position on, in place of whatever was sent before. */
    void start(final int leaderEpoch, final long position, final long nowNs) {
        if (State.MULTICAST == state) {
            multicast.onMissed(nowNs);
        }
        multicast.start(leaderEpoch, nowNs);
        startPosition = position;
        stream.start(leaderEpoch, nowNs);
        goOn(position, nowNs);
    }

    private void goOn(final long position, final long nowNs) {
        receivedPosition = position;
        lastReceivedNs = nowNs;
        if (isInRing(position, ReplicatorLimits.FALL_OFF_PARTS)) {
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
            case LIVE -> sendLive(nowNs);
            case CATCHING_UP -> followCatchUp(nowNs);
            case MULTICAST -> watchMulticast(nowNs);
            case STOPPED -> 0;
        };
    }

    private int sendLive(final long nowNs) {
        if (multicast.isServed(nowNs)) {
            enter(State.MULTICAST);
            transport.releaseLive(replica.nodeId(), lane.laneId());
            return 1;
        }
        final int messageCount = stream.sendFrames(nowNs);
        if (stream.hasFallenOff()) {
            // What is in flight on the live stream may come late: catch-up begins at what has surely arrived.
            goCatchUp(surelyReceived(stream.sentPosition()), nowNs);
        }
        return messageCount + stream.sendHeartbeat(stream.sentPosition(), nowNs);
    }

    private int watchMulticast(final long nowNs) {
        if (!multicast.isLost(nowNs)) {
            return 0;
        }
        multicast.onMissed(nowNs);
        goOn(surelyReceived(Long.MAX_VALUE), nowNs);
        return 1;
    }

    private long surelyReceived(final long limitPosition) {
        return Math.max(startPosition, Math.min(replica.received().getAcquire(), limitPosition));
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
        if (isInRing(received, ReplicatorLimits.REJOIN_PARTS)) {
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
        return stream.sendHeartbeat(startPosition, nowNs);
    }

    private void goLive(final long position) {
        stream.moveTo(position);
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
        catchUp.set(new CatchUpOrder(stream.leaderEpoch(), position));
        enter(State.CATCHING_UP);
        catchUpSignal.signal();
    }

    private void enter(final State newState) {
        meters.onFeedState(state, newState);
        state = newState;
    }

    private boolean isInRing(final long position, final int spareParts) {
        return RingStream.isInRing(lane, position, counters.appended().getAcquire(), spareParts);
    }
}
