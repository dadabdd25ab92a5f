package io.epona.sequencer;

/**
 * Which lane of which cluster a checkpoint belongs to.
 *
 * @param laneId 0 .. 65535.
 * @param clusterIdHigh upper half of the cluster's id.
 * @param clusterIdLow lower half of the cluster's id.
 */
public record LaneIdentity(int laneId, long clusterIdHigh, long clusterIdLow) {
    /** Checks the bounds. */
    public LaneIdentity {
        if (laneId < 0 || laneId > 0xFFFF) {
            throw new IllegalArgumentException("laneId=" + laneId + " is not within 0 .. 65535");
        }
    }
}
