package io.epona.benchmarks.cell;

import java.io.IOException;
import java.io.PrintStream;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.util.Comparator;
import java.util.HashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import java.util.stream.Collectors;
import java.util.stream.Stream;

/**
 * Processor use of all nodes while nobody uses them: the time that the scheduler gave each thread ({@code schedstat}),
 * over windows of ten seconds. The first begins half a minute after the start.
 */
final class IdleUse implements CellBenchmarks.Measurement {
    private static final long SETTLE_S = 30;
    private static final long WINDOW_S = 10;
    private static final int RUNS = 3;
    private static final int SHOWN = 8;
    private static final double PERCENT = 100.0;

    @Override
    public void run(final RunningCell cell, final CellBenchmarks.Arguments arguments, final PrintStream out)
            throws Exception {
        cell.awaitWhole();
        TimeUnit.SECONDS.sleep(SETTLE_S);
        out.println("percent of one core, all three processes");
        for (int run = 0; run < arguments.runsOr(RUNS); run++) {
            final long startNs = System.nanoTime();
            final Map<String, Long> before = runtimes(cell.pids());
            TimeUnit.SECONDS.sleep(WINDOW_S);
            final Map<String, Long> after = runtimes(cell.pids());
            print(before, after, System.nanoTime() - startNs, out);
        }
    }

    private static void print(
            final Map<String, Long> before,
            final Map<String, Long> after,
            final long elapsedNs,
            final PrintStream out) {
        final Map<String, Long> used = new HashMap<>();
        after.forEach((name, ns) -> used.put(name, ns - before.getOrDefault(name, 0L)));
        final long all = used.values().stream().mapToLong(Long::longValue).sum();
        final long compiler = used.entrySet().stream()
                .filter(thread -> thread.getKey().matches("C[12] CompilerThre.*"))
                .mapToLong(Map.Entry::getValue)
                .sum();
        final String largest = used.entrySet().stream()
                .sorted(Map.Entry.comparingByValue(Comparator.reverseOrder()))
                .limit(SHOWN)
                .map(thread ->
                        String.format(Locale.ROOT, "%s %.1f", thread.getKey(), PERCENT * thread.getValue() / elapsedNs))
                .collect(Collectors.joining(", "));
        out.printf(
                Locale.ROOT,
                "%.1f, without the compiler %.1f (%s)%n",
                PERCENT * all / elapsedNs,
                PERCENT * (all - compiler) / elapsedNs,
                largest);
    }

    /** Nanoseconds on a core so far, by thread name, over all processes. */
    private static Map<String, Long> runtimes(final List<Long> pids) throws IOException {
        final Map<String, Long> byName = new HashMap<>();
        for (final long pid : pids) {
            try (Stream<Path> threads = Files.list(Path.of("/proc", Long.toString(pid), "task"))) {
                for (final Path thread : threads.toList()) {
                    try {
                        final String name =
                                Files.readString(thread.resolve("comm")).strip();
                        final long ns = Long.parseLong(
                                Files.readString(thread.resolve("schedstat")).split(" ")[0]);
                        byName.merge(name.startsWith("/dev/shm") ? "media driver" : name, ns, Long::sum);
                    } catch (final NoSuchFileException ex) {
                        continue; // it has ended
                    }
                }
            }
        }
        return byName;
    }
}
