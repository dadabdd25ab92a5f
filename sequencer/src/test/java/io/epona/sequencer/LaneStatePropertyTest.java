package io.epona.sequencer;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.List;
import java.util.Random;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.ShrinkingMode;
import org.agrona.ExpandableArrayBuffer;
import org.agrona.concurrent.UnsafeBuffer;

/** A checkpoint at any frame, and the frames behind it, lead to the same state as all frames do. */
class LaneStatePropertyTest {
    private static final LaneIdentity IDENTITY = new LaneIdentity(3, 1, 2);
    private static final LaneStateConfig CONFIG = new LaneStateConfig(LogScript.SPAN_LENGTH, 20, 300);

    @Property(tries = 60, shrinking = ShrinkingMode.OFF)
    void shouldReachTheSameStateWhenReplayBeginsAtACheckpoint(@ForAll final long seed) {
        final Random random = new Random(seed);
        final LaneState lane = new LaneState(CONFIG);
        final LogScript log = new LogScript();
        fill(random, lane, log);
        final List<LogScript.Frame> frames = log.frames();

        final int cut = random.nextInt(frames.size() + 1);
        final LaneState before = new LaneState(CONFIG);
        frames.subList(0, cut).forEach(frame -> frame.applyTo(before));
        final LaneState resumed = throughCheckpoint(before);
        // The scan begins where the partition logs end, so before the checkpoint's position.
        final int scanStart = random.nextInt(cut + 1);
        frames.subList(scanStart, frames.size()).forEach(frame -> frame.applyTo(resumed));

        final LaneState replayed = new LaneState(CONFIG);
        frames.forEach(frame -> frame.applyTo(replayed));
        assertArrayEquals(LogScript.bytesOf(replayed), LogScript.bytesOf(resumed));
        assertArrayEquals(LogScript.bytesOf(lane), LogScript.bytesOf(replayed));
        assertEquals(lane.position(), resumed.position());
        if (cut < frames.size()) {
            assertEquals(lane.sequencedTimeNs(), resumed.sequencedTimeNs());
        } else {
            // A checkpoint keeps the times of producers only.
            assertTrue(lane.sequencedTimeNs() >= resumed.sequencedTimeNs());
        }
    }

    @Property(tries = 30, shrinking = ShrinkingMode.OFF)
    void shouldBeEqualWhenCopied(@ForAll final long seed) {
        final LaneState lane = new LaneState(CONFIG);
        fill(new Random(seed), lane, new LogScript());
        final LaneState copy = lane.copy();
        assertArrayEquals(LogScript.bytesOf(lane), LogScript.bytesOf(copy));
        assertEquals(lane.sequencedTimeNs(), copy.sequencedTimeNs());
    }

    private static LaneState throughCheckpoint(final LaneState state) {
        final ExpandableArrayBuffer buffer = new ExpandableArrayBuffer();
        final long position = state.position();
        final int length = CheckpointCodec.encode(state, IDENTITY, position, 0, false, buffer);
        final Checkpoint checkpoint = CheckpointCodec.decode(buffer, length, IDENTITY, CONFIG);
        assertEquals(position, checkpoint.position());
        return checkpoint.state();
    }

    /** Transactions of version 2: the marker has the next epoch. */
    private static void transact(
            final Random random,
            final LaneState lane,
            final LogScript log,
            final int partitionIndex,
            final long nowMs) {
        final int producer = 1000 + random.nextInt(6);
        final int epoch = random.nextInt(3);
        if (random.nextInt(3) == 0) {
            final UnsafeBuffer marker = Batches.marker(producer, epoch, random.nextInt(2), random.nextBoolean(), nowMs);
            log.offer(lane, partitionIndex, marker, nowMs, random.nextInt(5));
        } else {
            log.offerVerified(
                    lane, partitionIndex, Batches.transactional(producer, epoch, random.nextInt(2), 1), nowMs);
        }
    }

    private static void fill(final Random random, final LaneState lane, final LogScript log) {
        final int[] sequences = new int[40];
        long nowMs = 1_000;
        for (int step = 0; step < 300; step++) {
            nowMs += random.nextInt(30);
            final int partitionIndex = random.nextInt(4);
            // Partitions appear in the order of their first frame, as they do in a replay.
            final boolean isNew = lane.openPartition(partitionIndex);
            final int kind = isNew ? 0 : random.nextInt(14);
            if (kind >= 10) {
                transact(random, lane, log, partitionIndex, nowMs);
                continue;
            }
            if (kind == 0) {
                log.offer(lane, partitionIndex, Batches.plain(1 + random.nextInt(5), 10), nowMs);
            } else if (kind == 1) {
                final long start = lane.nextOffset(partitionIndex) / 2;
                log.trim(partitionIndex, start, nowMs).applyTo(lane);
            } else {
                final int producer = random.nextInt(10) * 4 + partitionIndex;
                final int count = 1 + random.nextInt(3);
                final int sequence = random.nextInt(12) == 0 ? 0 : sequences[producer];
                log.offer(lane, partitionIndex, Batches.idempotent(producer, 0, sequence, count), nowMs);
                sequences[producer] = sequence + count;
            }
        }
    }
}
