package io.epona.demo.report;

import io.epona.demo.load.DeliveryResult;
import io.epona.runtime.budget.Stage;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.HdrHistogram.Histogram;

/**
 * Everything that a run showed.
 *
 * @param flow where the events came from and how they were played, for people
 * @param startedAt first event was due
 * @param elapsedNs from then until the last record came
 * @param delivery what came, compared with what was sent
 * @param producer how the producer fared
 * @param stages times of the stages: the node's, without the warm-up, and the consumer's
 * @param acknowledgement from due to acknowledged, as the producer saw it
 * @param timeline second by second
 * @param overBudgetCount records that took longer than the end-to-end budget
 * @param culprits how many of them each stage is to blame for, by its name
 * @param conditions name and value, of machine, node and run
 * @param notes what a reader must know besides
 * @param failover when a node was killed in the middle, on purpose
 */
public record RunResult(
        String flow,
        Instant startedAt,
        long elapsedNs,
        DeliveryResult delivery,
        ProducerResult producer,
        Map<Stage, Histogram> stages,
        Histogram acknowledgement,
        List<TimelinePoint> timeline,
        long overBudgetCount,
        Map<String, Long> culprits,
        Map<String, String> conditions,
        List<String> notes,
        Optional<Failover> failover) {
    /**
     * How the producer fared.
     *
     * @param events sent; an event is a record in one topic or in both
     * @param acknowledged records
     * @param failed records that the producer gave up
     * @param failure why it gave up the first of them, or null
     * @param maxLateNs longest time that an event was handed to it after it was due
     */
    public record ProducerResult(long events, long acknowledged, long failed, String failure, long maxLateNs) {}

    /** Records over budget for which no fail-over on purpose is the reason. */
    public long unexplainedOverBudgetCount() {
        return overBudgetCount - failover.map(Failover::overBudgetCount).orElse(0L);
    }

    /** End-to-end times, in nanoseconds. */
    public Histogram endToEnd() {
        return stages.get(Stage.END_TO_END);
    }
}
