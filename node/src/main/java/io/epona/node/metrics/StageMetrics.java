package io.epona.node.metrics;

import io.epona.runtime.budget.Culprits;
import io.epona.runtime.budget.Stage;
import io.epona.runtime.budget.StageHistograms;
import io.prometheus.metrics.model.snapshots.CounterSnapshot;
import io.prometheus.metrics.model.snapshots.CounterSnapshot.CounterDataPointSnapshot;
import io.prometheus.metrics.model.snapshots.GaugeSnapshot;
import io.prometheus.metrics.model.snapshots.GaugeSnapshot.GaugeDataPointSnapshot;
import io.prometheus.metrics.model.snapshots.Labels;
import io.prometheus.metrics.model.snapshots.MetricSnapshot;
import io.prometheus.metrics.model.snapshots.Quantile;
import io.prometheus.metrics.model.snapshots.Quantiles;
import io.prometheus.metrics.model.snapshots.SummarySnapshot;
import io.prometheus.metrics.model.snapshots.SummarySnapshot.SummaryDataPointSnapshot;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import org.HdrHistogram.Histogram;

/** The stage histograms as Prometheus summaries in seconds, with the budgets and the breaches beside them. */
final class StageMetrics {
    private static final double[] QUANTILES = {0.5, 0.9, 0.99, 0.999, 1.0};
    private static final double NS_PER_S = 1e9;

    private StageMetrics() {}

    static List<MetricSnapshot> of(final StageHistograms histograms) {
        final SummarySnapshot.Builder summary = SummarySnapshot.builder()
                .name("epona_stage_seconds")
                .help("Time that records took in a stage, since the node started; quantile 1 is the maximum");
        final CounterSnapshot.Builder breaches = CounterSnapshot.builder()
                .name("epona_stage_breaches")
                .help("Records that took longer in a stage than its budget");
        final GaugeSnapshot.Builder budgets =
                GaugeSnapshot.builder().name("epona_stage_budget_seconds").help("Budget of a stage");
        for (final Map.Entry<StageHistograms.Tag, Histogram> entry :
                histograms.byTag().entrySet()) {
            final Stage stage = entry.getKey().stage();
            final Labels labels = Labels.of("owner", entry.getKey().owner(), "stage", stage.label());
            summary.dataPoint(point(entry.getValue(), labels));
            if (stage.hasBudget()) {
                breaches.dataPoint(CounterDataPointSnapshot.builder()
                        .value(Culprits.breaches(stage, entry.getValue()))
                        .labels(labels)
                        .build());
            }
        }
        Arrays.stream(Stage.values())
                .filter(Stage::hasBudget)
                .forEach(stage -> budgets.dataPoint(GaugeDataPointSnapshot.builder()
                        .value(stage.budgetNs() / NS_PER_S)
                        .labels(Labels.of("stage", stage.label()))
                        .build()));
        return List.of(summary.build(), breaches.build(), budgets.build());
    }

    private static SummaryDataPointSnapshot point(final Histogram histogram, final Labels labels) {
        final Quantiles.Builder quantiles = Quantiles.builder();
        for (final double quantile : QUANTILES) {
            quantiles.quantile(new Quantile(quantile, histogram.getValueAtPercentile(quantile * 100) / NS_PER_S));
        }
        return SummaryDataPointSnapshot.builder()
                .count(histogram.getTotalCount())
                .sum(histogram.getMean() * histogram.getTotalCount() / NS_PER_S)
                .quantiles(quantiles.build())
                .labels(labels)
                .build();
    }
}
