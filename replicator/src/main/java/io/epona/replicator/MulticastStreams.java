package io.epona.replicator;

import io.aeron.ChannelUriStringBuilder;
import org.agrona.DirectBuffer;

/**
 * The streams of one cell's multicast group: for each lane one that its leader sends and all others listen to. A node
 * does not listen to a lane that it sends itself, or its own reading would count as the fastest follower's.
 *
 * <p>Flow control follows the fastest receiver and waits for no other. A receiver that is left behind loses what it did
 * not take in time; positions tell it so.
 */
final class MulticastStreams {
    /** Aeron's name of the flow control that takes the largest window of all receivers. */
    private static final String NEVER_WAIT_FOR_THE_SLOWEST = "max";

    /** By lane id; null for ids that there are not, as in {@link #inbound}. */
    private final AeronStream[] outbound;

    private final MulticastInbound[] inbound;
    private final AeronPeerTransport.Context context;

    MulticastStreams(
            final AeronTransportConfig config, final MulticastGroup group, final AeronPeerTransport.Context context) {
        this.context = context;
        final CellKey key = CellKey.of(config.endpoints());
        final int laneLimit =
                config.laneIds().stream().mapToInt(id -> id + 1).max().orElse(0);
        this.outbound = new AeronStream[laneLimit];
        this.inbound = new MulticastInbound[laneLimit];
        final String sending = channel(group)
                .flowControl(NEVER_WAIT_FOR_THE_SLOWEST)
                .mtu(config.mtuLength())
                .termLength(config.termLength())
                .linger(0L)
                .build();
        final String receiving = channel(group).build();
        for (final int laneId : config.laneIds()) {
            final int streamId = key.streamId(laneId);
            outbound[laneId] = new AeronStream(context, sending, streamId, config.maxMessageLength());
            inbound[laneId] = new MulticastInbound(
                    context,
                    receiving,
                    streamId,
                    group.silenceNs(),
                    context.clock().nanoTime());
        }
    }

    private static ChannelUriStringBuilder channel(final MulticastGroup group) {
        return new ChannelUriStringBuilder()
                .media("udp")
                .endpoint(group.endpoint())
                .networkInterface(group.networkInterface())
                .ttl(group.ttl());
    }

    Offer offer(
            final int laneId,
            final DirectBuffer header,
            final int headerLength,
            final DirectBuffer frames,
            final int framesOffset,
            final int framesLength) {
        inbound[laneId].isSending(true);
        return outbound[laneId].offer(header, 0, headerLength, frames, framesOffset, framesLength);
    }

    void release(final int laneId) {
        outbound[laneId].close();
        inbound[laneId].isSending(false);
    }

    /** Hands messages on; returns the number of those that were taken. */
    int poll(final PeerTransport.MessageHandler handler, final int fragmentLimit) {
        final long nowNs = context.clock().nanoTime();
        int messageCount = 0;
        for (final MulticastInbound one : inbound) {
            messageCount += null == one ? 0 : one.poll(handler, fragmentLimit, nowNs);
        }
        return messageCount;
    }

    /** Bytes of the messages that the last poll took. */
    int polledLength() {
        int length = 0;
        for (final MulticastInbound one : inbound) {
            length += null == one ? 0 : one.polledLength();
        }
        return length;
    }

    void close() {
        for (int laneId = 0; laneId < inbound.length; laneId++) {
            if (null != inbound[laneId]) {
                inbound[laneId].close();
                outbound[laneId].close();
            }
        }
    }
}
