package io.epona.controller.cluster;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;

class PausingClusterClockTest {
    private static final long PAUSE_MS = TimeUnit.NANOSECONDS.toMillis(PausingClusterClock.PAUSE_NS);

    private long nowNs = 77;
    private final PausingClusterClock clock = new PausingClusterClock(() -> nowNs, 1_000);

    @Test
    void shouldCountWhatPassesWhenItIsAskedOften() {
        assertEquals(1_000, clock.time());
        for (int ms = 1; ms <= 500; ms++) {
            assertEquals(1_000 + ms, after(1));
        }
    }

    @Test
    void shouldLeaveAPauseOutWhenItWasNotAskedForLong() {
        assertEquals(1_000 + PAUSE_MS, after(5_000));
        assertTrue(after(8) >= 1_000 + PAUSE_MS + 8);
    }

    @Test
    void shouldComeNearAgainAndGoNoFurtherWhenThePauseIsOver() {
        after(1_000);
        long newestMs = clock.time();
        for (int i = 0; i < 2_000; i++) {
            long timeMs = after(8);
            assertTrue(timeMs >= newestMs && timeMs <= newestMs + 9, "newestMs=" + newestMs + ", timeMs=" + timeMs);
            newestMs = timeMs;
        }
        assertEquals(1_000 + 1_000 + 2_000 * 8, newestMs);
    }

    private long after(long ms) {
        nowNs += TimeUnit.MILLISECONDS.toNanos(ms);
        return clock.time();
    }
}
