package io.epona.systemtests.cell;

import io.epona.codec.lane.LaneReplyDecoder;
import io.epona.codec.lane.LaneResult;
import io.epona.controller.LaneInfo;
import io.epona.gateway.produce.PendingAnswers;
import io.epona.runtime.LaneCounters;
import io.epona.runtime.LaneRole;
import io.epona.sequencer.LaneProxy;
import io.epona.systemtests.cell.Broker.ProduceAnswer;
import io.epona.systemtests.cell.Broker.Result;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.function.LongSupplier;
import java.util.function.Supplier;
import org.agrona.MutableDirectBuffer;
import org.agrona.concurrent.Agent;
import org.agrona.concurrent.UnsafeBuffer;
import org.agrona.concurrent.ringbuffer.RingBuffer;

/**
 * What a gateway does between clients and the lane: serves a partition only while metadata and lane agree that this
 * node leads, and answers pending requests by the gateway's own rule. One thread.
 */
final class SimulatedGateway implements Agent {
    /** Where committed batches are read. */
    interface Records {
        /** Batches from an offset on, all of them below a committed position. */
        List<UnsafeBuffer> read(int partition, long offset, long committed);
    }

    /**
     * What a gateway works with.
     *
     * @param lane what the metadata say of the lane; null while they say nothing.
     */
    record Context(
            int nodeId,
            CellPlan plan,
            LaneProxy proxy,
            RingBuffer replies,
            LaneCounters counters,
            LaneRole role,
            Supplier<LaneInfo> lane,
            Records records,
            LongSupplier epochNs,
            PlantedBug bug) {}

    private final Context context;
    private final LaneReplyDecoder reply = new LaneReplyDecoder();
    private final Map<Long, Append> inFlight = new HashMap<>();
    private final PendingAnswers untilCommitted;
    private final PendingAnswers untilDurable;
    private long nextCorrelationId;
    private long oldestPendingEpoch = LaneRole.NOT_LEADING;

    SimulatedGateway(final Context context) {
        this.context = context;
        final LaneRole role = context.bug() == PlantedBug.PENDING_ANSWERS_OUTLIVE_EPOCH ? forgetful() : context.role();
        this.untilCommitted = new PendingAnswers(role);
        this.untilDurable = new PendingAnswers(role);
    }

    /** A role whose epoch is always that of the oldest answer that waits. */
    private LaneRole forgetful() {
        final ObservedCounter epoch = new ObservedCounter(value -> {}) {
            @Override
            public long getAcquire() {
                return oldestPendingEpoch;
            }
        };
        final ObservedCounter inSync = new ObservedCounter(value -> {}) {
            @Override
            public long getAcquire() {
                return Math.max(
                        context.plan().minInSync(), context.role().inSync().getAcquire());
            }
        };
        return new LaneRole(epoch, context.role().readyPosition(), inSync);
    }

    /** A batch on its way through the lane. */
    private static final class Append extends PendingAnswers.Pending {
        final ProduceAnswer answer;
        final boolean waitsForAll;
        long baseOffset;

        Append(final ProduceAnswer answer, final boolean waitsForAll) {
            this.answer = answer;
            this.waitsForAll = waitsForAll;
        }

        @Override
        protected boolean isAnswered() {
            return false;
        }

        @Override
        protected void onAcknowledged() {
            answer.on(Result.OK, baseOffset);
        }

        @Override
        protected void onTooFewReplicas() {
            answer.on(Result.NOT_ENOUGH_REPLICAS_AFTER_APPEND, -1);
        }

        @Override
        protected void onLeadershipLost() {
            answer.on(Result.NOT_LEADER, -1);
        }
    }

    @Override
    public String roleName() {
        return "gateway";
    }

    /** True when metadata and lane agree that this node leads. */
    private boolean leads(final LaneInfo lane) {
        return null != lane
                && lane.leader() == context.nodeId()
                && context.role().leadingEpoch().getAcquire() == lane.leaderEpoch();
    }

    void produce(final Batch batch, final boolean waitsForAll, final ProduceAnswer answer) {
        final LaneInfo lane = context.lane().get();
        if (!leads(lane)) {
            answer.on(Result.NOT_LEADER, -1);
            return;
        }
        final long correlationId = nextCorrelationId;
        final boolean isOffered = context.proxy()
                .offerAppend(
                        correlationId,
                        batch.partitionIndex,
                        lane.leaderEpoch(),
                        context.epochNs().getAsLong(),
                        waitsForAll ? context.plan().minInSync() : 0,
                        batch.bytes,
                        0,
                        batch.bytes.capacity());
        if (!isOffered) {
            answer.on(Result.BUSY, -1);
            return;
        }
        nextCorrelationId++;
        inFlight.put(correlationId, new Append(answer, waitsForAll));
    }

    /** Null when this node does not lead. */
    List<UnsafeBuffer> fetch(final int partition, final long offset) {
        final LaneInfo lane = context.lane().get();
        final long readable = context.counters().committed().getAcquire();
        final List<UnsafeBuffer> batches = context.records().read(partition, offset, readable);
        return leads(lane) ? batches : null;
    }

    @Override
    public int doWork() {
        final long committed = context.counters().committed().getAcquire();
        final int count = context.replies().read(this::onReply);
        return count
                + untilCommitted.poll(committed)
                + untilDurable.poll(context.counters().durable().getAcquire());
    }

    private void onReply(final int type, final MutableDirectBuffer buffer, final int offset, final int length) {
        reply.wrap(buffer, offset, LaneReplyDecoder.BLOCK_LENGTH, LaneReplyDecoder.SCHEMA_VERSION);
        final Append append = inFlight.remove(reply.correlationId());
        if (null == append) {
            throw new Violation("node " + context.nodeId() + ": a reply to no command: " + reply);
        }
        final LaneResult result = reply.result();
        switch (result) {
            case OK, DUPLICATE -> {
                append.baseOffset = reply.baseOffset();
                final int minInSync = append.waitsForAll ? context.plan().minInSync() : 0;
                oldestPendingEpoch = reply.leaderEpoch();
                (append.waitsForAll ? untilCommitted : untilDurable)
                        .add(append, reply.endPosition(), reply.leaderEpoch(), minInSync);
            }
            case FENCED -> append.answer.on(Result.NOT_LEADER, -1);
            case NOT_ENOUGH_REPLICAS -> append.answer.on(Result.NOT_ENOUGH_REPLICAS, -1);
            case OUT_OF_ORDER_SEQUENCE -> append.answer.on(Result.OUT_OF_ORDER, -1);
            default -> append.answer.on(Result.REFUSED, -1);
        }
    }
}
