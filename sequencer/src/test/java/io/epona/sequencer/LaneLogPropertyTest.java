package io.epona.sequencer;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.epona.codec.FrameDescriptor;
import io.epona.codec.lane.LaneResult;
import io.epona.journal.RingLimits;
import io.epona.runtime.LaneCounters;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.List;
import java.util.Random;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.ShrinkingMode;
import net.jqwik.api.constraints.IntRange;
import org.agrona.concurrent.UnsafeBuffer;
import org.agrona.concurrent.status.AtomicCounter;

/**
 * Random commands against random ring and segment lengths, with readers that lag at random: the log is whole, every
 * command is answered once and in order, and nothing that a reader still needs is overwritten.
 */
class LaneLogPropertyTest {
    /** Keeps every position that the lane publishes. */
    private static final class PublishedCounter extends AtomicCounter {
        private final List<Long> published = new ArrayList<>();

        PublishedCounter(final UnsafeBuffer buffer) {
            super(buffer, 0);
        }

        @Override
        public void setRelease(final long value) {
            published.add(value);
            super.setRelease(value);
        }
    }

    private record Expected(long correlationId, int partitionIndex, int recordCount) {}

    private final Deque<Expected> unanswered = new ArrayDeque<>();
    private final long[] nextOffsets = new long[4];

    @Property(tries = 30, shrinking = ShrinkingMode.OFF)
    void shouldWriteAWholeLogWhenEverythingIsRandom(
            @ForAll final long seed,
            @ForAll @IntRange(min = 15, max = 18) final int ringBits,
            @ForAll @IntRange(min = 14, max = 19) final int segmentBits,
            @ForAll @IntRange(min = 3, max = 6) final int segmentCount) {
        final Random random = new Random(seed);
        final PublishedCounter appended = new PublishedCounter(new UnsafeBuffer(new byte[128]));
        final LaneCounters heap = LaneCounters.onHeap();
        final LaneCounters counters = new LaneCounters(
                appended,
                heap.durable(),
                heap.committed(),
                heap.checkpointApplied(),
                heap.checkpointed(),
                heap.drained(),
                heap.shelved());
        final LaneHarness harness = new LaneHarness(
                new LaneHarness.Sizes(1 << ringBits, 1L << segmentBits, segmentCount, 7000, 1 << 17, 1 << 16, 1),
                0,
                counters);
        unanswered.clear();
        java.util.Arrays.fill(nextOffsets, 0);
        harness.lane.onStart();
        harness.openPartitions(nextOffsets.length);
        final LaneState replayed = new LaneState(harness.state.config());
        long read = 0;
        for (int step = 0; step < 400; step++) {
            offer(random, harness);
            if (random.nextInt(3) == 0) {
                harness.lane.doWork();
            }
            if (random.nextInt(4) == 0) {
                read = readLog(harness, read, replayed);
                letReadersMove(random, harness, read);
            }
            checkReplies(harness);
        }
        for (int round = 0; round < 100 && !unanswered.isEmpty(); round++) {
            harness.runUntilIdle();
            checkReplies(harness);
            read = readLog(harness, read, replayed);
            harness.catchUp();
        }
        assertTrue(unanswered.isEmpty(), "commands without an answer: " + unanswered);
        readLog(harness, read, replayed);
        assertArrayEquals(LogScript.bytesOf(sorted(harness.state)), LogScript.bytesOf(sorted(replayed)));
        checkPublished(appended.published, harness);
    }

    /** Partitions are written in the order of their first frame; of what is compared, that is no part. */
    private LaneState sorted(final LaneState state) {
        final LaneState sorted = state.copy();
        sorted.retainPartitions(partition -> false);
        for (int partition = 0; partition < nextOffsets.length; partition++) {
            sorted.partitions().add(partition, state.isOpen(partition) ? state.nextOffset(partition) : 0, 0);
        }
        return sorted;
    }

    private void offer(final Random random, final LaneHarness harness) {
        if (unanswered.size() > 500) {
            return;
        }
        final int partitionIndex = random.nextInt(nextOffsets.length);
        final int recordCount = 1 + random.nextInt(3);
        final int valueLength = random.nextInt(10) == 0 ? random.nextInt(2000) : random.nextInt(60);
        final UnsafeBuffer batch = Batches.plain(recordCount, valueLength);
        final long correlationId = harness.clock.nanoTime();
        harness.clock.advanceNs(1);
        final boolean isOffered = harness.proxies
                .get(0)
                .offerAppend(
                        correlationId,
                        partitionIndex,
                        LaneHarness.LEADER_EPOCH,
                        harness.clock.epochNs(),
                        batch,
                        0,
                        batch.capacity());
        if (isOffered) {
            unanswered.add(new Expected(correlationId, partitionIndex, recordCount));
        }
    }

    private void checkReplies(final LaneHarness harness) {
        for (final Reply reply : harness.replies(0)) {
            final Expected expected = unanswered.remove();
            assertEquals(expected.correlationId(), reply.correlationId());
            assertEquals(LaneResult.OK, reply.result());
            assertEquals(nextOffsets[expected.partitionIndex()], reply.baseOffset());
            nextOffsets[expected.partitionIndex()] += expected.recordCount();
        }
    }

    /** Reads what was published since the last time; each frame is checked to be valid. */
    private static long readLog(final LaneHarness harness, final long read, final LaneState replayed) {
        harness.frames(read).forEach(frame -> {
            assertTrue(
                    frame.length() <= FrameDescriptor.remainingInSpan(frame.position(), harness.context.spanLength()));
            frame.applyTo(replayed);
        });
        return harness.counters.appended().get();
    }

    private static void letReadersMove(final Random random, final LaneHarness harness, final long read) {
        for (final AtomicCounter counter : List.of(
                harness.counters.durable(),
                harness.counters.drained(),
                harness.counters.checkpointApplied(),
                harness.counters.checkpointed())) {
            if (random.nextInt(3) > 0) {
                counter.setRelease(read);
            }
        }
    }

    private static void checkPublished(final List<Long> published, final LaneHarness harness) {
        long previous = 0;
        for (final long position : published) {
            assertTrue(position >= previous, "published position went back");
            final long step = position - previous;
            // What is skipped at a span's end is not written, so it does not count.
            assertTrue(
                    step < RingLimits.maxUnpublishedLength(harness.ring.length()) + FrameDescriptor.HEADER_LENGTH,
                    () -> "published too late: step=" + step);
            previous = position;
        }
    }
}
