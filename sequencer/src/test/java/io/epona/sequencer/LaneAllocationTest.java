package io.epona.sequencer;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.sun.management.ThreadMXBean;
import io.epona.codec.RecordBatchDescriptor;
import io.epona.codec.lane.LaneReplyDecoder;
import java.lang.management.ManagementFactory;
import java.nio.ByteOrder;
import org.agrona.concurrent.MessageHandler;
import org.agrona.concurrent.UnsafeBuffer;
import org.junit.jupiter.api.Test;

/** The command path from a gateway's offer to the reply and the recorded commit: no byte allocated in steady state. */
class LaneAllocationTest {
    private static final int MEASURED = 100_000;

    /**
     * The compiler, when it gives up an assumption, makes the few objects that it had done without, now and then in the
     * first second. What is allocated by the code itself shows in each round.
     */
    private static final int MAX_ROUNDS = 10;

    private final LaneHarness harness =
            LaneHarness.started(new LaneHarness.Sizes(1 << 20, 1 << 20, 4, 8192, 1 << 18, 1 << 16, 2));
    private final UnsafeBuffer plain = Batches.plain(2, 200);
    private final UnsafeBuffer idempotent = Batches.idempotent(0, 0, 0, 1);
    private final long[] results = new long[256];
    private final LaneReplyDecoder reply = new LaneReplyDecoder();
    private final int[] sequences = new int[40];
    private final MessageHandler replyHandler = (type, buffer, offset, length) -> {
        reply.wrap(buffer, offset, LaneReplyDecoder.BLOCK_LENGTH, LaneReplyDecoder.SCHEMA_VERSION);
        results[reply.resultRaw()]++;
    };

    private void run(final int count) {
        for (int i = 0; i < count; i++) {
            final int producer = i % sequences.length;
            if (i % 4 == 0) {
                offer(0, plain);
            } else {
                // Every tenth one is sent again.
                final int sequence =
                        i % 10 == 1 && sequences[producer] > 0 ? sequences[producer] - 1 : sequences[producer]++;
                idempotent.putLong(RecordBatchDescriptor.PRODUCER_ID_OFFSET, producer, ByteOrder.BIG_ENDIAN);
                idempotent.putInt(RecordBatchDescriptor.BASE_SEQUENCE_OFFSET, sequence, ByteOrder.BIG_ENDIAN);
                offer(1, idempotent);
            }
            if (i % 7 == 0) {
                harness.clock.advanceNs(50_000);
                harness.lane.doWork();
                harness.catchUp();
                harness.lane.doWork();
                harness.replyRings.get(0).read(replyHandler);
                harness.replyRings.get(1).read(replyHandler);
            }
        }
    }

    private void offer(final int gatewayId, final UnsafeBuffer batch) {
        final boolean isOffered = harness.proxies
                .get(gatewayId)
                .offerAppend(1, 0, 1, harness.clock.epochNs(), batch, 0, batch.capacity());
        if (!isOffered) {
            throw new IllegalStateException("command ring is full");
        }
    }

    @Test
    void shouldAllocateNothingWhenItRunsInSteadyState() {
        final ThreadMXBean threads = (ThreadMXBean) ManagementFactory.getThreadMXBean();
        assertTrue(threads.isThreadAllocatedMemorySupported());
        run(MEASURED);
        final long appendedBefore = harness.counters.appended().get();
        long allocated = Long.MAX_VALUE;
        for (int round = 0; round < MAX_ROUNDS && allocated > 0; round++) {
            final long allocatedBefore = threads.getCurrentThreadAllocatedBytes();
            run(MEASURED);
            allocated = threads.getCurrentThreadAllocatedBytes() - allocatedBefore;
        }
        final long appended = harness.counters.appended().get() - appendedBefore;

        assertEquals(0, allocated);
        assertTrue(appended > 10L * harness.ring.length(), () -> "ring wraps too seldom: appended=" + appended);
        assertTrue(harness.meters.duplicates().get() > MEASURED / 20);
        assertEquals(0, harness.meters.malformed().get());
        assertEquals(0, harness.meters.refused().get());
    }
}
