package io.epona.sequencer;

import io.epona.codec.FrameDescriptor;
import io.epona.codec.lane.AppendCommandEncoder;
import io.epona.codec.lane.LaneReplyEncoder;
import java.util.ArrayList;
import java.util.List;
import org.agrona.BitUtil;
import org.agrona.concurrent.ringbuffer.RecordDescriptor;

/** Every bound of this module with its reason, and the check of how a lane's sizes relate. */
public final class LaneLimits {
    /** Commands taken in one duty cycle: commit progress is looked at, and progress published, at least that often. */
    public static final int MAX_COMMANDS_PER_CYCLE = 256;

    /**
     * Batch bytes taken in one duty cycle, plus one batch: some 100 us of copying, so that the journal starts early.
     */
    public static final int MAX_LENGTH_PER_CYCLE = 256 * 1024;

    /** Committed frames whose stages are recorded in one duty cycle, some 10 us; the rest in the next ones. */
    public static final int MAX_RECORDED_FRAMES_PER_CYCLE = 128;

    /** Gateways of one lane: one bit each in a long says who is to be woken. */
    public static final int MAX_GATEWAYS = Long.SIZE;

    /** Batches remembered of each producer and partition; a client has at most five requests in flight. */
    public static final int PRODUCER_BATCH_COUNT = 5;

    /** Producers and partitions remembered by default: 24 MiB for each copy of the state. */
    public static final int DEFAULT_MAX_PRODUCERS = 128 * 1024;

    /** Upper bound of what may be configured: a checkpoint of the state must fit into one buffer. */
    public static final int MAX_PRODUCERS = 4 * 1024 * 1024;

    /** Producers forgotten for each frame, so that forgetting keeps ahead of remembering (one for each frame). */
    public static final int EXPIRIES_PER_FRAME = 2;

    /** How long a producer that does not write is remembered by default; Kafka's default. */
    public static final long DEFAULT_PRODUCER_EXPIRATION_MS = 24 * 60 * 60 * 1000L;

    /** Log bytes that a checkpoint agent applies in one duty cycle; it shares its thread. */
    public static final int MAX_APPLIED_LENGTH_PER_CYCLE = 4 * 1024 * 1024;

    /** Leader epochs remembered; a replica that was away for longer is installed anew. */
    public static final int MAX_EPOCHS = 1024;

    /** Messages of the controller taken in one duty cycle: opening many partitions must not hold records back. */
    public static final int MAX_CONTROL_MESSAGES_PER_CYCLE = 256;

    /** Messages of other replicas taken in one duty cycle, some 100 us of copying as a follower. */
    public static final int MAX_PEER_MESSAGES_PER_CYCLE = 64;

    /**
     * Room that a leader leaves for the epoch starts of its successors: what they append ends only when these are
     * committed, so they must fit when everything else is full. One for each failover without a commit.
     */
    public static final int EPOCH_START_RESERVE_LENGTH = 64 * 64;

    /** A follower asks again so soon at first, then ever later: its leader may not know yet that it leads. */
    public static final long FIRST_FOLLOW_RETRY_NS = 5_000_000;

    /** A follower says so often at most that frames are missing, and a leader sends anew as often. */
    public static final long GAP_INTERVAL_NS = 10_000_000;

    /** So much that was received, and is not durable yet, a follower tells in a message of its own. */
    public static final long RECEIPT_LENGTH = 256 * 1024;

    /** After this time a follower tells what it received although its journal does not make it durable. */
    public static final long RECEIPT_INTERVAL_NS = 10_000_000;

    /** The longest step of the time that a journal stands still, as a part of the longest stall: the lane may pause. */
    public static final int POLLS_PER_STALL = 8;

    /** A leader compares its followers with what it had appended this many times in the longest lag. */
    public static final int JUDGEMENTS_PER_LAG = 8;

    /** Node ids of a cell are below: one bit each in an int. */
    public static final int MAX_NODE_ID = Integer.SIZE - 1;

    /**
     * The ring's bytes below a reader's position are kept from the start of its device block on: the journal writes the
     * last, partly filled block again with the next frames.
     */
    public static final int BLOCK_LENGTH = 4096;

    /** Agrona's ring buffers take messages of up to an eighth of their capacity. */
    private static final int MESSAGES_PER_RING = 8;

    private LaneLimits() {}

    /**
     * Bytes that a batch takes as a frame of the log.
     *
     * @param batchLength of the record batch.
     * @return header and payload, aligned.
     */
    public static int alignedFrameLength(final int batchLength) {
        return BitUtil.align(FrameDescriptor.HEADER_LENGTH + batchLength, FrameDescriptor.FRAME_ALIGNMENT);
    }

    /**
     * Capacity of a command ring (without its trailer) that can carry batches of that length: a power of two, and eight
     * times the longest message as the ring demands.
     *
     * @param maxBatchLength longest record batch.
     * @return bytes.
     */
    public static int minCommandRingLength(final int maxBatchLength) {
        final long longest = RecordDescriptor.HEADER_LENGTH + AppendCommandEncoder.BLOCK_LENGTH + (long) maxBatchLength;
        return Math.toIntExact(BitUtil.findNextPositivePowerOfTwo(MESSAGES_PER_RING * longest));
    }

    /**
     * Capacity of a reply ring (without its trailer) that can hold an answer to each command in flight.
     *
     * @param maxInFlight commands that one gateway keeps unanswered at most.
     * @return bytes, a power of two.
     */
    public static int minReplyRingLength(final int maxInFlight) {
        final long replyLength = BitUtil.align(
                RecordDescriptor.HEADER_LENGTH + LaneReplyEncoder.BLOCK_LENGTH, RecordDescriptor.ALIGNMENT);
        // One message more: the ring pads its end when a reply does not fit there.
        final long length = replyLength * Math.max(maxInFlight + 1L, MESSAGES_PER_RING);
        return Math.toIntExact(BitUtil.findNextPositivePowerOfTwo(length));
    }

    /**
     * Checks how a lane's sizes relate.
     *
     * @param ringLength of the log ring.
     * @param segmentLength of a journal segment.
     * @param segmentCount journal segments.
     * @param maxUnpublishedLength bytes that a lane writes before it publishes.
     * @param maxBatchLength longest record batch.
     * @param maxCommandLength longest message of the command ring.
     * @return all problems, each with what to do; empty when there is none.
     */
    public static List<String> check(
            final int ringLength,
            final long segmentLength,
            final int segmentCount,
            final int maxUnpublishedLength,
            final int maxBatchLength,
            final int maxCommandLength) {
        final List<String> problems = new ArrayList<>();
        final long frameLength = alignedFrameLength(maxBatchLength);
        final long spanLength = Math.min(ringLength, segmentLength);
        require(problems, BitUtil.isPowerOfTwo(ringLength), "ring length is no power of two", ringLength, 0);
        require(problems, BitUtil.isPowerOfTwo(segmentLength), "segment length is no power of two", segmentLength, 0);
        require(problems, segmentCount >= 2, "at least two segments are needed", segmentCount, 2);
        // Padding is shorter than the frame that it precedes: together less than two frames.
        atLeast(problems, "ring shorter than two of the longest frames", ringLength, 2 * frameLength + BLOCK_LENGTH);
        atLeast(problems, "segment or ring shorter than the longest frame", spanLength, frameLength);
        atLeast(
                problems,
                "all but one segment shorter than two of the longest frames",
                (segmentCount - 1L) * segmentLength,
                2 * frameLength + BLOCK_LENGTH);
        atLeast(problems, "lane would publish in the middle of a frame", maxUnpublishedLength, frameLength);
        atLeast(
                problems,
                "command ring's longest message too short for the longest batch",
                maxCommandLength,
                AppendCommandEncoder.BLOCK_LENGTH + (long) maxBatchLength);
        return problems;
    }

    private static void atLeast(
            final List<String> problems, final String problem, final long actual, final long needed) {
        require(problems, actual >= needed, problem, actual, needed);
    }

    private static void require(
            final List<String> problems,
            final boolean holds,
            final String problem,
            final long actual,
            final long needed) {
        if (!holds) {
            problems.add(problem + ": actual=" + actual + (needed > 0 ? ", at least=" + needed : ""));
        }
    }
}
