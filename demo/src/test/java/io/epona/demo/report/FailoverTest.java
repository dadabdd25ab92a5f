package io.epona.demo.report;

import static org.junit.jupiter.api.Assertions.assertEquals;

import io.epona.demo.load.DemoTopic;
import io.epona.demo.load.OverBudget;
import java.util.List;
import org.junit.jupiter.api.Test;

class FailoverTest {
    private static final long MS = 1_000_000;
    private static final long KILL_NS = 10_000 * MS;

    private static OverBudget record(final long dueMs, final long elapsedMs) {
        return new OverBudget(DemoTopic.MARKET_DATA, 0, 0, dueMs * MS, elapsedMs * MS, 0);
    }

    @Test
    void shouldCountRecordsThatWaitedWhenNodeWasKilled() {
        final Failover failover = Failover.of(
                3,
                KILL_NS,
                2_000 * MS,
                List.of(record(10_500, 400), record(9_950, 900), record(10_001, 850), record(2_500, 300)));
        assertEquals(new Failover(3, KILL_NS, 8_000 * MS, 900 * MS, 3), failover);
    }

    @Test
    void shouldLeaveOutRecordsWhenTheyWereDueAfterTheGap() {
        final Failover gap = Failover.of(3, KILL_NS, 0, List.of(record(10_100, 500), record(11_700, 150)));
        assertEquals(1, gap.overBudgetCount());
        assertEquals(500 * MS, gap.longestWaitNs());
    }
}
