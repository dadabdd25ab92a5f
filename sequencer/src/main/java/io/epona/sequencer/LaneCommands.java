package io.epona.sequencer;

import io.epona.codec.FrameDescriptor;
import io.epona.codec.RecordBatchDescriptor;
import io.epona.codec.lane.AppendCommandDecoder;
import io.epona.codec.lane.ClosePartitionCommandDecoder;
import io.epona.codec.lane.DeleteRecordsCommandDecoder;
import io.epona.codec.lane.LaneResult;
import io.epona.codec.lane.OpenPartitionCommandDecoder;
import org.agrona.DirectBuffer;
import org.agrona.ErrorHandler;
import org.agrona.MutableDirectBuffer;
import org.agrona.collections.IntHashSet;
import org.agrona.concurrent.ControlledMessageHandler;
import org.agrona.concurrent.ControlledMessageHandler.Action;
import org.agrona.concurrent.ringbuffer.RingBuffer;
import org.agrona.concurrent.status.AtomicCounter;

/**
 * The commands to a lane: decides about each, appends what is accepted, and answers. While the lane's node does not
 * lead, appending is answered FENCED. Owned by the lane's thread; allocates nothing in steady state.
 */
final class LaneCommands {
    private final LaneConfig config;
    private final RingBuffer commands;
    private final LaneLog log;
    private final LogAppender appender;
    private final LaneMeters meters;
    private final ErrorHandler errorHandler;
    private final CommitRecorder recorder;
    private final LaneReplies replies;
    private final IntHashSet partitions;
    private final ControlledMessageHandler commandHandler = this::onCommand;
    private final AppendCommandDecoder append = new AppendCommandDecoder();
    private final OpenPartitionCommandDecoder open = new OpenPartitionCommandDecoder();
    private final ClosePartitionCommandDecoder close = new ClosePartitionCommandDecoder();
    private final DeleteRecordsCommandDecoder deleteRecords = new DeleteRecordsCommandDecoder();

    private LaneState state;
    private int leadingEpoch = Assignment.NO_LEADER;
    private int inSyncCount;
    private long sequencedTimeNs;
    private long takenLength;

    LaneCommands(
            final LaneContext context,
            final LaneLog log,
            final CommitRecorder recorder,
            final LaneReplies replies,
            final IntHashSet partitions) {
        this.config = context.config();
        this.commands = context.commands();
        this.log = log;
        this.appender = log.appender();
        this.meters = context.meters();
        this.errorHandler = context.errorHandler();
        this.recorder = recorder;
        this.replies = replies;
        this.partitions = partitions;
    }

    /** The state of all frames while the node leads, else null. */
    LaneState state() {
        return state;
    }

    /** The node leads in this epoch, from the state of all frames on. */
    void lead(final LaneState newState, final int epoch) {
        state = newState;
        leadingEpoch = epoch;
        replies.leaderEpoch(epoch);
        appender.leaderEpoch(epoch);
        sequencedTimeNs = Math.max(sequencedTimeNs, newState.sequencedTimeNs());
    }

    /** The node leads no more. */
    void follow(final int epoch) {
        state = null;
        leadingEpoch = Assignment.NO_LEADER;
        replies.leaderEpoch(epoch);
    }

    /** Replicas in sync, which commands may ask for. */
    void inSyncCount(final int count) {
        inSyncCount = count;
    }

    /** Frames carry times that never go back, whatever the clock does. */
    void stampTime(final long nowNs) {
        sequencedTimeNs = Math.max(sequencedTimeNs, nowNs);
    }

    /** Begins the leader epoch in the log. There must be room. */
    void appendEpochStart() {
        log.epochs().onFrame(leadingEpoch, appender.position());
        applyFrame(appender.appendEpochStart(sequencedTimeNs));
        log.publish();
    }

    int poll() {
        takenLength = 0;
        final int taken = Lane.read(commands, commandHandler, LaneLimits.MAX_COMMANDS_PER_CYCLE);
        if (taken > 0) {
            log.publish();
            replies.signalPending();
        }
        return taken;
    }

    private Action onCommand(
            final int msgTypeId, final MutableDirectBuffer buffer, final int offset, final int length) {
        return switch (msgTypeId) {
            case AppendCommandDecoder.TEMPLATE_ID -> onAppend(buffer, offset, length);
            case OpenPartitionCommandDecoder.TEMPLATE_ID -> onOpenPartition(buffer, offset, length);
            case ClosePartitionCommandDecoder.TEMPLATE_ID -> onClosePartition(buffer, offset, length);
            case DeleteRecordsCommandDecoder.TEMPLATE_ID -> onDeleteRecords(buffer, offset, length);
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
        final LaneResult decision = decide(command, partitionIndex, buffer, batchOffset);
        if (decision == LaneResult.OK && !appender.hasRoomFor(command.batchLength(), recorder.position())) {
            return leave(meters.logFull());
        }
        if (!replies.claim(command.gatewayId())) {
            return leave(meters.replyRingFull());
        }
        if (decision == LaneResult.OK) {
            return accept(command, buffer, batchOffset);
        }
        if (decision == LaneResult.VERIFY_TRANSACTION) {
            answerVerify(command, RecordBatchDescriptor.producerId(buffer, batchOffset));
            return Action.CONTINUE;
        }
        if (decision == LaneResult.DUPLICATE && RecordBatchDescriptor.isControl(buffer, batchOffset)) {
            state.onMarkerWithoutTransaction(partitionIndex, RecordBatchDescriptor.producerId(buffer, batchOffset));
        }
        answerWithoutAppending(command, decision);
        return Action.CONTINUE;
    }

    private LaneResult decide(
            final AppendCommandDecoder command,
            final int partitionIndex,
            final DirectBuffer buffer,
            final int batchOffset) {
        if (command.leaderEpoch() != leadingEpoch) {
            return LaneResult.FENCED;
        }
        if (command.minInSync() > inSyncCount) {
            return LaneResult.NOT_ENOUGH_REPLICAS;
        }
        return state.decide(
                partitionIndex,
                buffer,
                batchOffset,
                LaneState.toMs(sequencedTimeNs),
                AppendOrigin.of(command.origin(), command.verification()));
    }

    private void answerVerify(final AppendCommandDecoder command, final long producerId) {
        final int partitionIndex = command.partitionIndex();
        replies.verification(state.verification(partitionIndex, producerId));
        replies.commit(
                command.correlationId(),
                partitionIndex,
                LaneResult.VERIFY_TRANSACTION,
                LaneReplies.NONE,
                LaneReplies.NONE,
                sequencedTimeNs);
        replies.verification(0);
        meters.verifications().incrementPlain();
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
        final DirectBuffer ring = log.buffer();
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
        final boolean isDuplicate = result == LaneResult.DUPLICATE || result == LaneResult.DUPLICATE_SEQUENCE;
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

    Action onOpenPartition(final DirectBuffer buffer, final int offset, final int length) {
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
        final int partitionIndex = open.partitionIndex();
        partitions.add(partitionIndex);
        if (null == state) {
            answerDone(open.correlationId(), partitionIndex, LaneReplies.NONE);
        } else {
            state.openPartition(partitionIndex);
            answerDone(open.correlationId(), partitionIndex, state.nextOffset(partitionIndex));
        }
        return Action.CONTINUE;
    }

    Action onClosePartition(final DirectBuffer buffer, final int offset, final int length) {
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
        partitions.remove(close.partitionIndex());
        if (null != state) {
            state.closePartition(close.partitionIndex());
        }
        answerDone(close.correlationId(), close.partitionIndex(), LaneReplies.NONE);
        return Action.CONTINUE;
    }

    private Action onDeleteRecords(final DirectBuffer buffer, final int offset, final int length) {
        if (length != DeleteRecordsCommandDecoder.BLOCK_LENGTH) {
            return skip("command of another length", DeleteRecordsCommandDecoder.TEMPLATE_ID, length);
        }
        final DeleteRecordsCommandDecoder command = deleteRecords;
        command.wrap(buffer, offset, length, DeleteRecordsCommandDecoder.SCHEMA_VERSION);
        if (!replies.isKnown(command.gatewayId())) {
            return skip("unknown gateway", DeleteRecordsCommandDecoder.TEMPLATE_ID, length);
        }
        final LaneResult decision = decide(command);
        if (decision == LaneResult.OK && !appender.hasRoomFor(0, recorder.position())) {
            return leave(meters.logFull());
        }
        if (!replies.claim(command.gatewayId())) {
            return leave(meters.replyRingFull());
        }
        final int partitionIndex = command.partitionIndex();
        if (decision == LaneResult.OK) {
            applyFrame(appender.appendTrim(partitionIndex, command.startOffset(), sequencedTimeNs));
        }
        final boolean isAccepted = decision == LaneResult.OK || decision == LaneResult.DUPLICATE;
        // Deleted before: that may be one of the frames that are not committed yet.
        final long endPosition = isAccepted ? appender.position() : LaneReplies.NONE;
        final long startOffset = isAccepted ? state.startOffset(partitionIndex) : LaneReplies.NONE;
        replies.commit(command.correlationId(), partitionIndex, decision, startOffset, endPosition, sequencedTimeNs);
        return Action.CONTINUE;
    }

    private LaneResult decide(final DeleteRecordsCommandDecoder command) {
        if (command.leaderEpoch() != leadingEpoch) {
            return LaneResult.FENCED;
        }
        final int partitionIndex = command.partitionIndex();
        if (!state.isOpen(partitionIndex)) {
            return LaneResult.UNKNOWN_PARTITION;
        }
        final long startOffset = command.startOffset();
        if (startOffset < 0 || startOffset > state.nextOffset(partitionIndex)) {
            return LaneResult.OFFSET_OUT_OF_RANGE;
        }
        return startOffset > state.startOffset(partitionIndex) ? LaneResult.OK : LaneResult.DUPLICATE;
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

    Action skip(final String problem, final int msgTypeId, final int length) {
        meters.malformed().incrementPlain();
        errorHandler.onError(new MalformedCommandException("lane-" + config.laneId() + " skipped a message: " + problem
                + ", msgTypeId=" + msgTypeId + ", length=" + length));
        return Action.CONTINUE;
    }
}
