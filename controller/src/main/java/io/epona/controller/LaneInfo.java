package io.epona.controller;

import java.util.List;

/**
 * What the controller has decided about a lane. Immutable; the same object in every image until it changes.
 *
 * @param laneId its number, from 0.
 * @param leader node id of the leader, -1 when there is none (the lane is offline).
 * @param leaderEpoch grows by one with each change of the leader.
 * @param version grows with each change of leader or in-sync replicas, and when a replica's node starts anew: proposals
 *     are compare-and-set on epoch and version.
 * @param replicas node ids, preferred leader first.
 * @param isr the replicas that are in sync, in the order of {@code replicas}; never empty.
 */
public record LaneInfo(
        int laneId, int leader, int leaderEpoch, int version, List<Integer> replicas, List<Integer> isr) {
    /** {@link #leader()} of a lane that nobody leads. */
    public static final int NO_LEADER = -1;

    /** Copies the lists. */
    public LaneInfo {
        replicas = List.copyOf(replicas);
        isr = List.copyOf(isr);
        if (isr.isEmpty() || !replicas.containsAll(isr)) {
            throw new IllegalArgumentException(
                    "in-sync replicas must be some of the replicas: replicas=" + replicas + ", isr=" + isr);
        }
    }

    /**
     * The node that leads when all is well.
     *
     * @return its node id.
     */
    public int preferredLeader() {
        return replicas.getFirst();
    }

    /**
     * Whether nobody leads the lane.
     *
     * @return true when nothing can be written or read.
     */
    public boolean isOffline() {
        return leader == NO_LEADER;
    }
}
