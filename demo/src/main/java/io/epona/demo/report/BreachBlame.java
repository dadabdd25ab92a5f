package io.epona.demo.report;

import io.epona.demo.load.OverBudget;
import io.epona.demo.node.StagesClient.NodeBreach;
import io.epona.runtime.budget.Culprits;
import io.epona.runtime.budget.Stage;
import java.util.Collection;
import java.util.List;
import java.util.Map;
import java.util.NavigableMap;
import java.util.TreeMap;

/**
 * Which stage ate the budget of each record that was over it: the one that exceeded its own by most. A stage that the
 * node saw no breach of counts as nothing; what no stage explains is the reserve's, that is network, queues and pauses
 * outside the node. One thread.
 */
public final class BreachBlame {
    /** A node names the first offset of a batch; a record that far behind it may be of the same batch. */
    private static final long MAX_BATCH_RECORDS = 1_000;

    private final Map<String, NavigableMap<Long, NodeBreach>> byStageAndPartition = new TreeMap<>();

    /** @param breaches of stage budgets that the node saw */
    public BreachBlame(final Collection<NodeBreach> breaches) {
        for (final NodeBreach breach : breaches) {
            byStageAndPartition
                    .computeIfAbsent(key(breach.stage(), breach.topicPartition()), key -> new TreeMap<>())
                    .merge(breach.offset(), breach, (one, other) -> one.elapsedNs() >= other.elapsedNs() ? one : other);
        }
    }

    private static String key(final Stage stage, final String topicPartition) {
        return stage.label() + ' ' + topicPartition;
    }

    /** How many of the records each stage, or part of one, is to blame for, by its name. */
    public Map<String, Long> count(final List<OverBudget> records) {
        final Map<String, Long> counts = new TreeMap<>();
        records.forEach(record -> counts.merge(blamed(record), 1L, Long::sum));
        return counts;
    }

    private String blamed(final OverBudget record) {
        final NodeBreach commit = breach(Stage.COMMIT, record);
        final Stage stage = Culprits.ofRecord(
                elapsedNs(breach(Stage.PRODUCE, record)),
                elapsedNs(commit),
                elapsedNs(breach(Stage.DELIVER, record)),
                record.processNs(),
                record.elapsedNs());
        final boolean isPartKnown =
                stage == Stage.COMMIT && commit != null && !commit.culprit().equals(stage.label());
        return isPartKnown ? stage.label() + " (" + commit.culprit() + ")" : stage.label();
    }

    private static long elapsedNs(final NodeBreach breach) {
        return breach == null ? 0 : breach.elapsedNs();
    }

    private NodeBreach breach(final Stage stage, final OverBudget record) {
        final NavigableMap<Long, NodeBreach> breaches =
                byStageAndPartition.get(key(stage, record.topic().topicName() + '-' + record.partition()));
        final Map.Entry<Long, NodeBreach> nearest = breaches == null ? null : breaches.floorEntry(record.offset());
        return nearest == null || record.offset() - nearest.getKey() >= MAX_BATCH_RECORDS ? null : nearest.getValue();
    }
}
