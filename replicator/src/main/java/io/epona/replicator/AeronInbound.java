package io.epona.replicator;

import io.aeron.Aeron;
import io.aeron.Subscription;

/** What all other nodes send on one stream to this one. Owned by the receiving thread. */
final class AeronInbound {
    private final StreamReader reader = new StreamReader();
    private final Subscription subscription;

    AeronInbound(final Aeron aeron, final String channel, final int streamId) {
        this.subscription = aeron.addSubscription(channel, streamId, image -> {}, reader::onEnded);
    }

    /**
     * Hands messages on.
     *
     * @param handler of the messages.
     * @param fragmentLimit most datagrams that are looked at.
     * @return messages taken.
     */
    int poll(final PeerTransport.MessageHandler handler, final int fragmentLimit) {
        return reader.poll(subscription, handler, fragmentLimit);
    }

    /** Bytes of the messages that the last poll took. */
    int polledLength() {
        return reader.polledLength();
    }

    /** When the receiving thread has ended. */
    void close() {
        subscription.close();
    }
}
