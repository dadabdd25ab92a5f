package io.epona.sequencer;

import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import org.junit.jupiter.api.Test;

class MulticastHearingTest {
    private static final int SPAN_LENGTH = 1_024;
    private static final long SILENCE_NS = 1_000;

    private final MulticastHearing hearing = new MulticastHearing(SPAN_LENGTH, SILENCE_NS);

    @Test
    void shouldHearOnlyWhenTheLastMessageContinuedTheLogLately() {
        assertFalse(hearing.hears(0));
        hearing.onTaken(10);
        assertTrue(hearing.hears(10 + SILENCE_NS - 1));
        assertFalse(hearing.hears(10 + SILENCE_NS));
        hearing.onTaken(2_000);
        hearing.onMissed(64, 128);
        assertFalse(hearing.hears(2_000));
        hearing.onTaken(2_001);
        assertTrue(hearing.hears(2_001));
        hearing.clear();
        assertFalse(hearing.hears(2_001));
    }

    @Test
    void shouldTellAGapOnceWhenTheStreamGoesOnBehindIt() {
        assertTrue(hearing.onMissed(64, 128), "the first that is heard");
        assertFalse(hearing.onMissed(128, 192));
        assertFalse(hearing.onMissed(192, 192), "a heartbeat");
        assertTrue(hearing.onMissed(256, 320), "the stream has a gap itself");
        assertFalse(hearing.onMissed(320, SPAN_LENGTH - 32));
        assertFalse(hearing.onMissed(SPAN_LENGTH, SPAN_LENGTH + 64), "no frame fits into the end of a span");
        hearing.onTaken(0);
        assertTrue(
                hearing.onMissed(SPAN_LENGTH + 64, SPAN_LENGTH + 128), "the next does not continue the log any more");
        hearing.clear();
        assertTrue(hearing.onMissed(SPAN_LENGTH + 128, SPAN_LENGTH + 192));
    }
}
