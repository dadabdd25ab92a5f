package io.epona.sequencer;

import io.epona.runtime.ReplicaCounters;
import java.util.List;
import java.util.stream.IntStream;

/** The nodes that replicate a lane, this one among them. Immutable. */
final class Cell {
    private final int[] nodeIds;
    private int memberBits;

    Cell(final int ownNodeId, final List<ReplicaCounters> replicas) {
        this.nodeIds = IntStream.concat(
                        IntStream.of(ownNodeId), replicas.stream().mapToInt(ReplicaCounters::nodeId))
                .sorted()
                .toArray();
        for (final int nodeId : nodeIds) {
            if (nodeId < 0 || nodeId > LaneLimits.MAX_NODE_ID || isMember(nodeId)) {
                throw new IllegalArgumentException(
                        "node ids must differ and be within 0 .. " + LaneLimits.MAX_NODE_ID + ": nodeId=" + nodeId);
            }
            memberBits |= 1 << nodeId;
        }
    }

    boolean isMember(final int nodeId) {
        return nodeId >= 0 && nodeId <= LaneLimits.MAX_NODE_ID && (memberBits & 1 << nodeId) != 0;
    }

    /** Where a member stands in the ascending order of node ids. */
    int indexOf(final int nodeId) {
        return Integer.bitCount(memberBits & (1 << nodeId) - 1);
    }
}
