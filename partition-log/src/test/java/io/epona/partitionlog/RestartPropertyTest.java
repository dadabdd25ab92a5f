package io.epona.partitionlog;

import static org.junit.jupiter.api.Assertions.assertEquals;

import io.epona.runtime.testing.SettableNodeClock;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.Comparator;
import java.util.List;
import java.util.Random;
import java.util.stream.Stream;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import org.apache.kafka.common.record.internal.FileLogInputStream;
import org.apache.kafka.common.record.internal.FileRecords;
import org.apache.kafka.common.record.internal.RecordBatch;
import org.apache.kafka.storage.internals.log.LogConfig;

/** A restart at any point goes on exactly where the logs end, whether the process was killed or the power was cut. */
class RestartPropertyTest {
    /** Flushes cost nothing here, and what a power cut loses is decided by the test. */
    private static final Path MEMORY = Path.of("/dev/shm");

    private static final int RING_LENGTH = 1 << 18;
    private static final int PARTITION_COUNT = 5;
    private static final int RUN_COUNT = 4;
    private static final LogConfig CONFIG = FakePartitions.config(
            "internal.segment.bytes", "20000", "index.interval.bytes", "500", "segment.index.bytes", "4096");

    @Property(tries = 25)
    void shouldHoldEveryRecordOnceWhenKilledAtAnyStep(@ForAll final long seed) throws Exception {
        runs(new Random(seed), false);
    }

    @Property(tries = 25)
    void shouldHoldEveryRecordOnceWhenUnflushedBytesAreLost(@ForAll final long seed) throws Exception {
        runs(new Random(seed), true);
    }

    private static void runs(final Random random, final boolean cutsPower) throws Exception {
        final Path directory = Files.isDirectory(MEMORY)
                ? Files.createTempDirectory(MEMORY, "epona-restart-")
                : Files.createTempDirectory("epona-restart-");
        final FakePartitions partitions = new FakePartitions();
        for (int i = 0; i < PARTITION_COUNT; i++) {
            partitions.add(i, "orders", i, CONFIG);
        }
        try (TestLane lane = new TestLane(RING_LENGTH)) {
            for (int run = 0; run < RUN_COUNT; run++) {
                final TestShelf shelf = shelf(lane, directory, partitions, cutsPower ? run : 0);
                shelf.recover(lane.counters.shelved().get());
                work(random, lane, shelf);
                if (random.nextInt(4) == 0) {
                    shelf.close();
                } else if (cutsPower) {
                    tearTails(random, directory, shelf, partitions);
                } else {
                    tearLastWrite(random, directory, lane, partitions);
                }
            }
            final TestShelf last = shelf(lane, directory, partitions, cutsPower ? RUN_COUNT : 0);
            last.recover(lane.counters.shelved().get());
            last.drainAll();
            last.failOnUnexpected();
            for (int i = 0; i < PARTITION_COUNT; i++) {
                if (lane.nextOffset(i) > 0) {
                    try (LogRead read = last.logs.read(i, lane.nextOffset(i) - 1, 1 << 20, true)) {
                        assertEquals(LogRead.Status.RECORDS, read.status());
                        assertEquals(lane.nextOffset(i), read.logEndOffset());
                    }
                    assertEquals(
                            lane.nextOffset(i) - 1,
                            last.logs.maxTimestamp(i).orElseThrow().offset());
                }
            }
            last.close();
            DrainTest.assertEqualToJournal(lane, directory, partitions);
        } finally {
            remove(directory);
        }
    }

    private static TestShelf shelf(
            final TestLane lane, final Path directory, final FakePartitions partitions, final int boot) {
        return new TestShelf(
                lane,
                PartitionLogsConfig.defaults(directory),
                partitions,
                new SettableNodeClock(1_700_000_000_000_000_000L),
                ShelfConfig.defaults(RING_LENGTH, 1 << 30),
                "boot-" + boot);
    }

    /** What killing the process may do: leave one write unfinished, of a drain that was under way. */
    private static void tearLastWrite(
            final Random random, final Path directory, final TestLane lane, final FakePartitions partitions)
            throws IOException {
        final int partitionIndex = random.nextInt(PARTITION_COUNT);
        final List<Path> files = ClosedLog.files(
                directory.resolve(partitions.partition(partitionIndex).directoryName()));
        if (files.isEmpty()) {
            return;
        }
        final long drainedEnd =
                lane.nextOffset(partitionIndex, lane.counters.drained().get());
        long lastPosition = -1;
        try (FileRecords records = FileRecords.open(files.getLast().toFile(), false)) {
            for (final FileLogInputStream.FileChannelRecordBatch batch : records.batches()) {
                lastPosition = batch.baseOffset() >= drainedEnd ? batch.position() : -1;
            }
        }
        if (lastPosition >= 0) {
            try (FileChannel file = FileChannel.open(files.getLast(), StandardOpenOption.WRITE)) {
                file.truncate(lastPosition + (long) (random.nextDouble() * (file.size() - lastPosition)));
            }
        }
    }

    private static void work(final Random random, final TestLane lane, final TestShelf shelf) throws Exception {
        final int steps = random.nextInt(150);
        for (int i = 0; i < steps; i++) {
            switch (random.nextInt(8)) {
                case 0 -> shelf.drainAll();
                case 1 -> {
                    if (random.nextInt(4) == 0) {
                        shelf.shelveAll();
                    }
                }
                case 2 -> {
                    shelf.agent.requestDrain();
                    shelf.agent.doWork();
                }
                case 3 -> {
                    shelf.clock.advanceMs(random.nextInt(31_000));
                    shelf.agent.doWork();
                    shelf.maintenance.doWork();
                }
                default -> {
                    if (lane.room() > RING_LENGTH / 2) {
                        lane.append(random.nextInt(PARTITION_COUNT), 1 + random.nextInt(5), random.nextInt(2_000));
                    }
                }
            }
            shelf.failOnUnexpected();
        }
    }

    /** What a power cut may do: lose or damage bytes that no flush covered, in any of the segments that hold such. */
    private static void tearTails(
            final Random random, final Path directory, final TestShelf shelf, final FakePartitions partitions)
            throws IOException {
        final TestLane lane = shelf.lane;
        final long shelved = lane.counters.shelved().get();
        for (int i = 0; i < PARTITION_COUNT; i++) {
            final long flushedEnd = Math.max(lane.nextOffset(i, shelved), recoveryPoint(shelf, i));
            final Path log = directory.resolve(partitions.partition(i).directoryName());
            final List<Path> files = ClosedLog.files(log);
            final List<RetentionPolicy.Segment> segments = ClosedLog.segments(log);
            for (int s = 0; s < files.size(); s++) {
                final boolean isLast = s + 1 == files.size();
                final long end = isLast ? Long.MAX_VALUE : segments.get(s + 1).baseOffset();
                if (end > flushedEnd && random.nextBoolean()) {
                    tear(random, files.get(s), flushedEnd);
                }
            }
        }
    }

    /** A round that did not come to its end may have flushed some logs already. */
    private static long recoveryPoint(final TestShelf shelf, final int partitionIndex) {
        return shelf.logs.slots().stream()
                .filter(slot -> slot.partitionIndex() == partitionIndex && slot.isOpen())
                .mapToLong(slot -> slot.log().openState().recoveryPoint())
                .findFirst()
                .orElse(0);
    }

    private static void tear(final Random random, final Path path, final long flushedEnd) throws IOException {
        final long flushedLength;
        try (FileRecords records = FileRecords.open(path.toFile(), false)) {
            long length = 0;
            long lastBatch = 0;
            for (final RecordBatch batch : records.batches()) {
                if (batch.lastOffset() < flushedEnd) {
                    length += batch.sizeInBytes();
                }
                lastBatch += batch.sizeInBytes();
            }
            flushedLength = Math.min(length, lastBatch);
        }
        try (FileChannel file = FileChannel.open(path, StandardOpenOption.WRITE)) {
            final long kept = random.nextInt(3) == 0
                    ? flushedLength
                    : flushedLength + (long) (random.nextDouble() * (file.size() - flushedLength));
            if (random.nextBoolean()) {
                file.truncate(kept);
            } else if (kept < file.size()) {
                file.write(ByteBuffer.allocate((int) (file.size() - kept)), kept);
            }
        }
    }

    private static void remove(final Path directory) throws IOException {
        try (Stream<Path> paths = Files.walk(directory)) {
            paths.sorted(Comparator.reverseOrder())
                    .forEach(path -> path.toFile().delete());
        }
    }
}
