package io.epona.sequencer;

import io.epona.runtime.LaneCounters;
import io.epona.sequencer.testing.ReplicationFault;
import java.util.Set;

/**
 * What is committed while this node leads: the least durable position over the in-sync replicas, this node's own
 * included. Owned by the lane's thread; allocates nothing.
 *
 * <p>The in-sync replicas are those that the controller has committed, and beside them each one that this leader has
 * proposed to add since: the controller may have accepted that already. One that the leader has proposed to leave out
 * counts until the controller has said so. Nothing new is committed before the frame that begins this tenure is.
 */
final class CommitRule {
    private final LaneCounters counters;
    private final FollowerProgress[] followers;
    private final Set<ReplicationFault> faults;
    private final boolean isFaulty;
    private int inSyncBits;
    private int joiningBits;
    private int leavingBits;
    private long readyPosition;

    CommitRule(final LaneCounters counters, final FollowerProgress[] followers, final Set<ReplicationFault> faults) {
        this.counters = counters;
        this.followers = followers;
        this.faults = faults;
        this.isFaulty = !faults.isEmpty();
    }

    /** A tenure begins with the frame that ends there. */
    void begin(final int inSyncBits, final long readyPosition) {
        this.readyPosition = readyPosition;
        inSync(inSyncBits);
    }

    /** The controller has committed other replicas: no proposal made before can be accepted any more. */
    void inSync(final int bits) {
        inSyncBits = bits;
        joiningBits = 0;
        leavingBits = 0;
    }

    /** A proposal is on its way. */
    void proposed(final int bits) {
        joiningBits |= bits & ~inSyncBits;
        leavingBits = inSyncBits & ~bits;
    }

    /** The replicas that the controller has committed. */
    int inSyncBits() {
        return inSyncBits;
    }

    /** Those, and all that may be among them by now. */
    int waitedBits() {
        return inSyncBits | joiningBits;
    }

    long readyPosition() {
        return readyPosition;
    }

    /**
     * The committed position.
     *
     * @param previous committed position so far.
     * @return that, or a later one.
     */
    long committed(final long previous) {
        if (isFaulty) {
            return committedWithFaults(previous);
        }
        final long least = least(waitedBits(), counters.durable().getAcquire());
        return least < readyPosition ? previous : Math.max(previous, least);
    }

    /** The least durable position over the other replicas that commits wait for; 0 when there are none. */
    long replicated() {
        final long least = least(waitedBits(), Long.MAX_VALUE);
        return least == Long.MAX_VALUE ? 0 : least;
    }

    private long least(final int bits, final long own) {
        long least = own;
        for (final FollowerProgress follower : followers) {
            if ((bits & follower.bit()) != 0) {
                least = Math.min(least, follower.acked());
            }
        }
        return least;
    }

    /** Not for nodes: the rule with parts left out, to see that a simulation notices. */
    private long committedWithFaults(final long previous) {
        final boolean isEarly = faults.contains(ReplicationFault.COMMIT_BEFORE_DURABLE);
        final long own =
                isEarly ? counters.appended().getAcquire() : counters.durable().getAcquire();
        int bits = faults.contains(ReplicationFault.COUNT_JOINING_TOO_LATE) ? inSyncBits : waitedBits();
        bits &= faults.contains(ReplicationFault.SHRINK_BEFORE_CONTROLLER) ? ~leavingBits : -1;
        bits &= faults.contains(ReplicationFault.COMMIT_WITHOUT_FOLLOWERS) ? 0 : -1;
        final long least = least(bits, own);
        if (faults.contains(ReplicationFault.LET_COMMITTED_GO_BACK)) {
            return least;
        }
        if (least < readyPosition && !faults.contains(ReplicationFault.EXPOSE_BEFORE_EPOCH_START)) {
            return previous;
        }
        return Math.max(previous, least);
    }
}
