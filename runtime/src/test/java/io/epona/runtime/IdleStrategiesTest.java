package io.epona.runtime;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertInstanceOf;
import static org.junit.jupiter.api.Assertions.assertNotNull;
import static org.junit.jupiter.api.Assertions.assertSame;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import org.junit.jupiter.api.Test;

class IdleStrategiesTest {
    private static final IdleStrategies.Settings SETTINGS = new IdleStrategies.Settings(10, 5, 1_000, 1_000_000);

    @Test
    void shouldMakeEachStrategyWhenNamed() {
        for (final String name : IdleStrategies.NAMES) {
            final IdleStrategies.Waiting waiting = IdleStrategies.byName(name, SETTINGS);
            assertNotNull(waiting.idleStrategy(), name);
            waiting.idleStrategy().idle(0);
            waiting.idleStrategy().reset();
        }
    }

    @Test
    void shouldGiveASignalOnlyWhenTheStrategyParksOnIt() {
        assertInstanceOf(
                ParkingSignal.class,
                IdleStrategies.byName("signalled", SETTINGS).signal());
        assertSame(Signal.NONE, IdleStrategies.byName("spin", SETTINGS).signal());
        assertSame(Signal.NONE, IdleStrategies.byName("backoff", SETTINGS).signal());
    }

    @Test
    void shouldNameTheKnownOnesWhenTheNameIsUnknown() {
        final Exception ex =
                assertThrows(IllegalArgumentException.class, () -> IdleStrategies.byName("slumber", SETTINGS));
        assertTrue(ex.getMessage().contains("signalled"), ex.getMessage());
        assertEquals("signalled", SignalledIdleStrategy.ALIAS);
    }

    @Test
    void shouldRefuseNumbersThatMakeNoSense() {
        assertThrows(IllegalArgumentException.class, () -> new SignalledIdleStrategy(new ParkingSignal(), -1, 1_000));
        assertThrows(IllegalArgumentException.class, () -> new SignalledIdleStrategy(new ParkingSignal(), 1, 0));
    }
}
