package io.epona.sequencer;

import io.epona.runtime.ReplicaCounters;

/**
 * How far one follower is, as the leader knows it in its present tenure. Owned by the lane's thread; the counters are
 * read by others.
 *
 * <p>What a follower said counts only from the moment that it was told to follow, and only from the start of it (the
 * incarnation) that had asked. When the leader has reason to think that the follower is another one by now, it forgets
 * it, and the follower has to ask again.
 */
final class FollowerProgress {
    private final ReplicaCounters counters;
    private final int nodeId;
    private boolean isFollowing;
    private int incarnation;
    private long received;
    private long acked;
    private long lastHeardNs;
    private long lastAskedNs;
    private long lastFeedNs;

    FollowerProgress(final ReplicaCounters counters) {
        this.counters = counters;
        this.nodeId = counters.nodeId();
    }

    int nodeId() {
        return nodeId;
    }

    /** The node's bit in a set of nodes. */
    int bit() {
        return 1 << nodeId;
    }

    /** A tenure begins: nothing is known. */
    void begin(final long nowNs) {
        forget();
        received = 0;
        acked = 0;
        lastHeardNs = nowNs;
        lastAskedNs = nowNs - Long.MAX_VALUE / 2;
        lastFeedNs = lastAskedNs;
        publish();
    }

    /**
     * It has to ask again before anything that it says counts. What it acknowledged before still holds commits back.
     */
    void forget() {
        isFollowing = false;
        incarnation = 0;
    }

    /** It was told to follow from the end of its log, where both logs agree. */
    void follow(final int incarnation, final long endPosition, final long durablePosition, final long nowNs) {
        if (isFollowing && this.incarnation == incarnation) {
            // It asked twice; the earlier question may have come later.
            advance(endPosition, durablePosition, nowNs);
            return;
        }
        isFollowing = true;
        this.incarnation = incarnation;
        received = endPosition;
        acked = Math.min(durablePosition, endPosition);
        lastHeardNs = nowNs;
        publish();
    }

    /** It acknowledged; of messages that overtook each other the larger one counts. */
    void advance(final long receivedPosition, final long durablePosition, final long nowNs) {
        lastHeardNs = nowNs;
        if (receivedPosition > received || durablePosition > acked) {
            received = Math.max(received, receivedPosition);
            acked = Math.max(acked, durablePosition);
            publish();
        }
    }

    private void publish() {
        counters.received().setRelease(received);
        counters.acked().setRelease(acked);
    }

    boolean isFollowing() {
        return isFollowing;
    }

    boolean isOf(final int incarnation) {
        return isFollowing && this.incarnation == incarnation;
    }

    int incarnation() {
        return incarnation;
    }

    long received() {
        return received;
    }

    long acked() {
        return acked;
    }

    long lastHeardNs() {
        return lastHeardNs;
    }

    /** True, once in an interval: it may be asked to ask. */
    boolean mayBeAsked(final long nowNs, final long intervalNs) {
        if (nowNs - lastAskedNs < intervalNs) {
            return false;
        }
        lastAskedNs = nowNs;
        return true;
    }

    /** True, once in an interval: its feed may be started anew. */
    boolean mayBeFed(final long nowNs, final long intervalNs) {
        if (nowNs - lastFeedNs < intervalNs) {
            return false;
        }
        lastFeedNs = nowNs;
        return true;
    }
}
