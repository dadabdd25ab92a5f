package io.epona.gateway.net;

import io.epona.gateway.RequestContext;
import io.netty.buffer.ByteBuf;
import java.net.InetSocketAddress;
import java.util.concurrent.CompletionException;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.Executor;
import java.util.function.BiConsumer;
import org.apache.kafka.common.message.RequestHeaderData;
import org.apache.kafka.common.protocol.ApiKeys;
import org.apache.kafka.common.protocol.ApiMessage;
import org.apache.kafka.common.protocol.Errors;
import org.apache.kafka.common.protocol.MessageUtil;
import org.apache.kafka.common.requests.AbstractRequest;
import org.apache.kafka.common.requests.AbstractResponse;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * One request of a connection until its response has been handed to the network: {@code RECEIVED -> DONE}. The handlers
 * of the data path use what it has beyond {@link RequestContext}. Gateway thread only, except where the interface says
 * otherwise.
 */
public final class Exchange implements RequestContext {
    private static final Logger LOGGER = LoggerFactory.getLogger(Exchange.class);

    private final Connection connection;
    private final ApiKeys apiKey;
    private final short version;
    private final int correlationId;
    private final String clientId;
    private final long ingressTimeNs;
    private final ByteBuf frame;
    private final int frameLength;

    private ApiMessage body;
    private ResponseParts response;
    private Runnable onClosed;
    private boolean isFrameOurs = true;
    private boolean isFrameHeld;
    private boolean isDone;
    private boolean isClosed;

    Exchange(
            final Connection connection,
            final ApiKeys apiKey,
            final short version,
            final RequestHeaderData header,
            final ByteBuf frame,
            final int frameLength,
            final long ingressTimeNs) {
        this.connection = connection;
        this.apiKey = apiKey;
        this.version = version;
        this.correlationId = header.correlationId();
        this.clientId = header.clientId();
        this.frame = frame;
        this.frameLength = frameLength;
        this.ingressTimeNs = ingressTimeNs;
    }

    @Override
    public ApiKeys apiKey() {
        return apiKey;
    }

    @Override
    public short apiVersion() {
        return version;
    }

    @Override
    public int correlationId() {
        return correlationId;
    }

    @Override
    public String clientId() {
        return clientId;
    }

    @Override
    public String listenerName() {
        return connection.listenerName();
    }

    @Override
    public InetSocketAddress localAddress() {
        return connection.localAddress();
    }

    @Override
    public InetSocketAddress remoteAddress() {
        return connection.remoteAddress();
    }

    @Override
    public long ingressTimeNs() {
        return ingressTimeNs;
    }

    @Override
    public boolean isOpen() {
        return connection.isOpen();
    }

    @Override
    public void respond(final ApiMessage message) {
        if (isClosed) {
            return;
        }
        if (isDone) {
            throw new IllegalStateException("answered twice: api=" + apiKey + ", correlationId=" + correlationId);
        }
        try {
            response = connection.serialize(
                    correlationId, ResponseWriter.headerVersion(apiKey, version), version, message);
        } catch (final OutOfMemoryError ex) {
            // Direct memory, that is: one client goes without, and the node goes on.
            connection.closeForError("no memory for a response", "api=" + apiKey, ex);
            return;
        }
        done();
    }

    /** Ends the exchange without a response: produce with acks=0. */
    public void respondNothing() {
        done();
    }

    @Override
    public void fail(final Throwable error) {
        final Throwable cause = unwrap(error);
        if (isClosed) {
            return;
        }
        if (isDone) {
            connection.closeForError("error after the answer", "api=" + apiKey, cause);
            return;
        }
        if (Errors.forException(cause) == Errors.UNKNOWN_SERVER_ERROR) {
            LOGGER.error("request failed: api={}, version={}, client={}", apiKey, version, clientId, cause);
        }
        final AbstractResponse answer = errorResponse(cause);
        if (answer == null) {
            connection.closeForError("request without answer failed", "api=" + apiKey, cause);
        } else {
            respond(answer.data());
        }
    }

    private AbstractResponse errorResponse(final Throwable cause) {
        try {
            final AbstractRequest request = AbstractRequest.parseRequest(
                            apiKey, version, MessageUtil.toByteBufferAccessor(body, version))
                    .request;
            return request.getErrorResponse(0, cause);
        } catch (final RuntimeException ex) {
            ex.addSuppressed(cause);
            LOGGER.error("no error response for request: api={}, version={}", apiKey, version, ex);
            return null;
        }
    }

    /** Closes the connection because this request cannot be answered in any other way. */
    public void closeConnection(final String cause, final String detail) {
        connection.closeForError(cause, detail, null);
    }

    @Override
    public Executor gatewayThread() {
        return connection.gatewayThread();
    }

    @Override
    public <T> void onGatewayThread(
            final CompletionStage<T> stage, final BiConsumer<? super T, ? super Throwable> then) {
        stage.whenComplete((result, error) -> gatewayThread().execute(() -> {
            try {
                then.accept(result, error == null ? null : unwrap(error));
            } catch (final RuntimeException ex) {
                fail(ex);
            }
        }));
    }

    /** Keeps the request's bytes beyond the call of the handler, until {@link #releaseFrame()}. */
    public void holdFrame() {
        isFrameHeld = true;
    }

    /** Gives the request's bytes back; harmless when that was done before. */
    public void releaseFrame() {
        isFrameHeld = false;
        if (isFrameOurs) {
            isFrameOurs = false;
            frame.release();
            connection.onFrameReleased(frameLength);
        }
    }

    void afterHandling() {
        if (!isFrameHeld) {
            releaseFrame();
        }
    }

    /** Called once if the connection closes before the exchange is done. */
    public void onClosed(final Runnable action) {
        onClosed = action;
    }

    /** A produce request that still waits for room in a lane's command ring keeps later ones of its connection back. */
    public void holdBack(final boolean isHeldBack) {
        connection.holdBack(isHeldBack);
    }

    void body(final ApiMessage message) {
        body = message;
    }

    boolean isDone() {
        return isDone;
    }

    ResponseParts takeResponse() {
        final ResponseParts parts = response;
        response = null;
        return parts;
    }

    void close() {
        isClosed = true;
        releaseFrame();
        final ResponseParts parts = takeResponse();
        if (parts != null) {
            parts.release();
        }
        final Runnable action = onClosed;
        onClosed = null;
        if (!isDone && action != null) {
            action.run();
        }
        isDone = true;
    }

    private void done() {
        isDone = true;
        onClosed = null;
        body = null;
        connection.onDone();
    }

    private static Throwable unwrap(final Throwable error) {
        return error instanceof CompletionException && error.getCause() != null ? error.getCause() : error;
    }
}
