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
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import org.HdrHistogram.Histogram;

/**
 * The stage times of the measured run: the consumer's own, and the node's from its metrics server, without what came
 * before the run. A metrics server that fails costs the table its rows, never the run. One thread, except that another
 * one records.
 */
final class StageTimes {
    private static final String OWNER = "demo";
    /** More would only repeat what these tell. */
    private static final int MAX_BREACHES = 100_000;

    private final BudgetRecorders own;
    private final StageRecorder recorder;
    private final Optional<StagesClient> node;
    private StageHistograms reported;
    private StageHistograms nodeBefore = StageHistograms.decode("");
    private Map<Stage, Histogram> nodeNow = Map.of();
    private final Set<NodeBreach> breaches = new LinkedHashSet<>();
    private String problem;

    StageTimes(final NodeClock clock, final Optional<StagesClient> node) {
        this.own = new BudgetRecorders(clock);
        this.recorder = own.recorder(OWNER, Stage.PROCESS, Stage.END_TO_END);
        this.node = node;
        this.reported = own.totals();
    }

    /** Whether the node can be asked for its times. */
    boolean isNodeKnown() {
        return node.isPresent();
    }

    /** For the consumer's thread. */
    StageRecorder recorder() {
        return recorder;
    }

    /** What the node has recorded until now is not of the run. */
    void begin() {
        node.ifPresent(client -> attempt(() -> nodeBefore = client.stages()));
    }

    /** The consumer's times so far. */
    StageHistograms own() {
        return own.totals();
    }

    /** Asks the node for its times. */
    void refresh() {
        node.ifPresent(client -> attempt(() -> {
            final Map<Stage, Histogram> merged = new EnumMap<>(Stage.class);
            client.stages().since(nodeBefore).byTag().forEach((tag, histogram) -> {
                if (!tag.owner().equals(OWNER)) {
                    final Histogram sum = merged.get(tag.stage());
                    if (sum == null) {
                        merged.put(tag.stage(), histogram.copy());
                    } else {
                        sum.add(histogram);
                    }
                }
            });
            nodeNow = merged;
        }));
    }

    /** Tells the node what the consumer timed since the last report, for those who watch the node. */
    void report() {
        final StageHistograms now = own.totals();
        node.ifPresent(client -> attempt(() -> {
            client.report(now.since(reported));
            reported = now;
        }));
    }

    /** The node's times as last asked for, and the consumer's now. */
    Map<Stage, Histogram> all() {
        final Map<Stage, Histogram> all = new EnumMap<>(Stage.class);
        all.putAll(nodeNow);
        own.totals().byStage().forEach(all::put);
        return all;
    }

    /** Takes down the breaches that the node has seen lately: it forgets the oldest of many. */
    void collectBreaches() {
        node.ifPresent(client -> attempt(() -> {
            if (breaches.size() < MAX_BREACHES) {
                breaches.addAll(client.breaches());
            }
        }));
    }

    /** Breaches of stage budgets that the node saw, as far as they were taken down. */
    Collection<NodeBreach> breaches() {
        return breaches;
    }

    /** Why the node's times are missing or old. */
    Optional<String> problem() {
        return Optional.ofNullable(problem);
    }

    @FunctionalInterface
    private interface Exchange {
        void run() throws IOException;
    }

    private void attempt(final Exchange exchange) {
        try {
            exchange.run();
        } catch (final IOException ex) {
            problem = ex.getMessage() == null ? ex.toString() : ex.getMessage();
        }
    }
}
