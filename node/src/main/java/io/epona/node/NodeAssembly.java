package io.epona.node;

import static io.epona.node.config.ServiceKeys.NODE_ID;
import static io.epona.node.config.ServiceKeys.TOPIC_AUTO_CREATE;
import static io.epona.node.config.ServiceKeys.TOPIC_CONFIG;
import static io.epona.node.config.ServiceKeys.TOPIC_MAX_PARTITIONS;
import static io.epona.node.config.ServiceKeys.TOPIC_PARTITIONS;
import static io.epona.node.config.StorageKeys.LOG_RETENTION_INTERVAL;

import io.epona.controller.BrokerRegistration;
import io.epona.controller.ClusterImage;
import io.epona.controller.ControllerConfig;
import io.epona.controller.ControllerContext;
import io.epona.controller.ControllerLimits;
import io.epona.controller.Endpoint;
import io.epona.controller.LocalController;
import io.epona.controller.PartitionChanges;
import io.epona.controller.PartitionInfo;
import io.epona.controller.TopicDefaults;
import io.epona.node.config.CellKeys;
import io.epona.node.config.ServiceKeys;
import io.epona.node.metrics.MetricsServer;
import io.epona.partitionlog.PartitionLogs;
import io.epona.partitionlog.PartitionLogsConfig;
import io.epona.runtime.FatalHandler;
import io.epona.runtime.NodeCounters;
import io.epona.runtime.SystemNodeClock;
import io.epona.runtime.budget.BudgetRecorders;
import io.epona.runtime.config.ConfigKey;
import io.epona.runtime.config.EponaConfig;
import io.epona.runtime.config.HostPort;
import java.io.IOException;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.TimeUnit;
import org.apache.kafka.common.security.auth.SecurityProtocol;

/**
 * Puts a node together, in this order: counters, metadata, partition logs, lanes (recovered), threads, registration.
 * Whatever is opened goes onto the closing stack at once. Used by one thread.
 */
final class NodeAssembly {
    private static final int EXECUTOR_STOP_TIMEOUT_S = 10;

    private final EponaConfig config;
    private final NodeDirectories directories;
    private final FatalHandler fatal;
    private final ClosingStack parts;
    private final SystemNodeClock clock = new SystemNodeClock();

    private Surroundings surroundings;
    private LocalController controller;
    private NodeThreads threads;

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
    void openStorage() {
        if (!CellKeys.members(config).isEmpty()) {
            throw new IllegalStateException("cells of several nodes cannot be run yet: leave cell.members empty");
        }
        final NodeCounters counters = parts.push(NodeCounters.create(
                directories.counters(), NodeCounters.Settings.defaults(config.get(NODE_ID)), clock));
        controller = openController();
        final PartitionLogs logs = parts.push(new PartitionLogs(
                partitionLogsConfig(), new LogDirectoryView(controller), clock, fatal, counters.errorHandler()));
        logs.open();
        surroundings = new Surroundings(
                config, directories, clock, counters, new BudgetRecorders(clock), controller, logs, fatal);
        final List<LaneStore> lanes = new ArrayList<>();
        for (int laneId = 0; laneId < CellKeys.laneCount(config); laneId++) {
            lanes.add(parts.push(LaneStore.open(surroundings, laneId)));
        }
        threads = parts.push(new NodeThreads(surroundings, lanes));
    }

    private PartitionLogsConfig partitionLogsConfig() {
        final PartitionLogsConfig defaults = PartitionLogsConfig.defaults(directories.logs());
        return new PartitionLogsConfig(
                defaults.directory(),
                defaults.maxOpenLogs(),
                defaults.idleCloseMs(),
                config.get(LOG_RETENTION_INTERVAL).toMillis(),
                defaults.stateIntervalMs());
    }

    private LocalController openController() {
        final ExecutorService executor = Executors.newSingleThreadExecutor(
                Thread.ofPlatform().daemon().name("controller").factory());
        parts.push(() -> {
            executor.shutdown();
            executor.awaitTermination(EXECUTOR_STOP_TIMEOUT_S, TimeUnit.SECONDS);
        });
        return parts.push(LocalController.open(
                new ControllerConfig(
                        directories.metadata(),
                        config.get(NODE_ID),
                        CellKeys.laneCount(config),
                        Node.LEADER_EPOCH,
                        new TopicDefaults(
                                config.get(TOPIC_PARTITIONS),
                                config.get(TOPIC_AUTO_CREATE),
                                config.get(TOPIC_MAX_PARTITIONS),
                                config.get(TOPIC_CONFIG)),
                        brokerConfigs(),
                        ControllerLimits.COMPACTION_LENGTH),
                new ControllerContext(executor, reason -> fatal.onFatal("controller", reason))));
    }

    /** The effective configuration, for clients that ask, besides Kafka's names for what Kafka has too. */
    private Map<String, String> brokerConfigs() {
        final Map<String, String> configs = new LinkedHashMap<>();
        for (final ConfigKey<?> key : config.schema().keys()) {
            configs.put("epona." + key.name(), String.valueOf(config.get(key)));
        }
        configs.put("num.partitions", Integer.toString(config.get(TOPIC_PARTITIONS)));
        configs.put("auto.create.topics.enable", Boolean.toString(config.get(TOPIC_AUTO_CREATE)));
        configs.put("default.replication.factor", "1");
        configs.put("broker.id", Integer.toString(config.get(NODE_ID)));
        configs.put("node.id", Integer.toString(config.get(NODE_ID)));
        configs.put("log.dirs", directories.logs().toString());
        return configs;
    }

    /** Starts everything; returns where clients connect. */
    HostPort startThreads() throws IOException {
        controller.activatePartitionsWith(threads.activator());
        controller.addListener(this::updateLogConfigs);
        final int port = threads.start();
        final HostPort listening =
                new HostPort(config.get(ServiceKeys.KAFKA_LISTEN).host(), port);
        final HostPort advertised = config.get(ServiceKeys.KAFKA_ADVERTISED).orElse(listening);
        final Endpoint endpoint = new Endpoint(
                GatewayThreads.LISTENER_NAME, advertised.host(), advertised.port(), SecurityProtocol.PLAINTEXT);
        controller
                .registerBroker(new BrokerRegistration(List.of(endpoint), null))
                .join();
        return listening;
    }

    /** On the controller's thread. */
    private void updateLogConfigs(final ClusterImage old, final ClusterImage now) {
        PartitionChanges.between(old, now)
                .reconfigured()
                .forEach(partition -> surroundings.logs().updateConfig(partition.partitionIndex()));
    }

    MetricsServer.Sources metricsSources() {
        return new MetricsServer.Sources(
                surroundings.counters()::view, surroundings.budget(), threads::problem, this::partitionName);
    }

    private String partitionName(final int partitionIndex) {
        final PartitionInfo partition = controller.image().partition(partitionIndex);
        return partition == null
                ? "(deleted, index " + partitionIndex + ')'
                : partition.topic() + '-' + partition.partition();
    }
}
