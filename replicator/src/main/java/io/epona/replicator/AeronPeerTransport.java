package io.epona.replicator;

import io.aeron.Aeron;
import io.aeron.ChannelUriStringBuilder;
import io.epona.replicator.driver.DriverLink;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import org.agrona.DirectBuffer;
import org.agrona.ErrorHandler;
import org.agrona.concurrent.AgentTerminationException;
import org.agrona.concurrent.NanoClock;

/**
 * Streams between nodes over Aeron: unicast, so that each receiver has its own flow control, and one UDP port on each
 * node for all that it receives; where configured also multicast, for what is live. Streams are found again by
 * themselves when a node's process comes back.
 *
 * <p>Threads are those of {@link PeerTransport}. {@link #close()} ends the streams, not the Aeron client.
 */
public final class AeronPeerTransport implements PeerTransport {
    /** Fragments for each message that one poll may take: a long message has many. */
    private static final int FRAGMENTS_PER_MESSAGE = 4;

    /** So much was taken out of the streams: the driver should tell the senders that there is room. */
    private static final int WAKE_LENGTH = 256 * 1024;

    private final Context context;
    private final AeronTransportConfig config;
    private final AeronStream[] control;
    private final AeronStream[][] live;
    private final CatchUpStream[][] catchUp;
    private final List<AeronInbound> inbound = new ArrayList<>();
    private final MulticastStreams multicast;
    private int unreportedLength;

    /**
     * What the transport works with.
     *
     * @param aeron client; the caller closes it, after the transport.
     * @param driver the media driver of the client.
     * @param errorHandler hears of streams that cannot be opened.
     * @param clock for retries.
     */
    public record Context(Aeron aeron, DriverLink driver, ErrorHandler errorHandler, NanoClock clock) {}

    /** A stream that gives its memory back when it was not used for a while. */
    private static final class CatchUpStream {
        private final AeronStream stream;
        private long lastUsedNs;
        private boolean isUsed;

        CatchUpStream(final AeronStream stream) {
            this.stream = stream;
        }
    }

    /** Subscribes; streams to other nodes open with the first offers. Waits for the driver. */
    public AeronPeerTransport(final AeronTransportConfig config, final Context context) {
        this.config = config;
        this.context = context;
        final Map<Integer, String> endpoints = new TreeMap<>(config.endpoints());
        final int nodeLimit = Collections.max(endpoints.keySet()) + 1;
        final int laneLimit =
                config.laneIds().stream().mapToInt(id -> id + 1).max().orElse(0);
        this.control = new AeronStream[nodeLimit];
        this.live = new AeronStream[nodeLimit][laneLimit];
        this.catchUp = new CatchUpStream[nodeLimit][laneLimit];
        endpoints.forEach((nodeId, endpoint) -> {
            if (nodeId != config.nodeId()) {
                addStreams(nodeId, endpoint);
            }
        });
        subscribe(endpoints.get(config.nodeId()));
        this.multicast = config.multicast()
                .map(group -> new MulticastStreams(config, group, context))
                .orElse(null);
    }

    private void addStreams(final int nodeId, final String endpoint) {
        final int controlLength = ReplicatorLimits.CONTROL_LENGTH;
        final String controlChannel =
                channel(endpoint, AeronTransportConfig.CONTROL_TERM_LENGTH, AeronTransportConfig.CONTROL_MTU_LENGTH);
        final String dataChannel = channel(endpoint, config.termLength(), config.mtuLength());
        control[nodeId] =
                new AeronStream(context, controlChannel, AeronTransportConfig.CONTROL_STREAM_ID, controlLength);
        control[nodeId].open();
        for (final int laneId : config.laneIds()) {
            live[nodeId][laneId] = new AeronStream(
                    context, dataChannel, AeronTransportConfig.LIVE_STREAM_ID + laneId, maxMessageLength());
            catchUp[nodeId][laneId] = new CatchUpStream(new AeronStream(
                    context, dataChannel, AeronTransportConfig.CATCH_UP_STREAM_ID + laneId, maxMessageLength()));
        }
    }

    private static String channel(final String endpoint, final int termLength, final int mtuLength) {
        return new ChannelUriStringBuilder()
                .media("udp")
                .endpoint(endpoint)
                .mtu(mtuLength)
                .termLength(termLength)
                .linger(0L)
                .build();
    }

    private void subscribe(final String endpoint) {
        final String channel =
                new ChannelUriStringBuilder().media("udp").endpoint(endpoint).build();
        inbound.add(new AeronInbound(context.aeron(), channel, AeronTransportConfig.CONTROL_STREAM_ID));
        for (final int base :
                new int[] {AeronTransportConfig.LIVE_STREAM_ID, AeronTransportConfig.CATCH_UP_STREAM_ID}) {
            for (final int laneId : config.laneIds()) {
                inbound.add(new AeronInbound(context.aeron(), channel, base + laneId));
            }
        }
    }

    @Override
    public Offer offerControl(final int toNode, final DirectBuffer buffer, final int offset, final int length) {
        return control[toNode].offer(buffer, offset, length, buffer, 0, 0);
    }

    @Override
    public Offer offerLive(
            final int toNode,
            final int laneId,
            final DirectBuffer header,
            final int headerLength,
            final DirectBuffer frames,
            final int framesOffset,
            final int framesLength) {
        return live[toNode][laneId].offer(header, 0, headerLength, frames, framesOffset, framesLength);
    }

    @Override
    public Offer offerCatchUp(
            final int toNode,
            final int laneId,
            final DirectBuffer header,
            final int headerLength,
            final DirectBuffer frames,
            final int framesOffset,
            final int framesLength) {
        final CatchUpStream used = catchUp[toNode][laneId];
        used.isUsed = true;
        used.lastUsedNs = context.clock().nanoTime();
        final Offer offer = used.stream.offer(header, 0, headerLength, frames, framesOffset, framesLength);
        if (Offer.SENT == offer) {
            context.driver().wake();
        }
        return offer;
    }

    @Override
    public int multicastKey() {
        return null == multicast ? NO_MULTICAST : CellKey.of(config.endpoints()).messageKey();
    }

    @Override
    public Offer offerMulticast(
            final int laneId,
            final DirectBuffer header,
            final int headerLength,
            final DirectBuffer frames,
            final int framesOffset,
            final int framesLength) {
        return multicast.offer(laneId, header, headerLength, frames, framesOffset, framesLength);
    }

    @Override
    public void releaseMulticast(final int laneId) {
        multicast.release(laneId);
    }

    @Override
    public void releaseLive(final int toNode, final int laneId) {
        live[toNode][laneId].close();
    }

    @Override
    public void releaseUnused() {
        final long nowNs = context.clock().nanoTime();
        for (final CatchUpStream[] ofNode : catchUp) {
            for (final CatchUpStream one : ofNode) {
                if (null != one && one.isUsed && nowNs - one.lastUsedNs > config.catchUpIdleNs()) {
                    one.isUsed = false;
                    one.stream.close();
                }
            }
        }
    }

    @Override
    public void flush() {
        context.driver().wake();
    }

    @Override
    public int poll(final MessageHandler handler, final int messageLimit) {
        if (context.aeron().isClosed()) {
            throw new AgentTerminationException("the Aeron client has ended: nothing is received any more");
        }
        int messageCount = 0;
        for (int i = 0; i < inbound.size(); i++) {
            final AeronInbound one = inbound.get(i);
            messageCount += one.poll(handler, messageLimit * FRAGMENTS_PER_MESSAGE);
            unreportedLength += one.polledLength();
        }
        if (null != multicast) {
            messageCount += multicast.poll(handler, messageLimit * FRAGMENTS_PER_MESSAGE);
            unreportedLength += multicast.polledLength();
        }
        if (unreportedLength >= WAKE_LENGTH) {
            unreportedLength = 0;
            context.driver().wake();
        }
        return messageCount;
    }

    @Override
    public int maxMessageLength() {
        return config.maxMessageLength();
    }

    @Override
    public boolean isConnected(final int toNode) {
        return control[toNode].isConnected();
    }

    @Override
    public void close() {
        inbound.forEach(AeronInbound::close);
        if (null != multicast) {
            multicast.close();
        }
        for (int nodeId = 0; nodeId < control.length; nodeId++) {
            if (null == control[nodeId]) {
                continue;
            }
            control[nodeId].close();
            for (final int laneId : config.laneIds()) {
                live[nodeId][laneId].close();
                catchUp[nodeId][laneId].stream.close();
            }
        }
    }
}
