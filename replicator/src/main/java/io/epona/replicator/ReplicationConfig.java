package io.epona.replicator;

import java.util.concurrent.TimeUnit;

/**
 * How a node replicates.
 *
 * @param nodeId of this node.
 * @param heartbeatNs an idle leader tells its followers so often where it is.
 * @param committedDelayNs what is newly committed is told after this time, when no frames carry it.
 * @param catchUpStallNs a follower that has not taken anything for so long, though all was sent, is sent it again.
 */
public record ReplicationConfig(int nodeId, long heartbeatNs, long committedDelayNs, long catchUpStallNs) {
    private static final long COMMITTED_DELAY_NS = TimeUnit.MILLISECONDS.toNanos(5);
    private static final long CATCH_UP_STALL_NS = TimeUnit.SECONDS.toNanos(1);

    /** Checks the ranges. */
    public ReplicationConfig {
        if (nodeId < 0 || nodeId > ReplicatorLimits.MAX_ID) {
            throw new IllegalArgumentException("no node id: nodeId=" + nodeId);
        }
        if (heartbeatNs <= 0 || committedDelayNs <= 0 || catchUpStallNs <= 0) {
            throw new IllegalArgumentException("times must be positive: heartbeatNs=" + heartbeatNs
                    + ", committedDelayNs=" + committedDelayNs + ", catchUpStallNs=" + catchUpStallNs);
        }
    }

    /**
     * With the usual delays.
     *
     * @param nodeId of this node.
     * @param heartbeatNs an idle leader tells its followers so often where it is.
     */
    public static ReplicationConfig of(final int nodeId, final long heartbeatNs) {
        return new ReplicationConfig(nodeId, heartbeatNs, Math.min(COMMITTED_DELAY_NS, heartbeatNs), CATCH_UP_STALL_NS);
    }
}
