package io.epona.sequencer;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.epona.codec.lane.AppendCommandEncoder;
import io.epona.codec.lane.LaneReplyEncoder;
import io.epona.journal.RingLimits;
import io.epona.runtime.Signal;
import java.util.List;
import org.agrona.concurrent.UnsafeBuffer;
import org.agrona.concurrent.ringbuffer.ManyToOneRingBuffer;
import org.agrona.concurrent.ringbuffer.OneToOneRingBuffer;
import org.junit.jupiter.api.Test;

class LaneLimitsTest {
    private static final int MAX_BATCH_LENGTH = 1_048_588;
    private static final int MIB = 1024 * 1024;

    private static List<String> check(final int ring, final long segment, final int count, final int command) {
        return LaneLimits.check(ring, segment, count, RingLimits.maxUnpublishedLength(ring), MAX_BATCH_LENGTH, command);
    }

    @Test
    void shouldAcceptTheDefaultsOfANodeWhenTheyAreChecked() {
        assertEquals(List.of(), check(64 * MIB, 256 * MIB, 4, 2 * MIB));
        assertEquals(List.of(), check(8 * MIB, 8 * MIB, 2, 2 * MIB));
    }

    @Test
    void shouldNameEachProblemWhenSizesContradictEachOther() {
        assertTrue(check(3 * MIB, 8 * MIB, 4, 2 * MIB).get(0).contains("no power of two"));
        assertTrue(check(2 * MIB, 8 * MIB, 4, 2 * MIB).get(0).contains("two of the longest frames"));
        assertTrue(check(64 * MIB, MIB, 4, 2 * MIB).get(0).contains("segment or ring shorter"));
        assertTrue(check(64 * MIB, 2 * MIB, 2, 2 * MIB).get(0).contains("all but one segment"));
        assertTrue(check(4 * MIB, 8 * MIB, 4, 2 * MIB).get(0).contains("middle of a frame"));
        assertTrue(check(64 * MIB, 8 * MIB, 4, MIB).get(0).contains("command ring"));
    }

    @Test
    void shouldHoldTheLongestBatchWhenTheCommandRingHasTheLeastLength() {
        for (final int batchLength : new int[] {100, 4096, 65_000, MAX_BATCH_LENGTH}) {
            final int length = LaneLimits.minCommandRingLength(batchLength);
            final ManyToOneRingBuffer ring = new ManyToOneRingBuffer(LaneHarness.ringMemory(length));
            assertTrue(ring.maxMsgLength() >= AppendCommandEncoder.BLOCK_LENGTH + batchLength);
            final LaneProxy proxy =
                    new LaneProxy(0, ring, Signal.NONE, LaneMeters.onHeap().batches());
            final UnsafeBuffer batch = new UnsafeBuffer(new byte[batchLength]);
            assertTrue(proxy.maxBatchLength() >= batchLength);
            assertTrue(proxy.offerAppend(1, 1, 1, 1, batch, 0, batchLength));
        }
    }

    @Test
    void shouldRefuseLouderThanByBackPressureWhenABatchCanNeverFit() {
        final ManyToOneRingBuffer ring = new ManyToOneRingBuffer(LaneHarness.ringMemory(4096));
        final LaneProxy proxy =
                new LaneProxy(0, ring, Signal.NONE, LaneMeters.onHeap().batches());
        final UnsafeBuffer batch = new UnsafeBuffer(new byte[4096]);
        assertThrows(IllegalArgumentException.class, () -> proxy.offerAppend(1, 1, 1, 1, batch, 0, 4096));
        assertThrows(
                IllegalArgumentException.class,
                () -> new LaneProxy(
                        LaneLimits.MAX_GATEWAYS,
                        ring,
                        Signal.NONE,
                        LaneMeters.onHeap().batches()));
    }

    @Test
    void shouldHoldAReplyToEachCommandWhenTheReplyRingHasTheLeastLength() {
        for (final int inFlight : new int[] {1, 7, 100, 1000}) {
            final OneToOneRingBuffer ring =
                    new OneToOneRingBuffer(LaneHarness.ringMemory(LaneLimits.minReplyRingLength(inFlight)));
            final UnsafeBuffer reply = new UnsafeBuffer(new byte[LaneReplyEncoder.BLOCK_LENGTH]);
            for (int round = 0; round < 50; round++) {
                for (int i = 0; i < inFlight; i++) {
                    assertTrue(ring.write(LaneReplyEncoder.TEMPLATE_ID, reply, 0, reply.capacity()));
                }
                assertEquals(inFlight, readAll(ring));
                // Begin the next round anywhere in the ring.
                assertTrue(ring.write(LaneReplyEncoder.TEMPLATE_ID, reply, 0, reply.capacity()));
                assertEquals(1, readAll(ring));
            }
        }
    }

    /** A read ends at the ring's end, also when it has found nothing but padding there. */
    private static int readAll(final OneToOneRingBuffer ring) {
        int count = 0;
        while (ring.size() > 0) {
            count += ring.read((type, buffer, offset, length) -> {});
        }
        return count;
    }

    @Test
    void shouldRefuseCheckpointIntervalsWhenTheyAreTooLongForTheJournal() {
        new CheckpointConfig(16 * MIB, 0).check(64L * MIB);
        assertThrows(IllegalArgumentException.class, () -> new CheckpointConfig(16 * MIB + 1, 0).check(64L * MIB));
        assertThrows(IllegalArgumentException.class, () -> new CheckpointConfig(0, 0));
        assertFalse(new LaneIdentity(65_535, 0, 0).laneId() < 0);
        assertThrows(IllegalArgumentException.class, () -> new LaneIdentity(65_536, 0, 0));
    }
}
