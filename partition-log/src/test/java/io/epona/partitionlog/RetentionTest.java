package io.epona.partitionlog;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.epona.runtime.testing.SettableNodeClock;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.FileTime;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import org.apache.kafka.common.Uuid;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Retention, deletion and configuration of logs, open and closed. */
class RetentionTest {
    private static final int RING_LENGTH = 1 << 20;
    private static final long NOW_NS = 1_700_000_000_000_000_000L;
    private static final long NOW_MS = NOW_NS / 1_000_000;

    @TempDir
    Path directory;

    private final FakePartitions partitions = new FakePartitions();
    private final SettableNodeClock clock = new SettableNodeClock(NOW_NS);

    private TestShelf shelf(final TestLane lane) {
        return new TestShelf(
                lane,
                new PartitionLogsConfig(directory, 100, 3_600_000, 5_000, 1_000),
                partitions,
                clock,
                ShelfConfig.defaults(RING_LENGTH, 1 << 30));
    }

    private static void fill(final TestLane lane, final TestShelf shelf, final int partitionIndex) throws Exception {
        for (int i = 0; i < 50; i++) {
            lane.append(partitionIndex, 1, 1_000);
            shelf.drainAll();
        }
        shelf.shelveAll();
    }

    private void touch(final String log, final long lastAppendMs) throws IOException {
        for (final Path file : ClosedLog.files(directory.resolve(log))) {
            Files.setLastModifiedTime(file, FileTime.fromMillis(lastAppendMs));
        }
    }

    @Test
    void shouldDeleteOldestSegmentsWhenTheLogIsTooLarge() throws Exception {
        partitions.add(0, "a", 0, FakePartitions.config("internal.segment.bytes", "10000", "retention.bytes", "25000"));
        try (TestLane lane = new TestLane(RING_LENGTH);
                TestShelf shelf = shelf(lane)) {
            fill(lane, shelf, 0);
            shelf.drive(() -> shelf.logs.logStartOffset(0) > 0);
            final long start = shelf.logs.logStartOffset(0);
            assertEquals(0, start % 9, "nine batches fill a segment: start=" + start);
            assertTrue(shelf.logs.size(0) >= 25_000 && shelf.logs.size(0) < 35_000, "size=" + shelf.logs.size(0));
            assertEquals(
                    LogRead.Status.OFFSET_OUT_OF_RANGE,
                    shelf.logs.read(0, 0, 100, true).status());
            assertEquals(50, shelf.logs.logEndOffset(0));
        }
    }

    @Test
    void shouldGoByAppendTimeAndNotByRecordTimeWhenRecordsComeFromTheFuture() throws Exception {
        partitions.add(0, "a", 0, FakePartitions.config("internal.segment.bytes", "10000", "retention.ms", "60000"));
        try (TestLane lane = new TestLane(RING_LENGTH);
                TestShelf shelf = shelf(lane)) {
            lane.append(0, 1, 1_000, Long.MAX_VALUE / 2);
            fill(lane, shelf, 0);
            final long end = shelf.logs.logEndOffset(0);
            touch("a-0", clock.epochMs());
            clock.advanceMs(50_000);
            shelf.drive(() -> clock.epochMs() > NOW_MS + 200_000 || shelf.logs.logStartOffset(0) == end);
            assertEquals(end, shelf.logs.logStartOffset(0));
            assertEquals(end, shelf.logs.logEndOffset(0));
            lane.append(0, 1, 10);
            shelf.drainAll();
            assertEquals(end + 1, shelf.logs.logEndOffset(0));
            shelf.failOnUnexpected();
        }
    }

    @Test
    void shouldApplyToClosedLogsWhenTheyExpire() throws Exception {
        partitions.add(0, "a", 0, FakePartitions.config("internal.segment.bytes", "10000", "retention.ms", "60000"));
        partitions.add(1, "b", 0, FakePartitions.config("retention.ms", "60000"));
        try (TestLane lane = new TestLane(RING_LENGTH)) {
            try (TestShelf shelf = shelf(lane)) {
                fill(lane, shelf, 0);
                fill(lane, shelf, 1);
            }
            touch("a-0", clock.epochMs() - 61_000);
            touch("b-0", clock.epochMs());
            try (TestShelf shelf = shelf(lane)) {
                shelf.drive(() -> shelf.logs.logStartOffset(0) > 0);
                assertEquals(50, shelf.logs.logStartOffset(0));
                assertFalse(shelf.logs.isOpen(1));
            }
            try (TestShelf shelf = shelf(lane)) {
                assertEquals(50, shelf.logs.logStartOffset(0));
                assertEquals(50, shelf.logs.logEndOffset(0));
                assertEquals(0, shelf.logs.openCount());
            }
        }
    }

    @Test
    void shouldFollowNewLimitsWhenConfigurationChanges() throws Exception {
        partitions.add(0, "a", 0, FakePartitions.config("internal.segment.bytes", "10000"));
        try (TestLane lane = new TestLane(RING_LENGTH);
                TestShelf shelf = shelf(lane)) {
            fill(lane, shelf, 0);
            clock.advanceMs(20_000);
            for (int i = 0; i < 20; i++) {
                shelf.maintenance.doWork();
            }
            assertEquals(0, shelf.logs.logStartOffset(0));
            partitions.configure(
                    0, FakePartitions.config("internal.segment.bytes", "2000", "retention.bytes", "20000"));
            shelf.logs.updateConfig(0);
            fill(lane, shelf, 0);
            assertTrue(ClosedLog.segments(directory.resolve("a-0")).getLast().length() <= 2_000);
            shelf.drive(() -> shelf.logs.size(0) < 25_000);
            assertEquals(100, shelf.logs.logEndOffset(0));
        }
    }

    @Test
    void shouldStartAtZeroWhenATopicIsMadeAgainUnderTheSameName() throws Exception {
        final PartitionDescription old = partitions.add(0, "a", 0, FakePartitions.config());
        try (TestLane lane = new TestLane(RING_LENGTH)) {
            try (TestShelf shelf = shelf(lane)) {
                fill(lane, shelf, 0);
                try (LogRead read = shelf.logs.read(0, 0, 10_000, true)) {
                    partitions.remove(0);
                    shelf.logs.delete(0, "a", 0, old.topicId());
                    partitions.add(1, "a", 0, FakePartitions.config());
                    lane.append(1, 3, 100);
                    lane.append(0, 3, 100);
                    shelf.shelveAll();
                    shelf.drive(() -> shelf.clock.epochMs() > NOW_MS + 200_000);
                    assertEquals(3, shelf.logs.logEndOffset(1));
                    final java.nio.ByteBuffer bytes = java.nio.ByteBuffer.allocate(read.length());
                    assertEquals(read.length(), read.channel().read(bytes, read.filePosition()));
                    assertEquals(1, deletedDirectories());
                }
                shelf.drive(() -> deletedDirectories() == 0);
                assertEquals(
                        LogRead.Status.UNKNOWN_PARTITION,
                        shelf.logs.read(0, 0, 100, true).status());
            }
            try (TestShelf shelf = shelf(lane)) {
                assertEquals(3, shelf.logs.logEndOffset(1));
            }
        }
    }

    private int deletedDirectories() {
        final String[] names = directory.toFile().list((parent, name) -> name.endsWith("-delete"));
        return names.length;
    }

    @Test
    void shouldFinishDeletionsAndSetAsideStrangersWhenStarted() throws Exception {
        Files.createDirectories(directory.resolve("gone-0." + Uuid.randomUuid() + "-delete"));
        Files.createDirectories(directory.resolve("stranger-7"));
        Files.write(directory.resolve("stranger-7").resolve("00000000000000000000.log"), new byte[10]);
        try (TestLane lane = new TestLane(RING_LENGTH);
                TestShelf shelf = shelf(lane)) {
            for (int i = 0; i < 100; i++) {
                shelf.maintenance.doWork();
                shelf.clock.advanceMs(1);
            }
            assertEquals(0, deletedDirectories());
            assertFalse(Files.exists(directory.resolve("stranger-7")));
            assertEquals(
                    1,
                    directory
                            .toFile()
                            .list((parent, name) -> name.startsWith("stranger-7.") && name.endsWith("-stray"))
                            .length);
        }
    }

    @Test
    void shouldRemoveDirectoryWhenItsTopicWasDeletedWhileTheNodeWasAway() throws Exception {
        try (TestLane lane = new TestLane(RING_LENGTH)) {
            partitions.add(8, "passing", 0, FakePartitions.config());
            try (TestShelf shelf = shelf(lane)) {
                lane.append(8, 1, 100);
                shelf.drainAll();
            }
            assertTrue(Files.exists(directory.resolve("passing-0")));
            partitions.delete(8);
            try (TestShelf shelf = shelf(lane)) {
                for (int i = 0; i < 100; i++) {
                    shelf.maintenance.doWork();
                    shelf.clock.advanceMs(1);
                }
                assertEquals(0, directory.toFile().list((parent, name) -> name.startsWith("passing-0")).length);
            }
        }
    }

    @Test
    void shouldNotSetAsideADirectoryWhoseTopicGoesWhileTheNodeServes() throws Exception {
        try (TestLane lane = new TestLane(RING_LENGTH)) {
            try (TestShelf shelf = shelf(lane)) {
                partitions.add(8, "passing", 0, FakePartitions.config());
                lane.append(8, 1, 100);
                shelf.drainAll();
            }
            try (TestShelf shelf = shelf(lane)) {
                // The metadata change first, the log is deleted a moment later.
                final PartitionDescription gone = partitions.remove(8);
                for (int i = 0; i < 100; i++) {
                    shelf.maintenance.doWork();
                    shelf.clock.advanceMs(1);
                }
                assertTrue(Files.exists(directory.resolve("passing-0")));
                shelf.logs.delete(8, gone.topic(), gone.partition(), gone.topicId());
                for (int i = 0; i < 100; i++) {
                    shelf.maintenance.doWork();
                    shelf.clock.advanceMs(1);
                }
                shelf.failOnUnexpected();
                assertEquals(0, directory.toFile().list((parent, name) -> name.startsWith("passing")).length);
            }
        }
    }

    @Property
    void shouldChangeNothingMoreWhenAppliedTwice(@ForAll final long seed) {
        final Random random = new Random(seed);
        final List<RetentionPolicy.Segment> segments = new ArrayList<>();
        long offset = random.nextInt(100);
        final int count = 1 + random.nextInt(8);
        for (int i = 0; i < count; i++) {
            final int length = i == count - 1 && random.nextBoolean() ? 0 : 1 + random.nextInt(1_000);
            segments.add(new RetentionPolicy.Segment(offset, length, random.nextInt(1_000)));
            offset += length == 0 ? 0 : 1 + random.nextInt(10);
        }
        final long end = offset;
        final long limit = random.nextInt(4) == 0 ? -1 : random.nextInt(4_000);
        final long age = random.nextInt(4) == 0 ? -1 : random.nextInt(1_000);
        final long start = segments.getFirst().baseOffset();
        final long first = RetentionPolicy.newLogStartOffset(segments, start, end, limit, age, 1_000);
        final List<RetentionPolicy.Segment> kept = new ArrayList<>();
        for (int i = 0; i < count; i++) {
            final long segmentEnd = i + 1 < count ? segments.get(i + 1).baseOffset() : end;
            if (segmentEnd > first || i == count - 1 && segments.get(i).length() == 0) {
                kept.add(segments.get(i));
            }
        }
        if (kept.isEmpty()) {
            kept.add(new RetentionPolicy.Segment(end, 0, 1_000));
        }
        assertEquals(first, RetentionPolicy.newLogStartOffset(kept, first, end, limit, age, 1_000));
        assertFalse(RetentionPolicy.deletes(kept, end, first));
        assertTrue(first >= start && first <= end);
    }
}
