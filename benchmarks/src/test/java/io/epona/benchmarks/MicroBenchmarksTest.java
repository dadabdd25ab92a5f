package io.epona.benchmarks;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.ByteArrayOutputStream;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** Every benchmark still runs, for a moment each and in this process; what they measure here means nothing. */
@Timeout(120)
class MicroBenchmarksTest {
    private static final String[] SHORTEST = {"-f", "0", "-wi", "0", "-i", "1", "-r", "10ms"};

    private final ByteArrayOutputStream bytes = new ByteArrayOutputStream();

    @Test
    void shouldPrintRowForEachWhenAllBenchmarksRun() throws Exception {
        final int status = MicroBenchmarks.run(SHORTEST, new PrintStream(bytes, true, StandardCharsets.UTF_8));
        final String table = bytes.toString(StandardCharsets.UTF_8);
        assertEquals(0, status, table);
        assertFalse(table.contains("failed"), table);
        for (final String name :
                List.of("FrameEncode", "BatchCheck", "Checksum", "RingAppend", "CommandRing", "Lane")) {
            assertTrue(table.contains(name + "Benchmark."), table);
        }
        for (final String length : List.of("4096", "65536", "1048576")) {
            assertTrue(table.contains("DeviceWriteBenchmark.write length=" + length), table);
        }
    }

    @Test
    void shouldGiveStatusOfMisuseWhenNoBenchmarkHasTheName() throws Exception {
        final PrintStream out = new PrintStream(bytes, true, StandardCharsets.UTF_8);
        assertEquals(2, MicroBenchmarks.run(new String[] {"NoSuchBenchmark"}, out));
        assertEquals(2, MicroBenchmarks.run(new String[] {"--no-such-option"}, out));
    }
}
