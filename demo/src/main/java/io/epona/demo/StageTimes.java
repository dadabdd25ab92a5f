package io.epona.demo;

import io.epona.demo.node.StagesClient;
import io.epona.demo.node.StagesClient.NodeBreach;
import io.epona.runtime.NodeClock;
import io.epona.runtime.budget.BudgetRecorders;
import io.epona.runtime.budget.Stage;
import io.epona.runtime.budget.StageHistograms;
import io.epona.runtime.budget.StageRecorder;
import java.io.IOException;
import java.util.Collection;
import java.util.EnumMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import org.HdrHistogram.Histogram;

/**
 * The stage times of the measured run: the consumer's own, and the nodes' from their metrics servers, without what came
 * before the run. A metrics server that fails costs the table its newest rows, never the run: what was read before
 * stays. One thread, except that another one records.
 */
final class StageTimes {
    private static final String OWNER = "demo";
    /** More would only repeat what these tell. */
    private static final int MAX_BREACHES = 100_000;

    private final BudgetRecorders own;
    private final StageRecorder recorder;
    private final List<Source> nodes;
    private StageHistograms reported;
    private final Set<NodeBreach> breaches = new LinkedHashSet<>();
    private String problem;

    /** A node's times: before the run, and as last read. */
    private static final class Source {
        final StagesClient client;
        StageHistograms before = StageHistograms.decode("");
        StageHistograms now = StageHistograms.decode("");

        Source(final StagesClient client) {
            this.client = client;
        }
    }

    StageTimes(final NodeClock clock, final List<StagesClient> nodes) {
        this.own = new BudgetRecorders(clock);
        this.recorder = own.recorder(OWNER, Stage.PROCESS, Stage.END_TO_END);
        this.nodes = nodes.stream().map(Source::new).toList();
        this.reported = own.totals();
    }

    /** Whether the nodes can be asked for their times. */
    boolean isNodeKnown() {
        return !nodes.isEmpty();
    }

    /** For the consumer's thread. */
    StageRecorder recorder() {
        return recorder;
    }

    /** What the nodes have recorded until now is not of the run. */
    void begin() {
        nodes.forEach(node -> attempt(() -> {
            node.before = node.client.stages();
            node.now = node.before;
        }));
    }

    /** The consumer's times so far. */
    StageHistograms own() {
        return own.totals();
    }

    /** Asks the nodes for their times. */
    void refresh() {
        nodes.forEach(node -> attempt(() -> node.now = node.client.stages()));
    }

    /** Tells a node what the consumer timed since the last report, for those who watch it. */
    void report() {
        final StageHistograms now = own.totals();
        for (final Source node : nodes) {
            if (attempt(() -> node.client.report(now.since(reported)))) {
                reported = now;
                return;
            }
        }
    }

    /** The nodes' times as last asked for, and the consumer's now. */
    Map<Stage, Histogram> all() {
        final Map<Stage, Histogram> all = new EnumMap<>(Stage.class);
        nodes.forEach(node -> node.now.since(node.before).byTag().forEach((tag, histogram) -> {
            if (!tag.owner().equals(OWNER)) {
                final Histogram sum = all.get(tag.stage());
                if (sum == null) {
                    all.put(tag.stage(), histogram.copy());
                } else {
                    sum.add(histogram);
                }
            }
        }));
        own.totals().byStage().forEach(all::put);
        return all;
    }

    /** Takes down the breaches that the nodes have seen lately: they forget the oldest of many. */
    void collectBreaches() {
        nodes.forEach(node -> attempt(() -> {
            if (breaches.size() < MAX_BREACHES) {
                breaches.addAll(node.client.breaches());
            }
        }));
    }

    /** Breaches of stage budgets that the nodes saw, as far as they were taken down. */
    Collection<NodeBreach> breaches() {
        return breaches;
    }

    /** Why a node's times are missing or old. */
    Optional<String> problem() {
        return Optional.ofNullable(problem);
    }

    @FunctionalInterface
    private interface Exchange {
        void run() throws IOException;
    }

    private boolean attempt(final Exchange exchange) {
        try {
            exchange.run();
            return true;
        } catch (final IOException ex) {
            problem = ex.getMessage() == null ? ex.toString() : ex.getMessage();
            return false;
        }
    }
}
