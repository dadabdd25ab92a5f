package io.epona.sequencer;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.epona.codec.lane.LaneResult;
import io.epona.runtime.LaneCounters;
import java.util.List;
import java.util.stream.IntStream;
import org.agrona.concurrent.status.AtomicCounter;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** The same decisions when there is no room: nothing is lost, repeated or overtaken, and everything goes on later. */
class LaneBackPressureTest {
    /** A reader of the log that alone lags behind. */
    enum Laggard {
        JOURNAL,
        SHELF,
        CHECKPOINT_AGENT;

        AtomicCounter counter(final LaneCounters counters) {
            return switch (this) {
                case JOURNAL -> counters.durable();
                case SHELF -> counters.drained();
                case CHECKPOINT_AGENT -> counters.checkpointApplied();
            };
        }
    }

    private final LaneHarness harness = LaneHarness.started();

    /** Appends until the log is full; returns the number of batches that went in, one more waits. */
    private int fillLog(final Laggard laggard) {
        final long stuck = laggard.counter(harness.counters).get();
        for (int count = 0; count < 1000; count++) {
            harness.offer(0, 0, Batches.idempotent(7, 0, count, 1));
            harness.runUntilIdle();
            harness.catchUp();
            laggard.counter(harness.counters).setRelease(stuck);
            if (harness.meters.logFull().get() > 0) {
                return count;
            }
        }
        throw new IllegalStateException("log never gets full");
    }

    @ParameterizedTest
    @EnumSource
    void shouldLeaveCommandsInTheRingWhenAReaderLagsAWholeRing(final Laggard laggard) {
        final long stuck = laggard.counter(harness.counters).get();
        final int count = fillLog(laggard);
        assertTrue(count > 100, () -> "ring holds only " + count);
        assertTrue(harness.counters.appended().get() <= stuck + harness.ring.length());
        assertEquals(count, harness.replies(0).size());
        harness.offer(0, 0, Batches.idempotent(7, 0, count + 1, 1));
        assertEquals(0, harness.lane.doWork(), "nothing taken, nothing done");

        harness.catchUp();
        harness.runUntilIdle();
        final List<Reply> late = harness.replies(0);
        assertEquals(
                List.of(LaneResult.OK, LaneResult.OK),
                late.stream().map(Reply::result).toList());
        assertEquals(count, late.get(0).baseOffset());
        assertEquals(count + 1, late.get(1).baseOffset());
    }

    @Test
    void shouldLeaveCommandsInTheRingWhenNothingIsCheckpointed() {
        final long capacity = harness.sizes.segmentLength() * harness.sizes.segmentCount();
        int count = 0;
        while (harness.meters.logFull().get() == 0) {
            harness.offer(0, 0, Batches.plain(1, 4000));
            harness.runUntilIdle();
            final long appended = harness.counters.appended().get();
            harness.counters.durable().setRelease(appended);
            harness.counters.drained().setRelease(appended);
            harness.counters.checkpointApplied().setRelease(appended);
            count++;
            assertTrue(count < 1000);
        }
        assertTrue(harness.counters.appended().get() <= capacity);
        assertTrue(harness.counters.appended().get() > capacity - 2 * 4096);
        // A checkpoint within the first segment frees nothing: segments are recycled whole.
        harness.counters.checkpointed().setRelease(harness.sizes.segmentLength() - 8);
        assertEquals(0, harness.lane.doWork());
        harness.counters.checkpointed().setRelease(harness.sizes.segmentLength());
        harness.runUntilIdle();
        assertEquals(count, harness.replies(0).size());
    }

    @Test
    void shouldNotOverwriteTheJournalsLastBlockWhenItIsPartlyWritten() {
        final int count = fillLog(Laggard.JOURNAL);
        assertTrue(count > 0);
        final long durable = harness.counters.durable().get();
        // The block that durable lies in is written again with what follows: it must stay as it is.
        harness.counters.durable().setRelease(durable + LaneHarness.BLOCK_LENGTH - 64 - 8);
        assertEquals(0, harness.counters.durable().get() / LaneHarness.BLOCK_LENGTH);
        harness.lane.doWork();
        harness.lane.doWork();
        assertTrue(harness.counters.appended().get() <= harness.ring.length());
    }

    @Test
    void shouldKeepTheOrderWhenACommandThatWouldFitStandsBehindOneThatDoesNot() {
        fillLog(Laggard.SHELF);
        harness.replies(0);
        final long large = harness.offer(1, 1, Batches.plain(1, 4000));
        final long small = harness.offer(1, 1, Batches.plain(1, 1));
        harness.runUntilIdle();
        assertEquals(0, harness.replies(1).size());
        harness.catchUp();
        harness.runUntilIdle();
        assertEquals(
                List.of(large, small),
                harness.replies(1).stream().map(Reply::correlationId).toList());
    }

    @Test
    void shouldStillAnswerWhatNeedsNoRoomWhenTheLogIsFull() {
        final LaneHarness full = LaneHarness.started();
        int count = 0;
        // Full to the last frame, with no command waiting.
        while (full.counters.appended().get() + 300 < full.ring.length()) {
            full.offer(0, 0, Batches.idempotent(7, 0, count++, 1));
            full.runUntilIdle();
        }
        full.replies(0);
        full.offer(0, 0, Batches.idempotent(7, 0, count - 1, 1));
        full.offer(0, 99, Batches.plain(1, 1));
        full.offer(0, 0, Batches.idempotent(7, 0, count + 5, 1));
        full.runUntilIdle();
        assertEquals(
                List.of(LaneResult.DUPLICATE, LaneResult.UNKNOWN_PARTITION, LaneResult.OUT_OF_ORDER_SEQUENCE),
                full.replies(0).stream().map(Reply::result).toList());
    }

    @Test
    void shouldLeaveAppendsInTheRingWhenTheReplyRingIsFull() {
        final LaneHarness small = LaneHarness.started(LaneHarness.Sizes.DEFAULT.withReplyRing(1024));
        IntStream.range(0, 40).forEach(i -> small.offer(0, 0, Batches.idempotent(7, 0, i, 1)));
        final long other = small.offer(1, 0, Batches.plain(1, 1));
        small.runUntilIdle();
        final int answered = (int) small.state.nextOffset(0);
        assertTrue(answered > 5 && answered < 40, () -> "answered=" + answered);
        assertTrue(small.meters.replyRingFull().get() > 0);
        assertEquals(0, small.replies(1).size(), "order holds over all gateways");

        int total = 0;
        for (int round = 0; round < 10; round++) {
            for (final Reply reply : small.replies(0)) {
                assertEquals(total++, reply.baseOffset());
            }
            small.runUntilIdle();
        }
        assertEquals(40, total);
        assertEquals(other, small.onlyReply(1).correlationId());
        assertEquals(41, small.state.nextOffset(0), "each was appended once");
    }

    @Test
    void shouldLeaveOtherCommandsInTheRingWhenTheReplyRingIsFull() {
        final LaneHarness small = LaneHarness.started(LaneHarness.Sizes.DEFAULT.withReplyRing(1024));
        final LaneProxy proxy = small.proxies.get(0);
        for (int i = 0; i < 30; i++) {
            assertTrue(proxy.offerOpenPartition(2 * i, 100 + i));
            assertTrue(proxy.offerClosePartition(2 * i + 1, 100 + i));
        }
        long next = 0;
        for (int round = 0; round < 20; round++) {
            small.runUntilIdle();
            for (final Reply reply : small.replies(0)) {
                assertEquals(next++, reply.correlationId());
            }
        }
        assertEquals(60, next);
        assertTrue(small.meters.replyRingFull().get() > 0);
        assertEquals(4, small.state.partitionCount());
    }

    @Test
    void shouldRefuseOffersAndCountThemWhenTheCommandRingIsFull() {
        final LaneProxy proxy = harness.proxies.get(0);
        int offered = 0;
        while (proxy.offerAppend(
                offered,
                0,
                1,
                0,
                Batches.plain(1, 4000),
                0,
                Batches.plain(1, 4000).capacity())) {
            offered++;
        }
        assertEquals(1, harness.refusedOffers.get());
        while (proxy.offerOpenPartition(0, 0)) {
            offered++;
        }
        assertFalse(proxy.offerClosePartition(0, 0));
        assertEquals(3, harness.refusedOffers.get());
        harness.runUntilIdle();
        harness.catchUp();
        harness.runUntilIdle();
        assertTrue(proxy.offerOpenPartition(0, 0), "room again");
    }
}
