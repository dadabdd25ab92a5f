package io.epona.node;

import io.epona.node.config.NodeSchema;
import io.epona.runtime.FatalHandler;
import io.epona.runtime.config.ConfigOverride;
import io.epona.runtime.config.EponaConfig;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;

/** Small nodes for tests: real threads, real files with O_DIRECT, journals of a few MiB. */
final class TestNodes {
    /** A component that ends by itself fails the test through this. */
    static final FatalHandler FAIL = (component, reason) -> {
        throw new AssertionError("ended by itself: component=" + component, reason);
    };

    private TestNodes() {}

    /**
     * A fresh directory on the build's own file system: a memory file system would take no O_DIRECT on some kernels.
     */
    static Path directory() throws IOException {
        return Files.createTempDirectory(Files.createDirectories(Path.of("target", "nodes")), "node");
    }

    static EponaConfig config(final Path directory, final String... more) {
        final List<String> settings = new ArrayList<>(List.of(
                "data.dir=" + directory,
                "kafka.listen=127.0.0.1:0",
                "metrics.listen=127.0.0.1:0",
                "lane.ring.length=2MiB",
                "lane.command-ring.length=1MiB",
                "journal.segment.length=1MiB",
                "journal.segment.count=8",
                "checkpoint.interval.length=1MiB"));
        settings.addAll(Arrays.asList(more));
        return EponaConfig.load(
                NodeSchema.SCHEMA,
                Optional.empty(),
                settings.stream().map(ConfigOverride::ofSet).toList());
    }
}
