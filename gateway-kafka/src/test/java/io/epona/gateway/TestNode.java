package io.epona.gateway;

import io.epona.controller.BrokerRegistration;
import io.epona.controller.ClusterImage;
import io.epona.controller.ControllerConfig;
import io.epona.controller.ControllerContext;
import io.epona.controller.ControllerLimits;
import io.epona.controller.Endpoint;
import io.epona.controller.LocalController;
import io.epona.controller.NewTopicSpec;
import io.epona.controller.PartitionChanges;
import io.epona.controller.PartitionInfo;
import io.epona.controller.TopicInfo;
import io.epona.coordinator.GroupConfigs;
import io.epona.coordinator.GroupSettings;
import io.epona.gateway.handlers.AdminHandlers;
import io.epona.gateway.handlers.FindCoordinatorHandler;
import io.epona.gateway.handlers.LogDirectory;
import io.epona.gateway.log.InitialTransactions;
import io.epona.gateway.log.LaneView;
import io.epona.gateway.net.NetConfig;
import io.epona.gateway.produce.ProduceMeters;
import io.epona.journal.LogRing;
import io.epona.partitionlog.PartitionDescription;
import io.epona.partitionlog.PartitionDirectory;
import io.epona.partitionlog.PartitionLogs;
import io.epona.partitionlog.PartitionLogsConfig;
import io.epona.partitionlog.ShelfAgent;
import io.epona.partitionlog.ShelfConfig;
import io.epona.partitionlog.ShelfContext;
import io.epona.runtime.LaneCounters;
import io.epona.runtime.LaneRole;
import io.epona.runtime.NodeClock;
import io.epona.runtime.Signal;
import io.epona.runtime.budget.BreachLog;
import io.epona.runtime.budget.Stage;
import io.epona.runtime.budget.StageRecorder;
import io.epona.sequencer.Lane;
import io.epona.sequencer.LaneConfig;
import io.epona.sequencer.LaneContext;
import io.epona.sequencer.LaneGateway;
import io.epona.sequencer.LaneMeters;
import io.epona.sequencer.LaneProxy;
import io.epona.sequencer.LaneReplication;
import io.epona.sequencer.LaneState;
import io.epona.sequencer.LaneStateConfig;
import io.netty.buffer.PooledByteBufAllocator;
import java.net.InetSocketAddress;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.TimeUnit;
import org.agrona.concurrent.Agent;
import org.agrona.concurrent.AtomicBuffer;
import org.agrona.concurrent.IdleStrategy;
import org.agrona.concurrent.UnsafeBuffer;
import org.agrona.concurrent.ringbuffer.ManyToOneRingBuffer;
import org.agrona.concurrent.ringbuffer.RingBufferDescriptor;
import org.agrona.concurrent.status.AtomicCounter;
import org.apache.kafka.common.message.ProduceRequestData;
import org.apache.kafka.common.protocol.ApiKeys;
import org.apache.kafka.common.security.auth.SecurityProtocol;

/**
 * A node in this process, with everything real but the device: gateways on a free port, lanes, partition logs, metadata
 * in a directory; the journal is a counter that follows the lane. One thread for gateway 0 and the lanes, one for each
 * further gateway, one for the shelf.
 */
public final class TestNode implements AutoCloseable {
    private static final int SEGMENT_COUNT = 8;
    private static final int LEADER_EPOCH = 1;

    public final LocalController controller;
    public final PartitionLogs logs;
    public final List<KafkaGateway> gateways = new ArrayList<>();
    public final List<BreachLog> breaches = new ArrayList<>();
    public final ConcurrentLinkedQueue<Throwable> errors = new ConcurrentLinkedQueue<>();
    public final InetSocketAddress address;

    /** False: nothing becomes durable. */
    public volatile boolean isDeviceRunning = true;

    /** False: lanes take no commands. */
    public volatile boolean isLaneRunning = true;

    /** False: gateways other than the first stand still. */
    public volatile boolean isPeerRunning = true;

    /** False: nothing goes into partition logs. */
    public volatile boolean isShelfRunning = true;

    private final NodeOptions options;
    private final boolean isLeading;
    private final SwitchedClock clock = new SwitchedClock();
    private final ExecutorService controllerThread = Executors.newSingleThreadExecutor();
    private final ExecutorService coldReads = Executors.newFixedThreadPool(2);
    private final List<LaneParts> lanes = new ArrayList<>();
    private final List<GatewayThread> gatewayThreads = new ArrayList<>();
    private final ManyToOneRingBuffer activatorReplies = ring(64 * 1024);
    private final List<Thread> threads = new ArrayList<>();
    private volatile boolean isClosing;

    private record LaneParts(
            LaneConfig config,
            LogRing ring,
            ManyToOneRingBuffer commands,
            LaneCounters counters,
            LaneRole role,
            int spanLength) {}

    private static final class SwitchedClock implements NodeClock {
        private static final long RUNNING = Long.MIN_VALUE;

        private volatile long stoppedNs = RUNNING;

        @Override
        public long epochNs() {
            final java.time.Instant now = java.time.Instant.now();
            return TimeUnit.SECONDS.toNanos(now.getEpochSecond()) + now.getNano();
        }

        @Override
        public long nanoTime() {
            final long stopped = stoppedNs;
            return stopped == RUNNING ? System.nanoTime() : stopped;
        }
    }

    public TestNode(final Path directory, final NodeOptions options) throws Exception {
        this(directory, options, true);
    }

    /**
     * A node.
     *
     * @param isLeading false: its lanes do not lead yet, though the metadata say so.
     */
    TestNode(final Path directory, final NodeOptions options, final boolean isLeading) throws Exception {
        this.options = options;
        this.isLeading = isLeading;
        controller = LocalController.open(
                new ControllerConfig(
                        directory.resolve("metadata"),
                        1,
                        options.laneCount(),
                        1,
                        options.topics(),
                        Map.of(),
                        ControllerLimits.COMPACTION_LENGTH),
                new ControllerContext(controllerThread, errors::add));
        logs = new PartitionLogs(
                PartitionLogsConfig.defaults(directory.resolve("logs")),
                new Directory(),
                clock,
                (component, reason) -> errors.add(reason),
                errors::add);
        logs.open();
        for (int lane = 0; lane < options.laneCount(); lane++) {
            lanes.add(laneParts(lane));
        }
        for (int gateway = 0; gateway < options.gatewayCount(); gateway++) {
            gatewayThreads.add(GatewayThread.open(
                    options.net().apply(NetConfig.defaults("127.0.0.1", 0)).nativeTransport(),
                    0,
                    TimeUnit.MILLISECONDS.toNanos(100)));
        }
        address = start();
        controller.activatePartitionsWith(this::activate);
        controller
                .registerBroker(new BrokerRegistration(
                        List.of(new Endpoint("PLAINTEXT", "127.0.0.1", address.getPort(), SecurityProtocol.PLAINTEXT)),
                        null))
                .get(60, TimeUnit.SECONDS);
    }

    private LaneParts laneParts(final int laneId) {
        final LogRing ring = LogRing.allocate(options.ringLength());
        final LaneConfig config = new LaneConfig(
                laneId,
                options.ringLength(),
                SEGMENT_COUNT,
                4096,
                Math.min(options.ringLength(), options.commandRingLength()) / 8 - 4096);
        return new LaneParts(
                config,
                ring,
                ring(options.commandRingLength()),
                LaneCounters.onHeap(),
                LaneRole.onHeap(),
                ring.spanLength(config.segmentLength()));
    }

    private InetSocketAddress start() throws Exception {
        final List<ManyToOneRingBuffer> replies = new ArrayList<>();
        final List<LaneGateway> laneGateways = new ArrayList<>();
        for (final GatewayThread thread : gatewayThreads) {
            final ManyToOneRingBuffer ring = ring(options.replyRingLength());
            replies.add(ring);
            laneGateways.add(new LaneGateway(ring, thread.idleStrategy()));
        }
        laneGateways.add(new LaneGateway(activatorReplies, Signal.NONE));
        final List<Agent> first = new ArrayList<>();
        for (int gateway = 0; gateway < options.gatewayCount(); gateway++) {
            gateways.add(gateway(gateway, replies.get(gateway)));
        }
        gateways.getFirst().listen(gateways);
        first.add(gateways.getFirst());
        final List<Agent> shelves = new ArrayList<>();
        for (final LaneParts parts : lanes) {
            first.add(lane(parts, laneGateways));
            first.add(device(parts));
            shelves.add(shelf(parts));
        }
        run("gateway-0", first, gatewayThreads.getFirst().idleStrategy());
        for (int gateway = 1; gateway < options.gatewayCount(); gateway++) {
            run(
                    "gateway-" + gateway,
                    List.of(new Gated(gateways.get(gateway), () -> isPeerRunning)),
                    gatewayThreads.get(gateway).idleStrategy());
        }
        run("shelf", shelves, new org.agrona.concurrent.SleepingMillisIdleStrategy(1));
        return gateways.getFirst().bound().get(60, TimeUnit.SECONDS);
    }

    private KafkaGateway gateway(final int id, final ManyToOneRingBuffer replies) {
        final BreachLog breachLog = new BreachLog(1024);
        breaches.add(breachLog);
        return new KafkaGateway(new GatewayContext(
                id,
                gatewayThreads.get(id),
                options.net().apply(NetConfig.defaults("127.0.0.1", 0)),
                options.fetch(),
                clock,
                controller,
                lanes.stream()
                        .map(parts -> new LaneView(
                                parts.config().laneId(),
                                parts.ring(),
                                parts.spanLength(),
                                parts.counters(),
                                parts.role()))
                        .toList(),
                lanes.stream().map(parts -> proxy(id, parts)).toList(),
                lanes.getFirst().config().maxBatchLength(),
                replies,
                logs,
                coldReads,
                partitionIndex -> 0,
                InitialTransactions.NONE,
                new StageRecorder("gateway-" + id, Stage.PRODUCE, Stage.ACKNOWLEDGE, Stage.DELIVER),
                breachLog,
                handlers(),
                null));
    }

    private List<RequestHandler> handlers() {
        final List<RequestHandler> handlers = new ArrayList<>(AdminHandlers.create(
                controller,
                new GroupConfigs(GroupSettings.of(Map.of(), Map.of())),
                new LogDirectory(logs.directory(), logs::size),
                coldReads));
        handlers.add(new FindCoordinatorHandler(controller, List.of()));
        return handlers;
    }

    private LaneProxy proxy(final int gatewayId, final LaneParts parts) {
        return new LaneProxy(
                gatewayId, parts.commands(), gatewayThreads.getFirst().idleStrategy(), counter());
    }

    private Agent lane(final LaneParts parts, final List<LaneGateway> laneGateways) {
        final Lane lane = new Lane(new LaneContext(
                parts.config(),
                new LaneState(LaneStateConfig.withSpan(parts.spanLength())),
                parts.ring(),
                parts.commands(),
                laneGateways,
                parts.counters(),
                LaneReplication.alone(1, LEADER_EPOCH, parts.role()),
                clock,
                Signal.NONE,
                Signal.NONE,
                new StageRecorder("lane-" + parts.config().laneId(), Stage.SEQUENCE, Stage.JOURNAL, Stage.COMMIT),
                new BreachLog(64),
                LaneMeters.onHeap(),
                errors::add));
        lane.onStart();
        if (!isLeading) {
            parts.role().clear();
        }
        return new Gated(lane, () -> isLaneRunning);
    }

    private record Gated(Agent agent, java.util.function.BooleanSupplier isRunning) implements Agent {
        @Override
        public int doWork() throws Exception {
            return isRunning.getAsBoolean() ? agent.doWork() : 0;
        }

        @Override
        public void onStart() {
            agent.onStart();
        }

        @Override
        public void onClose() {
            agent.onClose();
        }

        @Override
        public String roleName() {
            return agent.roleName();
        }
    }

    /** All that is appended is durable at once. */
    private Agent device(final LaneParts parts) {
        return new Agent() {
            @Override
            public int doWork() {
                final LaneCounters counters = parts.counters();
                final long appended = counters.appended().getAcquire();
                if (!isDeviceRunning || counters.durable().get() == appended) {
                    return 0;
                }
                counters.durable().setRelease(appended);
                counters.checkpointApplied().setRelease(appended);
                counters.checkpointed().setRelease(appended);
                return 1;
            }

            @Override
            public String roleName() {
                return "device";
            }
        };
    }

    private Agent shelf(final LaneParts parts) {
        final ShelfConfig standard = ShelfConfig.defaults(options.ringLength(), (long) options.ringLength() * 8);
        final ShelfConfig config = new ShelfConfig(
                standard.drainLength(),
                options.shelfAgeMs(),
                standard.latestDrainLength(),
                Math.max(options.shelfAgeMs(), standard.maxAgeLimitMs()),
                standard.drainsPerSecond(),
                standard.shelveLength(),
                standard.shelveIntervalMs(),
                standard.urgentLength(),
                standard.writeBackLengthPerSecond(),
                standard.flushesPerSecond(),
                standard.cycleNs(),
                standard.closeMs());
        return new Gated(
                new ShelfAgent(
                        new ShelfContext(
                                parts.config().laneId(),
                                parts.ring(),
                                parts.spanLength(),
                                parts.counters(),
                                logs,
                                clock,
                                (component, reason) -> errors.add(reason)),
                        config),
                () -> isShelfRunning);
    }

    private void run(final String name, final List<Agent> agents, final IdleStrategy idle) {
        final Thread thread = new Thread(
                () -> {
                    try {
                        for (final Agent agent : agents) {
                            if (agent instanceof KafkaGateway
                                    || agent instanceof Gated gated && gated.agent() instanceof KafkaGateway) {
                                agent.onStart();
                            }
                        }
                        while (!isClosing) {
                            int workCount = 0;
                            for (final Agent agent : agents) {
                                workCount += agent.doWork();
                            }
                            idle.idle(workCount);
                        }
                        for (final Agent agent : agents) {
                            agent.onClose();
                        }
                    } catch (final Throwable ex) {
                        errors.add(ex);
                        ex.printStackTrace();
                    }
                },
                name);
        threads.add(thread);
        thread.start();
    }

    private CompletionStage<Void> activate(final ClusterImage old, final ClusterImage now) {
        final PartitionChanges changes = PartitionChanges.between(old, now);
        int expected = 0;
        for (final PartitionInfo partition : changes.opened()) {
            final LaneProxy proxy = proxy(options.gatewayCount(), lanes.get(partition.laneId()));
            while (!proxy.offerOpenPartition(expected, partition.partitionIndex())) {
                Thread.onSpinWait();
            }
            expected += awaitReply();
        }
        for (final PartitionInfo partition : changes.closed()) {
            final LaneProxy proxy = proxy(options.gatewayCount(), lanes.get(partition.laneId()));
            while (!proxy.offerClosePartition(expected, partition.partitionIndex())) {
                Thread.onSpinWait();
            }
            expected += awaitReply();
            logs.delete(partition.partitionIndex(), partition.topic(), partition.partition(), partition.topicId());
        }
        return CompletableFuture.completedFuture(null);
    }

    private int awaitReply() {
        final long deadlineNs = System.nanoTime() + TimeUnit.SECONDS.toNanos(60);
        while (activatorReplies.read((type, buffer, offset, length) -> {}, 1) == 0) {
            if (System.nanoTime() - deadlineNs > 0) {
                throw new IllegalStateException("no reply of the lane");
            }
            Thread.onSpinWait();
        }
        return 1;
    }

    private static ManyToOneRingBuffer ring(final int length) {
        final AtomicBuffer buffer = new UnsafeBuffer(
                org.agrona.BufferUtil.allocateDirectAligned(length + RingBufferDescriptor.TRAILER_LENGTH, 64));
        return new ManyToOneRingBuffer(buffer);
    }

    private static AtomicCounter counter() {
        return new AtomicCounter(new UnsafeBuffer(new byte[1024]), 0);
    }

    public String bootstrap() {
        return "127.0.0.1:" + address.getPort();
    }

    public TopicInfo createTopic(final String name, final int partitions, final Map<String, String> configs)
            throws Exception {
        controller
                .createTopics(List.of(new NewTopicSpec(name, partitions, (short) 1, Map.of(), configs)), false)
                .get(30, TimeUnit.SECONDS);
        final TopicInfo topic = controller.image().topic(name);
        if (topic == null) {
            throw new IllegalStateException("topic was not made: " + name);
        }
        return topic;
    }

    /** Bytes in buffers that are in use, over all gateways. */
    public long pinnedMemory() {
        return gatewayThreads.stream()
                .mapToLong(thread -> ((PooledByteBufAllocator) thread.loop().allocator()).pinnedDirectMemory())
                .sum();
    }

    /** Lets the threads notice that a switch was turned. */
    public void wake() {
        gatewayThreads.forEach(thread -> thread.idleStrategy().signal());
    }

    /** Monotonic time stands still for gateways and lanes: no time of theirs is over, however long a test takes. */
    void stopTime() {
        clock.stoppedNs = System.nanoTime();
    }

    void goOnWithTime() {
        clock.stoppedNs = SwitchedClock.RUNNING;
    }

    /**
     * Sends a request again and again until one finds no room in its lane, which must take none. Nothing is sent ahead:
     * where much waits to be read, the gateway does not see the connection's end.
     *
     * @return how many were sent.
     */
    int fillLane(final RawClient client, final ProduceRequestData request) throws Exception {
        final ProduceMeters meters = gateways.getFirst().produceMeters();
        final long before = meters.batches();
        int sent = 0;
        while (meters.backPressures() == 0) {
            client.send(ApiKeys.PRODUCE, 9, request);
            sent++;
            while (meters.batches() - before + meters.backPressures() < sent) {
                Thread.sleep(1);
            }
        }
        return sent;
    }

    public LaneCounters counters(final int lane) {
        return lanes.get(lane).counters();
    }

    public LaneRole role(final int lane) {
        return lanes.get(lane).role();
    }

    /** Waits until all that is committed is in the partition logs and, if told so, out of memory. */
    public void awaitDrained() throws InterruptedException {
        final long deadlineNs = System.nanoTime() + TimeUnit.SECONDS.toNanos(20);
        while (!lanes.stream()
                .allMatch(parts -> parts.counters().drained().getAcquire()
                        >= parts.counters().committed().getAcquire())) {
            if (System.nanoTime() - deadlineNs > 0) {
                throw new IllegalStateException("not drained in time");
            }
            Thread.sleep(1);
        }
    }

    @Override
    public void close() {
        isClosing = true;
        isDeviceRunning = true;
        isLaneRunning = true;
        isPeerRunning = true;
        isShelfRunning = true;
        wake();
        for (final Thread thread : threads) {
            join(thread);
            if (thread.isAlive()) {
                final IllegalStateException stuck = new IllegalStateException("thread did not end: " + thread);
                stuck.setStackTrace(thread.getStackTrace());
                throw stuck;
            }
        }
        if (pinnedMemory() != 0) {
            errors.add(new IllegalStateException("buffers were not given back: bytes=" + pinnedMemory()));
        }
        controller.close();
        controllerThread.shutdown();
        coldReads.shutdown();
        logs.close();
        if (!errors.isEmpty()) {
            final IllegalStateException failure = new IllegalStateException("errors of the node: " + errors);
            errors.forEach(failure::addSuppressed);
            throw failure;
        }
    }

    private static void join(final Thread thread) {
        try {
            thread.join(TimeUnit.SECONDS.toMillis(60));
        } catch (final InterruptedException ex) {
            Thread.currentThread().interrupt();
        }
    }

    private final class Directory implements PartitionDirectory {
        @Override
        public PartitionDescription partition(final int partitionIndex) {
            final PartitionInfo info = controller.image().partition(partitionIndex);
            return info == null
                    ? null
                    : new PartitionDescription(
                            partitionIndex,
                            info.topic(),
                            info.partition(),
                            info.topicId(),
                            controller.image().topic(info.topicId()).config());
        }

        @Override
        public int partitionIndex(final String topic, final int partition) {
            final PartitionInfo info = controller.image().partition(topic, partition);
            return info == null ? -1 : info.partitionIndex();
        }
    }
}
