package io.epona.sequencer;

import io.epona.sequencer.testing.ReplicationFault;

/**
 * Which followers a leader wants to have in sync: leaves out those that lag or are silent, as long as a majority
 * remains, and takes back those that have caught up. It only proposes; the controller decides. One proposal is under
 * way at a time, and the next is made when the controller has decided, or else after a while.
 *
 * <p>Followers are judged by the time in which this node ran: while it stood still, or had to wait for a core, it sent
 * them little and read nothing that they said. So the rule has a clock of its own, which makes a short step over each
 * longer gap between two judgements.
 *
 * <p>Owned by the lane's thread; allocates nothing. Its times decide about nothing but what is proposed.
 */
final class InSyncRule {
    private final ReplicationLimits limits;
    private final FollowerProgress[] followers;
    private final CommitRule commitRule;
    private final LaneOutbox outbox;
    private final boolean readmitsStale;
    private final int majority;
    private final long judgeIntervalNs;
    private final LagHistory appended = new LagHistory();
    private final long[] heardNs;
    private final long[] judgedHeardNs;
    private long lastJudgedNs;
    private long ranNs;
    private long nextProposalNs;
    private int proposedBits;

    InSyncRule(
            final LaneReplication replication,
            final FollowerProgress[] followers,
            final CommitRule commitRule,
            final LaneOutbox outbox) {
        this.limits = replication.limits();
        this.followers = followers;
        this.commitRule = commitRule;
        this.outbox = outbox;
        this.majority = (followers.length + 1) / 2 + 1;
        this.readmitsStale = replication.faults().contains(ReplicationFault.READMIT_WITH_STALE_STATE);
        this.judgeIntervalNs = Math.max(1, limits.maxLagNs() / LaneLimits.JUDGEMENTS_PER_LAG);
        this.heardNs = new long[followers.length];
        this.judgedHeardNs = new long[followers.length];
    }

    void begin(final long nowNs) {
        appended.clear();
        lastJudgedNs = nowNs - judgeIntervalNs;
        hearAll();
        decided(nowNs);
    }

    /** The controller has decided something: what was proposed before is accepted by now, or never will be. */
    void decided(final long nowNs) {
        proposedBits = 0;
        nextProposalNs = nowNs;
    }

    /** Judges from time to time; proposes when the followers that are in sync are not those that should be. */
    int poll(final Assignment assignment, final LaneLog log, final long nowNs) {
        if (nowNs - lastJudgedNs < judgeIntervalNs) {
            return 0;
        }
        advance(nowNs - lastJudgedNs);
        lastJudgedNs = nowNs;
        appended.add(ranNs, log.end());
        final int wantedBits = wanted(assignment, log);
        if (!isDue(wantedBits, nowNs)) {
            return 0;
        }
        if (outbox.propose(assignment, wantedBits)) {
            commitRule.proposed(wantedBits);
            proposedBits = wantedBits;
            nextProposalNs = nowNs + limits.proposalRetryNs();
        }
        return 1;
    }

    /**
     * A proposal that adds a replica and is not wanted any more has to be withdrawn, by one without it: until the
     * controller has decided about one of them, commits wait for that replica.
     */
    private boolean isDue(final int wantedBits, final long nowNs) {
        if (wantedBits == commitRule.inSyncBits() && wantedBits == commitRule.waitedBits()) {
            return false;
        }
        return nowNs - nextProposalNs >= 0 || proposedBits != 0 && isWithdrawal(wantedBits);
    }

    private boolean isWithdrawal(final int wantedBits) {
        return (proposedBits & ~commitRule.inSyncBits() & ~wantedBits) != 0;
    }

    private void advance(final long elapsedNs) {
        ranNs += Math.min(elapsedNs, 2 * judgeIntervalNs);
        if (elapsedNs > limits.maxLagNs()) {
            // What the others said meanwhile may not have been read yet.
            appended.clear();
            hearAll();
        }
        for (int i = 0; i < followers.length; i++) {
            if (followers[i].lastHeardNs() != judgedHeardNs[i]) {
                judgedHeardNs[i] = followers[i].lastHeardNs();
                heardNs[i] = ranNs;
            }
        }
    }

    private void hearAll() {
        for (int i = 0; i < followers.length; i++) {
            judgedHeardNs[i] = followers[i].lastHeardNs();
            heardNs[i] = ranNs;
        }
    }

    private int wanted(final Assignment assignment, final LaneLog log) {
        final long dueNs = ranNs - limits.maxLagNs();
        final long duePosition = appended.positionAt(dueNs);
        int bits = commitRule.inSyncBits();
        for (int i = 0; i < followers.length; i++) {
            final FollowerProgress follower = followers[i];
            if ((commitRule.waitedBits() & follower.bit()) == 0) {
                final boolean isHeard = heardNs[i] - dueNs >= 0;
                bits |= mayJoin(follower, isHeard, assignment, log, duePosition) ? follower.bit() : 0;
            } else {
                bits |= follower.bit();
            }
        }
        return without(bits, duePosition, dueNs);
    }

    /**
     * Leaves out those that are behind, the furthest first, but never so many that fewer than a majority of all
     * replicas remains. With a majority in sync, some in-sync replica lives whenever the controller's quorum does, so
     * that the lane can be led; and with less, hardly a topic's floor would be met anyway.
     */
    private int without(final int candidateBits, final long duePosition, final long dueNs) {
        int bits = candidateBits;
        while (Integer.bitCount(bits) > majority) {
            FollowerProgress last = null;
            for (int i = 0; i < followers.length; i++) {
                final FollowerProgress follower = followers[i];
                if ((bits & commitRule.waitedBits() & follower.bit()) != 0
                        && (follower.acked() < duePosition || heardNs[i] - dueNs < 0)
                        && (last == null || follower.acked() < last.acked())) {
                    last = follower;
                }
            }
            if (last == null) {
                return bits;
            }
            bits &= ~last.bit();
        }
        return bits;
    }

    /** It must have all that is committed, and the begin of this tenure, or it could not lead. */
    private boolean mayJoin(
            final FollowerProgress follower,
            final boolean isHeard,
            final Assignment assignment,
            final LaneLog log,
            final long duePosition) {
        if (!assignment.isAlive(follower.nodeId())) {
            return false;
        }
        if (readmitsStale) {
            return true;
        }
        return follower.isFollowing()
                && isHeard
                && follower.acked() >= log.committed()
                && follower.acked() >= commitRule.readyPosition()
                && follower.acked() >= duePosition;
    }
}
