package io.epona.sequencer;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.epona.codec.lane.LaneResult;
import org.junit.jupiter.api.Test;

class LaneStateTest {
    private final LaneState state = new LaneState(new LaneStateConfig(LogScript.SPAN_LENGTH, 100, 60_000));
    private final LogScript log = new LogScript();

    @Test
    void shouldKeepOffsetsWhenAPartitionIsOpenedAgain() {
        assertTrue(state.openPartition(1));
        log.offer(state, 1, Batches.plain(4, 1), 0);
        assertFalse(state.openPartition(1));
        assertEquals(4, state.nextOffset(1));
    }

    @Test
    void shouldForgetOnlyThatPartitionWhenOneIsClosed() {
        for (int partition = 0; partition < 200; partition++) {
            state.openPartition(partition);
            log.offer(state, partition, Batches.plain(partition + 1, 1), 0);
        }
        for (int partition = 0; partition < 200; partition += 2) {
            assertTrue(state.closePartition(partition));
            assertFalse(state.closePartition(partition));
        }
        assertEquals(100, state.partitionCount());
        for (int partition = 1; partition < 200; partition += 2) {
            assertEquals(partition + 1, state.nextOffset(partition));
        }
        assertThrows(IllegalArgumentException.class, () -> state.nextOffset(0));
    }

    @Test
    void shouldDropDeletedPartitionsWhenFramesBroughtThemBack() {
        log.append(1, 0, Batches.plain(1, 1), 0).applyTo(state);
        log.append(2, 0, Batches.plain(2, 1), 0).applyTo(state);
        log.append(3, 0, Batches.plain(3, 1), 0).applyTo(state);
        assertEquals(2, state.retainPartitions(partition -> partition == 2));
        assertEquals(1, state.partitionCount());
        assertEquals(2, state.nextOffset(2));
    }

    @Test
    void shouldRefuseWhenAFrameLeavesAGapInItsPartition() {
        log.append(1, 0, Batches.plain(3, 1), 0).applyTo(state);
        final LogScript.Frame gap = log.append(1, 4, Batches.plain(1, 1), 0);
        final IllegalStateException ex = assertThrows(IllegalStateException.class, () -> gap.applyTo(state));
        assertTrue(ex.getMessage().contains("nextOffset=3"), ex.getMessage());
    }

    @Test
    void shouldLeaveOutFramesWhenTheyWereAppliedBefore() {
        final LogScript.Frame first = log.append(1, 0, Batches.plain(3, 1), 5);
        first.applyTo(state);
        first.applyTo(state);
        assertEquals(3, state.nextOffset(1));
        assertEquals(first.endPosition(), state.position());
        assertEquals(1, state.leaderEpoch());
        assertEquals(5_000_000, state.sequencedTimeNs());
    }

    @Test
    void shouldMoveTheStartWhenATrimIsApplied() {
        log.append(1, 0, Batches.plain(10, 1), 0).applyTo(state);
        log.trim(1, 6, 0).applyTo(state);
        assertEquals(6, state.startOffset(1));
        assertEquals(10, state.nextOffset(1));
        log.trim(1, 2, 0).applyTo(state);
        assertEquals(6, state.startOffset(1), "the start never goes back");
        log.trim(9, 33, 0).applyTo(state);
        assertEquals(33, state.nextOffset(9));
    }

    @Test
    void shouldNotRefuseFramesWhenTheyBreakTheRulesOfProducers() {
        // The lane that wrote them decided; whoever replays only follows.
        log.append(1, 0, Batches.idempotent(7, 3, 0, 1), 0).applyTo(state);
        log.append(1, 1, Batches.idempotent(7, 3, 20, 1), 0).applyTo(state);
        assertEquals(2, state.nextOffset(1));
        assertEquals(LaneResult.OK, state.decide(1, Batches.idempotent(7, 3, 21, 1), 0, 0, AppendOrigin.CLIENT));
    }

    @Test
    void shouldRefuseConfigurationsWhenTheyAreOutOfBounds() {
        assertThrows(IllegalArgumentException.class, () -> new LaneStateConfig(1000, 1, 1));
        assertThrows(IllegalArgumentException.class, () -> new LaneStateConfig(1024, 0, 1));
        assertThrows(IllegalArgumentException.class, () -> new LaneStateConfig(1024, LaneLimits.MAX_PRODUCERS + 1, 1));
        assertThrows(IllegalArgumentException.class, () -> new LaneStateConfig(1024, 1, 0));
    }
}
