package io.epona.node;

import io.epona.codec.lane.LaneReplyDecoder;
import io.epona.codec.lane.LaneResult;
import io.epona.controller.ClusterImage;
import io.epona.controller.PartitionActivator;
import io.epona.controller.PartitionChanges;
import io.epona.controller.PartitionInfo;
import io.epona.partitionlog.PartitionLogs;
import io.epona.runtime.CounterType;
import io.epona.runtime.IdleStrategies;
import io.epona.runtime.Signal;
import io.epona.runtime.SignalledIdleStrategy;
import io.epona.sequencer.LaneControlProxy;
import io.epona.sequencer.LaneGateway;
import io.epona.sequencer.LaneLimits;
import io.epona.sequencer.LaneProxy;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.TimeUnit;
import java.util.function.IntFunction;
import org.agrona.concurrent.IdleStrategy;
import org.agrona.concurrent.ringbuffer.RingBuffer;
import org.agrona.concurrent.status.AtomicCounter;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Makes lanes and partition logs follow the metadata. Runs on the controller's thread, which waits for the lanes'
 * replies: it is a gateway to the lanes, with a reply ring of its own.
 */
final class LaneActivator implements PartitionActivator {
    /** Commands unanswered at a time: what the reply ring holds. */
    static final int MAX_IN_FLIGHT = 256;

    private static final Logger LOGGER = LoggerFactory.getLogger(LaneActivator.class);
    private static final long PATIENCE_NS = TimeUnit.SECONDS.toNanos(30);
    private static final long MAX_PARK_NS = TimeUnit.MILLISECONDS.toNanos(20);
    private static final int REPLIES_PER_POLL = 64;

    private final List<PartitionCommands> lanes;
    private final RingBuffer replies;
    private final IdleStrategy idleStrategy;
    private final Signal wake;
    private final PartitionLogs logs;
    private final long patienceNs;
    private final LaneReplyDecoder reply = new LaneReplyDecoder();

    private volatile boolean haveLanesEnded;
    private int unanswered;
    private String refusal;

    private LaneActivator(
            final List<PartitionCommands> lanes,
            final RingBuffer replies,
            final IdleStrategies.Waiting waiting,
            final PartitionLogs logs,
            final long patienceNs) {
        this.patienceNs = patienceNs;
        this.lanes = lanes;
        this.replies = replies;
        this.idleStrategy = waiting.idleStrategy();
        this.wake = waiting.signal();
        this.logs = logs;
    }

    /**
     * Makes the activator.
     *
     * @param node what it is part of
     * @param gatewayId its number among those that send commands to lanes
     * @param rings of the lanes, by lane id
     * @param wakeLane lane id to what wakes the lane
     */
    static LaneActivator create(
            final Surroundings node,
            final int gatewayId,
            final List<LaneRings> rings,
            final IntFunction<Signal> wakeLane) {
        return create(node, gatewayId, rings, wakeLane, PATIENCE_NS);
    }

    /** As the other one, saying that lanes do not answer each time so long has passed. */
    static LaneActivator create(
            final Surroundings node,
            final int gatewayId,
            final List<LaneRings> rings,
            final IntFunction<Signal> wakeLane,
            final long patienceNs) {
        final AtomicCounter refusedOffers =
                node.counters().counter(CounterType.GATEWAY_BACK_PRESSURE, gatewayId, "controller");
        final List<PartitionCommands> proxies = new ArrayList<>();
        for (int laneId = 0; laneId < rings.size(); laneId++) {
            proxies.add(
                    PartitionCommands.to(laneId, gatewayId, rings.get(laneId), wakeLane.apply(laneId), refusedOffers));
        }
        final IdleStrategies.Waiting waiting = IdleStrategies.byName(
                SignalledIdleStrategy.ALIAS, new IdleStrategies.Settings(0, 0, MAX_PARK_NS, MAX_PARK_NS));
        return new LaneActivator(
                proxies,
                Rings.manyToOne(LaneLimits.minReplyRingLength(MAX_IN_FLIGHT)),
                waiting,
                node.logs(),
                patienceNs);
    }

    /** The activator as the lanes see it. */
    LaneGateway asGateway() {
        return new LaneGateway(replies, wake);
    }

    /**
     * The lanes' threads have ended and will not answer any more: nobody waits for them from now on. What the metadata
     * have by then the lanes will follow with the next start. Any thread.
     */
    void lanesEnded() {
        haveLanesEnded = true;
        wake.signal();
    }

    @Override
    public CompletionStage<Void> activate(final ClusterImage old, final ClusterImage now) {
        final PartitionChanges changes = PartitionChanges.between(old, now);
        refusal = null;
        for (final PartitionInfo partition : changes.opened()) {
            await(() -> unanswered < MAX_IN_FLIGHT
                    && lanes.get(partition.laneId()).offerOpen(partition.partitionIndex(), partition.partitionIndex()));
            unanswered++;
        }
        for (final PartitionInfo partition : changes.closed()) {
            await(() -> unanswered < MAX_IN_FLIGHT
                    && lanes.get(partition.laneId())
                            .offerClose(partition.partitionIndex(), partition.partitionIndex()));
            unanswered++;
        }
        await(() -> unanswered == 0);
        if (refusal != null) {
            return CompletableFuture.failedFuture(new IllegalStateException(refusal));
        }
        changes.closed()
                .forEach(partition -> logs.delete(
                        partition.partitionIndex(), partition.topic(), partition.partition(), partition.topicId()));
        return CompletableFuture.completedFuture(null);
    }

    /** How a lane is told of partitions; false when it has no room for it now. */
    private interface PartitionCommands {
        boolean offerOpen(long correlationId, int partitionIndex);

        boolean offerClose(long correlationId, int partitionIndex);

        /** A lane with other replicas has a queue of its own for this: records may wait for room, this must not. */
        static PartitionCommands to(
                final int laneId,
                final int gatewayId,
                final LaneRings rings,
                final Signal wakeLane,
                final AtomicCounter refusedOffers) {
            if (rings.control() != null) {
                final LaneControlProxy proxy = new LaneControlProxy(laneId, gatewayId, rings.control(), wakeLane);
                return of(proxy::offerOpenPartition, proxy::offerClosePartition);
            }
            final LaneProxy proxy = new LaneProxy(gatewayId, rings.commands(), wakeLane, refusedOffers);
            return of(proxy::offerOpenPartition, proxy::offerClosePartition);
        }

        private static PartitionCommands of(final Offer open, final Offer close) {
            return new PartitionCommands() {
                @Override
                public boolean offerOpen(final long correlationId, final int partitionIndex) {
                    return open.offer(correlationId, partitionIndex);
                }

                @Override
                public boolean offerClose(final long correlationId, final int partitionIndex) {
                    return close.offer(correlationId, partitionIndex);
                }
            };
        }
    }

    private interface Offer {
        boolean offer(long correlationId, int partitionIndex);
    }

    private interface Condition {
        boolean holds();
    }

    /**
     * However long it takes: a lane that has no room waits for its devices, and takes the command when they let it go
     * on. One that has failed ends the node itself.
     */
    private void await(final Condition condition) {
        long deadlineNs = System.nanoTime() + patienceNs;
        idleStrategy.reset();
        while (!haveLanesEnded && !condition.holds()) {
            if (System.nanoTime() - deadlineNs > 0) {
                deadlineNs += patienceNs;
                LOGGER.warn(
                        "lanes do not follow the metadata yet: unanswered={}; they wait for room in log ring or"
                                + " journal: see the positions of the lanes, and whether the devices are slow",
                        unanswered);
            }
            idleStrategy.idle(replies.read(this::onReply, REPLIES_PER_POLL));
        }
    }

    private void onReply(
            final int messageTypeId, final org.agrona.MutableDirectBuffer buffer, final int index, final int length) {
        reply.wrap(buffer, index, LaneReplyDecoder.BLOCK_LENGTH, LaneReplyDecoder.SCHEMA_VERSION);
        unanswered--;
        if (reply.result() != LaneResult.OK && refusal == null) {
            refusal = "lane refused to follow the metadata: lane=" + reply.laneId() + ", partitionIndex="
                    + reply.partitionIndex() + ", result=" + reply.result();
        }
    }
}
