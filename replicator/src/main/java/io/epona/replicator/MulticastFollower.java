package io.epona.replicator;

import io.epona.codec.FrameDescriptor;
import io.epona.runtime.ReplicaCounters;

/**
 * Whether one follower needs a stream of its own, or is served by the {@link MulticastFeed} that all listen to.
 *
 * <p>It is served by that once it says that what it heard there last continued its log: then all that follows does. It
 * gets its own stream again when it says otherwise, when the feed left something out, or when it makes no progress for
 * a while though there is something to be had: it may not have come, or the feed may be held back because nobody's flow
 * control reaches the leader. Then it keeps that for some time, so that a bad network does not make it go to and fro.
 * Whatever is decided here, a follower takes what continues its log and nothing else.
 *
 * <p>Owned by the sending thread.
 */
final class MulticastFollower {
    private final MulticastFeed feed;
    private final HearingReport report;
    private final ReplicaCounters replica;
    private final int spanLength;
    private final ReplicationConfig config;

    private int leaderEpoch;
    private long heldUntilNs;
    private int breakCount;
    private long receivedPosition;
    private long lastReceivedNs;

    /**
     * @param feed of the lane; null: there is none.
     * @param report what the follower says about hearing it.
     * @param replica how far the follower is.
     * @param spanLength of the lane.
     * @param config of replication.
     */
    MulticastFollower(
            final MulticastFeed feed,
            final HearingReport report,
            final ReplicaCounters replica,
            final int spanLength,
            final ReplicationConfig config) {
        this.feed = feed;
        this.report = report;
        this.replica = replica;
        this.spanLength = spanLength;
        this.config = config;
    }

    /** The follower is to be sent the log in this epoch, from a position that it told. */
    void start(final int newLeaderEpoch, final long nowNs) {
        if (null == feed) {
            return;
        }
        if (newLeaderEpoch != leaderEpoch) {
            leaderEpoch = newLeaderEpoch;
            heldUntilNs = nowNs;
        }
        feed.start(newLeaderEpoch, nowNs);
    }

    /** It has missed something that was sent to all. */
    void onMissed(final long nowNs) {
        heldUntilNs = nowNs + config.multicastHoldNs();
    }

    /** True when its own stream is not needed any more. */
    boolean isServed(final long nowNs) {
        if (null == feed || nowNs - heldUntilNs < 0 || !feed.isHeard() || !report.hears(leaderEpoch)) {
            return false;
        }
        breakCount = feed.breakCount();
        receivedPosition = replica.received().getAcquire();
        lastReceivedNs = nowNs;
        return true;
    }

    /** True when it is not served any more, and needs its own stream. */
    boolean isLost(final long nowNs) {
        if (breakCount != feed.breakCount() || !report.hears(leaderEpoch)) {
            return true;
        }
        final long received = replica.received().getAcquire();
        if (received != receivedPosition || hasAll(received)) {
            receivedPosition = received;
            lastReceivedNs = nowNs;
            return false;
        }
        return nowNs - lastReceivedNs > config.multicastStallNs();
    }

    private boolean hasAll(final long received) {
        return FrameDescriptor.framePosition(received, spanLength)
                >= FrameDescriptor.framePosition(feed.appendedPosition(), spanLength);
    }
}
