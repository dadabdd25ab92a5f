package io.epona.node;

import static io.epona.node.config.ServiceKeys.NODE_ID;
import static io.epona.node.config.ServiceKeys.TOPIC_AUTO_CREATE;
import static io.epona.node.config.ServiceKeys.TOPIC_MAX_PARTITIONS;
import static io.epona.node.config.ServiceKeys.TOPIC_PARTITIONS;
import static io.epona.node.config.ThreadKeys.HOT_SLICE;

import io.epona.controller.CellController;
import io.epona.controller.ClusterImage;
import io.epona.controller.ControllerConfig;
import io.epona.controller.ControllerContext;
import io.epona.controller.ControllerLimits;
import io.epona.controller.LocalController;
import io.epona.controller.TopicDefaults;
import io.epona.controller.cluster.ClusterControlLog;
import io.epona.controller.cluster.ClusterLogConfig;
import io.epona.controller.cluster.ClusterLogContext;
import io.epona.controller.cluster.ClusterLogSizes;
import io.epona.controller.cluster.ClusterLogTiming;
import io.epona.node.cell.CellNetwork;
import io.epona.node.cell.Membership;
import io.epona.node.config.CellKeys;
import io.epona.node.config.CellMember;
import io.epona.runtime.FatalHandler;
import io.epona.runtime.ThreadPlacement;
import io.epona.runtime.config.ConfigKey;
import io.epona.runtime.config.EponaConfig;
import io.epona.runtime.config.Profile;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** Makes a node's controller: over a file of its own in a cell of one, over the metadata quorum otherwise. */
final class ControllerAssembly {
    private static final Logger LOGGER = LoggerFactory.getLogger(ControllerAssembly.class);
    private static final int EXECUTOR_STOP_TIMEOUT_S = 10;
    private static final long PATIENCE_S = 5;

    private final EponaConfig config;
    private final NodeDirectories directories;
    private final FatalHandler fatal;
    private final ClosingStack parts;

    ControllerAssembly(
            final EponaConfig config,
            final NodeDirectories directories,
            final FatalHandler fatal,
            final ClosingStack parts) {
        this.config = config;
        this.directories = directories;
        this.fatal = fatal;
        this.parts = parts;
    }

    /** The controller of a cell of one, with all that was acknowledged before. */
    CellController openAlone() {
        return parts.push(LocalController.open(controllerConfig(1), context()));
    }

    /**
     * The controller of a cell of several, with all that was decided before. Waits for a majority of the cell.
     *
     * @param network with the media driver
     */
    CellController join(final CellNetwork network) {
        final List<CellMember> members = CellKeys.members(config);
        final ClusterControlLog log = new ClusterControlLog(
                new ClusterLogConfig(
                        config.get(NODE_ID),
                        members.stream().map(ControllerAssembly::voter).toList(),
                        directories.metadata(),
                        network.driverDirectory(),
                        timing(),
                        ClusterLogSizes.STANDARD),
                new ClusterLogContext(
                        ClusterLogContext.threads(placement()), () -> true, this::onFatal, network.driver()));
        network.wakeOnQuorum(log.onReceived());
        final CellController controller =
                parts.push(CellController.join(controllerConfig(members.size()), context(), log));
        awaitCell(controller.begin(members.stream().map(CellMember::nodeId).toList()));
        return controller;
    }

    /** Heartbeats must not wait behind other threads of a busy host, or members would suspect each other. */
    private ThreadPlacement placement() {
        return ThreadPlacement.DEFAULT.withSlice(config.get(HOT_SLICE).toNanos());
    }

    private static io.epona.controller.cluster.CellMember voter(final CellMember member) {
        return new io.epona.controller.cluster.CellMember(
                member.nodeId(), member.address().host(), member.address().port());
    }

    private ClusterLogTiming timing() {
        final ClusterLogTiming usual =
                config.profile() == Profile.DEDICATED ? ClusterLogTiming.dedicated() : ClusterLogTiming.shared();
        return usual.withTimeouts(
                config.get(CellKeys.CONTROLLER_LEADER_TIMEOUT).toNanos(),
                config.get(CellKeys.CONTROLLER_SESSION_TIMEOUT).toNanos());
    }

    /** Nobody can be served before; an operator wants to know whom the node waits for. */
    private void awaitCell(final CompletableFuture<ClusterImage> begun) {
        while (true) {
            try {
                begun.get(PATIENCE_S, TimeUnit.SECONDS);
                return;
            } catch (final TimeoutException ex) {
                LOGGER.warn(
                        "still waiting for a majority of the cell, at its first start for all of it: start the other"
                                + " nodes, or look whether their UDP ports can be reached: members={}",
                        config.get(CellKeys.CELL_MEMBERS));
            } catch (final ExecutionException ex) {
                throw new IllegalStateException(
                        "this node cannot join its cell: " + ex.getCause().getMessage(), ex.getCause());
            } catch (final InterruptedException ex) {
                Thread.currentThread().interrupt();
                throw new IllegalStateException("interrupted while joining the cell", ex);
            }
        }
    }

    private ControllerContext context() {
        final ExecutorService executor = Executors.newSingleThreadExecutor(
                Thread.ofPlatform().daemon().name("controller").factory());
        parts.push(() -> {
            executor.shutdown();
            executor.awaitTermination(EXECUTOR_STOP_TIMEOUT_S, TimeUnit.SECONDS);
        });
        return new ControllerContext(executor, Membership::randomId, this::onFatal);
    }

    private void onFatal(final Throwable reason) {
        fatal.onFatal("controller", reason);
    }

    private ControllerConfig controllerConfig(final int replicationFactor) {
        return new ControllerConfig(
                directories.metadata(),
                config.get(NODE_ID),
                CellKeys.laneCount(config),
                Node.LEADER_EPOCH,
                new TopicDefaults(
                        config.get(TOPIC_PARTITIONS),
                        config.get(TOPIC_AUTO_CREATE),
                        config.get(TOPIC_MAX_PARTITIONS),
                        CellKeys.topicDefaults(config)),
                brokerConfigs(replicationFactor),
                ControllerLimits.COMPACTION_LENGTH);
    }

    /** The effective configuration, for clients that ask, besides Kafka's names for what Kafka has too. */
    private Map<String, String> brokerConfigs(final int replicationFactor) {
        final Map<String, String> configs = new LinkedHashMap<>();
        for (final ConfigKey<?> key : config.schema().keys()) {
            configs.put("epona." + key.name(), String.valueOf(config.get(key)));
        }
        configs.put("num.partitions", Integer.toString(config.get(TOPIC_PARTITIONS)));
        configs.put("auto.create.topics.enable", Boolean.toString(config.get(TOPIC_AUTO_CREATE)));
        configs.put("default.replication.factor", Integer.toString(replicationFactor));
        configs.put("broker.id", Integer.toString(config.get(NODE_ID)));
        configs.put("node.id", Integer.toString(config.get(NODE_ID)));
        configs.put("log.dirs", directories.logs().toString());
        return configs;
    }
}
