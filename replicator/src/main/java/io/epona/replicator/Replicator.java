package io.epona.replicator;

import io.epona.runtime.CounterType;
import io.epona.runtime.NodeClock;
import io.epona.runtime.ReplicaCounters;
import io.epona.runtime.Signal;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.concurrent.atomic.AtomicReference;
import java.util.function.Function;
import org.agrona.ErrorHandler;
import org.agrona.concurrent.IdleStrategy;
import org.agrona.concurrent.status.AtomicCounter;

/**
 * The three agents that replicate a node's lanes, made for each other. The thread that assembles the node makes it;
 * each agent is then one thread's own.
 *
 * @param sender hot; lanes signal its thread when they append, commit or have written to their outbox.
 * @param receiver hot; the transport's driver signals its thread when there is something to be polled.
 * @param catchUp on a thread of its own, which parks until {@link Context#catchUpSignal()} is raised.
 */
public record Replicator(ReplicationSender sender, ReplicationReceiver receiver, CatchUpAgent catchUp) {
    /**
     * What a replicator works with.
     *
     * @param config of replication.
     * @param lanes of this node; all of them name the same other nodes, in the same order.
     * @param transport between the nodes.
     * @param counters makes a counter of the node for each type that is asked for.
     * @param clock for heartbeats.
     * @param catchUpSignal wakes the catch-up thread.
     * @param catchUpIdle between attempts while catch-up waits for a stream or the journal: a short sleep.
     * @param errorHandler hears of bad messages and of journals that cannot be read.
     */
    public record Context(
            ReplicationConfig config,
            List<ReplicatedLane> lanes,
            PeerTransport transport,
            Function<CounterType, AtomicCounter> counters,
            NodeClock clock,
            Signal catchUpSignal,
            IdleStrategy catchUpIdle,
            ErrorHandler errorHandler) {
        /** Copies the list and checks that there are lanes, and that their nodes agree. */
        public Context {
            lanes = List.copyOf(lanes);
            if (lanes.isEmpty()) {
                throw new IllegalArgumentException("no lanes");
            }
            for (final ReplicatedLane lane : lanes) {
                if (!Arrays.equals(peerIds(lane), peerIds(lanes.getFirst()))) {
                    throw new IllegalArgumentException("lanes have different replicas: laneId=" + lane.laneId()
                            + ", nodes=" + Arrays.toString(peerIds(lane)) + ", others="
                            + Arrays.toString(peerIds(lanes.getFirst())));
                }
            }
        }

        int[] peerIds() {
            return peerIds(lanes.getFirst());
        }

        private static int[] peerIds(final ReplicatedLane lane) {
            return lane.replicas().stream().mapToInt(ReplicaCounters::nodeId).toArray();
        }
    }

    /** Makes the agents. */
    public static Replicator create(final Context context) {
        final SenderMeters senderMeters = new SenderMeters(context.counters());
        final CatchUpMeters catchUpMeters = new CatchUpMeters(context.counters());
        final int[] peerIds = context.peerIds();
        final ControlOutbox control =
                new ControlOutbox(context.lanes().size(), peerIds, context.transport(), senderMeters);
        final List<LaneOutbox> outboxes = new ArrayList<>();
        final List<FrameFeed> feeds = new ArrayList<>();
        final List<CatchUpFeed> catchUpFeeds = new ArrayList<>();
        for (final ReplicatedLane lane : context.lanes()) {
            final List<FrameFeed> ofLane = new ArrayList<>();
            for (final ReplicaCounters replica : lane.replicas()) {
                final AtomicReference<CatchUpOrder> orders = new AtomicReference<>();
                ofLane.add(feed(context, lane, replica, senderMeters, orders));
                catchUpFeeds.add(catchUpFeed(context, lane, replica, catchUpMeters, orders));
            }
            outboxes.add(new LaneOutbox(outboxes.size(), lane, ofLane, control, context.errorHandler()));
            feeds.addAll(ofLane);
        }
        return new Replicator(
                new ReplicationSender(outboxes, control, feeds, context.transport(), context.clock()),
                receiver(context, peerIds),
                new CatchUpAgent(List.copyOf(catchUpFeeds), context.transport(), context.catchUpIdle()));
    }

    private static FrameFeed feed(
            final Context context,
            final ReplicatedLane lane,
            final ReplicaCounters replica,
            final SenderMeters meters,
            final AtomicReference<CatchUpOrder> orders) {
        return new FrameFeed(new FrameFeed.Context(
                lane, replica, context.config(), context.transport(), meters, orders, context.catchUpSignal()));
    }

    private static CatchUpFeed catchUpFeed(
            final Context context,
            final ReplicatedLane lane,
            final ReplicaCounters replica,
            final CatchUpMeters meters,
            final AtomicReference<CatchUpOrder> orders) {
        return new CatchUpFeed(new CatchUpFeed.Context(
                lane,
                context.config().nodeId(),
                replica.nodeId(),
                context.transport(),
                orders,
                meters,
                context.errorHandler()));
    }

    private static ReplicationReceiver receiver(final Context context, final int[] peerIds) {
        final int maxLaneId =
                context.lanes().stream().mapToInt(ReplicatedLane::laneId).max().orElseThrow();
        final ReceivingLane[] lanesById = new ReceivingLane[maxLaneId + 1];
        for (final ReplicatedLane lane : context.lanes()) {
            lanesById[lane.laneId()] = new ReceivingLane(lane);
        }
        final boolean[] isPeerById = new boolean[Arrays.stream(peerIds).max().orElse(0) + 1];
        for (final int peerId : peerIds) {
            isPeerById[peerId] = true;
        }
        return new ReplicationReceiver(
                context.config().nodeId(),
                context.transport(),
                lanesById,
                isPeerById,
                new ReceiverMeters(context.counters()),
                context.errorHandler());
    }
}
