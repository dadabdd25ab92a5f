package io.epona.node;

import static io.epona.node.config.ServiceKeys.GATEWAY_IN_FLIGHT_LENGTH;
import static io.epona.node.config.ServiceKeys.GATEWAY_MAX_CONNECTIONS;
import static io.epona.node.config.ServiceKeys.GATEWAY_MAX_IDLE;
import static io.epona.node.config.ServiceKeys.GATEWAY_MAX_REQUEST_LENGTH;
import static io.epona.node.config.ServiceKeys.GATEWAY_NATIVE;
import static io.epona.node.config.ServiceKeys.GATEWAY_PIPELINED;
import static io.epona.node.config.ServiceKeys.GATEWAY_RECEIVE_TIMEOUT;
import static io.epona.node.config.ServiceKeys.GATEWAY_THREADS;
import static io.epona.node.config.ServiceKeys.KAFKA_LISTEN;

import io.epona.gateway.GatewayContext;
import io.epona.gateway.GatewayThread;
import io.epona.gateway.KafkaGateway;
import io.epona.gateway.RequestHandler;
import io.epona.gateway.fetch.FetchConfig;
import io.epona.gateway.handlers.AdminHandlers;
import io.epona.gateway.handlers.LogDirectory;
import io.epona.gateway.log.InitialTransactions;
import io.epona.gateway.log.LaneView;
import io.epona.gateway.net.NetConfig;
import io.epona.node.config.LogKeys;
import io.epona.node.config.NodeSchema;
import io.epona.node.config.ThreadKeys;
import io.epona.runtime.CounterType;
import io.epona.runtime.IdleStrategies;
import io.epona.runtime.Signal;
import io.epona.runtime.budget.Stage;
import io.epona.runtime.config.EponaConfig;
import io.epona.sequencer.LaneGateway;
import io.epona.sequencer.LaneProxy;
import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.Executor;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.ThreadPoolExecutor;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.function.IntFunction;
import java.util.function.IntToLongFunction;
import org.agrona.concurrent.BusySpinIdleStrategy;
import org.agrona.concurrent.ringbuffer.RingBuffer;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The gateways of a node: their loops and reply rings first, so that lanes can be made that know them; then the agents.
 * Threads are given to them by {@link NodeThreads}.
 */
final class GatewayThreads implements AutoCloseable {
    private static final Logger LOGGER = LoggerFactory.getLogger(GatewayThreads.class);
    /** The only listener. */
    static final String LISTENER_NAME = "PLAINTEXT";

    /** Room for the replies to some thousands of batches in progress, of each gateway. */
    private static final int REPLY_RING_LENGTH = 512 * 1024;

    private static final int BREACHES_KEPT = 1024;
    private static final int COLD_READ_THREADS = 2;
    private static final int COLD_READS_QUEUED = 4096;
    private static final int COLD_READ_IDLE_S = 30;
    private static final int COLD_READ_STOP_S = 10;
    private static final int BIND_TIMEOUT_S = 20;
    private static final int KERNEL_CHOICE = -1;

    private final Surroundings node;
    private final EponaConfig config;
    private final List<GatewayThread> threads = new ArrayList<>();
    private final List<RingBuffer> replyRings = new ArrayList<>();
    private final List<KafkaGateway> gateways = new ArrayList<>();
    private final ThreadPoolExecutor coldReads;

    GatewayThreads(final Surroundings node) {
        this.node = node;
        this.config = node.config();
        this.coldReads = coldReadExecutor();
        for (int gatewayId = 0; gatewayId < config.get(GATEWAY_THREADS); gatewayId++) {
            threads.add(GatewayThread.open(
                    config.get(GATEWAY_NATIVE),
                    config.get(ThreadKeys.IDLE_SPINS),
                    config.get(ThreadKeys.IDLE_MAX_PARK).toNanos()));
            replyRings.add(Rings.manyToOne(REPLY_RING_LENGTH));
        }
    }

    private static ThreadPoolExecutor coldReadExecutor() {
        final ThreadPoolExecutor executor = new ThreadPoolExecutor(
                COLD_READ_THREADS,
                COLD_READ_THREADS,
                COLD_READ_IDLE_S,
                TimeUnit.SECONDS,
                new LinkedBlockingQueue<>(COLD_READS_QUEUED),
                Thread.ofPlatform().daemon().name("cold-read-", 0).factory());
        executor.allowCoreThreadTimeOut(true);
        return executor;
    }

    int count() {
        return threads.size();
    }

    /** Runs tasks on the thread of the first gateway, in order; none once that has closed. */
    Executor onFirst() {
        return task -> {
            try {
                threads.getFirst().loop().execute(task);
            } catch (final RejectedExecutionException ex) {
                LOGGER.debug("a task came after the gateway had closed", ex);
            }
        };
    }

    /** The gateways as lanes see them, by gateway id. */
    List<LaneGateway> laneGateways() {
        final List<LaneGateway> all = new ArrayList<>();
        for (int gatewayId = 0; gatewayId < threads.size(); gatewayId++) {
            all.add(new LaneGateway(
                    replyRings.get(gatewayId), waiting(gatewayId).signal()));
        }
        return all;
    }

    /** How a gateway's thread waits and is woken. */
    IdleStrategies.Waiting waiting(final int gatewayId) {
        if (config.get(ThreadKeys.GATEWAY_IDLE) == ThreadKeys.GatewayIdle.SPIN) {
            return new IdleStrategies.Waiting(BusySpinIdleStrategy.INSTANCE, Signal.NONE);
        }
        final GatewayThread thread = threads.get(gatewayId);
        return new IdleStrategies.Waiting(thread.idleStrategy(), thread.idleStrategy());
    }

    /**
     * Makes the agents, connected to the lanes.
     *
     * @param lanes as readers see them, by lane id
     * @param commandRings of the lanes
     * @param wakeLane lane id to what wakes the lane
     * @param highWatermark partition index to the end of the partition after recovery
     * @param transactions after recovery
     * @param coordinators make their handlers of one gateway thread
     */
    List<KafkaGateway> connect(
            final List<LaneView> lanes,
            final List<RingBuffer> commandRings,
            final IntFunction<Signal> wakeLane,
            final IntToLongFunction highWatermark,
            final InitialTransactions transactions,
            final CoordinatorAssembly coordinators) {
        for (int gatewayId = 0; gatewayId < threads.size(); gatewayId++) {
            gateways.add(new KafkaGateway(new GatewayContext(
                    gatewayId,
                    threads.get(gatewayId),
                    netConfig(),
                    fetchConfig(),
                    node.clock(),
                    node.controller(),
                    lanes,
                    proxies(gatewayId, commandRings, wakeLane),
                    NodeSchema.maxBatchLength(config),
                    replyRings.get(gatewayId),
                    node.logs(),
                    coldReads,
                    highWatermark,
                    transactions,
                    node.budget().recorder("gateway-" + gatewayId, Stage.PRODUCE, Stage.ACKNOWLEDGE, Stage.DELIVER),
                    node.budget().breachLog("gateway-" + gatewayId, BREACHES_KEPT),
                    handlers(coordinators),
                    coordinators.transactions())));
        }
        gateways.getFirst().listen(gateways);
        return gateways;
    }

    private List<RequestHandler> handlers(final CoordinatorAssembly coordinators) {
        final List<RequestHandler> handlers = new ArrayList<>(AdminHandlers.create(
                node.controller(),
                coordinators.groupConfigs(),
                new LogDirectory(node.logs().directory(), node.logs()::size),
                coldReads));
        handlers.addAll(coordinators.handlers());
        return handlers;
    }

    private List<LaneProxy> proxies(
            final int gatewayId, final List<RingBuffer> commandRings, final IntFunction<Signal> wakeLane) {
        final List<LaneProxy> proxies = new ArrayList<>();
        for (int laneId = 0; laneId < commandRings.size(); laneId++) {
            proxies.add(new LaneProxy(
                    gatewayId,
                    commandRings.get(laneId),
                    wakeLane.apply(laneId),
                    node.counters()
                            .counter(
                                    CounterType.GATEWAY_BACK_PRESSURE,
                                    gatewayId,
                                    "gateway-" + gatewayId + "-lane-" + laneId)));
        }
        return proxies;
    }

    private FetchConfig fetchConfig() {
        return new FetchConfig(
                Math.toIntExact(config.get(LogKeys.FETCH_MAX_RESPONSE_LENGTH)),
                Math.toIntExact(config.get(LogKeys.FETCH_MAX_MEMORY_LENGTH)),
                config.get(LogKeys.FETCH_MAX_OUTBOUND_LENGTH),
                config.get(LogKeys.FETCH_MAX_SESSIONS),
                config.get(LogKeys.FETCH_SESSION_EVICTION).toMillis());
    }

    private NetConfig netConfig() {
        return new NetConfig(
                LISTENER_NAME,
                config.get(KAFKA_LISTEN).host(),
                config.get(KAFKA_LISTEN).port(),
                Math.toIntExact(config.get(GATEWAY_MAX_REQUEST_LENGTH)),
                config.get(GATEWAY_IN_FLIGHT_LENGTH),
                config.get(GATEWAY_MAX_CONNECTIONS),
                config.get(GATEWAY_MAX_IDLE).toMillis(),
                config.get(GATEWAY_RECEIVE_TIMEOUT).toMillis(),
                config.get(GATEWAY_PIPELINED),
                KERNEL_CHOICE,
                KERNEL_CHOICE,
                config.get(GATEWAY_NATIVE));
    }

    /**
     * Waits until the listening gateway, whose thread has been started, is bound.
     *
     * @return its port
     * @throws IOException when it cannot listen
     */
    int awaitBound() throws IOException {
        try {
            return gateways.getFirst()
                    .bound()
                    .get(BIND_TIMEOUT_S, TimeUnit.SECONDS)
                    .getPort();
        } catch (final ExecutionException ex) {
            throw new IOException(ex.getCause().getMessage(), ex.getCause());
        } catch (final TimeoutException ex) {
            throw new IOException("gateway thread did not start within " + BIND_TIMEOUT_S + " s", ex);
        } catch (final InterruptedException ex) {
            Thread.currentThread().interrupt();
            throw new IOException("interrupted while starting", ex);
        }
    }

    /** Lets reads under way end: an interrupt would close the file of the partition log that is being read. */
    @Override
    public void close() {
        coldReads.getQueue().clear();
        coldReads.shutdown();
        try {
            if (!coldReads.awaitTermination(COLD_READ_STOP_S, TimeUnit.SECONDS)) {
                LOGGER.warn("a read of a partition log did not end within {} s", COLD_READ_STOP_S);
            }
        } catch (final InterruptedException ex) {
            Thread.currentThread().interrupt();
        }
    }
}
