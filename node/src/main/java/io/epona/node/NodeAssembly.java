package io.epona.node;

import static io.epona.node.config.ServiceKeys.NODE_ID;
import static io.epona.node.config.StorageKeys.LOG_RETENTION_INTERVAL;

import io.epona.controller.CellController;
import io.epona.controller.ClusterImage;
import io.epona.controller.Endpoint;
import io.epona.controller.NodeRegistration;
import io.epona.controller.PartitionChanges;
import io.epona.controller.PartitionInfo;
import io.epona.node.cell.CellNetwork;
import io.epona.node.cell.Membership;
import io.epona.node.config.CellKeys;
import io.epona.node.config.LogKeys;
import io.epona.node.config.ServiceKeys;
import io.epona.node.metrics.MetricsServer;
import io.epona.partitionlog.CleanerConfig;
import io.epona.partitionlog.PartitionLogs;
import io.epona.partitionlog.PartitionLogsConfig;
import io.epona.runtime.FatalHandler;
import io.epona.runtime.NodeCounters;
import io.epona.runtime.SystemNodeClock;
import io.epona.runtime.budget.BudgetRecorders;
import io.epona.runtime.config.EponaConfig;
import io.epona.runtime.config.HostPort;
import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import org.apache.kafka.common.security.auth.SecurityProtocol;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Puts a node together, in this order: lock, counters, metadata, partition logs, lanes (recovered), threads,
 * registration. Whatever is opened goes onto the closing stack at once. Used by one thread.
 */
final class NodeAssembly {
    private static final Logger LOGGER = LoggerFactory.getLogger(NodeAssembly.class);
    private static final int SHUTDOWN_TIMEOUT_MS = 5_000;
    private static final long ANSWERS_TIMEOUT_MS = 1_000;

    private final EponaConfig config;
    private final NodeDirectories directories;
    private final FatalHandler fatal;
    private final ClosingStack parts;
    private final SystemNodeClock clock = new SystemNodeClock();

    private final List<LaneStore> lanes = new ArrayList<>();
    private Surroundings surroundings;
    private CellController controller;
    private ClusterImage known;
    private final CompletableFuture<Void> restartWanted = new CompletableFuture<>();
    private ReplicaStorage storage;
    private NodeThreads threads;
    private Installation installation;

    NodeAssembly(
            final EponaConfig config,
            final NodeDirectories directories,
            final FatalHandler fatal,
            final ClosingStack parts) {
        this.config = config;
        this.directories = directories;
        this.fatal = fatal;
        this.parts = parts;
    }

    /** Opens metadata and partition logs, recovers the lanes. */
    void openStorage() throws IOException {
        parts.push(DirectoryLock.acquire(directories.data()));
        final NodeCounters counters = parts.push(NodeCounters.create(
                directories.counters(), NodeCounters.Settings.defaults(config.get(NODE_ID)), clock));
        final FatalHandler noted = noted(counters);
        final ControllerAssembly controllers = new ControllerAssembly(config, directories, noted, parts);
        CellNetwork network = null;
        if (CellKeys.members(config).isEmpty()) {
            controller = controllers.openAlone();
        } else {
            storage = ReplicaStorage.open(directories);
            network = parts.push(CellNetwork.launch(config, directories.driver(), counters.errorHandler(), noted));
            controller = controllers.join(network);
        }
        known = controller.image();
        final PartitionLogs logs = parts.push(new PartitionLogs(
                partitionLogsConfig(), new LogDirectoryView(controller::image), clock, noted, counters.errorHandler()));
        logs.open();
        surroundings = new Surroundings(
                config,
                Membership.of(config, controller.incarnationId()),
                network,
                directories,
                clock,
                counters,
                new BudgetRecorders(clock),
                controller,
                logs,
                noted);
        for (int laneId = 0; laneId < CellKeys.laneCount(config); laneId++) {
            lanes.add(parts.push(
                    storage == null
                            ? LaneStore.open(surroundings, laneId, counters.lane(laneId))
                            : storage.openLane(surroundings, laneId)));
        }
        threads = parts.push(new NodeThreads(surroundings, lanes));
        threads.steering().ifPresent(steering -> steering.whenDamaged(this::replaceDamaged));
    }

    /** What a node ends itself for can be asked when it is gone. */
    private FatalHandler noted(final NodeCounters counters) {
        return (component, cause) -> {
            final Throwable reason = DeviceFaults.explain(
                    cause, List.of(directories.data(), directories.journals(), directories.logs()));
            counters.errorHandler().onError(new IllegalStateException(NodeErrors.STOPPED + component, reason));
            fatal.onFatal(component, reason);
        };
    }

    /** A lane's journal is damaged, and another node leads the lane: as the next start finds it, so it is seen to. */
    private void replaceDamaged(final int laneId) {
        LOGGER.error("this node's copy of lane {} is damaged: the node starts anew, to replicate it anew", laneId);
        storage.markDamaged(laneId);
        restartWanted.complete(null);
    }

    private PartitionLogsConfig partitionLogsConfig() {
        final PartitionLogsConfig defaults = PartitionLogsConfig.defaults(directories.logs());
        return new PartitionLogsConfig(
                defaults.directory(),
                defaults.maxOpenLogs(),
                defaults.idleCloseMs(),
                config.get(LOG_RETENTION_INTERVAL).toMillis(),
                defaults.stateIntervalMs(),
                new CleanerConfig(
                        config.get(LogKeys.LOG_CLEANER_INTERVAL).toMillis(),
                        Math.toIntExact(config.get(LogKeys.LOG_CLEANER_MAP_LENGTH)),
                        config.get(LogKeys.LOG_CLEANER_RATE)));
    }

    /** Starts everything; returns where clients connect. */
    HostPort startThreads() throws IOException {
        final CompletableFuture<Void> activated = controller.activatePartitionsWith(threads.activator(), known);
        controller.addListener(this::updateLogConfigs);
        threads.steering().ifPresent(controller::addListener);
        final int port = threads.start();
        activated.join();
        final HostPort listening =
                new HostPort(config.get(ServiceKeys.KAFKA_LISTEN).host(), port);
        if (storage != null) {
            installation = parts.push(Installation.open(surroundings, threads.lanes()));
        }
        final HostPort advertised = config.get(ServiceKeys.KAFKA_ADVERTISED).orElse(listening);
        final List<Endpoint> endpoints = endpoints(advertised);
        controller
                .registerNode(
                        storage == null
                                ? NodeRegistration.alone(endpoints, null)
                                : storage.registration(endpoints, lanes))
                .join();
        if (storage != null && storage.onRegistered()) {
            LOGGER.warn("the node starts anew, to cut off what is torn");
            restartWanted.complete(null);
        } else if (storage != null) {
            installation.start(storage.installs(), () -> restartWanted.complete(null));
        }
        threads.onServing();
        return listening;
    }

    private List<Endpoint> endpoints(final HostPort advertised) {
        final Endpoint clients = new Endpoint(
                GatewayThreads.LISTENER_NAME, advertised.host(), advertised.port(), SecurityProtocol.PLAINTEXT);
        return installation == null ? List.of(clients) : List.of(clients, installation.endpoint());
    }

    /** Completes when the node is to be closed and started again. */
    CompletableFuture<Void> restartWanted() {
        return restartWanted;
    }

    /**
     * Lets other nodes lead what this one leads, before it stops: clients then find a leader at once. Nothing is lost
     * when that takes too long, only time.
     */
    void giveUpLeadership() {
        if (storage == null) {
            return;
        }
        try {
            final List<Integer> kept =
                    controller.beginControlledShutdown(SHUTDOWN_TIMEOUT_MS).join();
            if (!kept.isEmpty()) {
                LOGGER.warn("nobody else can lead lanes of this node while it is away: lanes={}", kept);
            }
            threads.awaitAnswers(ANSWERS_TIMEOUT_MS);
        } catch (final CompletionException ex) {
            LOGGER.warn(
                    "stopping without having handed over leadership: {}",
                    String.valueOf(ex.getCause().getMessage()));
        }
    }

    /** Everything is closed, and nothing is left to be recovered. */
    void markCleanStop() {
        if (storage != null) {
            storage.markCleanStop(surroundings.membership().incarnationId());
        }
    }

    /** On the controller's thread. */
    private void updateLogConfigs(final ClusterImage old, final ClusterImage now) {
        PartitionChanges.between(old, now)
                .reconfigured()
                .forEach(partition -> surroundings.logs().updateConfig(partition.partitionIndex()));
    }

    MetricsServer.Sources metricsSources() {
        return new MetricsServer.Sources(
                surroundings.counters()::view,
                surroundings.budget(),
                threads::problem,
                this::partitionName,
                threads.reporter()::view);
    }

    private String partitionName(final int partitionIndex) {
        final PartitionInfo partition = controller.image().partition(partitionIndex);
        return partition == null
                ? "(deleted, index " + partitionIndex + ')'
                : partition.topic() + '-' + partition.partition();
    }
}
