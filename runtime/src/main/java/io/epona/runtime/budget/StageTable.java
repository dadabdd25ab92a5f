package io.epona.runtime.budget;

import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import org.HdrHistogram.Histogram;

/**
 * The stage table as text: for each recorded stage its budget, percentiles, count and breaches; parts are indented
 * under their stage, a breached stage is marked and so is the part of it that took longest.
 *
 * <pre>
 * stage              budget      p50      p99    p99.9      max     count  breaches
 * produce              5 ms   210 us   1.1 ms   2.4 ms   4.4 ms    30,000         0
 * commit              10 ms   190 us   600 us    11 ms    12 ms    30,000        14  over budget
 *   sequence              -    12 us    80 us   140 us   1.1 ms    30,000         -
 *   journal               -   170 us   520 us    11 ms    12 ms    30,000         -  longest part of commit
 * </pre>
 */
public final class StageTable {
    private static final String FORMAT = "%-16s %8s %8s %8s %8s %8s %11s %9s  %s";

    private StageTable() {}

    /** Lines of the table, without line ends; stages that were not recorded are left out. */
    public static List<String> lines(final Map<Stage, Histogram> histograms) {
        final List<String> lines = new ArrayList<>();
        lines.add(line("stage", "budget", "p50", "p99", "p99.9", "max", "count", "breaches", ""));
        for (final Stage stage : Stage.values()) {
            final Histogram histogram = histograms.get(stage);
            if (null != histogram) {
                lines.add(row(stage, histogram, remark(stage, histograms)));
            }
        }
        return lines;
    }

    /** The table as one text. */
    public static String render(final Map<Stage, Histogram> histograms) {
        return String.join(System.lineSeparator(), lines(histograms)) + System.lineSeparator();
    }

    private static String row(final Stage stage, final Histogram histogram, final String remark) {
        final boolean isEmpty = 0 == histogram.getTotalCount();
        return line(
                "  ".repeat(stage.depth()) + stage.label(),
                stage.hasBudget() ? duration(stage.budgetNs()) : "-",
                isEmpty ? "-" : duration(histogram.getValueAtPercentile(50)),
                isEmpty ? "-" : duration(histogram.getValueAtPercentile(99)),
                isEmpty ? "-" : duration(histogram.getValueAtPercentile(99.9)),
                isEmpty ? "-" : duration(histogram.getMaxValue()),
                String.format(Locale.ROOT, "%,d", histogram.getTotalCount()),
                stage.hasBudget() ? String.format(Locale.ROOT, "%,d", Culprits.breaches(stage, histogram)) : "-",
                remark);
    }

    private static String remark(final Stage stage, final Map<Stage, Histogram> histograms) {
        if (Culprits.breaches(stage, histograms.get(stage)) > 0) {
            final boolean isCulprit = Optional.of(stage).equals(Culprits.of(histograms));
            return isCulprit ? "over budget, most of all" : "over budget";
        }
        for (Stage parent = stage.parent(); null != parent; parent = parent.parent()) {
            final Histogram ofParent = histograms.get(parent);
            final boolean isBreached = null != ofParent && Culprits.breaches(parent, ofParent) > 0;
            if (isBreached && Optional.of(stage).equals(Culprits.largestPart(parent, histograms))) {
                return "longest part of " + parent.label();
            }
        }
        return "";
    }

    private static String line(final Object... cells) {
        return String.format(Locale.ROOT, FORMAT, cells).stripTrailing();
    }

    /** A time with three digits at most and the unit that suits it, for example {@code 210 us}, {@code 1.1 ms}. */
    public static String duration(final long durationNs) {
        if (durationNs < 1_000) {
            return durationNs + " ns";
        }
        if (durationNs < 999_500) {
            return threeDigits(durationNs / 1e3) + " us";
        }
        if (durationNs < 999_500_000) {
            return threeDigits(durationNs / 1e6) + " ms";
        }
        return threeDigits(durationNs / 1e9) + " s";
    }

    private static String threeDigits(final double value) {
        if (value >= 99.95) {
            return String.format(Locale.ROOT, "%.0f", value);
        }
        final String text = String.format(Locale.ROOT, value >= 9.995 ? "%.1f" : "%.2f", value);
        return text.indexOf('.') < 0 ? text : text.replaceAll("\\.?0+$", "");
    }
}
