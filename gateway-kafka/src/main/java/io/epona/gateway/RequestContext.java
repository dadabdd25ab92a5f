package io.epona.gateway;

import java.net.InetSocketAddress;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.Executor;
import java.util.function.BiConsumer;
import org.apache.kafka.common.protocol.ApiKeys;
import org.apache.kafka.common.protocol.ApiMessage;

/**
 * One request on one connection and the way to answer it. All methods are for the gateway thread, except those that say
 * otherwise.
 */
public interface RequestContext {

    /** The API asked for. */
    ApiKeys apiKey();

    /** The version in which the request came and in which the response is written. */
    short apiVersion();

    /** The client's number of the request. */
    int correlationId();

    /** The client's name for itself; null when it gave none. */
    String clientId();

    /** Name of the listener through which the client came, for example PLAINTEXT. */
    String listenerName();

    /** The address that the client connected to. */
    InetSocketAddress localAddress();

    /** The client's address. */
    InetSocketAddress remoteAddress();

    /** When the whole request had been read; ns since the Unix epoch. */
    long ingressTimeNs();

    /** False once the connection is gone: an answer would be dropped, which is harmless. */
    boolean isOpen();

    /**
     * Answers the request. The response leaves when those to all earlier requests of the connection have left.
     *
     * @param response of the generated response class of {@link #apiKey()}. It is serialised during this call.
     */
    void respond(ApiMessage response);

    /**
     * Answers with the error response that Kafka gives for this API and this exception, with the exception's Kafka
     * error code in every place of the response that has one. Causes that are no Kafka errors are logged and answered
     * as UNKNOWN_SERVER_ERROR.
     */
    void fail(Throwable error);

    /** Runs tasks on the gateway thread, in order. May be called from any thread. */
    Executor gatewayThread();

    /**
     * Continues on the gateway thread when the stage completes. When it is complete already, {@code then} still runs
     * later and not within this call. An exception out of {@code then} is answered as {@link #fail} does. Callable from
     * any thread.
     *
     * @param stage of work done elsewhere.
     * @param then receives the result or the exception ({@link java.util.concurrent.CompletionException} unwrapped).
     */
    <T> void onGatewayThread(CompletionStage<T> stage, BiConsumer<? super T, ? super Throwable> then);
}
