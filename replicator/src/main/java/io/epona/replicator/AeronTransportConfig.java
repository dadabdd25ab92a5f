package io.epona.replicator;

import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.TimeUnit;
import org.agrona.BitUtil;

/**
 * Streams of one node to all others.
 *
 * @param nodeId of this node.
 * @param endpoints {@code host:port} of each node of the cell, this one included, by node id.
 * @param laneIds of all lanes.
 * @param mtuLength longest datagram payload; the same on all nodes.
 * @param termLength of the live and catch-up streams, a power of two; a stream has three terms in shared memory on each
 *     side, and its longest message is an eighth of one.
 * @param catchUpIdleNs a catch-up stream that was not used for so long gives its memory back.
 * @param multicast where leaders send to all followers at once; empty: to each one alone.
 */
public record AeronTransportConfig(
        int nodeId,
        Map<Integer, String> endpoints,
        List<Integer> laneIds,
        int mtuLength,
        int termLength,
        long catchUpIdleNs,
        Optional<MulticastGroup> multicast) {
    /** Longest message, however long terms are: enough for the network to be busy, short enough to be fair. */
    public static final int MAX_MESSAGE_LENGTH = 1024 * 1024;

    /** Control messages are 40 bytes. */
    static final int CONTROL_TERM_LENGTH = 64 * 1024;

    /** What every network carries; an eighth of a term is the most that Aeron allows. */
    static final int CONTROL_MTU_LENGTH = 1_408;

    static final int CONTROL_STREAM_ID = 10;
    static final int LIVE_STREAM_ID = 1_000;
    static final int CATCH_UP_STREAM_ID = 2_000;

    private static final int PARTS_OF_TERM = 8;
    private static final int MIN_TERM_LENGTH = 64 * 1024;
    private static final int MAX_LANE_ID = CATCH_UP_STREAM_ID - LIVE_STREAM_ID - 1;
    private static final long CATCH_UP_IDLE_NS = TimeUnit.SECONDS.toNanos(10);

    /** Checks the values. */
    public AeronTransportConfig {
        endpoints = Map.copyOf(endpoints);
        laneIds = List.copyOf(laneIds);
        check(endpoints.containsKey(nodeId), "endpoints", endpoints);
        check(laneIds.stream().allMatch(id -> id >= 0 && id <= MAX_LANE_ID), "laneIds", laneIds);
        check(termLength >= MIN_TERM_LENGTH && BitUtil.isPowerOfTwo(termLength), "termLength", termLength);
        check(catchUpIdleNs > 0, "catchUpIdleNs", catchUpIdleNs);
    }

    /** With the usual time for unused streams, and unicast. */
    public static AeronTransportConfig of(
            final int nodeId,
            final Map<Integer, String> endpoints,
            final List<Integer> laneIds,
            final int mtuLength,
            final int termLength) {
        return new AeronTransportConfig(
                nodeId, endpoints, laneIds, mtuLength, termLength, CATCH_UP_IDLE_NS, Optional.empty());
    }

    /** The same, with leaders that send to all followers at once. */
    public AeronTransportConfig with(final MulticastGroup group) {
        return new AeronTransportConfig(
                nodeId, endpoints, laneIds, mtuLength, termLength, catchUpIdleNs, Optional.of(group));
    }

    int maxMessageLength() {
        return Math.min(MAX_MESSAGE_LENGTH, termLength / PARTS_OF_TERM);
    }

    private static void check(final boolean isGood, final String name, final Object value) {
        if (!isGood) {
            throw new IllegalArgumentException("bad configuration of the streams between nodes: " + name + "=" + value);
        }
    }
}
