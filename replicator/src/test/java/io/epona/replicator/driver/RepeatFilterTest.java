package io.epona.replicator.driver;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;

class RepeatFilterTest {
    private static final int SESSION = 17;
    private static final int STREAM = 1001;

    private final RepeatFilter statusMessages = RepeatFilter.ofStatusMessages();
    private final RepeatFilter heartbeats = RepeatFilter.ofHeartbeats();
    private long nowNs = Long.MAX_VALUE - 5;

    private boolean isDue(final RepeatFilter filter, final long position, final long afterMs) {
        nowNs += TimeUnit.MILLISECONDS.toNanos(afterMs);
        return filter.isDue(SESSION, STREAM, position, 0, nowNs);
    }

    @Test
    void shouldSendAtOnceWhenAReceiverHasMoved() {
        for (int position = 0; position < 100; position++) {
            assertTrue(isDue(statusMessages, position, 0));
        }
        assertTrue(statusMessages.isDue(SESSION, STREAM, 99, 1, nowNs), "another window");
    }

    @Test
    void shouldSendAStatusMessageOnceMoreWhenTheFirstMayBeLost() {
        assertTrue(isDue(statusMessages, 64, 0));
        assertTrue(isDue(statusMessages, 64, 200));
        assertFalse(isDue(statusMessages, 64, 200));
        assertTrue(isDue(statusMessages, 64, 200));
        assertFalse(isDue(statusMessages, 64, 200));
        assertTrue(isDue(statusMessages, 128, 0));
        assertTrue(isDue(statusMessages, 128, 200));
        assertFalse(isDue(statusMessages, 128, 200));
    }

    @Test
    void shouldSendSomeHeartbeatsWhenAStreamIsIdle() {
        int sent = 0;
        for (int i = 0; i < 100; i++) {
            sent += isDue(heartbeats, 64, 100) ? 1 : 0;
        }
        assertEquals(25, sent);
    }

    @Test
    void shouldSendAHeartbeatAtOnceWhenTheStreamHadBeenSilent() {
        assertTrue(isDue(heartbeats, 64, 0));
        assertTrue(isDue(heartbeats, 128, 300));
        assertFalse(isDue(heartbeats, 192, 100));
        assertFalse(isDue(heartbeats, 256, 100));
        assertTrue(isDue(heartbeats, 256, 100));
    }

    @Test
    void shouldSendAtOnceWhenAStreamBeginsAnew() {
        assertTrue(isDue(statusMessages, 64, 0));
        assertTrue(isDue(statusMessages, 64, 0));
        assertFalse(isDue(statusMessages, 64, 0));
        statusMessages.forget(SESSION, STREAM);
        assertTrue(isDue(statusMessages, 64, 0));
        assertTrue(statusMessages.isDue(SESSION, STREAM + 1, 64, 0, nowNs));
        assertTrue(statusMessages.isDue(SESSION + 1, STREAM, 64, 0, nowNs));
    }

    @Test
    void shouldKeepABoundedNumberOfStreams() {
        for (int session = 0; session < 10_000; session++) {
            assertTrue(statusMessages.isDue(session, STREAM, 0, 0, nowNs));
        }
    }
}
