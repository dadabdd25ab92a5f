package io.epona.demo.report;

import io.epona.demo.ExitStatus;
import io.epona.demo.load.DeliveryResult;
import io.epona.runtime.budget.Culprits;
import io.epona.runtime.budget.Stage;
import io.epona.runtime.budget.StageTable;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.stream.Collectors;
import org.HdrHistogram.Histogram;

/**
 * What a run comes to, in words. Immutable.
 *
 * @param exitStatus see {@link ExitStatus}
 * @param headline in one sentence
 * @param lines that give the figures
 */
public record Verdict(int exitStatus, String headline, List<String> lines) {
    private static final double NS_PER_S = 1e9;

    /** The verdict on a run. */
    public static Verdict of(final RunResult run) {
        final List<String> lines = new ArrayList<>();
        lines.add("records     " + records(run));
        lines.add("delivery    " + delivery(run.delivery()));
        if (run.producer().failed() > 0) {
            lines.add("producer    gave up " + count(run.producer().failed()) + " records: "
                    + run.producer().failure());
        }
        lines.add("end to end  " + quantiles(run.endToEnd()));
        run.failover().ifPresent(failover -> lines.add("fail-over   " + failover(failover)));
        lines.add("budget      " + budget(run));
        return new Verdict(exitStatus(run), headline(run), List.copyOf(lines));
    }

    private static int exitStatus(final RunResult run) {
        if (!run.delivery().isExact() || run.producer().failed() > 0) {
            return ExitStatus.INEXACT;
        }
        return run.unexplainedOverBudgetCount() > 0 ? ExitStatus.OVER_BUDGET : ExitStatus.KEPT;
    }

    private static String headline(final RunResult run) {
        return switch (exitStatus(run)) {
            case ExitStatus.KEPT ->
                "every record came exactly once and in order, within the budget"
                        + (run.failover().isPresent() ? " but for the fail-over" : "");
            case ExitStatus.OVER_BUDGET -> "every record came exactly once and in order, but the budget was breached";
            default -> "not every record came exactly once and in order";
        };
    }

    private static String records(final RunResult run) {
        final double seconds = run.elapsedNs() / NS_PER_S;
        return String.format(
                Locale.ROOT,
                "%,d sent (%,d order events), %,d received in %.1f s, %,.0f/s",
                run.delivery().sent(),
                run.producer().events(),
                run.delivery().received(),
                seconds,
                run.delivery().received() / seconds);
    }

    private static String delivery(final DeliveryResult delivery) {
        return "lost " + count(delivery.lost()) + ", duplicated " + count(delivery.duplicated()) + ", reordered "
                + count(delivery.reordered())
                + (delivery.altered() > 0 ? ", altered content in " + delivery.altered() + " streams" : "")
                + (delivery.foreign() > 0 ? "; " + count(delivery.foreign()) + " records of others in the topics" : "");
    }

    private static String failover(final Failover failover) {
        return String.format(
                Locale.ROOT,
                "node %d was killed after %.1f s; records waited up to %s, %s of them longer than the budget",
                failover.nodeId(),
                failover.sinceStartNs() / NS_PER_S,
                StageTable.duration(failover.longestWaitNs()),
                count(failover.overBudgetCount()));
    }

    private static String quantiles(final Histogram histogram) {
        return histogram.getTotalCount() == 0
                ? "nothing came"
                : "p50 " + StageTable.duration(histogram.getValueAtPercentile(50))
                        + ", p99 " + StageTable.duration(histogram.getValueAtPercentile(99))
                        + ", p99.9 " + StageTable.duration(histogram.getValueAtPercentile(99.9))
                        + ", max " + StageTable.duration(histogram.getMaxValue());
    }

    private static String budget(final RunResult run) {
        final String limit = StageTable.duration(Stage.END_TO_END.budgetNs());
        if (run.unexplainedOverBudgetCount() == 0) {
            return run.failover().isPresent()
                    ? "kept: but for the fail-over no record took longer than " + limit
                    : "kept: no record took longer than " + limit + mostUsed(run.stages());
        }
        final String breached =
                "breached: " + count(run.unexplainedOverBudgetCount()) + " records took longer than " + limit;
        return run.culprits().isEmpty()
                ? breached
                : run.culprits().entrySet().stream()
                        .sorted(Map.Entry.<String, Long>comparingByValue().reversed())
                        .map(entry -> entry.getKey() + " " + count(entry.getValue()) + " times")
                        .collect(Collectors.joining(", ", breached + "; eaten by ", ""));
    }

    /** Which stage overran its own share, when one did: nothing is breached yet, but that is where it will be. */
    private static String mostUsed(final Map<Stage, Histogram> stages) {
        final Optional<Stage> culprit = Culprits.of(stages);
        return culprit.map(stage -> "; " + stage.label() + " overran its own "
                        + StageTable.duration(stage.budgetNs()) + " "
                        + count(Culprits.breaches(stage, stages.get(stage))) + " times")
                .orElse("");
    }

    private static String count(final long count) {
        return String.format(Locale.ROOT, "%,d", count);
    }
}
