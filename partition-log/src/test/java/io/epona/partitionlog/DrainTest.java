package io.epona.partitionlog;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertInstanceOf;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.epona.runtime.testing.SettableNodeClock;
import java.nio.ByteBuffer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.apache.kafka.common.record.internal.FileRecords;
import org.apache.kafka.common.record.internal.RecordBatch;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** What is committed ends up in the logs, exactly once, whatever happened between. */
class DrainTest {
    private static final int RING_LENGTH = 1 << 20;

    @TempDir
    Path directory;

    private final FakePartitions partitions = new FakePartitions();

    @BeforeEach
    void addPartitions() {
        for (int i = 0; i < 4; i++) {
            partitions.add(i, "orders", i, FakePartitions.config("segment.bytes", "1048576"));
        }
    }

    static void assertEqualToJournal(final TestLane lane, final Path directory, final FakePartitions partitions) {
        try (DrainedLogVerifier verifier = new DrainedLogVerifier(directory, partitions)) {
            lane.replay(0, verifier);
            assertEquals(List.of(), verifier.differences());
            assertEquals(0, verifier.notDrainedCount());
        }
    }

    @Test
    void shouldDrainByteForByteWhenBatchesOfManyLengthsAreCommitted() throws Exception {
        try (TestLane lane = new TestLane(RING_LENGTH)) {
            try (TestShelf shelf = new TestShelf(lane, directory, partitions)) {
                for (int i = 0; i < 400; i++) {
                    lane.append(i % 4, 1 + i % 5, i % 7 == 0 ? 70_000 / (1 + i % 5) : 10 + i);
                    if (lane.room() < 200_000) {
                        shelf.drainAll();
                    }
                }
                shelf.shelveAll();
                shelf.failOnUnexpected();
                for (int i = 0; i < 4; i++) {
                    assertEquals(lane.nextOffset(i), shelf.logs.logEndOffset(i));
                }
            }
            assertEqualToJournal(lane, directory, partitions);
        }
    }

    @Test
    void shouldKeepFramesOfAPartitionThatTheMetadataDoNotHaveYet() throws Exception {
        partitions.announcedLimit = 3;
        try (TestLane lane = new TestLane(RING_LENGTH)) {
            try (TestShelf shelf = new TestShelf(lane, directory, partitions)) {
                lane.append(0, 2, 100);
                final long held = lane.position();
                lane.append(3, 1, 100);
                lane.append(1, 1, 100);
                shelf.agent.requestDrain();
                shelf.drive(() -> lane.counters.drained().get() == held);
                for (int i = 0; i < 1_000; i++) {
                    shelf.agent.requestDrain();
                    shelf.agent.doWork();
                    shelf.clock.advanceMs(10);
                }
                assertEquals(held, lane.counters.drained().get());
                assertEquals(2, shelf.logs.logEndOffset(0));
                assertEquals(0, shelf.logs.logEndOffset(1));
                partitions.announcedLimit = 4;
                shelf.drainAll();
                assertEquals(1, shelf.logs.logEndOffset(3));
                assertEquals(1, shelf.logs.logEndOffset(1));
            }
            assertEqualToJournal(lane, directory, partitions);
        }
    }

    @Test
    void shouldBeReadableByKafkaWhenDrained() throws Exception {
        try (TestLane lane = new TestLane(RING_LENGTH);
                TestShelf shelf = new TestShelf(lane, directory, partitions)) {
            for (int i = 0; i < 100; i++) {
                lane.append(0, 3, 100);
            }
            shelf.drainAll();
            try (FileRecords records = FileRecords.open(
                    directory.resolve("orders-0/00000000000000000000.log").toFile(), false)) {
                long next = 0;
                for (final RecordBatch batch : records.batches()) {
                    batch.ensureValid();
                    assertEquals(next, batch.baseOffset());
                    assertEquals(TestLane.LEADER_EPOCH, batch.partitionLeaderEpoch());
                    next = batch.nextOffset();
                }
                assertEquals(300, next);
            }
        }
    }

    @Test
    void shouldServeSlicesOfTheFileWhenRead() throws Exception {
        try (TestLane lane = new TestLane(RING_LENGTH);
                TestShelf shelf = new TestShelf(lane, directory, partitions)) {
            for (int i = 0; i < 10; i++) {
                lane.append(1, 10, 100);
            }
            assertEquals(
                    LogRead.Status.UNKNOWN_PARTITION,
                    shelf.logs.read(99, 0, 1, true).status());
            shelf.drainAll();
            try (LogRead read = shelf.logs.read(1, 25, 1 << 20, true)) {
                assertEquals(LogRead.Status.RECORDS, read.status());
                assertEquals(20, read.baseOffset());
                assertEquals(100, read.logEndOffset());
                final ByteBuffer bytes = ByteBuffer.allocate(read.length());
                assertEquals(read.length(), read.channel().read(bytes, read.filePosition()));
                assertEquals(20, bytes.getLong(0));
            }
            assertEquals(
                    LogRead.Status.EMPTY, shelf.logs.read(1, 100, 1 << 20, true).status());
            assertEquals(
                    LogRead.Status.OFFSET_OUT_OF_RANGE,
                    shelf.logs.read(1, 101, 1 << 20, true).status());
            assertEquals(
                    35,
                    shelf.logs
                            .offsetForTimestamp(1, timestampOf(lane, 35))
                            .orElseThrow()
                            .offset());
        }
    }

    private static long timestampOf(final TestLane lane, final long offset) {
        final long[] found = {-1};
        lane.replay(0, (buffer, at, length, position) -> {
            final long base = io.epona.codec.FrameDescriptor.baseOffset(buffer, at);
            if (offset >= base && offset <= io.epona.codec.FrameDescriptor.lastOffset(buffer, at)) {
                found[0] = 1_000 + position + offset - base;
            }
        });
        return found[0];
    }

    @Test
    void shouldOpenOnlyInTheBackgroundWhenTried() throws Exception {
        try (TestLane lane = new TestLane(RING_LENGTH)) {
            try (TestShelf shelf = new TestShelf(lane, directory, partitions)) {
                lane.append(2, 10, 100);
                shelf.drainAll();
            }
            lane.counters.setAll(lane.position());
            try (TestShelf shelf = new TestShelf(lane, directory, partitions)) {
                assertEquals(10, shelf.logs.logEndOffset(2));
                assertEquals(0, shelf.logs.openCount());
                assertEquals(
                        LogRead.Status.OPENING,
                        shelf.logs.tryRead(2, 0, 1024, true).status());
                assertEquals(
                        LogRead.Status.UNKNOWN_PARTITION,
                        shelf.logs.tryRead(77, 0, 1024, true).status());
                shelf.drive(() -> shelf.logs.isOpen(2));
                try (LogRead read = shelf.logs.tryRead(2, 0, 1 << 20, true)) {
                    assertEquals(LogRead.Status.RECORDS, read.status());
                }
            }
        }
    }

    @Test
    void shouldMakeNoDirectoryWhenAPartitionWithoutDataIsRead() {
        try (TestLane lane = new TestLane(RING_LENGTH);
                TestShelf shelf = new TestShelf(lane, directory, partitions)) {
            assertEquals(LogRead.Status.EMPTY, shelf.logs.read(3, 0, 100, true).status());
            assertEquals(
                    LogRead.Status.EMPTY, shelf.logs.tryRead(3, 0, 100, true).status());
            assertEquals(
                    LogRead.Status.OFFSET_OUT_OF_RANGE,
                    shelf.logs.read(3, 1, 100, true).status());
            assertTrue(shelf.logs.maxTimestamp(3).isEmpty());
            assertEquals(0, shelf.logs.logEndOffset(3));
            assertFalse(Files.exists(directory.resolve("orders-3")));
        }
    }

    @Test
    void shouldWaitUntilEnoughOrOldEnoughWhenLittleIsCommitted() throws Exception {
        try (TestLane lane = new TestLane(RING_LENGTH);
                TestShelf shelf = new TestShelf(lane, directory, partitions)) {
            lane.append(0, 1, 100);
            shelf.agent.doWork();
            assertEquals(0, lane.counters.drained().get());
            shelf.clock.advanceMs(999);
            shelf.agent.doWork();
            assertEquals(0, lane.counters.drained().get());
            shelf.clock.advanceMs(1);
            shelf.agent.doWork();
            assertEquals(lane.position(), lane.counters.drained().get());
            while (lane.position() - lane.counters.drained().get() < RING_LENGTH / 4) {
                lane.append(0, 1, 10_000);
            }
            shelf.agent.doWork();
            assertEquals(lane.position(), lane.counters.drained().get());
        }
    }

    @Test
    void shouldGiveABatchItsOwnSegmentWhenLargerThanSegments() throws Exception {
        partitions.add(9, "large", 0, FakePartitions.config("segment.bytes", "1048576"));
        try (TestLane lane = new TestLane(8 << 20)) {
            try (TestShelf shelf = new TestShelf(lane, directory, partitions)) {
                lane.append(9, 1, 100);
                lane.append(9, 1, 3 << 20);
                lane.append(9, 1, 100);
                shelf.drainAll();
                shelf.failOnUnexpected();
            }
            assertEqualToJournal(lane, directory, partitions);
        }
    }

    @Test
    void shouldSkipFramesWhenTheirPartitionIsDeleted() throws Exception {
        try (TestLane lane = new TestLane(RING_LENGTH);
                TestShelf shelf = new TestShelf(lane, directory, partitions)) {
            lane.append(0, 1, 100);
            lane.append(1, 1, 100);
            final PartitionDescription gone = partitions.remove(0);
            shelf.logs.delete(0, gone.topic(), gone.partition(), gone.topicId());
            shelf.shelveAll();
            shelf.failOnUnexpected();
            assertFalse(Files.exists(directory.resolve("orders-0")));
            assertEquals(1, shelf.logs.logEndOffset(1));
        }
    }

    @Test
    void shouldRefuseToGoOnWhenRecordsAreMissingBetweenLogAndJournal() throws Exception {
        try (TestLane lane = new TestLane(RING_LENGTH)) {
            try (TestShelf shelf = new TestShelf(lane, directory, partitions)) {
                lane.append(0, 5, 100);
                shelf.drainAll();
            }
            final long lost = lane.position();
            lane.append(0, 5, 100);
            lane.lose(lost, lane.position());
            lane.append(0, 5, 100);
            Files.delete(directory.resolve("epona-shelf-0"));
            final TestShelf shelf = new TestShelf(lane, directory, partitions);
            final PartitionLogException thrown = assertThrows(PartitionLogException.class, () -> shelf.recover(0));
            assertTrue(thrown.getMessage().contains("orders-0"), thrown.getMessage());
            assertTrue(thrown.getMessage().contains("records 5..9"), thrown.getMessage());
            shelf.logs.close();
        }
    }

    @Test
    void shouldRefuseToGoOnWhenALogIsAheadOfTheJournal() throws Exception {
        try (TestLane lane = new TestLane(RING_LENGTH)) {
            lane.append(0, 5, 100);
            final long kept = lane.position();
            lane.append(0, 5, 100);
            try (TestShelf shelf = new TestShelf(lane, directory, partitions)) {
                shelf.drainAll();
            }
            lane.lose(kept, lane.position());
            for (final boolean isMarked : new boolean[] {true, false}) {
                final TestShelf shelf = new TestShelf(lane, directory, partitions);
                shelf.agent.beginRecovery(0);
                lane.replay(0, shelf.agent);
                final PartitionLogException thrown =
                        assertThrows(PartitionLogException.class, () -> shelf.agent.completeRecovery(kept, 0));
                assertTrue(thrown.getMessage().contains("ahead of the journal"), thrown.getMessage());
                assertEquals(isMarked, thrown.getMessage().contains("epona-shelf-0"), thrown.getMessage());
                shelf.logs.close();
                if (isMarked) {
                    Files.delete(directory.resolve("epona-shelf-0"));
                }
            }
        }
    }

    @Test
    void shouldRefuseToGoOnWhenAFlushedLogHasVanished() throws Exception {
        try (TestLane lane = new TestLane(RING_LENGTH)) {
            try (TestShelf shelf = new TestShelf(lane, directory, partitions)) {
                lane.append(0, 5, 100);
                shelf.shelveAll();
            }
            Files.move(directory.resolve("orders-0"), directory.resolve("elsewhere"));
            final TestShelf shelf = new TestShelf(lane, directory, partitions);
            final PartitionLogException thrown =
                    assertThrows(PartitionLogException.class, () -> shelf.logs.read(0, 0, 100, true));
            assertTrue(thrown.getMessage().contains("has lost its directory"), thrown.getMessage());
            shelf.logs.close();
        }
    }

    @Test
    void shouldEndAndNotShelveWhenAFlushFails() throws Exception {
        try (TestLane lane = new TestLane(RING_LENGTH)) {
            final TestShelf shelf = new TestShelf(lane, directory, partitions);
            lane.append(0, 1, 100);
            shelf.shelveAll();
            final long shelved = lane.counters.shelved().get();
            lane.append(0, 1, 100);
            shelf.drainAll();
            try (LogRead read = shelf.logs.read(0, 0, 1024, true)) {
                read.channel().close(); // the next flush of this file fails
            }
            shelf.clock.advanceMs(60_000);
            shelf.drive(() -> false);
            assertEquals(1, shelf.fatal.size());
            assertInstanceOf(PartitionLogException.class, shelf.fatal.getFirst());
            assertTrue(shelf.fatal.getFirst().getMessage().contains("check the device"));
            assertEquals(shelved, lane.counters.shelved().get());
            lane.append(0, 1, 100);
            shelf.agent.requestDrain();
            assertEquals(0, shelf.agent.doWork());
            shelf.logs.close();

            final TestShelf next = new TestShelf(lane, directory, partitions);
            assertTrue(next.logs.mustRefill());
            next.recover(shelved);
            assertEquals(lane.position(), lane.counters.shelved().get());
            next.maintenance.doWork();
            assertFalse(next.logs.mustRefill());
            next.close();
            assertEqualToJournal(lane, directory, partitions);
        }
    }

    @Test
    void shouldEndWhenTheDirectoryCannotBeWritten() throws Exception {
        try (TestLane lane = new TestLane(RING_LENGTH)) {
            final TestShelf shelf = new TestShelf(lane, directory, partitions);
            Files.createFile(directory.resolve("orders-3"));
            lane.append(3, 1, 100);
            shelf.agent.requestDrain();
            shelf.drive(() -> false);
            assertEquals(1, shelf.fatal.size());
            assertEquals(0, lane.counters.drained().get());
            assertEquals(0, lane.counters.shelved().get());
            shelf.logs.close();
        }
    }

    @Test
    void shouldPublishInOrderWhenFlushIsPaced() throws Exception {
        final SettableNodeClock clock = new SettableNodeClock(1_700_000_000_000_000_000L);
        final ShelfConfig slow = new ShelfConfig(1, 0, 1, 0, 100, 1, 1, 1L << 40, 100_000, 10, 1_000_000, 0);
        try (TestLane lane = new TestLane(RING_LENGTH);
                TestShelf shelf =
                        new TestShelf(lane, PartitionLogsConfig.defaults(directory), partitions, clock, slow)) {
            for (int i = 0; i < 4; i++) {
                lane.append(i, 1, 10_000);
            }
            int cycles = 0;
            while (lane.counters.shelved().get() < lane.position()) {
                assertTrue(
                        lane.counters.shelved().get() <= lane.counters.drained().get());
                shelf.agent.doWork();
                clock.advanceMs(1);
                cycles++;
            }
            assertTrue(cycles > 500, "40 KB at 100 KB/s and 4 flushes at 10/s took only " + cycles + " ms");
        }
    }
}
