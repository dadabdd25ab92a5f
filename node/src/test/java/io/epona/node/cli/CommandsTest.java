package io.epona.node.cli;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.PrintWriter;
import java.io.StringWriter;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import picocli.CommandLine;

class CommandsTest {
    private final StringWriter out = new StringWriter();
    private final StringWriter err = new StringWriter();

    @TempDir
    private Path directory;

    @Test
    void shouldPrintTheEffectiveConfigurationWhenAsked() {
        assertEquals(0, run("start", "--print-config", "--dir", "/data", "--listen", "127.0.0.1:1234"));
        assertTrue(out.toString().contains("127.0.0.1:1234"), out.toString());
        assertTrue(out.toString().contains("--listen 127.0.0.1:1234"), out.toString());
    }

    @Test
    void shouldListEveryProblemWhenTheConfigurationIsRefused() throws Exception {
        final Path file = Files.writeString(directory.resolve("node.conf"), "lane.cuont = 2\nkafka.listen = x\n");
        assertEquals(2, run("start", "--config", file.toString(), "--profile", "fast"));
        for (final String part : new String[] {"lane.count", "kafka.listen", "--profile fast"}) {
            assertTrue(err.toString().contains(part), err.toString());
        }
    }

    @Test
    void shouldSayWhatToNameWhenThereIsNoJournal() {
        assertEquals(1, run("journal", "verify", "--dir", directory.toString()));
        assertTrue(err.toString().contains("no journal"), err.toString());
        assertEquals(1, run("journal", "dump", "--dir", directory.toString()));
    }

    @Test
    void shouldSayWhereItLookedWhenNoNodeRuns() {
        assertEquals(1, run("latency", "--dir", directory.toString()));
        assertTrue(err.toString().contains("no node runs"), err.toString());
    }

    private int run(final String... args) {
        return new CommandLine(new EponaCli())
                .setOut(new PrintWriter(out, true))
                .setErr(new PrintWriter(err, true))
                .execute(args);
    }
}
