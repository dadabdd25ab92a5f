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

    @Test
    void shouldSlewWhenItDeviatesALittle() {
        final SystemNodeClock clock = new SystemNodeClock();
        final long beforeNs = clock.epochNs() - System.nanoTime();
        clock.correct(5_000_000);
        assertEquals(beforeNs + SystemNodeClock.MAX_SLEW_NS, clock.epochNs() - System.nanoTime(), 5_000_000);
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
