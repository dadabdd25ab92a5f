package io.epona.node.metrics;

import io.epona.runtime.CounterType;
import io.epona.runtime.CountersView;
import io.prometheus.metrics.model.snapshots.CounterSnapshot;
import io.prometheus.metrics.model.snapshots.CounterSnapshot.CounterDataPointSnapshot;
import io.prometheus.metrics.model.snapshots.GaugeSnapshot;
import io.prometheus.metrics.model.snapshots.GaugeSnapshot.GaugeDataPointSnapshot;
import io.prometheus.metrics.model.snapshots.Labels;
import io.prometheus.metrics.model.snapshots.MetricSnapshot;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.function.Supplier;

/** The node's counters as Prometheus metrics: one metric a {@link CounterType}, one series a subject. Any thread. */
final class CounterMetrics {
    private final Supplier<CountersView> counters;

    CounterMetrics(final Supplier<CountersView> counters) {
        this.counters = counters;
    }

    List<MetricSnapshot> collect() {
        final Map<CounterType, List<CountersView.Sample>> byType = new LinkedHashMap<>();
        for (final CountersView.Sample sample : counters.get().samples()) {
            if (sample.type() != null) {
                byType.computeIfAbsent(sample.type(), type -> new ArrayList<>()).add(sample);
            }
        }
        final List<MetricSnapshot> metrics = new ArrayList<>(byType.size());
        byType.forEach((type, samples) -> metrics.add(metric(type, samples)));
        return metrics;
    }

    private static MetricSnapshot metric(final CounterType type, final List<CountersView.Sample> samples) {
        if (type.isExportedAsCounter()) {
            final CounterSnapshot.Builder counter =
                    CounterSnapshot.builder().name(type.metricName()).help(type.doc());
            for (final CountersView.Sample sample : samples) {
                counter.dataPoint(CounterDataPointSnapshot.builder()
                        .value(Math.max(0, sample.value()))
                        .labels(labels(type, sample))
                        .build());
            }
            return counter.build();
        }
        final GaugeSnapshot.Builder gauge =
                GaugeSnapshot.builder().name(type.metricName()).help(type.doc());
        for (final CountersView.Sample sample : samples) {
            gauge.dataPoint(GaugeDataPointSnapshot.builder()
                    .value(sample.value())
                    .labels(labels(type, sample))
                    .build());
        }
        return gauge.build();
    }

    private static Labels labels(final CounterType type, final CountersView.Sample sample) {
        return type.scope() == CounterType.Scope.NODE
                ? Labels.EMPTY
                : Labels.of(type.scope().label(), sample.subject());
    }
}
