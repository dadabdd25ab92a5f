package io.epona.benchmarks.clients;

import java.io.PrintStream;
import java.util.ArrayList;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;

/**
 * Figures of several rounds, in milliseconds: by name of the figure and system. Prints the median over the rounds with
 * its range, and how it compares with the first system. Used by one thread.
 */
final class Figures {
    private static final String ROW = "%-44s %-12s %10s  %-22s %8s%n";

    private final Map<String, Map<String, List<Double>>> values = new LinkedHashMap<>();

    void add(final String figure, final MeasuredSystem system, final double valueMs) {
        values.computeIfAbsent(figure, name -> new LinkedHashMap<>())
                .computeIfAbsent(system.name(), name -> new ArrayList<>())
                .add(valueMs);
    }

    void print(final PrintStream out) {
        out.printf(Locale.ROOT, ROW, "milliseconds", "system", "median", "range over rounds", "x first");
        values.forEach((figure, bySystem) -> {
            final double first = median(bySystem.values().iterator().next());
            bySystem.forEach((system, rounds) -> out.printf(
                    Locale.ROOT,
                    ROW,
                    figure,
                    system,
                    text(median(rounds)),
                    text(Collections.min(rounds)) + " to " + text(Collections.max(rounds)),
                    String.format(Locale.ROOT, "%.2f", median(rounds) / first)));
        });
    }

    static double median(final List<Double> rounds) {
        final List<Double> sorted = rounds.stream().sorted().toList();
        final int middle = sorted.size() / 2;
        return sorted.size() % 2 == 1 ? sorted.get(middle) : (sorted.get(middle - 1) + sorted.get(middle)) / 2;
    }

    private static String text(final double valueMs) {
        return String.format(Locale.ROOT, valueMs < 100 ? "%.2f" : "%.0f", valueMs);
    }
}
