package io.epona.demo.report;

import static org.junit.jupiter.api.Assertions.assertEquals;

import io.epona.demo.load.DemoTopic;
import io.epona.demo.load.OverBudget;
import io.epona.demo.node.StagesClient.NodeBreach;
import io.epona.runtime.budget.Stage;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;

class BreachBlameTest {
    private static final long MS = SampleRun.MS;

    private static OverBudget record(final long offset, final long elapsedMs, final long processMs) {
        return new OverBudget(DemoTopic.MARKET_DATA, 2, offset, 0, elapsedMs * MS, processMs * MS);
    }

    private static NodeBreach breach(final long offset, final Stage stage, final long elapsedMs, final String culprit) {
        return new NodeBreach("market-data-2", offset, stage, elapsedMs * MS, culprit, elapsedMs * MS);
    }

    private static Map<String, Long> blame(final OverBudget record, final NodeBreach... breaches) {
        return new BreachBlame(List.of(breaches)).count(List.of(record));
    }

    @Test
    void shouldBlameCommitAndItsPartWhenNodeSawItsBatchBreached() {
        assertEquals(
                Map.of("commit (journal)", 1L), blame(record(105, 130, 1), breach(100, Stage.COMMIT, 120, "journal")));
    }

    @Test
    void shouldBlameTheWorstStageWhenSeveralWereBreached() {
        assertEquals(
                Map.of("produce", 1L),
                blame(
                        record(105, 130, 1),
                        breach(100, Stage.COMMIT, 20, "journal"),
                        breach(100, Stage.PRODUCE, 90, "produce")));
    }

    @Test
    void shouldBlameProcessWhenConsumerTookLongest() {
        assertEquals(Map.of("process", 1L), blame(record(105, 300, 250), breach(100, Stage.COMMIT, 40, "journal")));
    }

    @Test
    void shouldBlameReserveWhenNoStageExplainsIt() {
        assertEquals(Map.of("reserve", 1L), blame(record(105, 130, 1)));
        assertEquals(Map.of("reserve", 1L), blame(record(105, 130, 1), breach(100, Stage.COMMIT, 11, "journal")));
    }

    @Test
    void shouldNotBlameStageWhenBreachWasOfAnotherBatch() {
        assertEquals(Map.of("reserve", 1L), blame(record(5_000, 130, 1), breach(100, Stage.COMMIT, 120, "journal")));
        assertEquals(Map.of("reserve", 1L), blame(record(99, 130, 1), breach(100, Stage.COMMIT, 120, "journal")));
        assertEquals(
                Map.of("reserve", 1L),
                blame(
                        record(105, 130, 1),
                        new NodeBreach("order-events-2", 100, Stage.COMMIT, 120 * MS, "journal", 1)));
    }
}
