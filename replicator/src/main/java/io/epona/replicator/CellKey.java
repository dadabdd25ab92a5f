package io.epona.replicator;

import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.Map;
import java.util.TreeMap;
import java.util.stream.Collectors;
import org.agrona.BitUtil;
import org.agrona.concurrent.UnsafeBuffer;

/**
 * Tells a cell from others in the same multicast group, or in another group at the same port, of which a host with
 * members of both hears all. It comes from the addresses of the cell's nodes, which no two cells of one network share
 * and which all nodes write alike; a node that writes them otherwise hears nobody, and is served as if it did not
 * listen.
 *
 * @param streamKey 20 bits that the ids of the cell's streams have.
 * @param messageKey 16 more that each message has, never 0.
 */
record CellKey(int streamKey, int messageKey) {
    private static final int STREAM_KEY_MASK = 0xF_FFFF;
    private static final int MESSAGE_KEY_MASK = 0xFFFF;
    private static final int LANE_BITS = 10;

    /** Above all ids of the unicast streams. */
    private static final int STREAM_BASE = 1 << 30;

    static CellKey of(final Map<Integer, String> endpoints) {
        final String text = new TreeMap<>(endpoints)
                .entrySet().stream()
                        .map(entry -> entry.getKey() + "@" + entry.getValue())
                        .collect(Collectors.joining(","));
        final UnsafeBuffer digest = new UnsafeBuffer(sha256(text));
        final int messageKey = digest.getInt(BitUtil.SIZE_OF_INT) & MESSAGE_KEY_MASK;
        return new CellKey(digest.getInt(0) & STREAM_KEY_MASK, Math.max(1, messageKey));
    }

    private static byte[] sha256(final String text) {
        try {
            return MessageDigest.getInstance("SHA-256").digest(text.getBytes(StandardCharsets.UTF_8));
        } catch (final NoSuchAlgorithmException ex) {
            throw new IllegalStateException("every Java runtime has SHA-256", ex);
        }
    }

    /** Of a lane's stream to all followers. */
    int streamId(final int laneId) {
        return STREAM_BASE | streamKey << LANE_BITS | laneId;
    }
}
