package io.epona.systemtests.docs;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.io.BufferedReader;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.CleanupMode;
import org.junit.jupiter.api.io.TempDir;

/**
 * Runs README's two commands with the launcher, as they stand there, with options after them that make them small. They
 * need the jars of the node, which are there when the whole build runs.
 */
@Timeout(240)
class CommandsTest {
    private static final Path JARS = Documents.PROJECT.resolve("node/target/lib");
    private static final long END_TIMEOUT_S = 90;
    private static final int OVER_BUDGET = 3;

    /** Below the build's own directory, which is on a device; the system's temporary directory may be in memory. */
    private Path directory;

    @BeforeEach
    void requireJars() throws IOException {
        assumeTrue(Files.isDirectory(JARS), "the node's jars are not gathered (run ./epona test): " + JARS);
        try (Stream<Path> jars = Files.list(JARS)) {
            assumeTrue(
                    jars.anyMatch(jar -> jar.getFileName().toString().startsWith("epona-node-")),
                    "the node's jar is not there (run ./epona test): " + JARS);
        }
    }

    @Test
    void shouldStartAndStopANode(
            @TempDir(cleanup = CleanupMode.ALWAYS, factory = BuildDirectory.class) final Path directory)
            throws Exception {
        this.directory = directory;
        final Process node = start(
                "start",
                "--dir",
                directory.resolve("data").toString(),
                "--listen",
                "127.0.0.1:0",
                "--metrics",
                "127.0.0.1:0",
                "--set",
                "journal.segment.count=4");
        try (BufferedReader out = node.inputReader(StandardCharsets.UTF_8)) {
            final String ready = out.readLine();
            assertTrue(
                    String.valueOf(ready)
                            .matches("epona: ready, kafka on 127\\.0\\.0\\.1:\\d+, metrics on 127\\.0\\.0\\.1:\\d+"),
                    ready + errors());
            node.toHandle().destroy();
            assertTrue(node.waitFor(END_TIMEOUT_S, TimeUnit.SECONDS), "the node does not stop");
            assertEquals(0, node.exitValue(), this::errors);
        } finally {
            node.destroyForcibly().waitFor();
        }
    }

    /** Whether a machine that is busy with tests keeps the budget is not this test's question. */
    @Test
    void shouldShowTheDemo(@TempDir(cleanup = CleanupMode.ALWAYS, factory = BuildDirectory.class) final Path directory)
            throws Exception {
        this.directory = directory;
        final Process demo = start("demo", "--seconds", "2", "--rate", "200", "--dir", directory.toString());
        try (BufferedReader out = demo.inputReader(StandardCharsets.UTF_8)) {
            final String text = String.join("\n", out.lines().toList());
            assertTrue(demo.waitFor(END_TIMEOUT_S, TimeUnit.SECONDS), "the demo does not end");
            assertTrue(demo.exitValue() == 0 || demo.exitValue() == OVER_BUDGET, text + errors());
            assertTrue(text.contains("every record came exactly once and in order"), text + errors());
        } finally {
            demo.destroyForcibly().waitFor();
        }
    }

    private Process start(final String command, final String... options) throws IOException {
        final String line = MarkedText.read("README.md")
                .example("commands")
                .lines()
                .filter(each -> each.startsWith("./epona " + command))
                .findFirst()
                .orElseThrow();
        final List<String> words =
                new ArrayList<>(List.of(line.replaceAll("#.*", "").strip().split(" +")));
        words.addAll(List.of(options));
        final ProcessBuilder builder = new ProcessBuilder(words)
                .directory(Documents.PROJECT.toFile())
                .redirectError(directory.resolve("errors").toFile());
        builder.environment().put("EPONA_BUILD", "off");
        builder.environment().put("EPONA_AOT", "off");
        return builder.start();
    }

    private String errors() {
        try {
            return "\n" + Files.readString(directory.resolve("errors"));
        } catch (final IOException ex) {
            return "\n" + ex;
        }
    }
}
