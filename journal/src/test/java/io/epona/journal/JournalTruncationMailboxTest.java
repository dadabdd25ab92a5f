package io.epona.journal;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import org.junit.jupiter.api.Test;

/** The hand-over of one truncation after the other between lane and writer. */
class JournalTruncationMailboxTest {
    private final JournalTruncation truncation = new JournalTruncation();

    @Test
    void shouldHaveNothingPendingWhenNothingWasRequested() {
        assertFalse(truncation.isPending());
        assertTrue(truncation.isDone(0));
        assertThrows(IllegalStateException.class, () -> truncation.acknowledge(1));
    }

    @Test
    void shouldBeDoneOnlyWhenTheSameGenerationWasAcknowledged() {
        for (int i = 1; i < 4; i++) {
            final long generation = truncation.request(i * 4096L);
            assertEquals(i, generation);
            assertTrue(truncation.isPending());
            assertFalse(truncation.isDone(generation));
            assertTrue(truncation.isDone(generation - 1));
            assertEquals(i * 4096L, truncation.pendingPosition());
            truncation.acknowledge(truncation.pendingGeneration());
            assertFalse(truncation.isPending());
            assertTrue(truncation.isDone(generation));
            assertTrue(truncation.isHeld());
            truncation.resume(generation);
            assertFalse(truncation.isHeld());
        }
    }

    @Test
    void shouldRefuseASecondRequestWhileOneIsUnderWay() {
        truncation.request(64);
        assertThrows(IllegalStateException.class, () -> truncation.request(0));
        assertEquals(64, truncation.pendingPosition());
    }

    @Test
    void shouldRefuseTheNextRequestUntilTheLaneHasResumed() {
        final long generation = truncation.request(64);
        assertThrows(IllegalStateException.class, () -> truncation.resume(generation));
        truncation.acknowledge(generation);
        assertThrows(IllegalStateException.class, () -> truncation.request(0));
        truncation.resume(generation);
        assertThrows(IllegalStateException.class, () -> truncation.resume(generation));
        assertEquals(generation + 1, truncation.request(0));
    }

    @Test
    void shouldRefuseToAcknowledgeAnotherGenerationThanIsPending() {
        final long first = truncation.request(64);
        assertThrows(IllegalStateException.class, () -> truncation.acknowledge(first + 1));
        assertThrows(IllegalStateException.class, () -> truncation.acknowledge(first - 1));
        truncation.acknowledge(first);
        assertThrows(IllegalStateException.class, () -> truncation.acknowledge(first));
    }

    @Test
    void shouldRefuseANegativePosition() {
        assertThrows(IllegalArgumentException.class, () -> truncation.request(-8));
        assertFalse(truncation.isPending());
    }
}
