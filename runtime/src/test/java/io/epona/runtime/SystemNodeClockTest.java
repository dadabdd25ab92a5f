package io.epona.runtime;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.epona.runtime.testing.Allocation;
import io.epona.runtime.testing.SettableNodeClock;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;

class SystemNodeClockTest {
    @Test
    void shouldTellTheMachinesTime() {
        final SystemNodeClock clock = new SystemNodeClock();
        final long beforeMs = System.currentTimeMillis();
        final long nowMs = clock.epochMs();
        final long afterMs = System.currentTimeMillis();
        assertTrue(nowMs >= beforeMs - 50 && nowMs <= afterMs + 50, beforeMs + " " + nowMs + " " + afterMs);
    }

    @Test
    void shouldNotGoBackWhenNobodySetsTheWallClock() {
        final SystemNodeClock clock = new SystemNodeClock();
        long lastNs = clock.epochNs();
        for (int i = 0; i < 100_000; i++) {
            final long nowNs = clock.epochNs();
            assertTrue(nowNs >= lastNs);
            lastNs = nowNs;
        }
    }

    /** Between which values the clock's distance from monotonic time is, which holds wherever a thread is held up. */
    private record Distance(long leastNs, long mostNs) {
        static Distance of(final SystemNodeClock clock) {
            long leastNs = Long.MIN_VALUE;
            long mostNs = Long.MAX_VALUE;
            for (int i = 0; i < 1_000; i++) {
                final long beforeNs = System.nanoTime();
                final long epochNs = clock.epochNs();
                leastNs = Math.max(leastNs, epochNs - System.nanoTime());
                mostNs = Math.min(mostNs, epochNs - beforeNs);
            }
            return new Distance(leastNs, mostNs);
        }
    }

    @Test
    void shouldSlewWhenItDeviatesALittle() {
        final SystemNodeClock clock = new SystemNodeClock();
        final Distance before = Distance.of(clock);
        clock.correct(SystemNodeClock.STEP_THRESHOLD_NS);
        final Distance after = Distance.of(clock);
        assertTrue(after.leastNs - before.mostNs <= SystemNodeClock.MAX_SLEW_NS, before + " " + after);
        assertTrue(after.mostNs - before.leastNs >= SystemNodeClock.MAX_SLEW_NS, before + " " + after);
        assertEquals(0, clock.stepCount());
    }

    @Test
    void shouldStepAndCountWhenTheWallClockWasSet() {
        final SystemNodeClock clock = new SystemNodeClock();
        clock.correct(-TimeUnit.HOURS.toNanos(1));
        assertEquals(1, clock.stepCount());
        assertTrue(System.currentTimeMillis() - clock.epochMs() > TimeUnit.MINUTES.toMillis(59));
        clock.synchronise();
        assertEquals(2, clock.stepCount());
        assertTrue(Math.abs(System.currentTimeMillis() - clock.epochMs()) < 1_000);
    }

    @Test
    void shouldNotAllocateWhenRead() {
        final SystemNodeClock clock = new SystemNodeClock();
        final long[] sink = new long[1];
        assertEquals(0, Allocation.bytesPerRun(100_000, () -> sink[0] += clock.epochNs() + clock.nanoTime()));
    }

    @Test
    void shouldStandStillUntilMovedWhenSettable() {
        final SettableNodeClock clock = new SettableNodeClock(5_000_000L);
        assertEquals(5, clock.epochMs());
        clock.advanceMs(7);
        assertEquals(12, clock.epochMs());
        assertEquals(7_000_000L, clock.nanoTime());
        clock.epochNs(1);
        assertEquals(7_000_000L, clock.nanoTime());
        assertEquals(1, clock.epochNs());
    }
}
