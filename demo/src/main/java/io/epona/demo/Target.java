package io.epona.demo;

import io.epona.demo.node.CellNode;
import io.epona.demo.node.ChildNode;
import io.epona.demo.node.DataDirectory;
import io.epona.demo.node.NodeAddress;
import io.epona.demo.node.NodeFailedException;
import io.epona.demo.node.StagesClient;
import io.epona.demo.report.Conditions;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.util.List;
import java.util.concurrent.ThreadFactory;

/** The node under load: one of our own in a temporary directory, or one that runs already. */
final class Target implements AutoCloseable {
    private final DataDirectory directory;
    private final ChildNode child;
    private final NodeAddress address;

    private Target(final DataDirectory directory, final ChildNode child, final NodeAddress address) {
        this.directory = directory;
        this.child = child;
        this.address = address;
    }

    static Target open(final DemoConfig config, final ThreadFactory threads)
            throws NodeFailedException, InterruptedException {
        if (config.bootstrap() != null) {
            return new Target(null, null, new NodeAddress(config.bootstrap(), config.metrics()));
        }
        final DataDirectory directory;
        try {
            directory = DataDirectory.create(config.dataParents(), config.memory());
        } catch (final IOException ex) {
            throw new NodeFailedException(ex.getMessage(), ex);
        }
        Target target = null;
        try {
            final ChildNode child = ChildNode.start(config.nodeCommand().apply(directory.data()), threads);
            target = new Target(directory, child, child.address());
            return target;
        } finally {
            if (target == null) {
                directory.close();
            }
        }
    }

    NodeAddress address() {
        return address;
    }

    /** The stage times of each node; empty when the metrics servers are not known. */
    List<StagesClient> stages() {
        return address.metricsServers().stream().map(StagesClient::new).toList();
    }

    /** The nodes of our own cell, which can be killed; empty when there is none. */
    List<CellNode> cellNodes() {
        return child == null ? List.of() : child.cellNodes();
    }

    String describe() {
        return child == null
                ? "Kafka on " + address.kafka() + ", which ran already"
                : "our own, process " + child.pid() + ", Kafka on " + address.kafka();
    }

    String storage() {
        return directory == null
                ? "(not ours to know)"
                : Conditions.fileSystem(directory.path()) + ", " + directory.path();
    }

    void check() throws NodeFailedException, InterruptedException {
        if (child != null) {
            child.check();
        }
    }

    /** What our own node printed besides that it is ready: warnings, errors. */
    List<String> lastLines() {
        return child == null ? List.of() : child.lastLines();
    }

    /** Stops our own node and removes its data. */
    @Override
    public void close() {
        if (child != null) {
            child.close();
        }
        if (directory != null) {
            try {
                directory.close();
            } catch (final UncheckedIOException ex) {
                throw new IllegalStateException(ex.getMessage(), ex);
            }
        }
    }
}
