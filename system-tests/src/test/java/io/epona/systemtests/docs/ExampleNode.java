package io.epona.systemtests.docs;

import io.epona.node.Node;
import io.epona.node.config.NodeSchema;
import io.epona.runtime.config.ConfigOverride;
import io.epona.runtime.config.EponaConfig;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Comparator;
import java.util.List;
import java.util.Optional;
import java.util.stream.Stream;

/** A small node for examples, in a directory of its own that is removed when it is closed. */
final class ExampleNode implements AutoCloseable {
    private static final List<String> SMALL = List.of(
            "kafka.listen=127.0.0.1:0",
            "metrics.listen=127.0.0.1:0",
            "lane.ring.length=4 MiB",
            "lane.command-ring.length=4 MiB",
            "journal.segment.length=4 MiB",
            "journal.segment.count=4",
            "checkpoint.interval.length=4 MiB");

    private final Path directory;
    private final Node node;

    private ExampleNode(final Path directory, final Node node) {
        this.directory = directory;
        this.node = node;
    }

    static ExampleNode start() throws IOException {
        final Path directory = Files.createTempDirectory(
                Files.createDirectories(Path.of("target").toAbsolutePath()), "example-node");
        final List<ConfigOverride> settings = Stream.concat(Stream.of("data.dir=" + directory), SMALL.stream())
                .map(ConfigOverride::ofSet)
                .toList();
        final Node node = Node.start(
                EponaConfig.load(NodeSchema.SCHEMA, Optional.empty(), settings),
                (component, reason) -> reason.printStackTrace());
        return new ExampleNode(directory, node);
    }

    /** Where Kafka clients connect. */
    String kafka() {
        return node.kafkaAddress().toString();
    }

    /** Where metrics are served. */
    String metrics() {
        return node.metricsAddress().toString();
    }

    @Override
    public void close() throws IOException {
        node.close();
        try (Stream<Path> paths = Files.walk(directory)) {
            for (final Path path : paths.sorted(Comparator.reverseOrder()).toList()) {
                Files.delete(path);
            }
        }
    }
}
