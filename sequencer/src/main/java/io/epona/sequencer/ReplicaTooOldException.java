package io.epona.sequencer;

/**
 * A replica's log ends before the leader's journal begins, so that it cannot follow: its node has to install the lane
 * anew from the leader's partition logs. Reported once in each leader epoch to the lane's error handler; the lane keeps
 * asking.
 */
public final class ReplicaTooOldException extends RuntimeException {
    private static final long serialVersionUID = 1L;

    private final int laneId;
    private final int leader;
    private final long leaderStartPosition;

    ReplicaTooOldException(final int laneId, final int leader, final long leaderStartPosition, final long endPosition) {
        super("this replica is too far behind to follow, and has to be installed anew: laneId=" + laneId + ", end="
                + endPosition + ", leader=" + leader + ", leader's journal begins at=" + leaderStartPosition);
        this.laneId = laneId;
        this.leader = leader;
        this.leaderStartPosition = leaderStartPosition;
    }

    /** The lane. */
    public int laneId() {
        return laneId;
    }

    /** Node id of the leader. */
    public int leader() {
        return leader;
    }

    /** First position that the leader can still send. */
    public long leaderStartPosition() {
        return leaderStartPosition;
    }
}
