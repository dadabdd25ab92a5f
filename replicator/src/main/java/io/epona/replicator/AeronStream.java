package io.epona.replicator;

import io.aeron.Aeron;
import io.aeron.ExclusivePublication;
import io.aeron.Publication;
import io.aeron.exceptions.RegistrationException;
import io.epona.replicator.driver.DriverLink;
import java.util.concurrent.TimeUnit;
import org.agrona.DirectBuffer;
import org.agrona.ErrorHandler;
import org.agrona.concurrent.NanoClock;

/**
 * One stream to one node. It is opened in the background, looked after by offers, and tried again when that fails (a
 * host name that cannot be resolved yet); until then nobody listens. Owned by the thread that offers; never blocks;
 * allocates nothing once it is open.
 */
final class AeronStream {
    private static final long RETRY_NS = TimeUnit.SECONDS.toNanos(1);
    private static final int ADMIN_RETRIES = 3;

    private final Aeron aeron;
    private final String channel;
    private final int streamId;
    private final int maxMessageLength;
    private final DriverLink driver;
    private final ErrorHandler errorHandler;
    private final NanoClock clock;

    private ExclusivePublication publication;
    private long registrationId = Aeron.NULL_VALUE;
    private long retryNs;

    /** Read by any thread. */
    private volatile boolean isConnected;

    AeronStream(
            final AeronPeerTransport.Context context,
            final String channel,
            final int streamId,
            final int maxMessageLength) {
        this.aeron = context.aeron();
        this.driver = context.driver();
        this.errorHandler = context.errorHandler();
        this.clock = context.clock();
        this.channel = channel;
        this.streamId = streamId;
        this.maxMessageLength = maxMessageLength;
        this.retryNs = clock.nanoTime();
    }

    Offer offer(
            final DirectBuffer header,
            final int headerOffset,
            final int headerLength,
            final DirectBuffer body,
            final int bodyOffset,
            final int bodyLength) {
        if (headerLength + bodyLength > maxMessageLength) {
            return Offer.TOO_LONG;
        }
        if (null == publication && !open()) {
            return Offer.NOT_CONNECTED;
        }
        long result = Publication.ADMIN_ACTION;
        for (int i = 0; i < ADMIN_RETRIES && Publication.ADMIN_ACTION == result; i++) {
            result = bodyLength > 0
                    ? publication.offer(header, headerOffset, headerLength, body, bodyOffset, bodyLength, null)
                    : publication.offer(header, headerOffset, headerLength);
        }
        return outcome(result);
    }

    private Offer outcome(final long result) {
        if (result > 0) {
            onConnected(true);
            return Offer.SENT;
        }
        if (Publication.BACK_PRESSURED == result || Publication.ADMIN_ACTION == result) {
            driver.wantRoom();
            driver.wake();
            return Offer.BACK_PRESSURED;
        }
        if (Publication.NOT_CONNECTED == result) {
            onConnected(false);
            return Offer.NOT_CONNECTED;
        }
        return Offer.CLOSED;
    }

    private void onConnected(final boolean isNow) {
        if (isConnected != isNow) {
            isConnected = isNow;
        }
    }

    /** Begins to open the stream, or looks whether it is open now; false while it is not. */
    boolean open() {
        if (Aeron.NULL_VALUE == registrationId) {
            final long nowNs = clock.nanoTime();
            if (nowNs - retryNs < 0) {
                return false;
            }
            retryNs = nowNs + RETRY_NS;
            registrationId = aeron.asyncAddExclusivePublication(channel, streamId);
            driver.wake();
            return false;
        }
        try {
            publication = aeron.getExclusivePublication(registrationId);
        } catch (final RegistrationException ex) {
            registrationId = Aeron.NULL_VALUE;
            errorHandler.onError(ex);
        }
        if (null != publication) {
            registrationId = Aeron.NULL_VALUE;
        }
        return null != publication;
    }

    boolean isConnected() {
        return isConnected;
    }

    /** Gives the stream's memory back, also when it is only being opened; the next offer opens it again. */
    void close() {
        if (Aeron.NULL_VALUE != registrationId) {
            aeron.asyncRemovePublication(registrationId);
            registrationId = Aeron.NULL_VALUE;
            retryNs = clock.nanoTime();
            driver.wake();
        }
        if (null != publication) {
            publication.close();
            publication = null;
            onConnected(false);
        }
    }
}
