package io.epona.runtime.budget;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.epona.runtime.testing.SettableNodeClock;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

@Timeout(120)
class BreachLogTest {
    private static void record(final BreachLog log, final long n) {
        log.record(n, (int) (n & 0x7FFFFFFF), n * 3, Stage.COMMIT, n * 5, Stage.JOURNAL, n * 7);
    }

    private static Breach breach(final long n) {
        return new Breach(n, (int) (n & 0x7FFFFFFF), n * 3, Stage.COMMIT, n * 5, Stage.JOURNAL, n * 7);
    }

    @Test
    void shouldGiveTheNewestOldestFirstWhenFull() {
        final BreachLog log = new BreachLog(4);
        assertTrue(log.newest(10).isEmpty());
        for (int n = 0; n < 6; n++) {
            record(log, n);
        }
        assertEquals(6, log.count());
        assertEquals(4, log.capacity());
        assertEquals(List.of(breach(2), breach(3), breach(4), breach(5)), log.newest(10));
        assertEquals(List.of(breach(5)), log.newest(1));
    }

    @Test
    void shouldGiveWholeEntriesOnlyWhenReadWhileBeingWritten() throws InterruptedException {
        final BreachLog log = new BreachLog(8);
        final long count = 2_000_000;
        final Thread writer = Thread.ofPlatform().daemon().start(() -> {
            for (long n = 0; n < count; n++) {
                record(log, n);
            }
        });
        long read = 0;
        while (writer.isAlive()) {
            long last = -1;
            for (final Breach breach : log.newest(8)) {
                assertEquals(breach(breach.epochNs()), breach);
                assertTrue(breach.epochNs() > last);
                last = breach.epochNs();
                read++;
            }
        }
        writer.join();
        assertEquals(count, log.count());
        assertEquals(8, log.newest(8).size(), () -> "nothing is written any more");
        assertTrue(read >= 0);
    }

    @Test
    void shouldMergeLogsByTimeWhenAskedForTheWholeNode() {
        final BudgetRecorders recorders = new BudgetRecorders(new SettableNodeClock());
        final BreachLog one = recorders.breachLog("lane-0", 4);
        final BreachLog other = recorders.breachLog("gateway-0", 4);
        record(one, 1);
        record(other, 2);
        record(one, 3);
        assertEquals(3, recorders.breachCount());
        assertEquals(List.of(breach(2), breach(3)), recorders.newestBreaches(2));
        assertEquals(2, recorders.breachLogs().size());
    }

    @Test
    void shouldSurviveAsALineOfText() {
        final Breach breach = breach(123_456_789);
        assertEquals(breach, Breach.parse(breach.toLine()));
        assertThrows(IllegalArgumentException.class, () -> Breach.parse("1 2 3"));
        assertThrows(IllegalArgumentException.class, () -> Breach.parse("1 2 3 commit x journal 7"));
    }

    @Test
    void shouldRefuseACapacityThatIsNoPowerOfTwo() {
        assertThrows(IllegalArgumentException.class, () -> new BreachLog(3));
        assertThrows(IllegalArgumentException.class, () -> new BreachLog(0));
    }
}
