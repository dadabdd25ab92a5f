package io.epona.node;

import static io.epona.node.config.ThreadKeys.BACKGROUND_IDLE;
import static io.epona.node.config.ThreadKeys.BACKGROUND_NICE;
import static io.epona.node.config.ThreadKeys.BACKGROUND_PARK;
import static io.epona.node.config.ThreadKeys.GATEWAY_CORES;
import static io.epona.node.config.ThreadKeys.HOT_SLICE;
import static io.epona.node.config.ThreadKeys.IDLE_MAX_PARK;
import static io.epona.node.config.ThreadKeys.IDLE_SPINS;
import static io.epona.node.config.ThreadKeys.JOURNAL_CORES;
import static io.epona.node.config.ThreadKeys.JOURNAL_IDLE;
import static io.epona.node.config.ThreadKeys.LANE_CORES;
import static io.epona.node.config.ThreadKeys.LANE_IDLE;
import static io.epona.node.config.ThreadKeys.LANE_ON_GATEWAY;
import static io.epona.node.config.ThreadKeys.SLOW_CYCLE;

import io.epona.controller.ClusterImage;
import io.epona.controller.PartitionActivator;
import io.epona.gateway.KafkaGateway;
import io.epona.gateway.log.InitialTransactions;
import io.epona.gateway.log.LaneView;
import io.epona.node.cell.LaneSteering;
import io.epona.node.cell.ReplicaLag;
import io.epona.runtime.AgentGroup;
import io.epona.runtime.AgentThread;
import io.epona.runtime.AgentThreads;
import io.epona.runtime.CounterType;
import io.epona.runtime.DutyCycleTracker;
import io.epona.runtime.IdleStrategies;
import io.epona.runtime.Signal;
import io.epona.runtime.SignalledIdleStrategy;
import io.epona.runtime.ThreadPlacement;
import io.epona.runtime.config.ConfigKey;
import io.epona.runtime.config.EponaConfig;
import io.epona.sequencer.CheckpointAgent;
import io.epona.sequencer.LaneGateway;
import io.epona.sequencer.LaneState;
import java.io.IOException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.LockSupport;
import java.util.function.IntToLongFunction;
import java.util.stream.Stream;
import org.agrona.concurrent.Agent;
import org.agrona.concurrent.ringbuffer.RingBuffer;
import org.agrona.concurrent.status.AtomicCounter;

/**
 * Decides which agents run on which threads and how these wake each other; the only place that does. Used by the thread
 * that assembles and closes the node.
 *
 * <p>Threads are closed in the order in which records pass them: gateways and lanes, journal writers, the background
 * thread. What one left for the next is then done, and a clean stop leaves little to recover.
 */
final class NodeThreads implements AutoCloseable {
    private static final int BACKOFF_YIELDS = 1;
    private static final long MIN_PARK_NS = TimeUnit.MICROSECONDS.toNanos(50);
    private static final long CLEANER_PARK_NS = TimeUnit.SECONDS.toNanos(1);
    private static final long STOP_TIMEOUT_MS = 20_000;
    private static final long ANSWERS_POLL_NS = TimeUnit.MILLISECONDS.toNanos(2);

    private final Surroundings node;
    private final EponaConfig config;
    private final boolean isLaneOnGateway;
    private final List<LaneRings> rings = new ArrayList<>();
    private final List<IdleStrategies.Waiting> laneWaiting = new ArrayList<>();
    private final List<IdleStrategies.Waiting> journalWaiting = new ArrayList<>();
    private final List<RunningLane> lanes = new ArrayList<>();
    private final AgentThreads background = new AgentThreads();
    private final AgentThreads journals = new AgentThreads();
    private final AgentThreads hot = new AgentThreads();
    private final AtomicCounter placementFailures;
    private final GatewayThreads gateways;
    private final LaneActivator activator;
    private final CoordinatorAssembly coordinators;
    private final List<KafkaGateway> gatewayAgents;
    private final Optional<Replication> replication;
    private final IdleStrategies.Waiting replicationWaiting;
    private final IdleStrategies.Waiting catchUpWaiting;
    private final IdleStrategies.Waiting steeringWaiting;
    private int agentCount;
    private volatile boolean isServing;

    NodeThreads(final Surroundings node, final List<LaneStore> stores) {
        this.node = node;
        this.config = node.config();
        this.isLaneOnGateway = config.get(LANE_ON_GATEWAY);
        this.placementFailures = node.counters().counter(CounterType.PLACEMENT_FAILURES);
        for (int laneId = 0; laneId < stores.size(); laneId++) {
            rings.add(node.membership().isAlone() ? LaneRings.alone(config) : LaneRings.replicated(config));
            laneWaiting.add(waiting(config.get(LANE_IDLE), MIN_PARK_NS, IDLE_MAX_PARK));
            journalWaiting.add(waiting(config.get(JOURNAL_IDLE), MIN_PARK_NS, IDLE_MAX_PARK));
        }
        this.replicationWaiting = waiting(config.get(LANE_IDLE), MIN_PARK_NS, IDLE_MAX_PARK);
        this.catchUpWaiting = waiting(SignalledIdleStrategy.ALIAS, MIN_PARK_NS, IDLE_MAX_PARK);
        this.steeringWaiting = waiting(SignalledIdleStrategy.ALIAS, MIN_PARK_NS, IDLE_MAX_PARK);
        this.gateways = new GatewayThreads(node);
        this.activator = LaneActivator.create(node, gateways.count(), rings, this::wakeLane);
        this.coordinators = new CoordinatorAssembly(
                node, gateways.count() + 1, gateways.waiting(0).signal());
        final List<LaneGateway> laneGateways = Stream.concat(
                        gateways.laneGateways().stream(), Stream.of(activator.asGateway(), coordinators.asGateway()))
                .toList();
        for (int laneId = 0; laneId < stores.size(); laneId++) {
            lanes.add(RunningLane.make(
                    node,
                    stores.get(laneId),
                    new RunningLane.Wiring(
                            rings.get(laneId),
                            laneGateways,
                            wakeLane(laneId),
                            journalWaiting.get(laneId).signal(),
                            node.membership().isAlone() ? Signal.NONE : wakeSender(),
                            steeringWaiting.signal())));
        }
        final List<LaneView> views = views();
        final List<RingBuffer> commandRings =
                rings.stream().map(LaneRings::commands).toList();
        coordinators.connect(views, commandRings, this::wakeLane, gateways.onFirst());
        this.gatewayAgents =
                gateways.connect(views, commandRings, this::wakeLane, highWatermarks(), transactions(), coordinators);
        this.replication = node.membership().isAlone()
                ? Optional.empty()
                : Optional.of(Replication.make(
                        node,
                        lanes,
                        new Replication.Wiring(rings, gateways.count(), this::wakeLane, wakeSender(), catchUpWaiting)));
    }

    private List<LaneView> views() {
        final List<LaneView> views = new ArrayList<>();
        for (int laneId = 0; laneId < lanes.size(); laneId++) {
            final RunningLane lane = lanes.get(laneId);
            final LaneStore store = lane.store();
            final int spanLength =
                    store.ring().spanLength(store.journal().config().segmentLength());
            views.add(new LaneView(laneId, store.ring(), spanLength, store.counters(), lane.role()));
        }
        return views;
    }

    /** Copied, because the lanes' states are their threads' own from the moment that these start. */
    private IntToLongFunction highWatermarks() {
        final ClusterImage image = node.controller().image();
        final long[] ends = new long[image.partitionIndexLimit()];
        image.forEachPartition(partition -> {
            final LaneState state = lanes.get(partition.laneId()).store().state();
            ends[partition.partitionIndex()] = state.nextOffset(partition.partitionIndex());
            // What was deleted stays deleted, whether the partition's log has been told or not.
            final long startOffset = state.startOffset(partition.partitionIndex());
            if (startOffset > 0) {
                node.logs().raiseLogStartOffset(partition.partitionIndex(), startOffset);
            }
        });
        return partitionIndex -> partitionIndex < ends.length ? ends[partitionIndex] : 0;
    }

    /** Copied, as the high watermarks are. */
    private InitialTransactions transactions() {
        final List<InitialTransactions.Begun> open = new ArrayList<>();
        final List<InitialTransactions.Ended> ended = new ArrayList<>();
        for (int lane = 0; lane < lanes.size(); lane++) {
            final int laneId = lane;
            final LaneStore store = lanes.get(lane).store();
            store.state()
                    .forEachOpenTransaction((partitionIndex, producerId, firstOffset) ->
                            open.add(new InitialTransactions.Begun(partitionIndex, laneId, producerId, firstOffset)));
            ended.addAll(store.endedTransactions());
        }
        return new InitialTransactions(open, ended);
    }

    private IdleStrategies.Waiting waiting(final String name, final long minParkNs, final ConfigKey<Duration> maxPark) {
        final long maxParkNs = config.get(maxPark).toNanos();
        return IdleStrategies.byName(
                name,
                new IdleStrategies.Settings(
                        config.get(IDLE_SPINS), BACKOFF_YIELDS, Math.min(minParkNs, maxParkNs), maxParkNs));
    }

    private Signal wakeLane(final int laneId) {
        return isLaneOnGateway
                ? gateways.waiting(0).signal()
                : laneWaiting.get(laneId).signal();
    }

    /** Whoever sends to other nodes and receives from them: on few cores the thread that has the lanes. */
    private Signal wakeSender() {
        return isLaneOnGateway ? gateways.waiting(0).signal() : replicationWaiting.signal();
    }

    /** Between controller and lanes; empty in a cell of one. */
    Optional<LaneSteering> steering() {
        return replication.map(Replication::steering);
    }

    /** Makes the lanes follow the metadata. */
    PartitionActivator activator() {
        return activator;
    }

    /**
     * Starts all threads, those first that later ones rely on.
     *
     * @return the port that the Kafka listener has
     * @throws IOException when it cannot listen
     */
    int start() throws IOException {
        startBackground();
        for (int laneId = 0; laneId < lanes.size(); laneId++) {
            final AgentThread.Context context = context(journalWaiting.get(laneId), core(JOURNAL_CORES, laneId));
            journals.start(tracked(lanes.get(laneId).writer()), context);
        }
        if (!isLaneOnGateway) {
            for (int laneId = 0; laneId < lanes.size(); laneId++) {
                final AgentThread.Context context = context(laneWaiting.get(laneId), core(LANE_CORES, laneId));
                hot.start(tracked(lanes.get(laneId).lane()), context);
            }
        }
        replication.ifPresent(this::startReplication);
        for (int gatewayId = 0; gatewayId < gateways.count(); gatewayId++) {
            hot.start(
                    tracked(gatewayAgent(gatewayId)),
                    context(gateways.waiting(gatewayId), core(GATEWAY_CORES, gatewayId)));
        }
        final int port = gateways.awaitBound();
        isServing = true;
        return port;
    }

    private void startReplication(final Replication made) {
        hot.start(tracked(made.replicator().catchUp()), context(catchUpWaiting, ThreadPlacement.DEFAULT));
        if (!isLaneOnGateway) {
            final List<Agent> agents =
                    List.of(made.replicator().receiver(), made.replicator().sender());
            hot.start(tracked(new AgentGroup(agents)), context(replicationWaiting, ThreadPlacement.DEFAULT));
        }
    }

    /**
     * Lanes run before the gateway of their thread in each cycle: what they commit is answered in the same one. What
     * came from other nodes is taken before, what is for them is sent at once.
     */
    private Agent gatewayAgent(final int gatewayId) {
        final KafkaGateway gateway = gatewayAgents.get(gatewayId);
        if (gatewayId > 0) {
            return gateway;
        }
        if (!isLaneOnGateway) {
            return new AgentGroup(List.of(coordinators.appends(), gateway));
        }
        final List<Agent> agents = new ArrayList<>();
        replication.ifPresent(made -> agents.add(made.replicator().receiver()));
        lanes.forEach(lane -> agents.add(lane.lane()));
        replication.ifPresent(made -> agents.add(made.replicator().sender()));
        agents.add(coordinators.appends());
        agents.add(gateway);
        return new AgentGroup(agents);
    }

    private void startBackground() {
        final List<Agent> agents = new ArrayList<>();
        for (int laneId = 0; laneId < lanes.size(); laneId++) {
            agents.add(new Background.Waking(lanes.get(laneId).store().shelf(), wakeLane(laneId)));
            agents.add(lanes.get(laneId).checkpoint());
        }
        steering().ifPresent(steering -> background.start(steering, context(steeringWaiting, ThreadPlacement.DEFAULT)));
        agents.add(replicaLag());
        agents.add(node.logs().maintenance());
        agents.add(new Background.Housekeeping(
                node.counters(), node.clock(), CounterPublisher.of(node, lanes, gatewayAgents, coordinators)));
        // It waits for the device for seconds, which nobody else should have to.
        background.start(
                node.logs().cleaner(),
                context(
                        IdleStrategies.byName(
                                SignalledIdleStrategy.ALIAS,
                                new IdleStrategies.Settings(0, BACKOFF_YIELDS, CLEANER_PARK_NS, CLEANER_PARK_NS)),
                        ThreadPlacement.background(config.get(BACKGROUND_NICE))));
        // A steady pace: what it does can wait, and each wake-up takes a core from threads that records wait for.
        final IdleStrategies.Waiting waiting = waiting(config.get(BACKGROUND_IDLE), Long.MAX_VALUE, BACKGROUND_PARK);
        background.start(
                new AgentGroup(agents), context(waiting, ThreadPlacement.background(config.get(BACKGROUND_NICE))));
    }

    private ReplicaLag replicaLag() {
        final ReplicaLag lag = new ReplicaLag(node.clock());
        for (final RunningLane lane : lanes) {
            for (int i = 0; i < lane.replicas().size(); i++) {
                lag.watch(
                        lane.store().counters(),
                        lane.role(),
                        lane.replicas().get(i),
                        lane.lagMs().get(i));
            }
        }
        return lag;
    }

    /** The agents of the lanes, by lane id. */
    List<RunningLane> lanes() {
        return lanes;
    }

    /** Tells what this node knows of its cell. */
    CellReporter reporter() {
        return new CellReporter(node, lanes);
    }

    private ThreadPlacement core(final ConfigKey<List<Integer>> key, final int index) {
        final List<Integer> cores = config.get(key);
        final ThreadPlacement placement =
                cores.isEmpty() ? ThreadPlacement.DEFAULT : ThreadPlacement.pinnedTo(cores.get(index));
        return placement.withSlice(config.get(HOT_SLICE).toNanos());
    }

    private AgentThread.Context context(final IdleStrategies.Waiting waiting, final ThreadPlacement placement) {
        return placed(AgentThread.Context.of(waiting, node.counters().errorHandler(), node.fatal()), placement);
    }

    private AgentThread.Context placed(final AgentThread.Context context, final ThreadPlacement placement) {
        return context.placed(placement, placementFailures::incrementRelease);
    }

    private Agent tracked(final Agent agent) {
        return DutyCycleTracker.create(
                        node.counters(),
                        agentCount++,
                        agent.roleName(),
                        config.get(SLOW_CYCLE).toNanos())
                .track(agent, node.clock());
    }

    /** Waits until gateways have answered what they had taken, but not longer than that. */
    void awaitAnswers(final long timeoutMs) {
        final long deadlineNs = System.nanoTime() + TimeUnit.MILLISECONDS.toNanos(timeoutMs);
        while (gatewayAgents.stream().anyMatch(gateway -> gateway.unanswered().join() > 0)
                && System.nanoTime() - deadlineNs < 0) {
            LockSupport.parkNanos(ANSWERS_POLL_NS);
        }
    }

    /** The node is registered: clients find it. */
    void onServing() {
        coordinators.onServing();
    }

    /** Why the node does not serve; null while it does. Any thread. */
    String problem() {
        return isServing ? null : "the node is starting or stopping";
    }

    /** Stops serving, then makes all that was accepted durable, shelved and checkpointed. */
    @Override
    public void close() {
        isServing = false;
        coordinators.close();
        node.logs().stopCleaning();
        final List<String> stragglers = new ArrayList<>(hot.close(STOP_TIMEOUT_MS));
        activator.lanesEnded();
        stragglers.addAll(journals.close(STOP_TIMEOUT_MS));
        if (stragglers.isEmpty()) {
            lanes.forEach(RunningLane::commitRest);
            lanes.stream().map(RunningLane::checkpoint).forEach(CheckpointAgent::markCleanStop);
        }
        stragglers.addAll(background.close(STOP_TIMEOUT_MS));
        gateways.close();
        if (!stragglers.isEmpty()) {
            throw new IllegalStateException("threads do not end, so the next start recovers: roles=" + stragglers);
        }
    }
}
