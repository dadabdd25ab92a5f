package io.epona.node;

import io.epona.node.config.ServiceKeys;
import io.epona.node.metrics.MetricsServer;
import io.epona.runtime.FatalHandler;
import io.epona.runtime.config.EponaConfig;
import io.epona.runtime.config.HostPort;
import java.io.IOException;
import java.net.InetSocketAddress;
import java.util.concurrent.CompletableFuture;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * A running node: a cell of one, or one of several nodes of a cell. {@link #start} returns when it serves;
 * {@link #close()} stops it cleanly, so that the next start has little to recover. Each is called once, by any thread.
 */
public final class Node implements AutoCloseable {
    /** Leader epoch of every lane of a cell of one: its leader never changes. */
    static final int LEADER_EPOCH = 1;

    private static final Logger LOGGER = LoggerFactory.getLogger(Node.class);

    private final ClosingStack parts;
    private final NodeDirectories directories;
    private final NodeAssembly assembly;
    private final HostPort kafkaAddress;
    private final HostPort metricsAddress;

    private Node(
            final ClosingStack parts,
            final NodeDirectories directories,
            final NodeAssembly assembly,
            final HostPort kafkaAddress,
            final HostPort metricsAddress) {
        this.parts = parts;
        this.directories = directories;
        this.assembly = assembly;
        this.kafkaAddress = kafkaAddress;
        this.metricsAddress = metricsAddress;
    }

    /**
     * Opens and recovers what the node keeps, starts its threads, and listens.
     *
     * @param config effective configuration, of {@link io.epona.node.config.NodeSchema}
     * @param fatalHandler hears when a component has ended to protect what it had promised; the process must end
     * @return the node, serving
     * @throws IOException when an address cannot be bound or a directory cannot be made
     * @throws RuntimeException when the data refuse to be opened; the message says what to do
     */
    public static Node start(final EponaConfig config, final FatalHandler fatalHandler) throws IOException {
        final ClosingStack parts = new ClosingStack();
        try {
            final NodeDirectories directories = NodeDirectories.make(config);
            final NodeAssembly assembly = new NodeAssembly(config, directories, fatalHandler, parts);
            assembly.openStorage();
            final HostPort kafka = assembly.startThreads();
            final MetricsServer metrics = parts.push(MetricsServer.start(
                    socketAddress(config.get(ServiceKeys.METRICS_LISTEN)), assembly.metricsSources()));
            final HostPort metricsAddress = new HostPort(
                    config.get(ServiceKeys.METRICS_LISTEN).host(),
                    metrics.address().getPort());
            new RunFile(
                            ProcessHandle.current().pid(),
                            kafka.toString(),
                            metricsAddress.toString(),
                            directories.counters())
                    .write(directories.data());
            LOGGER.info("ready: kafka={}, metrics={}", kafka, metricsAddress);
            return new Node(parts, directories, assembly, kafka, metricsAddress);
        } catch (final IOException | RuntimeException ex) {
            closeAfter(parts, ex);
            throw ex;
        }
    }

    private static void closeAfter(final ClosingStack parts, final Exception reason) {
        try {
            parts.close();
        } catch (final RuntimeException ex) {
            reason.addSuppressed(ex);
        }
    }

    static InetSocketAddress socketAddress(final HostPort address) throws IOException {
        final InetSocketAddress socket = new InetSocketAddress(address.host(), address.port());
        if (socket.isUnresolved()) {
            throw new IOException("no such host: " + address.host());
        }
        return socket;
    }

    /**
     * Completes when this node has to be closed and started again to take up its part in the cell, as when it has
     * fetched lanes that it could not follow. Until then it goes on with all others.
     */
    public CompletableFuture<Void> restartWanted() {
        return assembly.restartWanted();
    }

    /** Where Kafka clients connect. */
    public HostPort kafkaAddress() {
        return kafkaAddress;
    }

    /** Where the metrics server listens. */
    public HostPort metricsAddress() {
        return metricsAddress;
    }

    /** Stops serving, makes everything durable, notes that the stop was clean. */
    @Override
    public void close() {
        try {
            assembly.giveUpLeadership();
            parts.close();
            assembly.markCleanStop();
            RunFile.delete(directories.data());
        } catch (final IOException ex) {
            throw new java.io.UncheckedIOException(ex);
        }
    }
}
