package io.epona.sequencer;

import io.epona.codec.replication.FollowRequestDecoder;
import io.epona.codec.replication.FollowVerdict;
import io.epona.codec.replication.FollowerAckDecoder;
import io.epona.runtime.LaneRole;
import io.epona.runtime.ReplicaCounters;
import io.epona.sequencer.testing.ReplicationFault;
import java.util.function.LongSupplier;
import org.agrona.DirectBuffer;
import org.agrona.ErrorHandler;

/**
 * A lane while its node leads it: tells followers from where they may follow, listens to what they have, and says what
 * is committed. Owned by the lane's thread; allocates nothing in steady state.
 */
final class LaneLeader {
    private final LaneLog log;
    private final LaneOutbox outbox;
    private final LaneRole role;
    private final Cell cell;
    private final ReplicationLimits limits;
    private final ReplicationMeters meters;
    private final ErrorHandler errorHandler;
    private final LongSupplier journalStart;
    private final FollowerProgress[] followers;
    private final FollowerProgress[] followerByNode = new FollowerProgress[LaneLimits.MAX_NODE_ID + 1];
    private final CommitRule commitRule;
    private final InSyncRule inSyncRule;
    private final Assignment assignment;
    private final boolean countsOtherEpochs;
    private final boolean trustsSingleEpoch;
    private final boolean keepsStale;
    private final FollowRequestDecoder request = new FollowRequestDecoder();
    private final FollowerAckDecoder ack = new FollowerAckDecoder();

    private long stalledDurable;
    private long stalledNs;
    private long lastPollNs;
    private long resignAtNs;
    private boolean isStallReported;

    LaneLeader(final LaneContext context, final LaneLog log, final LaneOutbox outbox, final Cell cell) {
        final LaneReplication replication = context.replication();
        this.log = log;
        this.outbox = outbox;
        this.role = replication.role();
        this.cell = cell;
        this.limits = replication.limits();
        this.meters = replication.meters();
        this.errorHandler = context.errorHandler();
        this.journalStart = replication.journalStart();
        this.followers = new FollowerProgress[replication.replicas().size()];
        int i = 0;
        for (final ReplicaCounters counters : replication.replicas()) {
            followers[i] = new FollowerProgress(counters);
            followerByNode[counters.nodeId()] = followers[i];
            i++;
        }
        this.commitRule = new CommitRule(context.counters(), followers, replication.faults());
        this.inSyncRule = new InSyncRule(replication, followers, commitRule, outbox);
        this.assignment = new Assignment(cell);
        this.countsOtherEpochs = replication.faults().contains(ReplicationFault.COUNT_ACKS_OF_ANOTHER_EPOCH);
        this.trustsSingleEpoch = replication.faults().contains(ReplicationFault.TRUST_SINGLE_EPOCH);
        this.keepsStale = replication.faults().contains(ReplicationFault.READMIT_WITH_STALE_STATE);
    }

    /**
     * A tenure begins. What it leads to becomes visible to others in this order: the in-sync replicas, the position
     * from which it exposes everything, and last that this node leads.
     *
     * @param newAssignment that made this node leader, or a later one of the same epoch.
     * @param readyPosition end of the frame that begins the epoch.
     * @param nowNs monotonic.
     */
    void begin(final Assignment newAssignment, final long readyPosition, final long nowNs) {
        assignment.set(newAssignment);
        for (final FollowerProgress follower : followers) {
            if (!keepsStale) {
                follower.begin(nowNs);
            }
        }
        commitRule.begin(assignment.inSyncBits(), readyPosition);
        inSyncRule.begin(nowNs);
        lastPollNs = nowNs;
        onJournalMoved(log.durable());
        role.inSync().setRelease(inSyncCount());
        role.readyPosition().setRelease(readyPosition);
        role.leadingEpoch().setRelease(assignment.leaderEpoch());
    }

    /** The tenure has ended. Others see that before anything else happens. */
    void end() {
        role.clear();
        outbox.stopFeeds(assignment.leaderEpoch());
    }

    int leaderEpoch() {
        return assignment.leaderEpoch();
    }

    /** Replicas in sync as the controller has committed them, this one included. */
    int inSyncCount() {
        return Integer.bitCount(commitRule.inSyncBits());
    }

    /** News of the same tenure. */
    void onAssignment(final Assignment news, final long nowNs) {
        if (news.version() < assignment.version()) {
            return;
        }
        final boolean isDecision = news.version() > assignment.version();
        for (final FollowerProgress follower : followers) {
            if (isForgotten(follower, news, isDecision) && !keepsStale) {
                follower.forget();
            }
        }
        assignment.set(news);
        if (isDecision) {
            commitRule.inSync(assignment.inSyncBits());
            inSyncRule.decided(nowNs);
            role.inSync().setRelease(inSyncCount());
        }
    }

    /**
     * A follower that was left out, is away, or started again may have lost what it had: it has to ask again, before it
     * is thought to have anything.
     */
    private static boolean isForgotten(
            final FollowerProgress follower, final Assignment news, final boolean isDecision) {
        final int incarnation = news.incarnation(follower.nodeId());
        return isDecision && (news.inSyncBits() & follower.bit()) == 0
                || !news.isAlive(follower.nodeId())
                || incarnation != 0 && follower.isFollowing() && !follower.isOf(incarnation);
    }

    /** The one that a message is from; null when the message does not count, as it is for another lane or epoch. */
    private FollowerProgress follower(final int fromNode, final int leaderEpoch) {
        if (leaderEpoch != assignment.leaderEpoch() && !countsOtherEpochs || !cell.isMember(fromNode)) {
            return null;
        }
        return followerByNode[fromNode];
    }

    private boolean isKnownIncarnation(final FollowerProgress follower, final int incarnation) {
        final int registered = assignment.incarnation(follower.nodeId());
        return registered == 0 || registered == incarnation || keepsStale;
    }

    void onFollowRequest(final DirectBuffer buffer, final int offset, final int length, final long nowNs) {
        final FollowRequestDecoder message =
                request.wrap(buffer, offset, FollowRequestDecoder.BLOCK_LENGTH, FollowRequestDecoder.SCHEMA_VERSION);
        final FollowerProgress follower = length == FollowRequestDecoder.BLOCK_LENGTH
                ? follower(message.fromNode(), message.leaderEpoch())
                : null;
        if (null == follower || message.endPosition() < 0 || !isKnownIncarnation(follower, message.incarnation())) {
            meters.ignored().incrementPlain();
            return;
        }
        final EpochHistory epochs = log.epochs();
        final int lastEpoch = message.lastEpoch();
        final long endPosition = message.endPosition();
        final int epoch = trustsSingleEpoch ? lastEpoch : epochs.largestUpTo(lastEpoch);
        final long end = epoch == EpochHistory.NONE ? 0 : epochs.endOf(epoch, log.end());
        if (epoch == lastEpoch && endPosition <= end) {
            follow(follower, message, nowNs);
        } else if (epoch == EpochHistory.NONE && epochs.hasForgotten()) {
            install(follower.nodeId());
        } else {
            respond(follower.nodeId(), FollowVerdict.DIVERGED, epoch, end);
        }
    }

    /** The logs are the same up to the follower's end. */
    private void follow(final FollowerProgress follower, final FollowRequestDecoder message, final long nowNs) {
        final long endPosition = message.endPosition();
        if (endPosition < oldestReadable()) {
            install(follower.nodeId());
            return;
        }
        if (outbox.startFeed(follower.nodeId(), assignment.leaderEpoch(), endPosition)) {
            follower.follow(message.incarnation(), endPosition, message.durablePosition(), nowNs);
            respond(follower.nodeId(), FollowVerdict.FOLLOW, message.lastEpoch(), endPosition);
        }
    }

    private long oldestReadable() {
        return Math.min(journalStart.getAsLong(), log.ring().oldestIntactPosition(log.end()));
    }

    private void install(final int toNode) {
        respond(toNode, FollowVerdict.INSTALL, log.epochs().lastEpoch(), journalStart.getAsLong());
    }

    private void respond(final int toNode, final FollowVerdict verdict, final int epoch, final long position) {
        // Without room nothing is said: the follower asks again.
        outbox.followResponse(toNode, assignment.leaderEpoch(), verdict, epoch, position, log.committed());
    }

    void onFollowerAck(final DirectBuffer buffer, final int offset, final int length, final long nowNs) {
        final FollowerAckDecoder message =
                ack.wrap(buffer, offset, FollowerAckDecoder.BLOCK_LENGTH, FollowerAckDecoder.SCHEMA_VERSION);
        final FollowerProgress follower =
                length == FollowerAckDecoder.BLOCK_LENGTH ? follower(message.fromNode(), message.leaderEpoch()) : null;
        final boolean isPlausible = null != follower
                && message.durablePosition() <= message.receivedPosition()
                && message.receivedPosition() <= log.end();
        if (countsOtherEpochs && null != follower) {
            follower.advance(message.receivedPosition(), message.durablePosition(), nowNs);
        }
        if (!isPlausible || !isKnownIncarnation(follower, message.incarnation())) {
            meters.ignored().incrementPlain();
        } else if (follower.isOf(message.incarnation())) {
            onProgress(follower, message, nowNs);
        } else {
            meters.ignored().incrementPlain();
            if (follower.mayBeAsked(nowNs, limits.followRetryNs())) {
                respond(follower.nodeId(), FollowVerdict.ASK, EpochHistory.NONE, 0);
            }
        }
    }

    private void onProgress(final FollowerProgress follower, final FollowerAckDecoder message, final long nowNs) {
        follower.advance(message.receivedPosition(), message.durablePosition(), nowNs);
        if (message.hasGap() != 0 && follower.mayBeFed(nowNs, LaneLimits.GAP_INTERVAL_NS)) {
            outbox.startFeed(follower.nodeId(), assignment.leaderEpoch(), message.receivedPosition());
        }
    }

    /** What is committed now. */
    long committed() {
        return commitRule.committed(log.committed());
    }

    /** The least durable position over the others that commits wait for; 0 when there are none. */
    long replicated() {
        return commitRule.replicated();
    }

    /** Looks after the in-sync replicas, and after the own journal. */
    int poll(final long nowNs) {
        outbox.pollStopFeeds();
        pollJournal(nowNs);
        return inSyncRule.poll(assignment, log, nowNs);
    }

    /**
     * A leader whose own device stands still holds everybody up, since its own copy is in sync by definition: it
     * resigns, and again from time to time while nobody else can lead. Time in which this thread did not run itself
     * does not count, because the journal writer did not run then either.
     */
    private void pollJournal(final long nowNs) {
        final long elapsedNs = Math.min(nowNs - lastPollNs, limits.journalStallNs() / LaneLimits.POLLS_PER_STALL);
        lastPollNs = nowNs;
        final long durable = log.durable();
        if (durable != stalledDurable || durable >= log.end()) {
            onJournalMoved(durable);
            return;
        }
        stalledNs += elapsedNs;
        if (stalledNs >= resignAtNs && outbox.resign(assignment)) {
            resignAtNs = stalledNs + limits.journalStallNs();
            reportStall(durable);
        }
    }

    private void onJournalMoved(final long durable) {
        stalledDurable = durable;
        stalledNs = 0;
        resignAtNs = limits.journalStallNs();
        isStallReported = false;
    }

    private void reportStall(final long durable) {
        if (!isStallReported) {
            isStallReported = true;
            meters.journalStalls().incrementPlain();
            errorHandler.onError(new IllegalStateException(
                    "the leader's own journal stands still, another replica shall lead: durable=" + durable + ", end="
                            + log.end() + ", stalledNs=" + stalledNs));
        }
    }
}
