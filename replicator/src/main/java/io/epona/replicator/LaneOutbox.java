package io.epona.replicator;

import io.epona.codec.replication.FollowRequestDecoder;
import io.epona.codec.replication.FollowResponseDecoder;
import io.epona.codec.replication.FollowerAckDecoder;
import io.epona.codec.replication.StartFeedDecoder;
import io.epona.codec.replication.StopFeedsDecoder;
import java.util.List;
import org.agrona.ErrorHandler;
import org.agrona.MutableDirectBuffer;
import org.agrona.concurrent.MessageHandler;
import org.agrona.concurrent.ringbuffer.RingBuffer;

/**
 * Takes one lane's words: what is for other nodes goes into the {@link ControlOutbox}, the rest starts and stops the
 * lane's feeds. Owned by the sending thread; allocates nothing but for mistakes.
 */
final class LaneOutbox implements MessageHandler {
    private final int laneIndex;
    private final int laneId;
    private final RingBuffer ring;
    private final List<FrameFeed> feeds;
    private final MulticastFeed multicast;
    private final ControlOutbox control;
    private final ErrorHandler errorHandler;
    private final FollowRequestDecoder peerMessage = new FollowRequestDecoder();
    private final StartFeedDecoder startFeed = new StartFeedDecoder();
    private final StopFeedsDecoder stopFeeds = new StopFeedsDecoder();
    private long nowNs;

    /**
     * @param laneIndex of the lane in the control outbox.
     * @param lane whose words they are.
     * @param feeds of the lane, in the order of the node ids of the control outbox.
     * @param multicast the lane's feed to all at once; null: there is none.
     * @param control where messages to other nodes go.
     * @param errorHandler hears of words that make no sense.
     */
    LaneOutbox(
            final int laneIndex,
            final ReplicatedLane lane,
            final List<FrameFeed> feeds,
            final MulticastFeed multicast,
            final ControlOutbox control,
            final ErrorHandler errorHandler) {
        this.laneIndex = laneIndex;
        this.laneId = lane.laneId();
        this.ring = lane.outbox();
        this.feeds = List.copyOf(feeds);
        this.multicast = multicast;
        this.control = control;
        this.errorHandler = errorHandler;
    }

    int poll(final long newNowNs) {
        nowNs = newNowNs;
        return ring.read(this, ReplicatorLimits.OUTBOX_MESSAGES_PER_CYCLE);
    }

    @Override
    public void onMessage(final int msgTypeId, final MutableDirectBuffer buffer, final int index, final int length) {
        switch (msgTypeId) {
            case FollowRequestDecoder.TEMPLATE_ID, FollowResponseDecoder.TEMPLATE_ID, FollowerAckDecoder.TEMPLATE_ID ->
                toPeer(msgTypeId, buffer, index, length);
            case StartFeedDecoder.TEMPLATE_ID -> start(buffer, index, length);
            case StopFeedsDecoder.TEMPLATE_ID -> stop(buffer, index, length);
            default -> reject("unknown message", msgTypeId, length);
        }
    }

    /** The fields up to the receiver are at the same place in all three. */
    private void toPeer(final int templateId, final MutableDirectBuffer buffer, final int index, final int length) {
        if (length != FollowRequestDecoder.BLOCK_LENGTH) {
            reject("wrong length", templateId, length);
            return;
        }
        peerMessage.wrap(buffer, index, FollowRequestDecoder.BLOCK_LENGTH, FollowRequestDecoder.SCHEMA_VERSION);
        final int nodeIndex = nodeIndex(peerMessage.toNode());
        if (nodeIndex < 0 || peerMessage.laneId() != laneId) {
            reject("no such receiver, or another lane", templateId, length);
            return;
        }
        control.post(laneIndex, nodeIndex, templateId, buffer, index);
    }

    private void start(final MutableDirectBuffer buffer, final int index, final int length) {
        if (length != StartFeedDecoder.BLOCK_LENGTH) {
            reject("wrong length", StartFeedDecoder.TEMPLATE_ID, length);
            return;
        }
        startFeed.wrap(buffer, index, StartFeedDecoder.BLOCK_LENGTH, StartFeedDecoder.SCHEMA_VERSION);
        final int nodeIndex = nodeIndex(startFeed.toNode());
        if (nodeIndex < 0 || startFeed.position() < 0 || startFeed.laneId() != laneId) {
            reject("no such follower, lane or position", StartFeedDecoder.TEMPLATE_ID, length);
            return;
        }
        feeds.get(nodeIndex).start(startFeed.leaderEpoch(), startFeed.position(), nowNs);
    }

    private void stop(final MutableDirectBuffer buffer, final int index, final int length) {
        stopFeeds.wrap(buffer, index, StopFeedsDecoder.BLOCK_LENGTH, StopFeedsDecoder.SCHEMA_VERSION);
        if (length != StopFeedsDecoder.BLOCK_LENGTH || stopFeeds.laneId() != laneId) {
            reject("wrong length, or another lane", StopFeedsDecoder.TEMPLATE_ID, length);
            return;
        }
        for (int i = 0; i < feeds.size(); i++) {
            feeds.get(i).stop();
        }
        if (null != multicast) {
            multicast.stop();
        }
    }

    private int nodeIndex(final int nodeId) {
        for (int i = 0; i < feeds.size(); i++) {
            if (feeds.get(i).toNode() == nodeId) {
                return i;
            }
        }
        return -1;
    }

    private void reject(final String why, final int msgTypeId, final int length) {
        errorHandler.onError(new IllegalArgumentException("a lane's word to the replicator was skipped: " + why
                + ", laneId=" + laneId + ", msgTypeId=" + msgTypeId + ", length=" + length));
    }
}
