package io.epona.node.metrics;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;

import io.epona.runtime.SystemNodeClock;
import io.epona.runtime.budget.BudgetRecorders;
import io.epona.runtime.budget.Stage;
import io.epona.runtime.budget.StageHistograms;
import org.junit.jupiter.api.Test;

class ReportedStagesTest {
    private final ReportedStages reported = new ReportedStages();
    private final StageHistograms own = report("lane-0", Stage.COMMIT, 7);

    @Test
    void shouldAddUpReportsWhenAConsumerReportsAgain() {
        reported.add(report("demo", Stage.PROCESS, 3).encode());
        reported.add(report("demo", Stage.PROCESS, 4).encode());
        final var joined = reported.joinedWith(own).byStage();
        assertEquals(7, joined.get(Stage.PROCESS).getTotalCount());
        assertEquals(7, joined.get(Stage.COMMIT).getTotalCount());
    }

    @Test
    void shouldRefuseAReportWhenTheNodeTimesTheStageItself() {
        assertThrows(
                IllegalArgumentException.class,
                () -> reported.add(report("demo", Stage.COMMIT, 1).encode()));
        assertEquals(own.encode(), reported.joinedWith(own).encode());
    }

    @Test
    void shouldRefuseAReportWhenItIsRubbish() {
        assertThrows(IllegalArgumentException.class, () -> reported.add("rubbish\u0000,,,"));
    }

    @Test
    void shouldRefuseOneConsumerMoreWhenTheLimitIsReached() {
        for (int i = 0; i < ReportedStages.MAX_OWNERS; i++) {
            reported.add(report("c" + i, Stage.PROCESS, 1).encode());
            reported.add(report("c" + i, Stage.END_TO_END, 1).encode());
        }
        assertThrows(
                IllegalArgumentException.class,
                () -> reported.add(report("one-more", Stage.PROCESS, 1).encode()));
    }

    private static StageHistograms report(final String owner, final Stage stage, final int count) {
        final BudgetRecorders recorders = new BudgetRecorders(new SystemNodeClock());
        recorders.recorder(owner, stage).record(stage, 1_000_000, count);
        return recorders.totals();
    }
}
