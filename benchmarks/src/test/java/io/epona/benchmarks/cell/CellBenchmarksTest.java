package io.epona.benchmarks.cell;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.ByteArrayOutputStream;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class CellBenchmarksTest {
    @Test
    void shouldTakeEachOptionWhenAllAreGiven() {
        final CellBenchmarks.Arguments arguments = CellBenchmarks.parse(
                "catch-up --runs 2 --mib 64 --partitions 1 --dir /var/tmp --set a=b --set c=d".split(" "));
        assertEquals(
                new CellBenchmarks.Arguments("catch-up", 2, 64, 1, Path.of("/var/tmp"), List.of("a=b", "c=d")),
                arguments);
    }

    @Test
    void shouldMeasureAsUsualWhenNothingIsSaid() {
        final CellBenchmarks.Arguments arguments = CellBenchmarks.parse(new String[] {"idle"});
        assertEquals(7, arguments.runsOr(7));
        assertEquals(1024, arguments.mib());
        assertEquals(6, arguments.partitions());
    }

    @ParameterizedTest
    @ValueSource(strings = {"", "speed", "idle --runs", "idle --runs 0", "idle --runs many", "idle --rounds 3"})
    void shouldSayWhatIsWrongWhenArgumentsMakeNoSense(final String line) {
        final String[] arguments = line.isEmpty() ? new String[0] : line.split(" ");
        assertThrows(IllegalArgumentException.class, () -> CellBenchmarks.parse(arguments));
    }

    @Test
    void shouldNameAllMeasurementsWhenAskedForHelp() throws Exception {
        final ByteArrayOutputStream out = new ByteArrayOutputStream();
        assertEquals(
                0, CellBenchmarks.run(new String[] {"--help"}, new PrintStream(out, true, StandardCharsets.UTF_8)));
        for (final String what : List.of("idle", "first-record", "failover", "catch-up")) {
            assertTrue(out.toString(StandardCharsets.UTF_8).contains("  " + what + " "), what);
        }
    }
}
