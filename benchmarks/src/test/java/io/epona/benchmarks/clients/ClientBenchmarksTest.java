package io.epona.benchmarks.clients;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.ByteArrayOutputStream;
import java.io.PrintStream;
import java.io.PrintWriter;
import java.io.StringWriter;
import java.nio.charset.StandardCharsets;
import java.util.List;
import org.junit.jupiter.api.Test;
import picocli.CommandLine;

class ClientBenchmarksTest {
    private final StringWriter errors = new StringWriter();
    private final CommandLine commandLine =
            ClientBenchmarks.commandLine().setErr(new PrintWriter(errors, true)).setOut(new PrintWriter(errors, true));

    @Test
    void shouldRefuseWhenNoSystemIsGiven() {
        assertEquals(CommandLine.ExitCode.USAGE, commandLine.execute("rebalance"));
        assertTrue(errors.toString().contains("--system"), errors.toString());
    }

    @Test
    void shouldNameThePartsWhenThereIsNoSuchPart() {
        assertEquals(CommandLine.ExitCode.USAGE, commandLine.execute("--system", "a=localhost:1", "no-such-part"));
        assertTrue(errors.toString().contains("no-such-part"), errors.toString());
        assertTrue(errors.toString().contains("idle-groups"), errors.toString());
    }

    @Test
    void shouldSayHowASystemIsGivenWhenItHasNoName() {
        assertEquals(CommandLine.ExitCode.USAGE, commandLine.execute("--system", "localhost:9092", "rebalance"));
        assertTrue(errors.toString().contains("name=host:port"), errors.toString());
    }

    @Test
    void shouldPrintMedianRangeAndRatioWhenThereAreTwoSystems() {
        final MeasuredSystem kafka = MeasuredSystem.parse("kafka=localhost:1");
        final MeasuredSystem epona = MeasuredSystem.parse("epona=localhost:2,localhost:3");
        final Figures figures = new Figures();
        for (final double valueMs : new double[] {4, 2, 100}) {
            figures.add("commit", kafka, valueMs);
        }
        figures.add("commit", epona, 1);
        figures.add("commit", epona, 2);
        final ByteArrayOutputStream bytes = new ByteArrayOutputStream();
        figures.print(new PrintStream(bytes, true, StandardCharsets.UTF_8));
        final List<String> rows = bytes.toString(StandardCharsets.UTF_8).lines().toList();
        assertEquals(3, rows.size());
        assertEquals(List.of("commit", "kafka", "4.00", "2.00", "to", "100", "1.00"), words(rows.get(1)));
        assertEquals(List.of("commit", "epona", "1.50", "1.00", "to", "2.00", "0.38"), words(rows.get(2)));
        assertEquals("localhost:2,localhost:3", epona.bootstrap());
    }

    private static List<String> words(final String row) {
        return List.of(row.split(" +"));
    }
}
