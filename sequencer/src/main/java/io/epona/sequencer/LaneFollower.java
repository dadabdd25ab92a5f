package io.epona.sequencer;

import io.epona.codec.FrameCheck;
import io.epona.codec.FrameDescriptor;
import io.epona.codec.FrameValidator;
import io.epona.codec.replication.FollowResponseDecoder;
import io.epona.codec.replication.FollowVerdict;
import io.epona.codec.replication.FramesDecoder;
import io.epona.journal.JournalTruncation;
import io.epona.sequencer.testing.ReplicationFault;
import org.agrona.DirectBuffer;
import org.agrona.ErrorHandler;
import org.agrona.concurrent.AgentTerminationException;
import org.agrona.concurrent.ControlledMessageHandler.Action;

/**
 * A lane while another node leads it: finds with the leader the place up to which both logs are the same, cuts its own
 * there, and from then on takes the leader's frames at the end of its log. It applies no frame to any state.
 *
 * <p>What it knows to be committed is what a leader said, as far as its own log is the same as that leader's and
 * durable; it never goes back. To have to cut below that means that somebody lost what was acknowledged: the lane ends
 * instead, before anything is changed.
 *
 * <p>Owned by the lane's thread; allocates nothing in steady state.
 */
final class LaneFollower {
    /** Where it stands with its leader. */
    private enum State {
        /** It has no leader. */
        IDLE,
        /** Nobody knows yet whether its log is the same as the leader's. */
        ASKING,
        /** The journal is cutting the end of the log. */
        CUTTING,
        /** Its log is the same as the leader's, up to its end. */
        FOLLOWING
    }

    private final int laneId;
    private final LaneLog log;
    private final LaneOutbox outbox;
    private final JournalTruncation truncation;
    private final ReplicationLimits limits;
    private final ReplicationMeters meters;
    private final ErrorHandler errorHandler;
    private final InstallGate install;
    private final boolean cutsToCommitted;
    private final boolean ignoresGeneration;
    private final Assignment assignment;
    private final MulticastHearing multicast;
    private final FrameValidator validator = new FrameValidator();
    private final FollowResponseDecoder response = new FollowResponseDecoder();
    private final FramesDecoder frames = new FramesDecoder();

    private State state = State.IDLE;
    private long knownCommitted;
    private boolean isAnswerAwaited;
    private long nextAskNs;
    private long askIntervalNs;
    private long lastHeardNs;
    private long cutPosition;
    private long cutGeneration;
    private boolean isAckDue;
    private boolean hasGap;
    private long lastGapNs;
    private long ackedReceived;
    private long ackedDurable;
    private long lastAckNs;
    private boolean isInstallReported;
    private boolean isBlocked;
    private long blockedSinceNs;

    LaneFollower(final LaneContext context, final LaneLog log, final LaneOutbox outbox, final Cell cell) {
        final LaneReplication replication = context.replication();
        this.laneId = context.config().laneId();
        this.log = log;
        this.outbox = outbox;
        this.truncation = replication.truncation();
        this.limits = replication.limits();
        this.meters = replication.meters();
        this.errorHandler = context.errorHandler();
        this.install = replication.install();
        this.cutsToCommitted = replication.faults().contains(ReplicationFault.CUT_TO_OWN_COMMITTED);
        this.ignoresGeneration = replication.faults().contains(ReplicationFault.IGNORE_TRUNCATION_GENERATION);
        this.multicast = new MulticastHearing(log.spanLength(), limits.silenceNs());
        this.assignment = new Assignment(cell);
        this.knownCommitted = log.committed();
    }

    /** There is another leader, or a new epoch of the same one. Not while the log is being cut. */
    void begin(final Assignment newAssignment, final long nowNs) {
        assignment.set(newAssignment);
        settleCommitted();
        isInstallReported = false;
        isBlocked = false;
        hasGap = false;
        lastGapNs = nowNs - LaneLimits.GAP_INTERVAL_NS;
        lastAckNs = nowNs - LaneLimits.RECEIPT_INTERVAL_NS;
        ask(State.ASKING, nowNs);
        if (cutsToCommitted) {
            cut(log.committed());
        }
    }

    /** There is no leader, or this node is it. Not while the log is being cut. */
    void end() {
        settleCommitted();
        state = State.IDLE;
    }

    /** What a former leader said beyond the end of this log says nothing of frames that take their place. */
    private void settleCommitted() {
        knownCommitted = Math.max(log.committed(), Math.min(knownCommitted, log.end()));
    }

    /** True while the journal cuts the log: nothing may be appended or decided until it has. */
    boolean isCutting() {
        return state == State.CUTTING;
    }

    private void ask(final State newState, final long nowNs) {
        state = newState;
        multicast.clear();
        isAnswerAwaited = true;
        askIntervalNs = LaneLimits.FIRST_FOLLOW_RETRY_NS;
        nextAskNs = nowNs;
        lastHeardNs = nowNs;
    }

    /** What is committed now. Durable does not count while the log is being cut. */
    long committed() {
        if (state == State.CUTTING) {
            return log.committed();
        }
        return Math.max(log.committed(), Math.min(knownCommitted, Math.min(log.end(), log.durable())));
    }

    int poll(final long nowNs) {
        outbox.pollStopFeeds();
        return switch (state) {
            case IDLE -> 0;
            case ASKING -> pollQuestion(nowNs);
            case CUTTING -> pollCut(nowNs);
            case FOLLOWING -> pollSilence(nowNs) + pollQuestion(nowNs) + pollAck(nowNs);
        };
    }

    private int pollQuestion(final long nowNs) {
        if (!isAnswerAwaited || nowNs - nextAskNs < 0) {
            return 0;
        }
        if (outbox.followRequest(assignment, log)) {
            nextAskNs = nowNs + askIntervalNs;
            askIntervalNs = Math.min(2 * askIntervalNs, limits.followRetryNs());
        }
        return 1;
    }

    /** A leader that says nothing may not know that it has a follower here. */
    private int pollSilence(final long nowNs) {
        if (isAnswerAwaited || nowNs - lastHeardNs < limits.silenceNs()) {
            return 0;
        }
        ask(State.FOLLOWING, nowNs);
        return 1;
    }

    private int pollAck(final long nowNs) {
        final long received = log.end();
        final long durable = Math.min(received, log.durable());
        final boolean tellsGap = hasGap && nowNs - lastGapNs >= LaneLimits.GAP_INTERVAL_NS;
        if (!isAckDue && !tellsGap && durable == ackedDurable && !isReceiptDue(received, nowNs)) {
            return 0;
        }
        if (outbox.followerAck(assignment, received, durable, tellsGap, multicast.hears(nowNs))) {
            isAckDue = false;
            ackedReceived = received;
            ackedDurable = durable;
            lastAckNs = nowNs;
            if (tellsGap) {
                hasGap = false;
                lastGapNs = nowNs;
            }
        }
        return 1;
    }

    /**
     * What was received is told with the next durable position, which commits wait for and which comes soon: a message
     * of its own for each receipt would double the followers' messages. Only much of it, or a slow journal, has one.
     */
    private boolean isReceiptDue(final long received, final long nowNs) {
        return received != ackedReceived
                && (received - ackedReceived >= LaneLimits.RECEIPT_LENGTH
                        || nowNs - lastAckNs >= LaneLimits.RECEIPT_INTERVAL_NS);
    }

    void onFollowResponse(final DirectBuffer buffer, final int offset, final int length, final long nowNs) {
        final FollowResponseDecoder message =
                response.wrap(buffer, offset, FollowResponseDecoder.BLOCK_LENGTH, FollowResponseDecoder.SCHEMA_VERSION);
        if (length != FollowResponseDecoder.BLOCK_LENGTH
                || !isOfLeader(message.fromNode(), message.leaderEpoch())
                || message.verdictRaw() > FollowVerdict.ASK.value()) {
            meters.ignored().incrementPlain();
            return;
        }
        switch (message.verdict()) {
            case FOLLOW -> onFollow(message, nowNs);
            case DIVERGED -> onDiverged(message, nowNs);
            case INSTALL -> onInstall(message, nowNs);
            case ASK -> onAsk(nowNs);
            default -> meters.ignored().incrementPlain();
        }
    }

    private boolean isOfLeader(final int fromNode, final int leaderEpoch) {
        return leaderEpoch == assignment.leaderEpoch() && fromNode == assignment.leader() && state != State.IDLE;
    }

    /** An answer to an earlier question is told by the end of the log that it is about. */
    private void onFollow(final FollowResponseDecoder message, final long nowNs) {
        if (state == State.FOLLOWING) {
            isAnswerAwaited = false;
            lastHeardNs = nowNs;
            return;
        }
        if (message.position() != log.end() || message.epoch() != log.epochs().lastEpoch()) {
            meters.ignored().incrementPlain();
            return;
        }
        state = State.FOLLOWING;
        install.needNoMore();
        isAnswerAwaited = false;
        isAckDue = true;
        lastHeardNs = nowNs;
        knownCommitted = Math.max(knownCommitted, message.committedPosition());
    }

    /**
     * Where this log has the leader's epoch, too, it is the same as the leader's up to the smaller end of that epoch.
     * Where it has not, the leader's end means nothing here, not even the end of a frame: all that this log has behind
     * smaller epochs is not the leader's, and the next question is about the epoch before.
     */
    private void onDiverged(final FollowResponseDecoder message, final long nowNs) {
        final long end = log.end();
        final int epoch = message.epoch();
        final long ownEnd = log.epochs().endOf(epoch, end);
        final long position = log.epochs().largestUpTo(epoch) == epoch ? Math.min(message.position(), ownEnd) : ownEnd;
        if (state != State.ASKING || position >= end) {
            meters.ignored().incrementPlain();
            return;
        }
        lastHeardNs = nowNs;
        cut(position);
    }

    private void onInstall(final FollowResponseDecoder message, final long nowNs) {
        nextAskNs = nowNs + limits.followRetryNs();
        if (!isInstallReported) {
            isInstallReported = true;
            errorHandler.onError(
                    new ReplicaTooOldException(laneId, assignment.leader(), message.position(), log.end()));
        }
        install.need();
    }

    private void onAsk(final long nowNs) {
        if (!isAnswerAwaited) {
            ask(state, nowNs);
        }
    }

    /** Below what is committed nothing is cut: checked before anything changes. */
    private void cut(final long position) {
        final long end = log.end();
        if (position < log.committed() || position < Math.min(knownCommitted, end) && !cutsToCommitted) {
            throw new AgentTerminationException("the leader's log lacks what is committed: cut to=" + position
                    + ", committed=" + log.committed() + ", known to be committed=" + knownCommitted + ", end=" + end
                    + ", durable=" + log.durable() + ", leader=" + assignment.leader() + ", leaderEpoch="
                    + assignment.leaderEpoch() + ", epochs=" + log.epochs());
        }
        if (position >= end) {
            return;
        }
        meters.truncations().incrementPlain();
        meters.truncatedLength().getAndAddPlain(end - position);
        cutPosition = position;
        state = State.CUTTING;
        if (!ignoresGeneration) {
            cutGeneration = truncation.request(position);
            log.wakeJournal();
        }
    }

    private int pollCut(final long nowNs) {
        if (!ignoresGeneration && !truncation.isDone(cutGeneration)) {
            return 0;
        }
        log.cutTo(cutPosition);
        if (!ignoresGeneration) {
            truncation.resume(cutGeneration);
            log.wakeJournal();
        }
        ask(State.ASKING, nowNs);
        return 1 + pollQuestion(nowNs);
    }

    Action onFrames(final DirectBuffer buffer, final int offset, final int length, final long nowNs) {
        final FramesDecoder message =
                frames.wrap(buffer, offset, FramesDecoder.BLOCK_LENGTH, FramesDecoder.SCHEMA_VERSION);
        if (length < FramesDecoder.BLOCK_LENGTH
                || length != FramesDecoder.BLOCK_LENGTH + message.framesLength()
                || !isOfLeader(message.fromNode(), message.leaderEpoch())
                || state != State.FOLLOWING) {
            meters.ignored().incrementPlain();
            return Action.CONTINUE;
        }
        knownCommitted = Math.max(knownCommitted, message.committedPosition());
        final boolean isToAll = message.cellKey() != 0;
        final int framesLength = message.framesLength();
        final long position = message.position();
        final long end = position + framesLength;
        if (position > log.end()) {
            return onGap(isToAll, position, end, nowNs);
        }
        lastHeardNs = nowNs;
        if (end <= log.end()) {
            // Nothing new: a heartbeat, or frames that the leader does not know to be here.
            isAckDue = true;
        }
        final Action action = append(buffer, offset + FramesDecoder.BLOCK_LENGTH, framesLength, position);
        if (isToAll && action == Action.CONTINUE) {
            onHeard(position, end, nowNs);
        }
        return action;
    }

    /**
     * What is sent to all goes on while this one is sent what it misses on a stream of its own. That is no gap of that
     * stream; and only that stream tells that the leader knows this follower.
     */
    private Action onGap(final boolean isToAll, final long position, final long end, final long nowNs) {
        if (!isToAll) {
            lastHeardNs = nowNs;
        }
        if (!isToAll || multicast.onMissed(position, end)) {
            hasGap = true;
            meters.gaps().incrementPlain();
        }
        return Action.CONTINUE;
    }

    private void onHeard(final long position, final long end, final long nowNs) {
        if (FrameDescriptor.framePosition(end, log.spanLength()) <= log.end() || end <= log.end()) {
            multicast.onTaken(nowNs);
        } else {
            multicast.onMissed(position, end);
        }
    }

    private Action append(final DirectBuffer buffer, final int offset, final int length, final long position) {
        final long end = position + length;
        if (FrameDescriptor.framePosition(end, log.spanLength()) <= log.end()) {
            return Action.CONTINUE;
        }
        if (!log.appender().hasRoomUpTo(FrameDescriptor.framePosition(end, log.spanLength()), Long.MAX_VALUE)) {
            return onNoRoom();
        }
        isBlocked = false;
        final int known = lengthKnown(buffer, offset, length, position);
        if (known < 0 || !isValid(buffer, offset + known, length - known)) {
            hasGap = true;
            return Action.CONTINUE;
        }
        log.appendFrames(buffer, offset + known, length - known);
        hasGap = false;
        return Action.CONTINUE;
    }

    /**
     * Nothing behind it is read either, so that the leader's sender sees that there is no room here. Not for ever: what
     * is behind may tell that more is committed, which is what makes room.
     */
    private Action onNoRoom() {
        if (!isBlocked) {
            isBlocked = true;
            blockedSinceNs = lastHeardNs;
        }
        if (lastHeardNs - blockedSinceNs < limits.silenceNs()) {
            return Action.ABORT;
        }
        isBlocked = false;
        hasGap = true;
        meters.gaps().incrementPlain();
        return Action.CONTINUE;
    }

    /** Bytes of frames that are in the log already; -1 when none of the frames begins at the log's end. */
    private int lengthKnown(final DirectBuffer buffer, final int offset, final int length, final long position) {
        final long end = log.end();
        long current = position;
        while (current < end) {
            final int at = (int) (current - position);
            if (at + FrameDescriptor.HEADER_LENGTH > length) {
                return refuse("frames end before the log does", current, 0);
            }
            final int frameLength = FrameDescriptor.frameLength(buffer, offset + at);
            if (frameLength < FrameDescriptor.HEADER_LENGTH || frameLength > length - at) {
                return refuse("impossible length", current, frameLength);
            }
            current = FrameDescriptor.nextFramePosition(current, frameLength, log.spanLength());
        }
        return current == end ? (int) (current - position) : refuse("no frame begins at the log's end", current, 0);
    }

    private boolean isValid(final DirectBuffer buffer, final int offset, final int length) {
        final long start = log.end();
        if (length > log.appender().maxUnpublishedLength()
                || length > FrameDescriptor.remainingInSpan(start, log.spanLength())) {
            refuse("frames reach too far", start, length);
            return false;
        }
        int lastEpoch = log.epochs().lastEpoch();
        long current = start;
        while (current < start + length) {
            final int at = (int) (current - start);
            final FrameCheck check = validator.check(buffer, offset + at, length - at, current);
            final int epoch = check == FrameCheck.VALID ? FrameDescriptor.leaderEpoch(buffer, offset + at) : 0;
            final int alignedLength = FrameDescriptor.alignedLength(FrameDescriptor.frameLength(buffer, offset + at));
            if (check != FrameCheck.VALID
                    || epoch < lastEpoch
                    || epoch > assignment.leaderEpoch()
                    || alignedLength > length - at) {
                refuse("no frame that may follow: found=" + check + ", epoch=" + epoch, current, alignedLength);
                return false;
            }
            lastEpoch = epoch;
            current = FrameDescriptor.framePosition(current + alignedLength, log.spanLength());
        }
        return true;
    }

    private int refuse(final String problem, final long position, final int frameLength) {
        meters.ignored().incrementPlain();
        errorHandler.onError(new MalformedCommandException("frames from the leader were not taken: " + problem
                + ", position=" + position + ", length=" + frameLength + ", end=" + log.end() + ", leader="
                + assignment.leader()));
        return -1;
    }

    @Override
    public String toString() {
        return state + (isAnswerAwaited ? ", awaits an answer" : "");
    }
}
