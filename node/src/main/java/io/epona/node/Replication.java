package io.epona.node;

import io.epona.codec.FrameDescriptor;
import io.epona.node.cell.LaneSteering;
import io.epona.node.cell.WatchedFrameSource;
import io.epona.node.config.CellKeys;
import io.epona.node.config.NodeSchema;
import io.epona.replicator.JournalFrameSource;
import io.epona.replicator.ReplicatedLane;
import io.epona.replicator.ReplicationConfig;
import io.epona.replicator.Replicator;
import io.epona.runtime.IdleStrategies;
import io.epona.runtime.Signal;
import io.epona.sequencer.LaneControlProxy;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.function.IntFunction;
import java.util.stream.IntStream;
import org.agrona.concurrent.SleepingIdleStrategy;

/**
 * The agents that connect a node's lanes with the other nodes and with the controller of a cell of several. Threads are
 * given to them by {@link NodeThreads}.
 *
 * @param replicator sends, receives, catches up
 * @param steering between controller and lanes
 */
record Replication(Replicator replicator, LaneSteering steering) {
    private static final long CATCH_UP_PAUSE_NS = TimeUnit.MICROSECONDS.toNanos(200);

    /**
     * How the agents reach each other.
     *
     * @param rings of the lanes, by lane id
     * @param controllerGatewayId under which lanes answer the controller's side
     * @param wakeLane wakes a lane's thread
     * @param wakeReceiver wakes the thread that receives and sends
     * @param catchUp how the catch-up thread waits
     */
    record Wiring(
            List<LaneRings> rings,
            int controllerGatewayId,
            IntFunction<Signal> wakeLane,
            Signal wakeReceiver,
            IdleStrategies.Waiting catchUp) {}

    static Replication make(final Surroundings node, final List<RunningLane> lanes, final Wiring wiring) {
        final LaneSteering steering = new LaneSteering(node.membership(), node.controller(), node.clock());
        final List<ReplicatedLane> replicated = new ArrayList<>();
        for (int laneId = 0; laneId < lanes.size(); laneId++) {
            final LaneRings rings = wiring.rings().get(laneId);
            final Signal wakeLane = wiring.wakeLane().apply(laneId);
            steering.add(
                    new LaneControlProxy(laneId, wiring.controllerGatewayId(), rings.control(), wakeLane),
                    rings.proposals());
            replicated.add(replicated(node, lanes.get(laneId), rings, wakeLane, steering));
        }
        node.network().wakeOnReceived(wiring.wakeReceiver());
        final Replicator replicator = Replicator.create(new Replicator.Context(
                ReplicationConfig.of(
                        node.membership().nodeId(),
                        node.config().get(CellKeys.REPLICATION_HEARTBEAT).toNanos()),
                replicated,
                node.network().connect(IntStream.range(0, lanes.size()).boxed().toList(), node.clock()),
                node.counters()::counter,
                node.clock(),
                wiring.catchUp().signal(),
                new SleepingIdleStrategy(CATCH_UP_PAUSE_NS),
                node.counters().errorHandler()));
        return new Replication(replicator, steering);
    }

    private static ReplicatedLane replicated(
            final Surroundings node,
            final RunningLane lane,
            final LaneRings rings,
            final Signal wakeLane,
            final LaneSteering steering) {
        final LaneStore store = lane.store();
        final int laneId = store.journal().config().laneId();
        final int maxBatchLength = NodeSchema.maxBatchLength(node.config());
        return new ReplicatedLane(
                laneId,
                store.ring(),
                store.ring().spanLength(store.journal().config().segmentLength()),
                store.counters(),
                lane.replicas(),
                rings.outbox(),
                rings.peers(),
                wakeLane,
                WatchedFrameSource.watch(
                        JournalFrameSource.of(store.journal(), FrameDescriptor.HEADER_LENGTH + maxBatchLength),
                        node.clock(),
                        () -> steering.resignDamaged(
                                laneId, (int) lane.role().leadingEpoch().getAcquire())));
    }
}
