package io.epona.sequencer;

import io.epona.codec.FrameDescriptor;
import io.epona.codec.RecordBatchDescriptor;
import io.epona.codec.lane.AppendCommandDecoder;
import io.epona.codec.lane.ClosePartitionCommandDecoder;
import io.epona.codec.lane.LaneReplyEncoder;
import io.epona.codec.lane.LaneResult;
import io.epona.codec.lane.OpenPartitionCommandDecoder;
import io.epona.journal.RingLimits;
import io.epona.runtime.LaneCounters;
import io.epona.runtime.NodeClock;
import io.epona.sequencer.testing.ReplicationFault;
import java.util.List;
import org.agrona.DirectBuffer;
import org.agrona.ErrorHandler;
import org.agrona.MutableDirectBuffer;
import org.agrona.concurrent.Agent;
import org.agrona.concurrent.AgentTerminationException;
import org.agrona.concurrent.ControlledMessageHandler;
import org.agrona.concurrent.ControlledMessageHandler.Action;
import org.agrona.concurrent.ringbuffer.RingBuffer;
import org.agrona.concurrent.status.AtomicCounter;

/**
 * A lane: takes commands from its ring, decides, and writes each accepted record batch as one frame into its log ring.
 * It decides without doing I/O and without threads: what goes in is the command ring, position counters and a clock;
 * what comes out is bytes in the log ring, position counters and replies. So a test or a simulator drives it as a node
 * does, by calling {@link #doWork()}.
 *
 * <p>One thread calls all methods. It never blocks: a command for which log or reply ring have no room stays where it
 * is, and those behind it with it, until a later duty cycle. Every other command is answered exactly once, in the order
 * in which it was taken. Messages that cannot be commands are counted, reported and skipped. In steady state a duty
 * cycle allocates nothing. Stages are recorded last in a cycle: nobody waits for them.
 */
public final class Lane implements Agent {
    private final LaneConfig config;
    private final LaneState state;
    private final RingBuffer commands;
    private final LaneCounters counters;
    private final int leaderEpoch;
    private final CommitRule commitRule;
    private final NodeClock clock;
    private final LaneContext context;
    private final LaneMeters meters;
    private final ErrorHandler errorHandler;
    private final LogAppender appender;
    private final CommitRecorder recorder;
    private final LaneReplies replies;
    private final ControlledMessageHandler commandHandler = this::onCommand;
    private final AppendCommandDecoder append = new AppendCommandDecoder();
    private final OpenPartitionCommandDecoder open = new OpenPartitionCommandDecoder();
    private final ClosePartitionCommandDecoder close = new ClosePartitionCommandDecoder();

    private long committed;
    private long sequencedTimeNs;
    private long takenLength;
    private boolean isFenced;

    /**
     * A lane at the end of its recovered log.
     *
     * @param context all that it works with; sizes are checked with {@link LaneLimits#check}.
     * @throws IllegalArgumentException naming all sizes that contradict each other.
     */
    public Lane(final LaneContext context) {
        check(context);
        this.context = context;
        this.config = context.config();
        this.state = context.state();
        this.commands = context.commands();
        this.counters = context.counters();
        this.leaderEpoch = context.replication().node().leaderEpoch();
        this.commitRule = new CommitRule(
                context.replication().faults().contains(ReplicationFault.COMMIT_BEFORE_DURABLE)
                        ? counters.appended()
                        : counters.durable());
        this.clock = context.clock();
        this.meters = context.meters();
        this.errorHandler = context.errorHandler();
        this.appender = new LogAppender(config, leaderEpoch, context.ring(), counters);
        this.committed = counters.committed().get();
        this.recorder = new CommitRecorder(
                context.ring(), context.spanLength(), context.stages(), context.breaches(), committed);
        this.replies = new LaneReplies(config, leaderEpoch, context.gateways());
        this.sequencedTimeNs = state.sequencedTimeNs();
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
        if (!problems.isEmpty()) {
            throw new IllegalArgumentException("lane cannot work: " + String.join("; ", problems));
        }
    }

    @Override
    public String roleName() {
        return "lane-" + config.laneId();
    }

    /** Begins an empty log with the frame that begins its leader epoch. */
    @Override
    public void onStart() {
        if (appender.position() == 0) {
            stampTime(clock.epochNs());
            applyFrame(appender.appendEpochStart(sequencedTimeNs));
            publish();
        }
    }

    /**
     * One duty cycle.
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
            final long nowNs = clock.epochNs();
            stampTime(nowNs);
            return pollCommitted() + pollCommands() + pollStages(nowNs);
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
        pollCommitted();
    }

    /** True when the lane has ended because of a broken invariant. */
    public boolean isFenced() {
        return isFenced;
    }

    /** Frames carry times that never go back, whatever the clock does. */
    private void stampTime(final long nowNs) {
        sequencedTimeNs = Math.max(sequencedTimeNs, nowNs);
    }

    private int pollCommitted() {
        final long newCommitted = commitRule.committed(committed);
        if (newCommitted == committed) {
            return 0;
        }
        committed = newCommitted;
        counters.committed().setRelease(newCommitted);
        replies.signalAll();
        context.onCommitted().signal();
        return 1;
    }

    private int pollStages(final long nowNs) {
        return recorder.position() >= committed ? 0 : recorder.record(committed, nowNs);
    }

    private int pollCommands() {
        takenLength = 0;
        final long positionBefore = commands.consumerPosition();
        int taken = commands.controlledRead(commandHandler, LaneLimits.MAX_COMMANDS_PER_CYCLE);
        if (taken == 0 && commands.consumerPosition() != positionBefore) {
            // What was read was the padding at the ring's end: commands may stand at its start.
            taken = commands.controlledRead(commandHandler, LaneLimits.MAX_COMMANDS_PER_CYCLE);
        }
        if (taken > 0) {
            publish();
            replies.signalPending();
        }
        return taken;
    }

    private void publish() {
        if (appender.publish()) {
            context.onAppended().signal();
        }
    }

    private Action onCommand(
            final int msgTypeId, final MutableDirectBuffer buffer, final int offset, final int length) {
        return switch (msgTypeId) {
            case AppendCommandDecoder.TEMPLATE_ID -> onAppend(buffer, offset, length);
            case OpenPartitionCommandDecoder.TEMPLATE_ID -> onOpenPartition(buffer, offset, length);
            case ClosePartitionCommandDecoder.TEMPLATE_ID -> onClosePartition(buffer, offset, length);
            default -> skip("unknown message type", msgTypeId, length);
        };
    }

    private Action onAppend(final MutableDirectBuffer buffer, final int offset, final int length) {
        final AppendCommandDecoder command = append;
        if (length < AppendCommandDecoder.BLOCK_LENGTH + RecordBatchDescriptor.BATCH_OVERHEAD) {
            return skip("command is too short", AppendCommandDecoder.TEMPLATE_ID, length);
        }
        command.wrap(buffer, offset, AppendCommandDecoder.BLOCK_LENGTH, AppendCommandDecoder.SCHEMA_VERSION);
        final int batchOffset = offset + AppendCommandDecoder.BLOCK_LENGTH;
        if (!isIntact(command, buffer, batchOffset, length - AppendCommandDecoder.BLOCK_LENGTH)) {
            return skip("command contradicts itself", AppendCommandDecoder.TEMPLATE_ID, length);
        }
        final int partitionIndex = command.partitionIndex();
        final LaneResult decision = command.leaderEpoch() == leaderEpoch
                ? state.decide(partitionIndex, buffer, batchOffset, LaneState.toMs(sequencedTimeNs))
                : LaneResult.FENCED;
        if (decision == LaneResult.OK && !appender.hasRoomFor(command.batchLength(), recorder.position())) {
            return leave(meters.logFull());
        }
        if (!replies.claim(command.gatewayId())) {
            return leave(meters.replyRingFull());
        }
        if (decision == LaneResult.OK) {
            return accept(command, buffer, batchOffset);
        }
        answerWithoutAppending(command, decision);
        return Action.CONTINUE;
    }

    /** A batch that the gateway has validated, in a command of the right length; lengths are checked all the same. */
    private boolean isIntact(
            final AppendCommandDecoder command,
            final DirectBuffer buffer,
            final int batchOffset,
            final int availableLength) {
        final int batchLength = command.batchLength();
        return batchLength == availableLength
                && batchLength <= config.maxBatchLength()
                && RecordBatchDescriptor.sizeInBytes(buffer, batchOffset) == batchLength
                && RecordBatchDescriptor.magic(buffer, batchOffset) == RecordBatchDescriptor.MAGIC
                && RecordBatchDescriptor.lastOffsetDelta(buffer, batchOffset) >= 0
                && replies.isKnown(command.gatewayId());
    }

    private Action accept(final AppendCommandDecoder command, final DirectBuffer buffer, final int batchOffset) {
        final int partitionIndex = command.partitionIndex();
        final long baseOffset = state.nextOffset(partitionIndex);
        final int batchLength = command.batchLength();
        applyFrame(appender.appendRecords(
                buffer,
                batchOffset,
                batchLength,
                partitionIndex,
                baseOffset,
                command.ingressTimeNs(),
                sequencedTimeNs));
        replies.commit(
                command.correlationId(),
                partitionIndex,
                LaneResult.OK,
                baseOffset,
                appender.position(),
                sequencedTimeNs);
        meters.batches().incrementPlain();
        meters.records().getAndAddPlain(state.nextOffset(partitionIndex) - baseOffset);
        meters.producers().setPlain(state.producerCount());
        takenLength += batchLength;
        return takenLength < LaneLimits.MAX_LENGTH_PER_CYCLE ? Action.CONTINUE : Action.BREAK;
    }

    /** The state follows the frames by the same code as in recovery, and must be where the log is. */
    private void applyFrame(final int offset) {
        final DirectBuffer ring = context.ring().buffer();
        state.onFrame(ring, offset, FrameDescriptor.frameLength(ring, offset), FrameDescriptor.position(ring, offset));
        if (FrameDescriptor.framePosition(state.position(), state.config().spanLength()) != appender.position()) {
            throw new IllegalStateException("state does not follow the log: statePosition=" + state.position()
                    + ", position=" + appender.position());
        }
    }

    /**
     * A duplicate may be answered once what is appended now is committed: the batch itself is somewhere below, and its
     * own end is not remembered.
     */
    private void answerWithoutAppending(final AppendCommandDecoder command, final LaneResult result) {
        final boolean isDuplicate = result == LaneResult.DUPLICATE;
        replies.commit(
                command.correlationId(),
                command.partitionIndex(),
                result,
                isDuplicate ? state.duplicateBaseOffset() : LaneReplies.NONE,
                isDuplicate ? appender.position() : LaneReplies.NONE,
                sequencedTimeNs);
        if (isDuplicate) {
            meters.duplicates().incrementPlain();
            if (state.duplicateDiffers()) {
                meters.differingDuplicates().incrementPlain();
            }
        } else {
            meters.refused().incrementPlain();
        }
    }

    private Action onOpenPartition(final DirectBuffer buffer, final int offset, final int length) {
        if (length != OpenPartitionCommandDecoder.BLOCK_LENGTH) {
            return skip("command of another length", OpenPartitionCommandDecoder.TEMPLATE_ID, length);
        }
        open.wrap(buffer, offset, length, OpenPartitionCommandDecoder.SCHEMA_VERSION);
        if (!replies.isKnown(open.gatewayId())) {
            return skip("unknown gateway", OpenPartitionCommandDecoder.TEMPLATE_ID, length);
        }
        if (!replies.claim(open.gatewayId())) {
            return leave(meters.replyRingFull());
        }
        state.openPartition(open.partitionIndex());
        answerDone(open.correlationId(), open.partitionIndex(), state.nextOffset(open.partitionIndex()));
        return Action.CONTINUE;
    }

    private Action onClosePartition(final DirectBuffer buffer, final int offset, final int length) {
        if (length != ClosePartitionCommandDecoder.BLOCK_LENGTH) {
            return skip("command of another length", ClosePartitionCommandDecoder.TEMPLATE_ID, length);
        }
        close.wrap(buffer, offset, length, ClosePartitionCommandDecoder.SCHEMA_VERSION);
        if (!replies.isKnown(close.gatewayId())) {
            return skip("unknown gateway", ClosePartitionCommandDecoder.TEMPLATE_ID, length);
        }
        if (!replies.claim(close.gatewayId())) {
            return leave(meters.replyRingFull());
        }
        state.closePartition(close.partitionIndex());
        answerDone(close.correlationId(), close.partitionIndex(), LaneReplies.NONE);
        return Action.CONTINUE;
    }

    private void answerDone(final long correlationId, final int partitionIndex, final long nextOffset) {
        replies.commit(correlationId, partitionIndex, LaneResult.OK, nextOffset, appender.position(), sequencedTimeNs);
        replies.signalThis();
    }

    /** Leaves the command, and so all behind it, for a later duty cycle. */
    private static Action leave(final AtomicCounter reason) {
        reason.incrementPlain();
        return Action.ABORT;
    }

    private Action skip(final String problem, final int msgTypeId, final int length) {
        meters.malformed().incrementPlain();
        errorHandler.onError(new MalformedCommandException(
                roleName() + " skipped a message: " + problem + ", msgTypeId=" + msgTypeId + ", length=" + length));
        return Action.CONTINUE;
    }
}
