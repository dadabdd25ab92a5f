package io.epona.replicator;

import io.aeron.Aeron;
import io.aeron.ControlledFragmentAssembler;
import io.aeron.Subscription;
import io.aeron.logbuffer.ControlledFragmentHandler;
import io.aeron.logbuffer.Header;
import org.agrona.DirectBuffer;
import org.agrona.concurrent.ManyToOneConcurrentArrayQueue;

/**
 * What all other nodes send on one stream to this one. Owned by the receiving thread; the client's thread reports
 * sessions that have ended. Allocates nothing while sessions stay.
 */
final class AeronInbound {
    /** Sessions that ended and whose memory waits to be freed; more than that, and it is freed with the node. */
    private static final int ENDED_SESSIONS = 64;

    private final ManyToOneConcurrentArrayQueue<Integer> ended = new ManyToOneConcurrentArrayQueue<>(ENDED_SESSIONS);
    private final ControlledFragmentAssembler assembler = new ControlledFragmentAssembler(this::onFragment);
    private final Subscription subscription;
    private PeerTransport.MessageHandler handler;
    private int messageCount;
    private int messageLength;

    AeronInbound(final Aeron aeron, final String channel, final int streamId) {
        this.subscription =
                aeron.addSubscription(channel, streamId, image -> {}, image -> ended.offer(image.sessionId()));
    }

    /**
     * Hands messages on.
     *
     * @param newHandler of the messages.
     * @param fragmentLimit most datagrams that are looked at.
     * @return messages taken.
     */
    int poll(final PeerTransport.MessageHandler newHandler, final int fragmentLimit) {
        handler = newHandler;
        messageCount = 0;
        messageLength = 0;
        subscription.controlledPoll(assembler, fragmentLimit);
        if (!ended.isEmpty()) {
            ended.drain(assembler::freeSessionBuffer);
        }
        return messageCount;
    }

    /** Bytes of the messages that the last poll took. */
    int polledLength() {
        return messageLength;
    }

    /** When the receiving thread has ended. */
    void close() {
        subscription.close();
    }

    private ControlledFragmentHandler.Action onFragment(
            final DirectBuffer buffer, final int offset, final int length, final Header header) {
        if (!handler.onMessage(buffer, offset, length)) {
            return ControlledFragmentHandler.Action.ABORT;
        }
        messageCount++;
        messageLength += length;
        return ControlledFragmentHandler.Action.CONTINUE;
    }
}
