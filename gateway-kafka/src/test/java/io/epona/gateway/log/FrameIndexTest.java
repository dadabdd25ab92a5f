package io.epona.gateway.log;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNotNull;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.epona.codec.FrameDescriptor;
import io.epona.codec.FrameEncoder;
import io.epona.controller.ClusterImage;
import io.epona.controller.ControllerConfig;
import io.epona.controller.ControllerContext;
import io.epona.controller.LocalController;
import io.epona.controller.NewTopicSpec;
import io.epona.controller.TopicReference;
import io.epona.journal.LogRing;
import io.epona.runtime.LaneCounters;
import io.epona.runtime.LaneRole;
import io.netty.buffer.ByteBuf;
import io.netty.buffer.UnpooledByteBufAllocator;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import java.util.function.IntToLongFunction;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** The frame index over a ring that the test writes itself: payloads are the frame's number, repeated. */
@Timeout(120)
class FrameIndexTest {
    private static final int RING_LENGTH = 64 * 1024;
    private static final int PARTITIONS = 7;

    @TempDir
    private Path directory;

    private LocalController controller;
    private final LogRing ring = LogRing.allocate(RING_LENGTH);
    private final LaneCounters counters = LaneCounters.onHeap();
    private final LaneRole role = LaneRole.onHeap();
    private final FrameEncoder encoder = new FrameEncoder();
    private final List<Long> overruns = new ArrayList<>();
    private final List<List<Written>> written = new ArrayList<>();
    private FrameIndex index;
    private long position;
    private int number;

    private record Written(long baseOffset, int recordCount, long position, int length, int number) {}

    @BeforeEach
    void start() {
        controller = LocalController.open(
                ControllerConfig.singleLane(directory, 1), new ControllerContext(Runnable::run, error -> {}));
        controller
                .createTopics(List.of(NewTopicSpec.withPartitions("t", PARTITIONS)), false)
                .join();
        for (int i = 0; i < PARTITIONS; i++) {
            written.add(new ArrayList<>());
        }
        index = index(partitionIndex -> 0);
    }

    private FrameIndex index(final IntToLongFunction highWatermark) {
        return new FrameIndex(
                List.of(new LaneView(0, ring, RING_LENGTH, counters, role)),
                highWatermark,
                InitialTransactions.NONE,
                controller.image(),
                (lane, at) -> overruns.add(at));
    }

    @AfterEach
    void stop() {
        controller.close();
    }

    /** Writes a frame as a lane does, and publishes it as far as told. */
    private void write(final int partition, final int recordCount, final int length) {
        position = FrameDescriptor.framePosition(position, RING_LENGTH);
        if (FrameDescriptor.remainingInSpan(position, RING_LENGTH) < FrameDescriptor.HEADER_LENGTH + length) {
            final int rest = FrameDescriptor.remainingInSpan(position, RING_LENGTH);
            encoder.encodePadding(
                    ring.buffer(),
                    ring.offset(position),
                    position,
                    rest,
                    1,
                    0,
                    counters.durable().get());
            position += rest;
        }
        final List<Written> frames = written.get(partition);
        final long baseOffset = frames.isEmpty()
                ? 0
                : frames.getLast().baseOffset() + frames.getLast().recordCount();
        final int offset = ring.offset(position);
        for (int i = 0; i + Integer.BYTES <= length; i += Integer.BYTES) {
            ring.buffer().putInt(offset + FrameDescriptor.PAYLOAD_OFFSET + i, number);
        }
        encoder.encodeRecords(
                ring.buffer(),
                offset,
                position,
                length,
                1,
                controller.image().topic("t").partition(partition).partitionIndex(),
                baseOffset,
                recordCount - 1,
                0,
                0,
                counters.durable().get());
        frames.add(new Written(baseOffset, recordCount, position, length, number++));
        position = FrameDescriptor.nextFramePosition(position, FrameDescriptor.HEADER_LENGTH + length, RING_LENGTH);
    }

    private void publish(final boolean isDrained) {
        counters.appended().setRelease(position);
        counters.durable().setRelease(position);
        counters.committed().setRelease(position);
        if (isDrained) {
            counters.drained().setRelease(position);
        }
    }

    private PartitionTail tail(final int partition) {
        return index.tail(controller.image().topic("t").partition(partition));
    }

    private ByteBuf read(final int partition, final long offset, final int maxLength, final boolean minOne) {
        return index.read(tail(partition), offset, Long.MAX_VALUE, maxLength, minOne, UnpooledByteBufAllocator.DEFAULT);
    }

    @Test
    void shouldFindEachOffsetThatIsInMemoryAndOnlyCommittedOnes() {
        final long seed = System.nanoTime();
        final Random random = new Random(seed);
        for (int round = 0; round < 300; round++) {
            for (int i = random.nextInt(8); i >= 0; i--) {
                write(random.nextInt(PARTITIONS), 1 + random.nextInt(5), 64 + 4 * random.nextInt(300));
            }
            publish(random.nextInt(3) > 0);
            index.poll(round);
            for (int partition = 0; partition < PARTITIONS; partition++) {
                check(partition, random, "seed=" + seed + ", round=" + round);
            }
        }
        assertTrue(overruns.isEmpty());
    }

    private void check(final int partition, final Random random, final String where) {
        final List<Written> frames = written.get(partition);
        if (frames.isEmpty()) {
            return;
        }
        final long end = frames.getLast().baseOffset() + frames.getLast().recordCount();
        assertEquals(end, tail(partition).highWatermark(), where);
        final long oldest =
                Math.min(counters.drained().get(), counters.appended().get() - RING_LENGTH + RING_LENGTH / 4);
        for (final Written frame : frames) {
            final long offset = frame.baseOffset() + random.nextInt(frame.recordCount());
            final ByteBuf bytes = read(partition, offset, 1, true);
            if (frame.position() < oldest) {
                assertNull(bytes, where);
            } else {
                assertNotNull(bytes, where);
                assertEquals(frame.length(), bytes.readableBytes(), where);
                assertEquals(frame.number(), bytes.getIntLE(0), where);
                bytes.release();
            }
        }
        assertEquals(0, read(partition, end, 1_000, true).readableBytes(), where);
    }

    private int length(final int partition, final long offset, final int maxLength, final boolean minOne) {
        final ByteBuf bytes = read(partition, offset, maxLength, minOne);
        final int length = bytes.readableBytes();
        bytes.release();
        return length;
    }

    @Test
    void shouldGiveContiguousFramesWithinTheLimit() {
        for (int i = 0; i < 10; i++) {
            write(0, 2, 100);
            write(1, 1, 100);
        }
        publish(false);
        index.poll(1);
        assertEquals(1_000, length(0, 0, 5_000, true));
        assertEquals(300, length(0, 0, 399, true));
        assertEquals(400, length(0, 3, 400, true));
        assertEquals(100, length(0, 0, 99, true));
        assertEquals(0, length(0, 0, 99, false));
        assertEquals(1_000, tail(0).lengthFrom(0));
        assertEquals(100, tail(0).lengthFrom(19));
        assertEquals(0, tail(0).lengthFrom(20));
    }

    @Test
    void shouldKeepWhatIsNotDrainedEvenWhenTheRingIsNearlyFull() {
        write(0, 1, 1_000);
        while (position < RING_LENGTH - 2_000) {
            write(1, 1, 1_000);
        }
        publish(false);
        index.poll(1);
        final ByteBuf bytes = read(0, 0, 1, true);
        assertEquals(0, bytes.getIntLE(0));
        bytes.release();
        counters.drained().setRelease(position);
        write(1, 1, 500);
        publish(true);
        index.poll(2);
        assertNull(read(0, 0, 1, true));
    }

    /** What is drained may be overwritten at any moment: it is for the partition logs from then on. */
    @Test
    void shouldForgetWhatWasDrainedAfterTheLastCommit() {
        write(0, 1, 1_000);
        while (position < RING_LENGTH - 2_000) {
            write(1, 1, 1_000);
        }
        publish(false);
        index.poll(1);
        assertEquals(0, tail(0).firstOffset());
        counters.drained().setRelease(position);
        index.poll(2);
        assertEquals(1, tail(0).firstOffset());
        assertFalse(tail(0).hasFrames());
        assertNull(read(0, 0, 1, true));
        assertEquals(1_000, length(1, tail(1).firstOffset(), 1_000, true));
    }

    @Test
    void shouldSkipAndSaySoWhenTheLaneHasOverwrittenWhatWasNotWalked() {
        write(0, 1, 1_000);
        publish(true);
        index.poll(1);
        for (int i = 0; i < 200; i++) {
            write(1, 1, 1_000);
        }
        publish(true);
        index.poll(2);
        assertEquals(List.of(position), overruns);
        assertEquals(1, tail(0).highWatermark());
        assertNull(read(0, 0, 1_000, true));
        // What comes later is known again; what was skipped is learned from the logs.
        write(2, 1, 1_000);
        publish(true);
        index.poll(3);
        assertEquals(1, tail(2).highWatermark());
        final int skipped = controller.image().topic("t").partition(1).partitionIndex();
        assertEquals(0, tail(1).highWatermark());
        index.raiseHighWatermark(skipped, 0, 200);
        assertEquals(200, tail(1).highWatermark());
        index.raiseHighWatermark(skipped, 0, 100);
        assertEquals(200, tail(1).highWatermark());
    }

    @Test
    void shouldSkipNoFurtherThanWhatIsDrainedWhenOverrun() {
        write(0, 1, 1_000);
        publish(true);
        index.poll(1);
        for (int i = 0; i < 200; i++) {
            write(1, 1, 1_000);
        }
        publish(true);
        final long drained = position;
        write(1, 1, 1_000);
        write(2, 3, 1_000);
        publish(false);
        index.poll(2);
        assertEquals(List.of(drained), overruns);
        assertEquals(201, tail(1).highWatermark());
        assertEquals(200, tail(1).firstOffset());
        assertEquals(3, tail(2).highWatermark());
        assertEquals(position, index.lanes().getFirst().committed());
        assertFalse(index.lanes().getFirst().isComplete());
    }

    @Test
    void shouldStartWithWhatWasNotDrainedWhenTheNodeStopped() {
        write(0, 2, 1_000);
        publish(true);
        write(0, 3, 1_000);
        write(1, 1, 500);
        publish(false);
        final int first = controller.image().topic("t").partition(0).partitionIndex();
        index = index(partitionIndex -> partitionIndex == first ? 5 : partitionIndex == first + 1 ? 1 : 0);
        assertEquals(5, tail(0).highWatermark());
        assertEquals(2, tail(0).firstOffset());
        assertEquals(1_000, length(0, 2, 5_000, true));
        assertNull(read(0, 0, 5_000, true));
        assertEquals(1, tail(1).highWatermark());
        assertEquals(0, tail(1).firstOffset());
        write(0, 1, 700);
        publish(false);
        index.poll(1);
        assertEquals(6, tail(0).highWatermark());
        assertEquals(1_700, length(0, 2, 5_000, true));
    }

    @Test
    void shouldForgetDeletedPartitionsAndTellTheirWatchers() {
        write(0, 1, 100);
        publish(false);
        index.poll(1);
        final List<String> heard = new ArrayList<>();
        final TailWatcher watcher = new TailWatcher() {
            @Override
            protected void onCommitted() {
                heard.add("changed");
            }
        };
        tail(0).watch(watcher);
        final ClusterImage before = controller.image();
        controller.deleteTopics(List.of(TopicReference.byName("t"))).join();
        index.onImage(before, controller.image());
        assertEquals(List.of("changed"), heard);
        assertEquals(0, index.size());
        // A frame of it that was on its way does not bring it back.
        final int gone = before.topic("t").partition(0).partitionIndex();
        encoder.encodeRecords(ring.buffer(), ring.offset(position), position, 100, 1, gone, 1, 0, 0, 0, 0);
        position += FrameDescriptor.alignedLength(FrameDescriptor.HEADER_LENGTH + 100);
        publish(false);
        index.poll(2);
        assertEquals(0, index.size());
    }

    @Test
    void shouldBeginAtWhatIsCommittedWhenTheLaneHasMore() {
        write(0, 3, 1_000);
        write(1, 2, 1_000);
        publish(true);
        final long committed = position;
        write(0, 4, 1_000);
        write(2, 1, 1_000);
        counters.appended().setRelease(position);
        counters.durable().setRelease(position);
        index = index(partitionIndex -> {
            final int number = controller.image().partition(partitionIndex).partition();
            return number == 0 ? 3 : number == 1 ? 2 : 0;
        });
        index.poll(1);
        assertEquals(committed, index.lanes().getFirst().committed());
        assertEquals(3, tail(0).highWatermark());
        assertEquals(2, tail(1).highWatermark());
        assertEquals(0, tail(2).highWatermark());
        assertEquals(0, read(0, 3, 1_000, true).readableBytes());
        publish(false);
        index.poll(2);
        assertEquals(7, tail(0).highWatermark());
        assertEquals(1, tail(2).highWatermark());
        final ByteBuf bytes = read(0, 5, 1_000, true);
        assertEquals(2, bytes.getIntLE(0));
        bytes.release();
        assertNull(read(0, 0, 1_000, true));
    }

    @Test
    void shouldTellWatchersWhenTheNodeBeginsToLeadIsCompleteAndLeadsNoMore() {
        write(0, 1, 1_000);
        publish(false);
        index.poll(1);
        final int[] calls = new int[1];
        tail(0).watch(new TailWatcher() {
            @Override
            protected void onCommitted() {
                calls[0]++;
            }
        });
        final LaneTail lane = index.lanes().getFirst();
        assertEquals(0, index.poll(2));
        assertFalse(lane.leads(5));
        assertFalse(lane.isComplete());
        role.readyPosition().setRelease(position + 1_000);
        role.leadingEpoch().setRelease(5);
        assertTrue(index.poll(3) > 0);
        assertEquals(1, calls[0]);
        assertTrue(lane.leads(5));
        assertFalse(lane.isComplete());
        assertEquals(0, index.poll(4));
        role.readyPosition().setRelease(position);
        index.poll(5);
        assertEquals(2, calls[0]);
        assertTrue(lane.isComplete());
        assertEquals(0, index.poll(6));
        role.clear();
        index.poll(7);
        assertEquals(3, calls[0]);
        assertFalse(lane.leads(5));
        assertEquals(0, index.poll(8));
    }

    @Test
    void shouldTellWatchersOnceAndOnlyOfTheirPartition() {
        final int[] calls = new int[2];
        final List<TailWatcher> watchers = new ArrayList<>();
        for (int i = 0; i < 2; i++) {
            final int which = i;
            watchers.add(new TailWatcher() {
                @Override
                protected void onCommitted() {
                    calls[which]++;
                    tail(which).unwatch(this);
                }
            });
            tail(i).watch(watchers.getLast());
        }
        write(1, 1, 100);
        write(1, 1, 100);
        publish(false);
        index.poll(1);
        assertEquals(0, calls[0]);
        assertEquals(1, calls[1]);
        assertTrue(watchers.get(0).isWatching());
    }
}
