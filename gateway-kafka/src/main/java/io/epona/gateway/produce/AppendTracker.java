package io.epona.gateway.produce;

import io.epona.codec.lane.LaneReplyDecoder;
import io.epona.codec.lane.LaneResult;
import io.epona.controller.PartitionInfo;
import io.epona.coordinator.TransactionVerifier;
import io.epona.gateway.log.FrameIndex;
import io.epona.gateway.log.LaneTail;
import io.epona.runtime.LaneRole;
import io.epona.runtime.NodeClock;
import io.epona.sequencer.LaneProxy;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.Executor;
import org.agrona.MutableDirectBuffer;
import org.agrona.concurrent.MessageHandler;
import org.agrona.concurrent.ringbuffer.RingBuffer;
import org.apache.kafka.common.protocol.Errors;

/**
 * The batches that a gateway thread has given to lanes and not answered yet. It offers commands, never more than the
 * reply ring can hold the answers of, takes the replies, and answers when the lane's committed (acks=all) or durable
 * (acks=1) position has reached the end of the batch, by the rule of {@link PendingAnswers}. A request that finds no
 * room waits here, in order, and is offered again in each duty cycle; what is for a lane that this node does not lead
 * any more is refused instead. What is for a lane that this node is about to lead waits for that, for a moment, because
 * a client that is refused waits for longer. Gateway thread only.
 */
public final class AppendTracker implements MessageHandler {
    private static final short ACKS_ALL = -1;
    private static final short ACKS_NONE = 0;
    private static final int REPLY_LENGTH = 64;
    private static final int MIN_IN_FLIGHT = 4;

    private final List<LaneProxy> proxies;
    private final int maxBatchLength;
    private final FrameIndex index;
    private final RingBuffer replies;
    private final ProduceMeters meters;
    private final NodeClock clock;
    private final LaneReplyDecoder reply = new LaneReplyDecoder();
    private final PendingAnswers.Pending[] slots;
    private final ArrayDeque<PendingDeletion> deletions = new ArrayDeque<>();
    private final int[] generations;
    private final int[] freeSlots;
    private final List<LaneQueues> lanes = new ArrayList<>();

    private final TransactionChecks<PendingAppend> transactions;
    private final ArrayDeque<PendingAppend> verified = new ArrayDeque<>();

    private int freeCount;
    private int backPressuredCount;

    /** What waits for one lane. */
    private static final class LaneQueues {
        final PendingAnswers untilCommitted;
        final PendingAnswers untilDurable;
        final ArrayDeque<ProduceOperation> backPressured = new ArrayDeque<>();
        final LaneRole role;
        long ledEpoch;

        LaneQueues(final LaneTail lane) {
            role = lane.view().role();
            untilCommitted = new PendingAnswers(lane.view().role());
            untilDurable = new PendingAnswers(lane.view().role());
        }
    }

    /**
     * A tracker with nothing in flight.
     *
     * @param proxies of the lanes, by lane id.
     * @param maxBatchLength longest batch that the lanes take.
     * @param index that knows the lanes' committed positions.
     * @param replies ring of this gateway, into which all lanes write.
     * @param transactions asks whether batches are part of them.
     * @param meters of this gateway.
     * @param clock of the node.
     */
    public AppendTracker(
            final List<LaneProxy> proxies,
            final int maxBatchLength,
            final FrameIndex index,
            final RingBuffer replies,
            final Transactions transactions,
            final ProduceMeters meters,
            final NodeClock clock) {
        this.transactions = new TransactionChecks<>(
                (producer, partitions, isAdd) -> transactions.verifier().verify(producer, partitions, isAdd),
                transactions.gatewayThread(),
                this::offerVerified);
        this.proxies = List.copyOf(proxies);
        this.maxBatchLength = maxBatchLength;
        this.index = index;
        this.replies = replies;
        this.meters = meters;
        this.clock = clock;
        final int capacity = replies.capacity() / REPLY_LENGTH - 1;
        if (capacity < MIN_IN_FLIGHT) {
            throw new IllegalArgumentException("reply ring too small: capacity=" + replies.capacity());
        }
        this.slots = new PendingAnswers.Pending[capacity];
        this.generations = new int[capacity];
        this.freeSlots = new int[capacity];
        for (int i = 0; i < capacity; i++) {
            freeSlots[freeCount++] = i;
        }
        index.lanes().forEach(lane -> lanes.add(new LaneQueues(lane)));
    }

    /**
     * What transactions need.
     *
     * @param verifier null when there are none.
     * @param gatewayThread runs tasks on this thread.
     */
    public record Transactions(TransactionVerifier verifier, Executor gatewayThread) {}

    /** Longest batch that a lane takes. */
    int maxBatchLength(final int laneId) {
        return Math.min(maxBatchLength, proxies.get(laneId).maxBatchLength());
    }

    /** Whether this node leads a partition's lane, in the epoch that the metadata say. */
    boolean leads(final PartitionInfo partition) {
        return index.lane(partition).leads(partition.leaderEpoch());
    }

    /**
     * Whether this node, which leads a partition by the metadata, has still to begin to: its lane has never led in that
     * epoch. As of the last poll.
     */
    boolean isAboutToLead(final PartitionInfo partition) {
        return lanes.get(partition.laneId()).ledEpoch < partition.leaderEpoch();
    }

    /** How many in-sync replicas the commits of a partition's lane wait for; 0 while this node does not lead it. */
    long inSync(final PartitionInfo partition) {
        return index.lane(partition).view().role().inSync().getAcquire();
    }

    /** Batches that wait for a reply. */
    public int inFlight() {
        return slots.length - freeCount;
    }

    /** Batches that wait for a reply or a position, and requests that wait for room. */
    public int unanswered() {
        int count = inFlight() + backPressuredCount + deletions.size();
        for (final LaneQueues queues : lanes) {
            count += queues.untilCommitted.size() + queues.untilDurable.size();
        }
        return count;
    }

    /** Offers the batches of a request, now or as soon as there is room. */
    void submit(final ProduceOperation operation) {
        final PendingAppend first = operation.nextToOffer();
        if (first != null && !lanes.get(first.partition.laneId()).backPressured.isEmpty()) {
            hold(operation, first);
        } else if (!offer(operation)) {
            hold(operation, operation.nextToOffer());
        }
    }

    private void hold(final ProduceOperation operation, final PendingAppend next) {
        lanes.get(next.partition.laneId()).backPressured.add(operation);
        backPressuredCount++;
        meters.onBackPressure();
        operation.holdOthersBack();
    }

    /** True when all batches are offered, or the request is over. */
    private boolean offer(final ProduceOperation operation) {
        for (PendingAppend next = operation.nextToOffer(); next != null; next = operation.nextToOffer()) {
            if (!leads(next.partition)) {
                if (isAboutToLead(next.partition) && operation.mayAwaitLeader(next.partition, clock.nanoTime())) {
                    return false;
                }
                refuseLeader(next);
            } else if (operation.transactionalId() != null && transactions.holdBehindOthers(next)) {
                // It is offered when they are.
            } else if (!offer(next, operation.exchange().ingressTimeNs())) {
                return false;
            }
            operation.onOffered();
        }
        return true;
    }

    private boolean offer(final PendingAppend append, final long ingressTimeNs) {
        if (freeCount == 0) {
            return false;
        }
        final int slot = freeSlots[freeCount - 1];
        final long correlationId = ((long) generations[slot] << Integer.SIZE) | slot;
        final int length = append.batch.capacity();
        final boolean isOffered = proxies.get(append.partition.laneId())
                .offerAppend(
                        correlationId,
                        append.partition.partitionIndex(),
                        append.partition.leaderEpoch(),
                        ingressTimeNs,
                        append.minInSync,
                        append.origin,
                        append.batch,
                        0,
                        length);
        if (isOffered) {
            freeCount--;
            slots[slot] = append;
            meters.onOffered(length);
        }
        return isOffered;
    }

    /** A batch that a lane wanted to have verified, and that is. */
    private void offerVerified(final PendingAppend append) {
        verified.add(append);
        pollVerified();
    }

    private int pollVerified() {
        int count = 0;
        while (!verified.isEmpty()) {
            final PendingAppend append = verified.peek();
            if (!append.isOver()) {
                if (!leads(append.partition)) {
                    refuseLeader(append);
                } else if (!offer(append, append.operation.exchange().ingressTimeNs())) {
                    return count;
                }
            }
            verified.poll();
            count++;
        }
        return count;
    }

    /** Takes the lanes' replies. */
    public int pollReplies() {
        final int count = replies.read(this);
        if (count > 0) {
            transactions.ask();
        }
        return count;
    }

    /** Offers what found no room before. */
    public int pollBackPressured() {
        int count = verified.isEmpty() ? 0 : pollVerified();
        while (!deletions.isEmpty() && offer(deletions.peek())) {
            deletions.poll();
            count++;
        }
        if (backPressuredCount == 0) {
            return count;
        }
        for (int lane = 0; lane < lanes.size(); lane++) {
            final ArrayDeque<ProduceOperation> waiting = lanes.get(lane).backPressured;
            while (!waiting.isEmpty() && offerAgain(lane, waiting.peek())) {
                waiting.poll();
                count++;
            }
        }
        return count;
    }

    /** True when the request no longer waits for this lane. */
    private boolean offerAgain(final int lane, final ProduceOperation operation) {
        if (offer(operation)) {
            backPressuredCount--;
            operation.letOthersGo();
            return true;
        }
        final int otherLane = operation.nextToOffer().partition.laneId();
        if (otherLane == lane) {
            return false;
        }
        lanes.get(otherLane).backPressured.add(operation);
        return true;
    }

    @Override
    public void onMessage(final int typeId, final MutableDirectBuffer buffer, final int offset, final int length) {
        reply.wrap(buffer, offset, LaneReplyDecoder.BLOCK_LENGTH, LaneReplyDecoder.SCHEMA_VERSION);
        final long correlationId = reply.correlationId();
        final int slot = (int) correlationId;
        if (slot < 0
                || slot >= slots.length
                || slots[slot] == null
                || generations[slot] != (int) (correlationId >>> Integer.SIZE)) {
            throw new IllegalStateException("reply to no command of this gateway: correlationId=" + correlationId);
        }
        final PendingAnswers.Pending pending = slots[slot];
        slots[slot] = null;
        generations[slot]++;
        freeSlots[freeCount++] = slot;
        if (pending instanceof PendingDeletion deletion) {
            onReply(deletion, reply.result());
        } else {
            onReply((PendingAppend) pending, reply.result());
        }
    }

    private void onReply(final PendingDeletion deletion, final LaneResult result) {
        if (result == LaneResult.OK || result == LaneResult.DUPLICATE) {
            lanes.get(deletion.partition.laneId())
                    .untilCommitted
                    .add(deletion, reply.endPosition(), reply.leaderEpoch(), 0);
        } else {
            deletion.onRefused(
                    switch (result) {
                        case OFFSET_OUT_OF_RANGE -> Errors.OFFSET_OUT_OF_RANGE;
                        // The metadata have the partition: the client asks again.
                        case FENCED, UNKNOWN_PARTITION -> Errors.NOT_LEADER_OR_FOLLOWER;
                        default -> Errors.UNKNOWN_SERVER_ERROR;
                    });
        }
    }

    /** Has a lane delete records, now or as soon as there is room. */
    void submit(final PendingDeletion deletion) {
        if (!deletions.isEmpty() || !offer(deletion)) {
            deletions.add(deletion);
        }
    }

    /** True when it is offered, or nobody wants it any more. */
    private boolean offer(final PendingDeletion deletion) {
        if (deletion.isAnswered()) {
            return true;
        }
        if (!leads(deletion.partition)) {
            deletion.onRefused(Errors.NOT_LEADER_OR_FOLLOWER);
            return true;
        }
        if (freeCount == 0) {
            return false;
        }
        final int slot = freeSlots[freeCount - 1];
        final boolean isOffered = proxies.get(deletion.partition.laneId())
                .offerDeleteRecords(
                        ((long) generations[slot] << Integer.SIZE) | slot,
                        deletion.partition.partitionIndex(),
                        deletion.partition.leaderEpoch(),
                        deletion.startOffset);
        if (isOffered) {
            freeCount--;
            slots[slot] = deletion;
        }
        return isOffered;
    }

    private void onReply(final PendingAppend append, final LaneResult result) {
        if (result == LaneResult.OK || result == LaneResult.DUPLICATE || result == LaneResult.DUPLICATE_SEQUENCE) {
            append.response.setBaseOffset(reply.baseOffset());
            if (result == LaneResult.DUPLICATE_SEQUENCE) {
                // Clients take it for success, so it waits for the position as all that is written.
                append.response.setErrorCode(Errors.DUPLICATE_SEQUENCE_NUMBER.code());
            }
            meters.onAppended(
                    append, reply.baseOffset(), append.operation.exchange().ingressTimeNs());
            if (!append.isAnswered && append.operation.acks() != ACKS_NONE) {
                final LaneQueues queues = lanes.get(append.partition.laneId());
                append.appended(index.lane(append.partition), meters);
                (append.operation.acks() == ACKS_ALL ? queues.untilCommitted : queues.untilDurable)
                        .add(append, reply.endPosition(), reply.leaderEpoch(), append.minInSync);
            }
            return;
        }
        if (result == LaneResult.VERIFY_TRANSACTION) {
            if (!append.isOver()) {
                transactions.check(append, reply.verification());
            }
            return;
        }
        meters.onRefused();
        if (append.isAnswered) {
            return;
        }
        refuse(append, result);
        if (append.operation.acks() == ACKS_NONE) {
            append.operation.exchange().closeConnection("produce with acks=0 failed", "result=" + result);
        } else {
            append.operation.onAnswered(append);
        }
    }

    private static void refuse(final PendingAppend append, final LaneResult result) {
        final ProduceOperation operation = append.operation;
        switch (result) {
            case FENCED -> operation.refuseLeader(append.response, append.partition);
            case UNKNOWN_PARTITION -> operation.refuseUnknown(append.response, append.partition);
            case NOT_ENOUGH_REPLICAS ->
                operation.refuse(
                        append.response,
                        Errors.NOT_ENOUGH_REPLICAS,
                        "There are fewer in-sync replicas than the min.insync.replicas of " + append.minInSync
                                + " of partition " + append.partition.topicPartition() + '.');
            default -> operation.refuse(append.response, errorOf(result), null);
        }
    }

    /** A batch that was not offered: the lane is somebody else's now. */
    private void refuseLeader(final PendingAppend append) {
        meters.onRefused();
        append.operation.refuseLeader(append.response, append.partition);
        append.operation.onAnswered(append);
    }

    private static Errors errorOf(final LaneResult result) {
        return switch (result) {
            case OUT_OF_ORDER_SEQUENCE -> Errors.OUT_OF_ORDER_SEQUENCE_NUMBER;
            case INVALID_PRODUCER_EPOCH -> Errors.INVALID_PRODUCER_EPOCH;
            case INVALID_TRANSACTION_STATE -> Errors.INVALID_TXN_STATE;
            default -> Errors.UNKNOWN_SERVER_ERROR;
        };
    }

    /** Answers what the lanes' positions have reached; after the index was polled, so that a fetch finds it there. */
    public int pollPositions() {
        int count = 0;
        for (int i = 0; i < lanes.size(); i++) {
            final LaneQueues queues = lanes.get(i);
            final LaneTail lane = index.lanes().get(i);
            queues.ledEpoch =
                    Math.max(queues.ledEpoch, queues.role.leadingEpoch().getAcquire());
            count += queues.untilCommitted.poll(lane.committed());
            if (queues.untilDurable.size() > 0) {
                count += queues.untilDurable.poll(
                        lane.view().counters().durable().getAcquire());
            }
        }
        return count;
    }
}
