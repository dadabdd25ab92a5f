package io.epona.sequencer;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import org.apache.kafka.common.record.internal.DefaultRecordBatch;
import org.junit.jupiter.api.Test;

class SequencesTest {
    @Test
    void shouldWrapToZeroWhenTheLargestSequenceIsPassed() {
        assertEquals(0, Sequences.advance(Integer.MAX_VALUE, 1));
        assertEquals(4, Sequences.advance(Integer.MAX_VALUE - 5, 10));
        assertEquals(Integer.MAX_VALUE, Sequences.advance(Integer.MAX_VALUE - 1, 1));
        assertTrue(Sequences.isNext(Integer.MAX_VALUE, 0));
        assertFalse(Sequences.isNext(Integer.MAX_VALUE, 1));
        assertFalse(Sequences.isNext(5, 0));
    }

    @Test
    void shouldCountAsKafkaDoesWhenSequencesAreAdvanced() {
        for (final int sequence : new int[] {0, 1, 17, Integer.MAX_VALUE - 2, Integer.MAX_VALUE}) {
            for (final int records : new int[] {0, 1, 2, 1000, Integer.MAX_VALUE}) {
                assertEquals(
                        DefaultRecordBatch.incrementSequence(sequence, records), Sequences.advance(sequence, records));
            }
        }
    }
}
