package io.epona.gateway.fetch;

/**
 * Limits of fetches. Immutable.
 *
 * @param maxResponseLength most bytes of records in one response, unless a single batch is longer
 *     ({@code fetch.max.bytes}).
 * @param maxMemoryLength most bytes of records that one response takes out of memory; the rest of what a client wants
 *     comes with its next fetch.
 * @param maxOutboundLength bytes that clients have not taken yet, over all connections of a gateway thread; above it,
 *     fetches get little, and above twice that they wait until room is made.
 * @param maxSessions incremental fetch sessions per gateway thread ({@code max.incremental.fetch.session.cache.slots}).
 * @param sessionEvictionMs a session unused for this long may make room for another.
 */
public record FetchConfig(
        int maxResponseLength, int maxMemoryLength, long maxOutboundLength, int maxSessions, long sessionEvictionMs) {
    /** Kafka's defaults where Kafka has such a setting. */
    public static FetchConfig defaults() {
        return new FetchConfig(55 * 1024 * 1024, 4 * 1024 * 1024, 64L * 1024 * 1024, 1000, 120_000);
    }
}
