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
        final Assembly assembly = new Assembly(context);
        context.lanes().forEach(assembly::add);
        return assembly.finish();
    }

    /** The parts of the agents, lane by lane. */
    private static final class Assembly {
        private final Context context;
        private final PeerTransport transport;
        private final int nodeId;
        private final SenderMeters senderMeters;
        private final CatchUpMeters catchUpMeters;
        private final boolean[] isPeerById;
        private final ControlOutbox control;
        private final List<LaneOutbox> outboxes = new ArrayList<>();
        private final List<MulticastFeed> multicastFeeds = new ArrayList<>();
        private final List<FrameFeed> feeds = new ArrayList<>();
        private final List<CatchUpFeed> catchUpFeeds = new ArrayList<>();
        private final ReceivingLane[] receivingLanes;

        Assembly(final Context context) {
            this.context = context;
            this.transport = context.transport();
            this.nodeId = context.config().nodeId();
            this.senderMeters = new SenderMeters(context.counters());
            this.catchUpMeters = new CatchUpMeters(context.counters());
            final int[] peerIds = context.peerIds();
            this.isPeerById = new boolean[Arrays.stream(peerIds).max().orElse(0) + 1];
            for (final int peerId : peerIds) {
                isPeerById[peerId] = true;
            }
            this.control = new ControlOutbox(context.lanes().size(), peerIds, transport, senderMeters);
            this.receivingLanes = new ReceivingLane
                    [context.lanes().stream()
                                    .mapToInt(ReplicatedLane::laneId)
                                    .max()
                                    .orElseThrow()
                            + 1];
        }

        void add(final ReplicatedLane lane) {
            final MulticastFeed multicast = transport.multicastKey() == PeerTransport.NO_MULTICAST
                    ? null
                    : new MulticastFeed(lane, context.config(), transport, senderMeters);
            final HearingReport[] reports = new HearingReport[isPeerById.length];
            final List<FrameFeed> ofLane = new ArrayList<>();
            for (final ReplicaCounters replica : lane.replicas()) {
                final HearingReport report = new HearingReport();
                reports[replica.nodeId()] = report;
                ofLane.add(feed(lane, replica, multicast, report));
            }
            outboxes.add(new LaneOutbox(outboxes.size(), lane, ofLane, multicast, control, context.errorHandler()));
            feeds.addAll(ofLane);
            if (null != multicast) {
                multicastFeeds.add(multicast);
            }
            receivingLanes[lane.laneId()] = new ReceivingLane(lane, reports);
        }

        private FrameFeed feed(
                final ReplicatedLane lane,
                final ReplicaCounters replica,
                final MulticastFeed multicast,
                final HearingReport report) {
            final AtomicReference<CatchUpOrder> orders = new AtomicReference<>();
            catchUpFeeds.add(new CatchUpFeed(new CatchUpFeed.Context(
                    lane, nodeId, replica.nodeId(), transport, orders, catchUpMeters, context.errorHandler())));
            return new FrameFeed(new FrameFeed.Context(
                    lane,
                    replica,
                    context.config(),
                    transport,
                    senderMeters,
                    new MulticastFollower(multicast, report, replica, lane.spanLength(), context.config()),
                    orders,
                    context.catchUpSignal()));
        }

        Replicator finish() {
            return new Replicator(
                    new ReplicationSender(outboxes, control, multicastFeeds, feeds, transport, context.clock()),
                    new ReplicationReceiver(
                            nodeId,
                            transport,
                            receivingLanes,
                            isPeerById,
                            new ReceiverMeters(context.counters()),
                            context.errorHandler()),
                    new CatchUpAgent(List.copyOf(catchUpFeeds), transport, context.catchUpIdle()));
        }
    }
}
