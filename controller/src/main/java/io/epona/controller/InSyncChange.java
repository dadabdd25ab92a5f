package io.epona.controller;

import java.util.List;

/**
 * A leader's proposal of other in-sync replicas.
 *
 * @param laneId the lane.
 * @param leaderEpoch the epoch that the leader leads in.
 * @param version the version of the lane that the proposal is about.
 * @param isr node ids, the leader among them.
 */
public record InSyncChange(int laneId, int leaderEpoch, int version, List<Integer> isr) {
    /** Copies the list. */
    public InSyncChange {
        isr = List.copyOf(isr);
        if (isr.size() > ControllerLimits.MAX_REPLICA_COUNT) {
            throw new IllegalArgumentException(
                    "in-sync replicas: " + isr + ", at most " + ControllerLimits.MAX_REPLICA_COUNT);
        }
    }
}
