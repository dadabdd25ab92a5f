package io.epona.replicator;

/**
 * A lane's log on its way to all followers at once, which its leader sends from the log ring from the begin of its
 * tenure on. It waits for the fastest follower that listens and for no other; what it could not send in time it leaves
 * out, and says so to those who rely on it by {@link #breakCount}. Owned by the sending thread; decides only.
 *
 * <p>It begins at the end of the log, and each follower is sent what is before that on a stream of its own: see
 * {@link MulticastFollower}.
 */
final class MulticastFeed {
    private final ReplicatedLane lane;
    private final PeerTransport transport;
    private final RingStream stream;
    private boolean isActive;
    private int breakCount;

    MulticastFeed(
            final ReplicatedLane lane,
            final ReplicationConfig config,
            final PeerTransport transport,
            final SenderMeters meters) {
        this.lane = lane;
        this.transport = transport;
        final int laneId = lane.laneId();
        this.stream = new RingStream(
                lane,
                config,
                meters,
                ReplicatorLimits.ALL_FOLLOWERS,
                FramePieces.toAll(
                        lane,
                        config.nodeId(),
                        transport.multicastKey(),
                        transport.maxMessageLength(),
                        (header, headerLength, frames, framesOffset, framesLength) -> transport.offerMulticast(
                                laneId, header, headerLength, frames, framesOffset, framesLength)));
    }

    /** A follower is to be sent the log in this epoch: begins if that is the first one. */
    void start(final int leaderEpoch, final long nowNs) {
        if (!isActive || leaderEpoch != stream.leaderEpoch()) {
            isActive = true;
            stream.start(leaderEpoch, nowNs);
            skip();
        }
    }

    void stop() {
        if (isActive) {
            isActive = false;
            transport.releaseMulticast(lane.laneId());
        }
    }

    int doWork(final long nowNs) {
        if (!isActive) {
            return 0;
        }
        final int messageCount = stream.sendFrames(nowNs) + stream.sendHeartbeat(stream.sentPosition(), nowNs);
        if (stream.hasFallenOff() || !stream.isConnected()) {
            skip();
        }
        return messageCount;
    }

    /** Goes on from the end of the log. */
    private void skip() {
        final long appended = appendedPosition();
        if (stream.hasFallenOff() || stream.sentPosition() != appended) {
            breakCount++;
            stream.moveTo(appended);
        }
    }

    /** The end of the log, whether it was sent yet or not. */
    long appendedPosition() {
        return lane.counters().appended().getAcquire();
    }

    /** True when somebody listens, as far as is known. */
    boolean isHeard() {
        return isActive && stream.isConnected();
    }

    /** Grows whenever something was left out. */
    int breakCount() {
        return breakCount;
    }
}
