package io.epona.partitionlog;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.epona.runtime.testing.SettableNodeClock;
import java.nio.ByteBuffer;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicLong;
import java.util.concurrent.atomic.AtomicReference;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** How many logs are open, and what that costs. */
class OpenLogsTest {
    private static final int RING_LENGTH = 1 << 22;

    @TempDir
    Path directory;

    private final FakePartitions partitions = new FakePartitions();
    private final SettableNodeClock clock = new SettableNodeClock(1_700_000_000_000_000_000L);

    private TestShelf shelf(final TestLane lane, final int maxOpenLogs, final long idleCloseMs) {
        return new TestShelf(
                lane,
                new PartitionLogsConfig(directory, maxOpenLogs, idleCloseMs, 3_600_000, 3_600_000),
                partitions,
                clock,
                ShelfConfig.defaults(RING_LENGTH, 1 << 30));
    }

    @Test
    void shouldCloseTheLongestUnusedWhenMoreAreOpenThanWanted() throws Exception {
        for (int i = 0; i < 40; i++) {
            partitions.add(i, "a", i, FakePartitions.config());
        }
        try (TestLane lane = new TestLane(RING_LENGTH);
                TestShelf shelf = shelf(lane, 10, 3_600_000)) {
            for (int i = 0; i < 40; i++) {
                lane.append(i, 1, 100);
                shelf.drainAll();
            }
            shelf.shelveAll();
            shelf.drive(() -> shelf.logs.openCount() <= 10);
            for (int i = 30; i < 40; i++) {
                assertTrue(shelf.logs.isOpen(i), "partition " + i);
            }
            for (int i = 0; i < 40; i++) {
                lane.append(i, 1, 100);
            }
            shelf.shelveAll();
            shelf.failOnUnexpected();
            for (int i = 0; i < 40; i++) {
                assertEquals(2, shelf.logs.logEndOffset(i));
            }
        }
        try (TestLane unused = new TestLane(RING_LENGTH);
                TestShelf shelf = shelf(unused, 10, 3_600_000)) {
            assertEquals(2, shelf.logs.logEndOffset(0));
        }
    }

    @Test
    void shouldCloseWhenIdleAndNotWhenRead() throws Exception {
        partitions.add(0, "a", 0, FakePartitions.config());
        partitions.add(1, "a", 1, FakePartitions.config());
        try (TestLane lane = new TestLane(RING_LENGTH);
                TestShelf shelf = shelf(lane, 10, 5_000)) {
            lane.append(0, 1, 100);
            lane.append(1, 1, 100);
            shelf.shelveAll();
            try (LogRead read = shelf.logs.read(0, 0, 1_000, true)) {
                shelf.drive(() -> !shelf.logs.isOpen(1));
                assertTrue(shelf.logs.isOpen(0));
                assertTrue(read.channel().isOpen());
            }
            shelf.drive(() -> !shelf.logs.isOpen(0));
            assertEquals(0, shelf.logs.openCount());
            assertEquals(1, shelf.logs.logEndOffset(0));
        }
    }

    @Test
    @Timeout(60)
    void shouldTellNoOlderEndWhileALogIsBeingClosed() throws Exception {
        partitions.add(0, "a", 0, FakePartitions.config());
        try (TestLane lane = new TestLane(RING_LENGTH);
                TestShelf shelf = shelf(lane, 10, 5_000)) {
            final AtomicLong drained = new AtomicLong();
            final AtomicBoolean isOver = new AtomicBoolean();
            final AtomicReference<String> failure = new AtomicReference<>();
            final Thread reader = new Thread(() -> {
                while (!isOver.get()) {
                    final long atLeast = drained.get();
                    final long end = shelf.logs.logEndOffset(0);
                    if (atLeast > 0 && end < atLeast) {
                        failure.set("end=" + end + ", drained=" + atLeast);
                    }
                }
            });
            reader.start();
            for (int n = 1; n <= 30; n++) {
                lane.append(0, 1, 100);
                shelf.shelveAll();
                drained.set(n);
                final LogSlot slot = shelf.logs.slots().iterator().next();
                while (!shelf.logs.closeIfIdle(slot)) {
                    Thread.onSpinWait();
                }
                assertEquals(n, shelf.logs.logEndOffset(0));
            }
            isOver.set(true);
            reader.join();
            assertNull(failure.get());
        }
    }

    @Test
    @Timeout(60)
    void shouldServeRightBytesWhenLogsAreClosedAndOpenedMeanwhile() throws Exception {
        final int partitionCount = 16;
        for (int i = 0; i < partitionCount; i++) {
            partitions.add(i, "a", i, FakePartitions.config("internal.segment.bytes", "30000"));
        }
        try (TestLane lane = new TestLane(RING_LENGTH);
                TestShelf shelf = shelf(lane, 1, 1)) {
            for (int n = 0; n < 50; n++) {
                for (int i = 0; i < partitionCount; i++) {
                    lane.append(i, 2, 1_000);
                }
                shelf.drainAll();
            }
            shelf.shelveAll();
            final AtomicBoolean ends = new AtomicBoolean();
            final AtomicLong reads = new AtomicLong();
            final AtomicReference<Throwable> failure = new AtomicReference<>();
            final List<Thread> readers = new ArrayList<>();
            for (int r = 0; r < 2; r++) {
                final int first = r;
                readers.add(Thread.ofPlatform().start(() -> {
                    try {
                        for (int i = first; !ends.get(); i++) {
                            readOne(shelf, i % partitionCount, i * 31L % 100);
                            reads.incrementAndGet();
                        }
                    } catch (final Throwable e) {
                        failure.set(e);
                    }
                }));
            }
            final long deadlineNs = System.nanoTime() + TimeUnit.SECONDS.toNanos(30);
            while (reads.get() < 200 && failure.get() == null && System.nanoTime() - deadlineNs < 0) {
                shelf.maintenance.doWork();
                clock.advanceMs(500);
            }
            ends.set(true);
            for (final Thread reader : readers) {
                reader.join();
            }
            if (failure.get() != null) {
                throw new AssertionError(failure.get());
            }
            assertTrue(reads.get() >= 200, "reads=" + reads);
            shelf.failOnUnexpected();
        }
    }

    private static void readOne(final TestShelf shelf, final int partitionIndex, final long offset) throws Exception {
        try (LogRead read = shelf.logs.read(partitionIndex, offset, 5_000, true)) {
            assertEquals(LogRead.Status.RECORDS, read.status());
            final ByteBuffer bytes = ByteBuffer.allocate(read.length());
            while (bytes.hasRemaining() && read.channel().read(bytes, read.filePosition() + bytes.position()) > 0) {
                Thread.onSpinWait();
            }
            assertEquals(read.length(), bytes.position());
            assertEquals(offset & ~1L, bytes.getLong(0));
        }
    }

    @Test
    @Timeout(60)
    void shouldCostNothingAtStartWhenTenThousandPartitionsExist() throws Exception {
        final int partitionCount = 10_000;
        final SavedLogStates states = new SavedLogStates(directory.resolve("epona-partition-logs"), "boot");
        final var config = FakePartitions.config();
        for (int i = 0; i < partitionCount; i++) {
            states.put(
                    partitions.add(i, "a", i, config),
                    new SavedLogState(i, i + 1_000, i + 2_000, i + 1_000, 1_000_000, 80, 120, true, true));
        }
        states.store();
        try (TestLane lane = new TestLane(RING_LENGTH)) {
            final long startNs = System.nanoTime();
            try (TestShelf shelf = shelf(lane, 20_000, 3_600_000)) {
                shelf.recover(lane.position());
                for (int i = 0; i < partitionCount; i++) {
                    assertEquals(i, shelf.logs.logStartOffset(i));
                    assertEquals(i + 2_000, shelf.logs.logEndOffset(i));
                }
                final long tookMs = (System.nanoTime() - startNs) / 1_000_000;
                assertEquals(0, shelf.logs.openCount());
                // Tens of milliseconds where nothing else runs.
                assertTrue(tookMs < 10_000, "start took " + tookMs + " ms");
            }
        }
    }

    @Test
    void shouldOpenNoLogAtRecoveryWhenAKilledProcessHadDrainedEverything() throws Exception {
        final int partitionCount = 100;
        for (int i = 0; i < partitionCount; i++) {
            partitions.add(i, "a", i, FakePartitions.config());
        }
        try (TestLane lane = new TestLane(RING_LENGTH)) {
            final TestShelf killed = shelf(lane, 500, 3_600_000);
            for (int i = 0; i < 3 * partitionCount; i++) {
                lane.append(i % partitionCount, 2, 1_000);
            }
            killed.drainAll();
            assertEquals(0, lane.counters.shelved().get());

            final TestShelf next = shelf(lane, 500, 3_600_000).recover(0);
            if (next.logs.fileSystemFlush().isAvailable()) {
                assertEquals(0, next.logs.openCount());
            }
            assertEquals(0, lane.counters.shelved().get());
            lane.append(7, 1, 100);
            next.shelveAll();
            assertEquals(lane.position(), lane.counters.shelved().get());
            assertEquals(7, next.logs.logEndOffset(7));
            next.close();
            DrainTest.assertEqualToJournal(lane, directory, partitions);
        }
    }

    @Test
    void shouldRelyOnTheFileSystemFlushOnlyWhenTheKernelReportsItsErrors() {
        assertTrue(FileSystemFlush.reportsErrors("6.18.44-fc-v657"));
        assertTrue(FileSystemFlush.reportsErrors("5.8.0"));
        assertFalse(FileSystemFlush.reportsErrors("5.7.19-generic"));
        assertFalse(FileSystemFlush.reportsErrors("4.18"));
        assertFalse(FileSystemFlush.reportsErrors(""));
    }

    @Test
    @Timeout(60)
    void shouldDrainInFewAppendsWhenThousandPartitionsAreTouched() throws Exception {
        final int partitionCount = 1_000;
        final var config = FakePartitions.config();
        for (int i = 0; i < partitionCount; i++) {
            partitions.add(i, "a", i, config);
        }
        try (TestLane lane = new TestLane(RING_LENGTH).withoutJournal()) {
            final TestShelf shelf = shelf(lane, 500, 3_600_000);
            for (int n = 0; n < 3; n++) {
                for (int i = 0; i < partitionCount; i++) {
                    lane.append(i, 1, 100);
                    lane.append(i, 1, 100);
                }
                shelf.drainAll();
            }
            shelf.failOnUnexpected();
            for (int i = 0; i < partitionCount; i++) {
                assertEquals(6, shelf.logs.logEndOffset(i));
            }
            shelf.close();
        }
        try (TestLane lane = new TestLane(RING_LENGTH);
                TestShelf shelf = shelf(lane, 500, 3_600_000)) {
            for (int i = 0; i < partitionCount; i++) {
                assertEquals(6, shelf.logs.logEndOffset(i));
            }
            assertEquals(0, shelf.logs.openCount());
        }
    }
}
