package io.epona.replicator;

import java.util.concurrent.TimeUnit;

/**
 * How a node replicates.
 *
 * @param nodeId of this node.
 * @param heartbeatNs an idle leader tells its followers so often where it is.
 * @param committedDelayNs what is newly committed is told after this time, when no frames carry it.
 * @param catchUpStallNs a follower that has not taken anything for so long, though all was sent, is sent it again.
 * @param multicastStallNs likewise for one that is served by multicast: it gets a stream of its own, and is sent it
 *     again.
 * @param multicastHoldNs and keeps that stream at least so long.
 */
public record ReplicationConfig(
        int nodeId,
        long heartbeatNs,
        long committedDelayNs,
        long catchUpStallNs,
        long multicastStallNs,
        long multicastHoldNs) {
    private static final long COMMITTED_DELAY_NS = TimeUnit.MILLISECONDS.toNanos(5);
    private static final long CATCH_UP_STALL_NS = TimeUnit.SECONDS.toNanos(1);

    /** Aeron asks for what was lost within 10 ms; followers tell what they received as often. */
    private static final long MIN_MULTICAST_STALL_NS = TimeUnit.MILLISECONDS.toNanos(50);

    /** Where threads wait for cores heartbeats are slow, and a follower that only waits has missed nothing. */
    private static final int STALLED_HEARTBEATS = 3;

    private static final long MULTICAST_HOLD_NS = TimeUnit.SECONDS.toNanos(1);

    /** Checks the ranges. */
    public ReplicationConfig {
        if (nodeId < 0 || nodeId > ReplicatorLimits.MAX_ID) {
            throw new IllegalArgumentException("no node id: nodeId=" + nodeId);
        }
        if (heartbeatNs <= 0
                || committedDelayNs <= 0
                || catchUpStallNs <= 0
                || multicastStallNs <= 0
                || multicastHoldNs <= 0) {
            throw new IllegalArgumentException("times must be positive: heartbeatNs=" + heartbeatNs
                    + ", committedDelayNs=" + committedDelayNs + ", catchUpStallNs=" + catchUpStallNs
                    + ", multicastStallNs=" + multicastStallNs + ", multicastHoldNs=" + multicastHoldNs);
        }
    }

    /**
     * With the usual delays.
     *
     * @param nodeId of this node.
     * @param heartbeatNs an idle leader tells its followers so often where it is.
     */
    public static ReplicationConfig of(final int nodeId, final long heartbeatNs) {
        return new ReplicationConfig(
                nodeId,
                heartbeatNs,
                Math.min(COMMITTED_DELAY_NS, heartbeatNs),
                CATCH_UP_STALL_NS,
                Math.max(MIN_MULTICAST_STALL_NS, STALLED_HEARTBEATS * heartbeatNs),
                MULTICAST_HOLD_NS);
    }
}
