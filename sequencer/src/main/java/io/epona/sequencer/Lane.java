package io.epona.sequencer;

import io.epona.codec.lane.ClosePartitionCommandDecoder;
import io.epona.codec.lane.LaneReplyEncoder;
import io.epona.codec.lane.OpenPartitionCommandDecoder;
import io.epona.codec.replication.FollowRequestDecoder;
import io.epona.codec.replication.FollowResponseDecoder;
import io.epona.codec.replication.FollowerAckDecoder;
import io.epona.codec.replication.FramesDecoder;
import io.epona.codec.replication.LaneAssignmentDecoder;
import io.epona.journal.RingLimits;
import io.epona.runtime.NodeClock;
import io.epona.sequencer.testing.ReplicationFault;
import java.util.List;
import org.agrona.MutableDirectBuffer;
import org.agrona.collections.IntHashSet;
import org.agrona.concurrent.Agent;
import org.agrona.concurrent.AgentTerminationException;
import org.agrona.concurrent.ControlledMessageHandler;
import org.agrona.concurrent.ControlledMessageHandler.Action;
import org.agrona.concurrent.ringbuffer.RingBuffer;

/**
 * A lane's replica on this node, in one of these roles:
 *
 * <ul>
 *   <li>LEADER: takes commands from its ring, decides, and writes each accepted record batch as one frame into its log
 *       ring; tells what is committed ({@link LaneCommands}, {@link LaneLeader});
 *   <li>FOLLOWER: writes the leader's frames into its log ring, at the same positions ({@link LaneFollower});
 *   <li>PROMOTING: about to lead, as soon as it has the state of all frames ({@link LanePromotion});
 *   <li>OFFLINE: nobody leads, or nobody has said who does.
 * </ul>
 *
 * <p>It decides without doing I/O and without threads: what goes in are rings, position counters and a clock; what
 * comes out is bytes in the log ring, position counters and messages in rings. So a test or a simulator drives it as a
 * node does, by calling {@link #doWork()}.
 *
 * <p>One thread calls all methods. It never blocks: a message for which log or reply ring have no room stays where it
 * is, and those behind it with it, until a later duty cycle. Every command is answered exactly once, in the order in
 * which it was taken. Messages that cannot be what they should are counted, reported and skipped. In steady state a
 * duty cycle allocates nothing. What the controller says is taken first; stages are recorded last: nobody waits for
 * them.
 */
public final class Lane implements Agent {
    private enum Role {
        OFFLINE,
        FOLLOWER,
        PROMOTING,
        LEADER
    }

    private final LaneContext context;
    private final LaneReplication.Rings rings;
    private final NodeClock clock;
    private final LaneLog log;
    private final LaneReplies replies;
    private final CommitRecorder recorder;
    private final LaneCommands commands;
    private final LaneLeader leader;
    private final LaneFollower follower;
    private final LanePromotion promotion;
    private final InstallGate install;
    private final Assignment assignment;
    private final Assignment news;
    private final ControlledMessageHandler controlHandler = this::onControl;
    private final ControlledMessageHandler peerHandler = this::onPeerMessage;

    private Role role = Role.OFFLINE;
    private long nowNs;
    private boolean isStarted;
    private boolean isFenced;

    /**
     * A lane at the end of its recovered log.
     *
     * @param context all that it works with; sizes are checked with {@link LaneLimits#check}.
     * @throws IllegalArgumentException naming all sizes that contradict each other.
     */
    public Lane(final LaneContext context) {
        check(context);
        final LaneReplication replication = context.replication();
        final LaneState state = context.state();
        final Cell cell = new Cell(replication.node().nodeId(), replication.replicas());
        final IntHashSet partitions = new IntHashSet();
        state.forEachPartition(partitions::add);
        final LogAppender appender = new LogAppender(
                context.config(),
                context.ring(),
                context.counters(),
                replication.isAlone() ? 0 : LaneLimits.EPOCH_START_RESERVE_LENGTH);
        this.context = context;
        this.rings = replication.rings();
        this.clock = context.clock();
        this.replies = new LaneReplies(context.config(), context.gateways());
        this.log = new LaneLog(
                context, appender, replies, replication.faults().contains(ReplicationFault.LET_COMMITTED_GO_BACK));
        this.recorder = new CommitRecorder(
                context.ring(), context.spanLength(), context.stages(), context.breaches(), log.committed());
        this.commands = new LaneCommands(context, log, recorder, replies, partitions);
        final LaneOutbox outbox = new LaneOutbox(context.config().laneId(), replication);
        this.leader = new LaneLeader(context, log, outbox, cell);
        this.follower = new LaneFollower(context, log, outbox, cell);
        this.promotion = new LanePromotion(context, log, partitions);
        this.install = replication.install();
        this.assignment = new Assignment(cell);
        this.news = new Assignment(cell);
        if (replication.isAlone()) {
            leadAlone(state, replication.node());
        } else {
            log.recoverEpochs(state);
        }
    }

    private void leadAlone(final LaneState state, final LaneReplication.Node node) {
        assignment.alone(node.nodeId(), node.leaderEpoch());
        commands.lead(state, node.leaderEpoch());
        commands.inSyncCount(1);
        role = Role.LEADER;
    }

    private static void check(final LaneContext context) {
        final LaneConfig config = context.config();
        final List<String> problems = LaneLimits.check(
                context.ring().length(),
                config.segmentLength(),
                config.segmentCount(),
                RingLimits.maxUnpublishedLength(context.ring().length()),
                config.maxBatchLength(),
                context.commands().maxMsgLength());
        if (context.gateways().size() > LaneLimits.MAX_GATEWAYS) {
            problems.add(
                    "too many gateways: actual=" + context.gateways().size() + ", at most=" + LaneLimits.MAX_GATEWAYS);
        }
        context.gateways().stream()
                .filter(gateway -> gateway.replies().maxMsgLength() < LaneReplyEncoder.BLOCK_LENGTH)
                .forEach(gateway -> problems.add("reply ring too short for a reply: capacity="
                        + gateway.replies().capacity()));
        if (context.state().config().spanLength() != context.spanLength()) {
            problems.add("state has another span: actual="
                    + context.state().config().spanLength() + ", expected=" + context.spanLength());
        }
        if (context.state().position() > context.counters().appended().get()) {
            problems.add(
                    "state is beyond the log's end: position=" + context.state().position() + ", appended="
                            + context.counters().appended().get());
        }
        checkReplication(context, problems);
        if (!problems.isEmpty()) {
            throw new IllegalArgumentException("lane cannot work: " + String.join("; ", problems));
        }
    }

    private static void checkReplication(final LaneContext context, final List<String> problems) {
        final LaneReplication replication = context.replication();
        if (replication.isAlone()) {
            return;
        }
        final int longest = FramesDecoder.BLOCK_LENGTH
                + LaneLimits.alignedFrameLength(context.config().maxBatchLength());
        if (replication.rings().peers().maxMsgLength() < longest) {
            problems.add("peers ring too short for the longest frame: longest message="
                    + replication.rings().peers().maxMsgLength() + ", at least=" + longest);
        }
        if (context.counters().committed().get() > context.counters().appended().get()) {
            problems.add("more is committed than there is: committed="
                    + context.counters().committed().get() + ", appended="
                    + context.counters().appended().get());
        }
    }

    @Override
    public String roleName() {
        return "lane-" + context.config().laneId();
    }

    /** Begins an empty log with the frame that begins its leader epoch, when the node is alone. */
    @Override
    public void onStart() {
        if (isStarted) {
            return;
        }
        isStarted = true;
        if (role == Role.LEADER) {
            if (log.end() == 0) {
                commands.stampTime(clock.epochNs());
                commands.appendEpochStart();
            }
            leader.begin(assignment, log.end(), clock.nanoTime());
        } else {
            context.replication().role().clear();
        }
    }

    /**
     * One duty cycle. In a cell it is due several times in each {@link ReplicationLimits#maxLagNs()}, also when nothing
     * happens: nobody else notices that another node has fallen silent.
     *
     * @throws AgentTerminationException when an invariant is broken: the lane has ended for good, since nobody knows
     *     what of the last command it has done. The thread that runs it ends with it.
     */
    @Override
    public int doWork() {
        if (isFenced) {
            return 0;
        }
        try {
            final long epochNs = clock.epochNs();
            commands.stampTime(epochNs);
            return pollReplication() + pollCommitted() + commands.poll() + pollStages(epochNs);
        } catch (final AgentTerminationException ex) {
            isFenced = true;
            throw ex;
        } catch (final RuntimeException ex) {
            isFenced = true;
            throw new AgentTerminationException(ex);
        }
    }

    /**
     * After the lane's and the journal writer's threads have ended: commits what became durable last, so that shelf and
     * checkpoint agent may have it.
     */
    public void commitRest() {
        if (!isFenced) {
            pollCommitted();
        }
    }

    /** What all frames of the log lead to, while this node leads; else null. For checks, on the lane's thread. */
    public LaneState state() {
        return commands.state();
    }

    /** True when the lane has ended because of a broken invariant. */
    public boolean isFenced() {
        return isFenced;
    }

    /** For error messages and tests. */
    @Override
    public String toString() {
        return roleName() + "[role=" + role + ", leader=" + assignment.leader() + ", leaderEpoch="
                + assignment.leaderEpoch() + ", version=" + assignment.version() + ", end=" + log.end() + ", committed="
                + log.committed() + ", epochs=" + log.epochs() + ", follower=" + follower + ", install=" + install
                + ", isFenced=" + isFenced + ']';
    }

    private int pollCommitted() {
        if (install.isHeld()) {
            return 0;
        }
        return log.commit(role == Role.LEADER ? leader.committed() : follower.committed()) ? 1 : 0;
    }

    private int pollStages(final long epochNs) {
        if (role == Role.LEADER && null != rings) {
            recorder.reached(log.durable(), leader.replicated(), epochNs);
        }
        final long committed = log.committed();
        return role != Role.LEADER || recorder.position() >= committed ? 0 : recorder.record(committed, epochNs);
    }

    private int pollReplication() {
        if (null == rings) {
            return 0;
        }
        nowNs = clock.nanoTime();
        return pollHold() + pollControl() + pollPeers() + pollRole();
    }

    /** A lane that leads, or is about to, needs nobody's partition logs: whoever wants it held waits. */
    private int pollHold() {
        if (!install.isHoldDue() || follower.isCutting() || role == Role.LEADER || role == Role.PROMOTING) {
            return 0;
        }
        follower.end();
        role = Role.OFFLINE;
        install.acknowledge();
        return 1;
    }

    /** While the log is being cut, nothing that the controller says could be followed. */
    private int pollControl() {
        if (follower.isCutting()) {
            return 0;
        }
        final int taken = read(rings.control(), controlHandler, LaneLimits.MAX_CONTROL_MESSAGES_PER_CYCLE);
        if (taken > 0) {
            replies.signalPending();
        }
        return taken;
    }

    /** Those who want to follow a leader that is not ready wait in the ring. */
    private int pollPeers() {
        return role == Role.PROMOTING || follower.isCutting()
                ? 0
                : read(rings.peers(), peerHandler, LaneLimits.MAX_PEER_MESSAGES_PER_CYCLE);
    }

    private int pollRole() {
        return switch (role) {
            case LEADER -> leader.poll(nowNs);
            case PROMOTING -> pollPromotion();
            case FOLLOWER, OFFLINE -> follower.poll(nowNs);
        };
    }

    private int pollPromotion() {
        final int work = promotion.poll();
        if (!promotion.isReady()) {
            return work;
        }
        commands.lead(promotion.takeState(), assignment.leaderEpoch());
        commands.appendEpochStart();
        recorder.skipTo(log.end());
        leader.begin(assignment, log.end(), nowNs);
        commands.inSyncCount(leader.inSyncCount());
        role = Role.LEADER;
        replies.signalAll();
        context.replication().meters().tenures().incrementPlain();
        return work + 1;
    }

    /** As a ring's controlledRead, which returns without a message when it has read the padding at the ring's end. */
    static int read(final RingBuffer ring, final ControlledMessageHandler handler, final int limit) {
        final long positionBefore = ring.consumerPosition();
        final int taken = ring.controlledRead(handler, limit);
        return taken == 0 && ring.consumerPosition() != positionBefore ? ring.controlledRead(handler, limit) : taken;
    }

    private Action onControl(
            final int msgTypeId, final MutableDirectBuffer buffer, final int offset, final int length) {
        return switch (msgTypeId) {
            case LaneAssignmentDecoder.TEMPLATE_ID -> onAssignment(buffer, offset, length);
            case OpenPartitionCommandDecoder.TEMPLATE_ID -> commands.onOpenPartition(buffer, offset, length);
            case ClosePartitionCommandDecoder.TEMPLATE_ID -> commands.onClosePartition(buffer, offset, length);
            default -> commands.skip("unknown control message", msgTypeId, length);
        };
    }

    private Action onAssignment(final MutableDirectBuffer buffer, final int offset, final int length) {
        final boolean isIntact = news.decode(buffer, offset, length)
                && news.laneId() == context.config().laneId();
        if (!isIntact) {
            return commands.skip("no assignment of this lane and cell", LaneAssignmentDecoder.TEMPLATE_ID, length);
        }
        if (news.leaderEpoch() == assignment.leaderEpoch() && news.leader() == assignment.leader()) {
            onSameTenure();
        } else if (news.leaderEpoch() >= assignment.leaderEpoch()) {
            onNewTenure();
        }
        // What it has started comes before the next message.
        return Action.BREAK;
    }

    private void onSameTenure() {
        assignment.set(news);
        if (role == Role.LEADER) {
            leader.onAssignment(news, nowNs);
            commands.inSyncCount(leader.inSyncCount());
        }
    }

    private void onNewTenure() {
        if (role == Role.LEADER) {
            leader.end();
            replies.signalAll();
        } else if (role == Role.FOLLOWER) {
            follower.end();
        }
        assignment.set(news);
        commands.follow(assignment.leaderEpoch());
        if (assignment.leader() == context.replication().node().nodeId()) {
            promote();
        } else if (assignment.leader() == Assignment.NO_LEADER || install.isHeld()) {
            role = Role.OFFLINE;
        } else {
            role = Role.FOLLOWER;
            follower.begin(assignment, nowNs);
        }
    }

    /** In an epoch that the log has already this node has led before it was started anew, or somebody else has. */
    private void promote() {
        if (install.isHeld()) {
            role = Role.OFFLINE;
            context.errorHandler()
                    .onError(new IllegalStateException(roleName() + " is not led here, because its copy is half made:"
                            + " leaderEpoch=" + assignment.leaderEpoch()));
            return;
        }
        if (assignment.leaderEpoch() > log.epochs().lastEpoch()) {
            role = Role.PROMOTING;
            promotion.begin();
            return;
        }
        role = Role.OFFLINE;
        context.errorHandler()
                .onError(
                        new IllegalStateException(roleName() + " is not led here, in an epoch that its log has already:"
                                + " leaderEpoch=" + assignment.leaderEpoch() + ", epochs=" + log.epochs()));
    }

    private Action onPeerMessage(
            final int msgTypeId, final MutableDirectBuffer buffer, final int offset, final int length) {
        final boolean isLeader = role == Role.LEADER;
        if (msgTypeId == FramesDecoder.TEMPLATE_ID && !isLeader) {
            return follower.onFrames(buffer, offset, length, nowNs);
        } else if (msgTypeId == FollowerAckDecoder.TEMPLATE_ID && isLeader) {
            leader.onFollowerAck(buffer, offset, length, nowNs);
        } else if (msgTypeId == FollowRequestDecoder.TEMPLATE_ID && isLeader) {
            leader.onFollowRequest(buffer, offset, length, nowNs);
        } else if (msgTypeId == FollowResponseDecoder.TEMPLATE_ID && !isLeader) {
            follower.onFollowResponse(buffer, offset, length, nowNs);
        } else {
            // For another role than this node has by now, or no message between replicas at all.
            context.replication().meters().ignored().incrementPlain();
        }
        return Action.CONTINUE;
    }
}
