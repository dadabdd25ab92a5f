package io.epona.demo.report;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.epona.demo.ExitStatus;
import io.epona.demo.load.DeliveryResult;
import java.util.Map;
import org.junit.jupiter.api.Test;

class VerdictTest {
    private static final long MS = SampleRun.MS;

    private static void assertSays(final Verdict verdict, final String expected) {
        assertTrue(verdict.lines().stream().anyMatch(line -> line.contains(expected)), verdict.toString());
    }

    @Test
    void shouldBeKeptWhenEverythingCameInTime() {
        final Verdict verdict = Verdict.of(SampleRun.exact());
        assertEquals(ExitStatus.KEPT, verdict.exitStatus());
        assertEquals("every record came exactly once and in order, within the budget", verdict.headline());
        assertSays(verdict, "1,000 sent (800 order events), 1,000 received in 10.0 s, 100/s");
        assertSays(verdict, "lost 0, duplicated 0, reordered 0");
        assertSays(verdict, "p50 2 ms");
        assertSays(verdict, "kept: no record took longer than 100 ms");
    }

    @Test
    void shouldBeOverBudgetWhenRecordTookTooLong() {
        final Verdict verdict = Verdict.of(SampleRun.of(
                new DeliveryResult(1_000, 1_000, 0, 0, 0, 0, 0),
                12,
                Map.of("reserve", 3L, "commit (journal)", 9L),
                120 * MS));
        assertEquals(ExitStatus.OVER_BUDGET, verdict.exitStatus());
        assertSays(
                verdict,
                "breached: 12 records took longer than 100 ms; eaten by commit (journal) 9 times, reserve 3 times");
    }

    @Test
    void shouldBeKeptWhenOnlyTheFailOverTookTooLong() {
        final Failover failover = new Failover(2, 0, 5_000 * MS, 900 * MS, 40);
        final Verdict verdict = Verdict.of(SampleRun.withFailover(40, failover));
        assertEquals(ExitStatus.KEPT, verdict.exitStatus());
        assertSays(verdict, "node 2 was killed after 5.0 s; records waited up to 900 ms, 40 of them longer");
        assertSays(verdict, "kept: but for the fail-over");
    }

    @Test
    void shouldBeOverBudgetWhenRecordsBesideTheFailOverTookTooLong() {
        final Failover failover = new Failover(2, 0, 5_000 * MS, 900 * MS, 40);
        final Verdict verdict = Verdict.of(SampleRun.withFailover(41, failover));
        assertEquals(ExitStatus.OVER_BUDGET, verdict.exitStatus());
        assertSays(verdict, "breached: 1 records took longer");
    }

    @Test
    void shouldBlameNobodyWhenStagesAreNotKnown() {
        final Verdict verdict =
                Verdict.of(SampleRun.of(new DeliveryResult(1_000, 1_000, 0, 0, 0, 0, 0), 12, Map.of(), 120 * MS));
        assertTrue(verdict.lines().getLast().endsWith("12 records took longer than 100 ms"), verdict.toString());
    }

    @Test
    void shouldBeInexactWhenAnythingIsWrongWithDelivery() {
        final DeliveryResult[] results = {
            new DeliveryResult(1_000, 999, 1, 0, 0, 0, 0),
            new DeliveryResult(1_000, 1_000, 0, 1, 0, 0, 0),
            new DeliveryResult(1_000, 1_000, 0, 0, 1, 0, 0),
            new DeliveryResult(1_000, 1_000, 0, 0, 0, 1, 0)
        };
        for (final DeliveryResult result : results) {
            final Verdict verdict = Verdict.of(SampleRun.of(result, 12, Map.of("reserve", 12L), 120 * MS));
            assertEquals(ExitStatus.INEXACT, verdict.exitStatus());
            assertEquals("not every record came exactly once and in order", verdict.headline());
        }
    }

    @Test
    void shouldBeInexactWhenProducerGaveUp() {
        final Verdict verdict = Verdict.of(SampleRun.withFailures());
        assertEquals(ExitStatus.INEXACT, verdict.exitStatus());
        assertSays(verdict, "gave up 3 records: too late");
    }

    @Test
    void shouldMentionOthersWhenTheyUseTheTopics() {
        final Verdict verdict =
                Verdict.of(SampleRun.of(new DeliveryResult(1_000, 1_000, 0, 0, 0, 0, 7), 0, Map.of(), MS));
        assertEquals(ExitStatus.KEPT, verdict.exitStatus());
        assertSays(verdict, "7 records of others in the topics");
    }
}
