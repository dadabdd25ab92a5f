package io.epona.gateway.net;

/**
 * How a gateway meets its clients. Immutable.
 *
 * @param listenerName name of the listener in metadata, PLAINTEXT when there is only one.
 * @param host address to listen on; 0.0.0.0 for all.
 * @param port port to listen on; 0 for any free one.
 * @param maxRequestLength longest request accepted, bytes ({@code socket.request.max.bytes}).
 * @param maxInFlightRequestLength bytes of requests, whole or in part, that one gateway thread holds; beyond it reads
 *     no more until some are done ({@code queued.max.request.bytes}).
 * @param maxConnections connections per gateway thread; more are closed at once.
 * @param connectionsMaxIdleMs a connection without progress for this long is closed.
 * @param requestReceiveTimeoutMs time for a started request to arrive, apart from what its length needs.
 * @param maxPipelinedRequests produce requests of one connection that may be in progress at a time.
 * @param sendBufferLength SO_SNDBUF, bytes; -1 for the kernel's own choice.
 * @param receiveBufferLength SO_RCVBUF, bytes; -1 for the kernel's own choice.
 * @param nativeTransport true for epoll where it is available, false for NIO.
 */
public record NetConfig(
        String listenerName,
        String host,
        int port,
        int maxRequestLength,
        long maxInFlightRequestLength,
        int maxConnections,
        long connectionsMaxIdleMs,
        long requestReceiveTimeoutMs,
        int maxPipelinedRequests,
        int sendBufferLength,
        int receiveBufferLength,
        boolean nativeTransport) {
    /** Kafka's default of {@code socket.request.max.bytes}. */
    public static final int DEFAULT_MAX_REQUEST_LENGTH = 100 * 1024 * 1024;

    /** Checks that the values make sense together. */
    public NetConfig {
        require(maxRequestLength >= NetLimits.MIN_FRAME_LENGTH, "maxRequestLength", maxRequestLength);
        require(maxInFlightRequestLength > 0, "maxInFlightRequestLength", maxInFlightRequestLength);
        require(maxConnections > 0, "maxConnections", maxConnections);
        require(connectionsMaxIdleMs > 0, "connectionsMaxIdleMs", connectionsMaxIdleMs);
        require(requestReceiveTimeoutMs > 0, "requestReceiveTimeoutMs", requestReceiveTimeoutMs);
        require(maxPipelinedRequests > 0, "maxPipelinedRequests", maxPipelinedRequests);
        require(port >= 0 && port <= 65_535, "port", port);
    }

    /** Kafka's defaults where Kafka has such a setting. */
    public static NetConfig defaults(final String host, final int port) {
        return new NetConfig(
                "PLAINTEXT",
                host,
                port,
                DEFAULT_MAX_REQUEST_LENGTH,
                128L * 1024 * 1024,
                10_000,
                600_000,
                30_000,
                16,
                -1,
                -1,
                true);
    }

    private static void require(final boolean condition, final String name, final long value) {
        if (!condition) {
            throw new IllegalArgumentException("value out of range: " + name + "=" + value);
        }
    }
}
