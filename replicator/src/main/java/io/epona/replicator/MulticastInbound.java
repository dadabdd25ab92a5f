package io.epona.replicator;

import io.aeron.Aeron;
import io.aeron.Subscription;
import io.aeron.exceptions.RegistrationException;
import java.util.concurrent.TimeUnit;

/**
 * What a lane's leader sends to all followers at once, as one of them hears it. It listens while this node does not
 * send that stream itself. A receiver that was left behind so far that nothing the leader sends fits into its window is
 * told apart by hearing nothing though the leader is there; it begins anew where the leader is now.
 *
 * <p>Owned by the receiving thread; never blocks. The sending thread says whether it sends.
 */
final class MulticastInbound {
    private static final long RETRY_NS = TimeUnit.SECONDS.toNanos(1);

    private final StreamReader reader = new StreamReader();
    private final AeronPeerTransport.Context context;
    private final String channel;
    private final int streamId;
    private final long silenceNs;

    private volatile boolean isSending;
    private long registrationId = Aeron.NULL_VALUE;
    private Subscription subscription;
    private long retryNs;
    private long lastHeardNs;

    MulticastInbound(
            final AeronPeerTransport.Context context,
            final String channel,
            final int streamId,
            final long silenceNs,
            final long nowNs) {
        this.context = context;
        this.channel = channel;
        this.streamId = streamId;
        this.silenceNs = silenceNs;
        this.retryNs = nowNs;
        open(nowNs);
    }

    /** This node sends that stream itself, or no more; the sending thread. */
    void isSending(final boolean isNow) {
        if (isSending != isNow) {
            isSending = isNow;
        }
    }

    int poll(final PeerTransport.MessageHandler handler, final int fragmentLimit, final long nowNs) {
        if (isSending) {
            close();
            return 0;
        }
        if (null == subscription && !open(nowNs)) {
            return 0;
        }
        final int messageCount = reader.poll(subscription, handler, fragmentLimit);
        if (messageCount > 0 || subscription.hasNoImages()) {
            lastHeardNs = nowNs;
        } else if (nowNs - lastHeardNs > silenceNs) {
            close();
        }
        return messageCount;
    }

    /** Begins to listen, or looks whether it does by now; false while not. */
    private boolean open(final long nowNs) {
        final Aeron aeron = context.aeron();
        if (Aeron.NULL_VALUE == registrationId) {
            if (nowNs - retryNs >= 0) {
                retryNs = nowNs + RETRY_NS;
                registrationId = aeron.asyncAddSubscription(channel, streamId, image -> {}, reader::onEnded);
                context.driver().wake();
            }
            return false;
        }
        try {
            subscription = aeron.getSubscription(registrationId);
        } catch (final RegistrationException ex) {
            registrationId = Aeron.NULL_VALUE;
            context.errorHandler().onError(ex);
        }
        lastHeardNs = nowNs;
        return null != subscription;
    }

    int polledLength() {
        return reader.polledLength();
    }

    /** Listens no more until the next poll. */
    void close() {
        if (Aeron.NULL_VALUE != registrationId) {
            context.aeron().asyncRemoveSubscription(registrationId);
            registrationId = Aeron.NULL_VALUE;
            subscription = null;
            reader.clear();
            context.driver().wake();
        }
    }
}
