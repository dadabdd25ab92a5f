package io.epona.replicator;

import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.List;
import org.agrona.DirectBuffer;
import org.agrona.concurrent.UnsafeBuffer;
import org.agrona.concurrent.ringbuffer.OneToOneRingBuffer;
import org.agrona.concurrent.ringbuffer.RingBuffer;
import org.agrona.concurrent.ringbuffer.RingBufferDescriptor;

/** Takes or refuses as it is told, and hands what it took to who polls; allocates nothing but what it remembers. */
final class LoopTransport implements PeerTransport {
    private static final int RING_LENGTH = 1024 * 1024;
    private static final int MAX_MESSAGE_LENGTH = 64 * 1024;
    private static final int MAX_NODE_ID = 16;

    /** What became of offers to a node. */
    final Offer[] outcomes = new Offer[MAX_NODE_ID];

    /** Receivers of what was taken, unless it is not to be remembered. */
    final List<Integer> sentTo = new ArrayList<>();

    boolean remembers = true;

    /** There is a stream to all followers when it is not 0. */
    int multicastKey;

    Offer multicastOutcome = Offer.SENT;
    int releasedMulticast;
    int flushCount;
    int releasedLive;
    private final RingBuffer messages = new OneToOneRingBuffer(
            new UnsafeBuffer(ByteBuffer.allocateDirect(RING_LENGTH + RingBufferDescriptor.TRAILER_LENGTH)));
    private final org.agrona.concurrent.MessageHandler adapter = this::onMessage;
    private MessageHandler handler;

    LoopTransport() {
        java.util.Arrays.fill(outcomes, Offer.SENT);
    }

    private Offer offer(
            final int toNode,
            final DirectBuffer header,
            final int headerOffset,
            final int headerLength,
            final DirectBuffer body,
            final int bodyOffset,
            final int bodyLength) {
        return offer(outcomes[toNode], toNode, header, headerOffset, headerLength, body, bodyOffset, bodyLength);
    }

    private Offer offer(
            final Offer outcome,
            final int toNode,
            final DirectBuffer header,
            final int headerOffset,
            final int headerLength,
            final DirectBuffer body,
            final int bodyOffset,
            final int bodyLength) {
        if (Offer.SENT == outcome) {
            final int claim = messages.tryClaim(1, headerLength + bodyLength);
            if (claim < 0) {
                return Offer.BACK_PRESSURED;
            }
            messages.buffer().putBytes(claim, header, headerOffset, headerLength);
            messages.buffer().putBytes(claim + headerLength, body, bodyOffset, bodyLength);
            messages.commit(claim);
            if (remembers) {
                sentTo.add(toNode);
            }
        }
        return outcome;
    }

    @Override
    public Offer offerControl(final int toNode, final DirectBuffer buffer, final int offset, final int length) {
        return offer(toNode, buffer, offset, length, buffer, 0, 0);
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
        return offer(toNode, header, 0, headerLength, frames, framesOffset, framesLength);
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
        return offer(toNode, header, 0, headerLength, frames, framesOffset, framesLength);
    }

    @Override
    public int multicastKey() {
        return multicastKey;
    }

    @Override
    public Offer offerMulticast(
            final int laneId,
            final DirectBuffer header,
            final int headerLength,
            final DirectBuffer frames,
            final int framesOffset,
            final int framesLength) {
        return offer(
                multicastOutcome,
                ReplicatorLimits.ALL_FOLLOWERS,
                header,
                0,
                headerLength,
                frames,
                framesOffset,
                framesLength);
    }

    @Override
    public void releaseMulticast(final int laneId) {
        releasedMulticast++;
    }

    @Override
    public void releaseLive(final int toNode, final int laneId) {
        releasedLive++;
    }

    @Override
    public void releaseUnused() {
        // Nothing is held.
    }

    @Override
    public void flush() {
        flushCount++;
    }

    @Override
    public int poll(final MessageHandler newHandler, final int messageLimit) {
        handler = newHandler;
        // A read ends where the ring wraps; the rest is behind it.
        return messages.read(adapter, messageLimit) + messages.read(adapter, messageLimit);
    }

    private void onMessage(
            final int msgTypeId, final org.agrona.MutableDirectBuffer buffer, final int index, final int length) {
        handler.onMessage(buffer, index, length);
    }

    @Override
    public int maxMessageLength() {
        return MAX_MESSAGE_LENGTH;
    }

    @Override
    public boolean isConnected(final int toNode) {
        return true;
    }

    @Override
    public void close() {
        // Nothing is held.
    }
}
