package io.epona.replicator;

import io.aeron.ControlledFragmentAssembler;
import io.aeron.Image;
import io.aeron.Subscription;
import io.aeron.logbuffer.ControlledFragmentHandler;
import io.aeron.logbuffer.Header;
import org.agrona.DirectBuffer;
import org.agrona.concurrent.ManyToOneConcurrentArrayQueue;

/**
 * Puts the messages of one stream's senders together and hands them on. Owned by the receiving thread; the client's
 * thread reports sessions that have ended. Allocates nothing while sessions stay.
 */
final class StreamReader {
    /** Sessions that ended and whose memory waits to be freed; more than that, and it is freed with the node. */
    private static final int ENDED_SESSIONS = 64;

    private final ManyToOneConcurrentArrayQueue<Integer> ended = new ManyToOneConcurrentArrayQueue<>(ENDED_SESSIONS);
    private final ControlledFragmentAssembler assembler = new ControlledFragmentAssembler(this::onFragment);
    private PeerTransport.MessageHandler handler;
    private int messageCount;
    private int messageLength;

    /**
     * Hands messages on.
     *
     * @param subscription where they come in.
     * @param newHandler of the messages.
     * @param fragmentLimit most datagrams that are looked at.
     * @return messages taken.
     */
    int poll(final Subscription subscription, final PeerTransport.MessageHandler newHandler, final int fragmentLimit) {
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

    /** A session has ended; the client's thread. */
    void onEnded(final Image image) {
        ended.offer(image.sessionId());
    }

    /** The next messages come from others, or from the same ones anew. */
    void clear() {
        messageLength = 0;
        assembler.clear();
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
