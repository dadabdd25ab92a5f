package io.epona.systemtests.client;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.epona.systemtests.harness.EponaProcess;
import io.epona.systemtests.harness.TestBench;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.extension.RegisterExtension;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** kcat as Debian packages it, and librdkafka with it. */
@Timeout(60)
class KcatTest {
    private static final int TIMEOUT_S = 30;

    @RegisterExtension
    static final TestBench BENCH = new TestBench();

    private static EponaProcess node;

    @TempDir
    private Path temporary;

    @BeforeAll
    static void startNode() {
        Kcat.assumeInstalled();
        node = BENCH.start(BENCH.settings());
    }

    private String kcat(final String input, final String... arguments) throws Exception {
        final List<String> command = new ArrayList<>(List.of("kcat", "-b", node.bootstrap()));
        command.addAll(List.of(arguments));
        final Path in = Files.writeString(temporary.resolve("in"), input);
        final Path out = temporary.resolve("out");
        final Path err = temporary.resolve("err");
        final Process process = new ProcessBuilder(command)
                .redirectInput(in.toFile())
                .redirectOutput(out.toFile())
                .redirectError(err.toFile())
                .start();
        try {
            assertTrue(process.waitFor(TIMEOUT_S, TimeUnit.SECONDS), "kcat hangs");
            assertEquals(0, process.exitValue(), () -> read(err));
        } finally {
            process.destroyForcibly();
        }
        return read(out);
    }

    private static String read(final Path file) {
        try {
            return Files.readString(file, StandardCharsets.UTF_8);
        } catch (final java.io.IOException ex) {
            throw new java.io.UncheckedIOException(ex);
        }
    }

    private static String lines(final int count) {
        final StringBuilder text = new StringBuilder();
        for (int i = 0; i < count; i++) {
            text.append("key").append(i).append(':').append("value ").append(i).append('\n');
        }
        return text.toString();
    }

    @ParameterizedTest
    @ValueSource(strings = {"none", "gzip", "snappy", "lz4", "zstd"})
    void shouldReadBackWhatItWroteWhenCompressed(final String compression) throws Exception {
        final String topic = "kcat-" + compression;
        final String input = lines(500);
        kcat(input, "-P", "-t", topic, "-K", ":", "-z", compression, "-X", "enable.idempotence=true", "-X", "acks=all");
        final String output = kcat("", "-C", "-t", topic, "-p", "0", "-o", "beginning", "-e", "-q", "-f", "%k:%s\\n");
        assertEquals(input, output);
    }

    @Test
    void shouldListTheNodeAndItsTopics() throws Exception {
        kcat(lines(1), "-P", "-t", "listed");
        final String list = kcat("", "-L");
        assertTrue(list.contains("broker 1 at " + node.bootstrap()), list);
        assertTrue(list.contains("topic \"listed\" with 1 partitions"), list);
    }

    @Test
    void shouldStartFromOffsetsTailsAndTimes() throws Exception {
        kcat(lines(100), "-P", "-t", "offsets", "-K", ":");
        assertEquals("value 90\n", kcat("", "-C", "-t", "offsets", "-p", "0", "-o", "90", "-c", "1", "-q"));
        assertEquals("value 98\nvalue 99\n", kcat("", "-C", "-t", "offsets", "-p", "0", "-o", "-2", "-e", "-q"));
        assertEquals(
                100,
                kcat("", "-C", "-t", "offsets", "-p", "0", "-o", "s@1000000000000", "-e", "-q")
                        .lines()
                        .count());
        assertTrue(kcat("", "-Q", "-t", "offsets:0:-1").contains("offset 100"));
        assertTrue(kcat("", "-Q", "-t", "offsets:0:-2").contains("offset 0"));
    }

    /** librdkafka adds partitions to its transactions itself, and keeps its epoch: the protocol before version 2. */
    @Test
    void shouldCommitTransactionsAndReadCommittedRecords() throws Exception {
        for (int round = 0; round < 3; round++) {
            kcat(lines(20), "-P", "-t", "transactions", "-K", ":", "-X", "transactional.id=kcat");
        }
        for (final String isolation : List.of("read_committed", "read_uncommitted")) {
            final String output = kcat(
                    "",
                    "-C",
                    "-t",
                    "transactions",
                    "-p",
                    "0",
                    "-o",
                    "beginning",
                    "-e",
                    "-q",
                    "-f",
                    "%k:%s\\n",
                    "-X",
                    "isolation.level=" + isolation);
            assertEquals(lines(20).repeat(3), output, isolation);
        }
    }

    @Test
    void shouldCarryHeadersAndEmptyValues() throws Exception {
        kcat("k:\n", "-P", "-t", "headers", "-K", ":", "-Z", "-H", "colour=blue", "-H", "size=7");
        assertEquals(
                "k colour=blue,size=7 -1\n",
                kcat("", "-C", "-t", "headers", "-p", "0", "-o", "beginning", "-e", "-q", "-f", "%k %h %S\\n"));
    }
}
