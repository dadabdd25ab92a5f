package io.epona.demo.report;

import io.epona.demo.load.DeliveryResult;
import io.epona.demo.report.RunResult.ProducerResult;
import io.epona.runtime.budget.Stage;
import io.epona.runtime.budget.StageRecorder;
import java.time.Instant;
import java.util.EnumMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.HdrHistogram.Histogram;

/** Results of runs that never were. */
final class SampleRun {
    static final long MS = 1_000_000;

    private SampleRun() {}

    static Histogram histogram(final long... values) {
        final Histogram histogram = new Histogram(1, StageRecorder.HIGHEST_NS, StageRecorder.DIGITS);
        for (final long value : values) {
            histogram.recordValue(value);
        }
        return histogram;
    }

    static RunResult exact() {
        return of(new DeliveryResult(1_000, 1_000, 0, 0, 0, 0, 0), 0, Map.of(), 9 * MS);
    }

    static RunResult of(
            final DeliveryResult delivery, final long overBudget, final Map<String, Long> culprits, final long maxNs) {
        final Map<Stage, Histogram> stages = new EnumMap<>(Stage.class);
        stages.put(Stage.COMMIT, histogram(MS, 2 * MS));
        stages.put(Stage.DELIVER, histogram());
        stages.put(Stage.PROCESS, histogram(100, 200));
        stages.put(Stage.END_TO_END, histogram(MS, 2 * MS, maxNs));
        return new RunResult(
                "made </script> \"up\"",
                Instant.parse("2026-01-02T03:04:05Z"),
                10_000 * MS,
                delivery,
                new ProducerResult(800, delivery.sent(), 0, null, MS),
                stages,
                histogram(MS),
                List.of(new TimelinePoint(1, 100, 90, MS, 2 * MS, 3 * MS), new TimelinePoint(2, 0, 0, 0, 0, 0)),
                overBudget,
                culprits,
                Map.of("processor", "2 x <b>fast</b>"),
                List.of("a note"),
                Optional.empty());
    }

    static RunResult withFailover(final long overBudget, final Failover failover) {
        final RunResult run = of(new DeliveryResult(1_000, 1_000, 0, 0, 0, 0, 0), overBudget, Map.of(), 900 * MS);
        return new RunResult(
                run.flow(),
                run.startedAt(),
                run.elapsedNs(),
                run.delivery(),
                run.producer(),
                run.stages(),
                run.acknowledgement(),
                run.timeline(),
                overBudget,
                run.culprits(),
                run.conditions(),
                run.notes(),
                Optional.of(failover));
    }

    static RunResult withFailures() {
        final RunResult run = exact();
        return new RunResult(
                run.flow(),
                run.startedAt(),
                run.elapsedNs(),
                run.delivery(),
                new ProducerResult(800, 997, 3, "too late", MS),
                run.stages(),
                run.acknowledgement(),
                run.timeline(),
                0,
                Map.of(),
                run.conditions(),
                run.notes(),
                Optional.empty());
    }
}
