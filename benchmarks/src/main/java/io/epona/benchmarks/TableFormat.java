package io.epona.benchmarks;

import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.util.Collection;
import java.util.Locale;
import java.util.stream.Collectors;
import org.openjdk.jmh.annotations.Mode;
import org.openjdk.jmh.infra.BenchmarkParams;
import org.openjdk.jmh.infra.IterationParams;
import org.openjdk.jmh.results.BenchmarkResult;
import org.openjdk.jmh.results.IterationResult;
import org.openjdk.jmh.results.Result;
import org.openjdk.jmh.results.RunResult;
import org.openjdk.jmh.runner.format.OutputFormat;

/**
 * Prints JMH's results as one table, row by row: benchmark, mean, error of the mean (half of the 99.9 % interval), the
 * 50th and 99th percentile where single operations were timed, and bytes allocated for each operation (where they were
 * not: keeping the times allocates). What else JMH has to say about a benchmark is shown when it fails. Used by JMH's
 * one runner thread.
 */
final class TableFormat implements OutputFormat {
    private static final String ROW = "%-58s %12s %10s %12s %12s %10s%n";
    private static final String ALLOCATED_BYTES = "gc.alloc.rate.norm";
    /** What JMH says of one benchmark beyond this length is not kept. */
    private static final int MAX_MESSAGES_LENGTH = 64 * 1024;

    private final PrintStream out;
    private final StringBuilder messages = new StringBuilder();
    private BenchmarkParams running;
    private int failedCount;

    TableFormat(final PrintStream out) {
        this.out = out;
    }

    /** Benchmarks that gave no result. */
    int failedCount() {
        return failedCount;
    }

    @Override
    public void startRun() {
        out.printf(Locale.ROOT, ROW, "benchmark", "ns/op", "+-", "p50 ns", "p99 ns", "B/op");
    }

    @Override
    public void startBenchmark(final BenchmarkParams params) {
        endFailed();
        messages.setLength(0);
        running = params;
    }

    @Override
    public void endBenchmark(final BenchmarkResult result) {
        if (result == null) {
            return;
        }
        running = null;
        final Result<?> time = result.getPrimaryResult();
        final boolean isSampled = result.getParams().getMode() == Mode.SampleTime;
        out.printf(
                Locale.ROOT,
                ROW,
                name(result.getParams()),
                number(time.getScore()),
                number(time.getScoreError()),
                isSampled ? number(time.getStatistics().getPercentile(50)) : "",
                isSampled ? number(time.getStatistics().getPercentile(99)) : "",
                isSampled ? "" : allocatedBytes(result));
        out.flush();
    }

    @Override
    public void endRun(final Collection<RunResult> results) {
        endFailed();
    }

    private void endFailed() {
        if (running != null) {
            failedCount++;
            out.printf(Locale.ROOT, "%-58s failed:%n%s%n", name(running), messages);
            running = null;
        }
    }

    private static String name(final BenchmarkParams params) {
        final String qualified = params.getBenchmark();
        final int methodStart = qualified.lastIndexOf('.');
        final String name = qualified.substring(qualified.lastIndexOf('.', methodStart - 1) + 1);
        return params.getParamsKeys().stream()
                .map(key -> " " + key + "=" + params.getParam(key))
                .collect(Collectors.joining("", name, ""));
    }

    private static String allocatedBytes(final BenchmarkResult result) {
        final Result<?> allocated = result.getSecondaryResults().get(ALLOCATED_BYTES);
        return allocated == null ? "" : String.format(Locale.ROOT, "%.2f", allocated.getScore());
    }

    private static String number(final double value) {
        return Double.isNaN(value) ? "" : String.format(Locale.ROOT, value < 1000 ? "%.1f" : "%,.0f", value);
    }

    @Override
    public void println(final String line) {
        print(line + System.lineSeparator());
    }

    @Override
    public void print(final String text) {
        final int room = MAX_MESSAGES_LENGTH - messages.length();
        messages.append(text, 0, Math.min(text.length(), room));
    }

    @Override
    public void verbosePrintln(final String line) {
        println(line);
    }

    @Override
    public void write(final int character) {
        print(String.valueOf((char) character));
    }

    @Override
    public void write(final byte[] text) {
        print(new String(text, StandardCharsets.UTF_8));
    }

    @Override
    public void iteration(final BenchmarkParams params, final IterationParams iteration, final int number) {}

    @Override
    public void iterationResult(
            final BenchmarkParams params,
            final IterationParams iteration,
            final int number,
            final IterationResult result) {}

    @Override
    public void flush() {
        out.flush();
    }

    @Override
    public void close() {
        out.flush();
    }
}
