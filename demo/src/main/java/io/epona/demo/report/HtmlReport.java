package io.epona.demo.report;

import io.epona.runtime.budget.Culprits;
import io.epona.runtime.budget.Stage;
import io.epona.runtime.budget.StageTable;
import java.io.FileNotFoundException;
import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.ZoneOffset;
import java.time.format.DateTimeFormatter;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Properties;
import org.HdrHistogram.Histogram;
import org.HdrHistogram.HistogramIterationValue;

/** The report as one HTML page that needs nothing else: style, charts' library and figures are in it. */
public final class HtmlReport {
    private static final String TEMPLATE = "/io/epona/demo/report/report.html";
    private static final String CHART_PROPERTIES = "/META-INF/maven/org.webjars/chartjs/pom.properties";
    private static final String CHART_LIBRARY = "/META-INF/resources/webjars/chartjs/%s/dist/chart.umd.js";
    private static final int TICKS_PER_HALF_DISTANCE = 8;
    private static final double HUNDRED = 100.0;
    private static final double NS_PER_MS = 1e6;

    private HtmlReport() {}

    /** Writes the page, replacing the file if there is one. */
    public static void write(final Path file, final RunResult run, final Verdict verdict) throws IOException {
        Files.writeString(file, render(run, verdict));
    }

    static String render(final RunResult run, final Verdict verdict) throws IOException {
        final String page = resource(TEMPLATE);
        final Properties properties = new Properties();
        try (InputStream input = open(CHART_PROPERTIES)) {
            properties.load(input);
        }
        final String library = resource(String.format(Locale.ROOT, CHART_LIBRARY, properties.getProperty("version")));
        return page.replace("/*{{chart-library}}*/", inline(library)).replace("{{data}}", Json.of(data(run, verdict)));
    }

    /** A script inside a page must not name its own end, nor a file that is not there. */
    private static String inline(final String script) {
        return script.replace("</script", "<\\/script").replaceAll("(?m)^//# sourceMappingURL=.*$", "");
    }

    private static String resource(final String name) throws IOException {
        try (InputStream input = open(name)) {
            return new String(input.readAllBytes(), StandardCharsets.UTF_8);
        }
    }

    private static InputStream open(final String name) throws IOException {
        final InputStream input = HtmlReport.class.getResourceAsStream(name);
        if (input == null) {
            throw new FileNotFoundException("not on the class path: " + name);
        }
        return input;
    }

    private static Map<String, Object> data(final RunResult run, final Verdict verdict) {
        final Map<String, Object> data = new LinkedHashMap<>();
        data.put("status", verdict.exitStatus());
        data.put("headline", verdict.headline());
        data.put(
                "startedAt",
                DateTimeFormatter.ofPattern("yyyy-MM-dd HH:mm:ss 'UTC'", Locale.ROOT)
                        .withZone(ZoneOffset.UTC)
                        .format(run.startedAt()));
        data.put("flow", run.flow());
        data.put("figures", figures(run));
        data.put("verdict", verdict.lines());
        data.put("budgetMs", Stage.END_TO_END.budgetNs() / NS_PER_MS);
        data.put("stages", stages(run));
        data.put("curves", curves(run));
        data.put("timeline", timeline(run.timeline()));
        data.put("conditions", run.conditions());
        data.put("notes", run.notes());
        return data;
    }

    private static Map<String, String> figures(final RunResult run) {
        final Map<String, String> figures = new LinkedHashMap<>();
        final Histogram endToEnd = run.endToEnd();
        figures.put("records", count(run.delivery().received()));
        figures.put("lost", count(run.delivery().lost()));
        figures.put("duplicated", count(run.delivery().duplicated()));
        figures.put("reordered", count(run.delivery().reordered()));
        figures.put("over budget", count(run.overBudgetCount()));
        if (endToEnd.getTotalCount() > 0) {
            figures.put("p50", StageTable.duration(endToEnd.getValueAtPercentile(50)));
            figures.put("p99", StageTable.duration(endToEnd.getValueAtPercentile(99)));
            figures.put("p99.9", StageTable.duration(endToEnd.getValueAtPercentile(99.9)));
            figures.put("max", StageTable.duration(endToEnd.getMaxValue()));
        }
        return figures;
    }

    private static List<Object> stages(final RunResult run) {
        final List<Object> rows = new ArrayList<>();
        run.stages().forEach((stage, histogram) -> {
            if (histogram.getTotalCount() > 0) {
                final Map<String, Object> row = new LinkedHashMap<>();
                row.put("name", stage.label());
                row.put("depth", stage.depth());
                row.put("budget", stage.hasBudget() ? StageTable.duration(stage.budgetNs()) : "");
                row.put("p50", StageTable.duration(histogram.getValueAtPercentile(50)));
                row.put("p99", StageTable.duration(histogram.getValueAtPercentile(99)));
                row.put("p999", StageTable.duration(histogram.getValueAtPercentile(99.9)));
                row.put("max", StageTable.duration(histogram.getMaxValue()));
                row.put("count", count(histogram.getTotalCount()));
                row.put("breaches", stage.hasBudget() ? count(Culprits.breaches(stage, histogram)) : "");
                row.put("isBreached", Culprits.breaches(stage, histogram) > 0);
                row.put(
                        "share",
                        stage.hasBudget() ? histogram.getValueAtPercentile(99.9) / (double) stage.budgetNs() : null);
                rows.add(row);
            }
        });
        return rows;
    }

    private static List<Object> curves(final RunResult run) {
        final List<Object> curves = new ArrayList<>();
        curves.add(curve(Stage.END_TO_END.label(), run.endToEnd()));
        run.stages().forEach((stage, histogram) -> {
            if (stage != Stage.END_TO_END) {
                curves.add(curve(stage.label(), histogram));
            }
        });
        curves.add(curve("acknowledged to producer", run.acknowledgement()));
        curves.removeIf(curve -> ((Map<?, ?>) curve).get("points") instanceof final List<?> points && points.isEmpty());
        return curves;
    }

    /** Points of 1/(1-q), which a logarithmic axis spreads evenly over the nines, and milliseconds. */
    private static Map<String, Object> curve(final String name, final Histogram histogram) {
        final List<Object> points = new ArrayList<>();
        if (histogram.getTotalCount() > 0) {
            for (final HistogramIterationValue value : histogram.percentiles(TICKS_PER_HALF_DISTANCE)) {
                final double rest = 1 - value.getPercentileLevelIteratedTo() / HUNDRED;
                final double inverse =
                        rest > 0 ? Math.min(1 / rest, histogram.getTotalCount()) : histogram.getTotalCount();
                points.add(List.of(inverse, Math.max(1, value.getValueIteratedTo()) / NS_PER_MS));
            }
        }
        final Map<String, Object> curve = new LinkedHashMap<>();
        curve.put("name", name);
        curve.put("points", points);
        return curve;
    }

    private static List<Object> timeline(final List<TimelinePoint> timeline) {
        final List<Object> points = new ArrayList<>();
        for (final TimelinePoint point : timeline) {
            final Map<String, Object> row = new LinkedHashMap<>();
            row.put("s", point.second());
            row.put("sent", point.sentPerSecond());
            row.put("received", point.receivedPerSecond());
            row.put("p50", millis(point.p50Ns()));
            row.put("p99", millis(point.p99Ns()));
            row.put("max", millis(point.maxNs()));
            points.add(row);
        }
        return points;
    }

    private static Double millis(final long timeNs) {
        return timeNs == 0 ? null : timeNs / NS_PER_MS;
    }

    private static String count(final long count) {
        return String.format(Locale.ROOT, "%,d", count);
    }
}
