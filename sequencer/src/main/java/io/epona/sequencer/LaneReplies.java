package io.epona.sequencer;

import io.epona.codec.lane.LaneReplyEncoder;
import io.epona.codec.lane.LaneResult;
import io.epona.runtime.Signal;
import java.util.List;
import org.agrona.concurrent.ringbuffer.RingBuffer;

/**
 * Writes a lane's replies, one at a time: claims the room first, so that nothing is decided which cannot be answered.
 * Owned by the lane's thread; allocates nothing.
 *
 * <p>A gateway is woken at the end of the duty cycle for replies that it can act on at once. A batch that was appended
 * is not such a one: its gateway is woken when the batch is committed.
 */
final class LaneReplies {
    /** Offset or position of a reply that has none. */
    static final long NONE = -1;

    private final LaneReplyEncoder reply = new LaneReplyEncoder();
    private final LaneConfig config;
    private final RingBuffer[] rings;
    private final Signal[] signals;
    private RingBuffer claimedRing;
    private int claimedOffset;
    private int claimedGatewayId;
    private long pendingSignals; // one bit for each gateway
    private int leaderEpoch;
    private int verification;

    LaneReplies(final LaneConfig config, final List<LaneGateway> gateways) {
        this.config = config;
        this.rings = gateways.stream().map(LaneGateway::replies).toArray(RingBuffer[]::new);
        this.signals = gateways.stream().map(LaneGateway::signal).toArray(Signal[]::new);
    }

    /** Replies from now on carry this epoch. */
    void leaderEpoch(final int epoch) {
        leaderEpoch = epoch;
    }

    /** The next reply carries this; 0 for none. */
    void verification(final int value) {
        verification = value;
    }

    boolean isKnown(final int gatewayId) {
        return gatewayId < rings.length;
    }

    /** Takes the room for one reply; false when there is none. Each claim is followed by a {@link #commit}. */
    boolean claim(final int gatewayId) {
        final RingBuffer ring = rings[gatewayId];
        final int offset = ring.tryClaim(LaneReplyEncoder.TEMPLATE_ID, LaneReplyEncoder.BLOCK_LENGTH);
        if (offset < 0) {
            return false;
        }
        claimedRing = ring;
        claimedOffset = offset;
        claimedGatewayId = gatewayId;
        return true;
    }

    void commit(
            final long correlationId,
            final int partitionIndex,
            final LaneResult result,
            final long baseOffset,
            final long endPosition,
            final long sequencedTimeNs) {
        reply.wrap(claimedRing.buffer(), claimedOffset)
                .correlationId(correlationId)
                .baseOffset(baseOffset)
                .endPosition(endPosition)
                .sequencedTimeNs(sequencedTimeNs)
                .partitionIndex(partitionIndex)
                .leaderEpoch(leaderEpoch)
                .laneId(config.laneId())
                .result(result)
                .reserved((short) 0)
                .verification(verification);
        claimedRing.commit(claimedOffset);
        if (result != LaneResult.OK) {
            signalThis();
        }
    }

    /** The reply just committed can be acted on at once. */
    void signalThis() {
        pendingSignals |= 1L << claimedGatewayId;
    }

    void signalPending() {
        while (pendingSignals != 0) {
            signals[Long.numberOfTrailingZeros(pendingSignals)].signal();
            pendingSignals &= pendingSignals - 1;
        }
    }

    /** Commits concern every gateway: they serve waiting fetches, too. */
    void signalAll() {
        for (final Signal signal : signals) {
            signal.signal();
        }
    }
}
