package io.epona.replicator;

/**
 * Where leaders send their logs to all followers at once.
 *
 * @param endpoint {@code group:port} with a multicast address whose last byte is odd: Aeron uses the next one, too.
 * @param networkInterface address of this node on the network that carries it.
 * @param ttl how many routers pass it on, and one.
 * @param silenceNs a stream on which a leader says nothing for so long, though it is there, is listened to anew; longer
 *     than leaders ever pause.
 */
public record MulticastGroup(String endpoint, String networkInterface, int ttl, long silenceNs) {
    /** Checks the ranges. */
    public MulticastGroup {
        if (ttl < 1 || ttl > 255 || silenceNs <= 0) {
            throw new IllegalArgumentException("bad multicast group: ttl=" + ttl + ", silenceNs=" + silenceNs);
        }
    }
}
