package io.epona.partitionlog;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Partition logs that are filled from another replica's. */
class LogImportTest {
    private static final int RING_LENGTH = 1 << 20;
    private static final int CHUNK_LENGTH = 5_000;
    private static final int BATCHES = 60;
    private static final long APPENDED_MS = 1_600_000_000_000L;

    @TempDir
    Path leaderDirectory;

    @TempDir
    Path directory;

    private final FakePartitions partitions = new FakePartitions();
    private final TestLane leaderLane = new TestLane(RING_LENGTH);
    private final TestLane lane = new TestLane(RING_LENGTH);
    private TestShelf leader;
    private TestShelf node;

    @BeforeEach
    void fillTheLeader() throws Exception {
        partitions.add(7, "a", 0, FakePartitions.config("internal.segment.bytes", "20000"));
        leader = new TestShelf(leaderLane, leaderDirectory, partitions);
        node = new TestShelf(lane, directory, partitions);
        for (int i = 0; i < BATCHES; i++) {
            leaderLane.append(7, 2, 1_000);
        }
        leader.shelveAll();
    }

    @AfterEach
    void close() {
        node.close();
        leader.close();
        lane.close();
        leaderLane.close();
    }

    private ByteBuffer fetch(final long offset) throws IOException {
        try (LogRead read = leader.logs.read(7, offset, CHUNK_LENGTH, true)) {
            final ByteBuffer bytes = ByteBuffer.allocate(read.length());
            if (read.status() == LogRead.Status.RECORDS) {
                read.records().readInto(bytes, 0);
            }
            return bytes;
        }
    }

    private void copyUpTo(final LogImport logs, final long limit) throws IOException {
        while (logs.endOffset() < limit) {
            assertTrue(logs.append(fetch(logs.endOffset()), limit, APPENDED_MS) > 0);
        }
    }

    private static byte[] contentOf(final Path log) throws IOException {
        final ByteArrayOutputStream bytes = new ByteArrayOutputStream();
        for (final Path file : ClosedLog.files(log)) {
            bytes.write(Files.readAllBytes(file));
        }
        return bytes.toByteArray();
    }

    @Test
    void shouldHoldTheSameBytesWhenFilledFromAnotherReplica() throws Exception {
        try (LogImport logs = new LogImport(node.logs)) {
            assertTrue(logs.open(7));
            assertNull(logs.lastBatch());
            copyUpTo(logs, 2 * BATCHES);
            logs.release();
            assertEquals(1, logs.unflushedCount());
            logs.flush();
            assertEquals(0, logs.unflushedCount());
        }
        assertEquals(2 * BATCHES, node.logs.logEndOffset(7));
        assertArrayEquals(contentOf(leaderDirectory.resolve("a-0")), contentOf(directory.resolve("a-0")));
        final Path newest = ClosedLog.files(directory.resolve("a-0")).getLast();
        assertEquals(APPENDED_MS, Files.getLastModifiedTime(newest).toMillis(), "retention goes by the leader's time");
    }

    @Test
    void shouldEndAtTheLimitAndGoOnFromThereWhenOpenedAgain() throws Exception {
        try (LogImport logs = new LogImport(node.logs)) {
            logs.open(7);
            copyUpTo(logs, 32);
            assertEquals(32, logs.endOffset());
            assertEquals(0, logs.append(fetch(32), 32, APPENDED_MS));
            logs.release();
        }
        node.close();
        node = new TestShelf(lane, directory, partitions);
        try (LogImport logs = new LogImport(node.logs)) {
            logs.open(7);
            assertEquals(LogImport.firstOf(fetch(30)), logs.lastBatch());
            assertTrue(logs.append(fetch(30), 64, APPENDED_MS) < fetch(30).remaining(), "has the first batch already");
            copyUpTo(logs, 64);
        }
        assertEquals(64, node.logs.logEndOffset(7));
    }

    @Test
    void shouldTakeNothingOfADamagedBatch() throws Exception {
        try (LogImport logs = new LogImport(node.logs)) {
            logs.open(7);
            final ByteBuffer bytes = fetch(0);
            bytes.put(2_000, (byte) (bytes.get(2_000) + 1));
            final String message = assertThrows(
                            IllegalArgumentException.class, () -> logs.append(bytes, Long.MAX_VALUE, APPENDED_MS))
                    .getMessage();
            assertTrue(message.contains("damaged"), message);
            assertTrue(logs.endOffset() <= 2);
            copyUpTo(logs, 20);
        }
    }

    @Test
    void shouldRefuseBatchesThatReachAcrossTheLimit() throws Exception {
        try (LogImport logs = new LogImport(node.logs)) {
            logs.open(7);
            assertThrows(IllegalArgumentException.class, () -> logs.append(fetch(0), 3, APPENDED_MS));
        }
    }

    @Test
    void shouldBeginLaterWhenTheLeaderHasDeletedTheFirstRecords() throws Exception {
        try (LogImport logs = new LogImport(node.logs)) {
            logs.open(7);
            copyUpTo(logs, 10);
            logs.startAt(40);
            assertEquals(40, logs.endOffset());
            assertNull(logs.lastBatch());
            copyUpTo(logs, 60);
            logs.trimTo(45);
            logs.release();
            logs.flush();
        }
        assertEquals(45, node.logs.logStartOffset(7));
        assertEquals(60, node.logs.logEndOffset(7));
        assertEquals(
                LogRead.Status.OFFSET_OUT_OF_RANGE,
                node.logs.read(7, 20, 100, true).status());
    }

    @Test
    void shouldEndWhereItMustWhenCompactionHasTakenTheLastBatchesAway() throws Exception {
        try (LogImport logs = new LogImport(node.logs)) {
            logs.open(7);
            copyUpTo(logs, 10);
            logs.advanceTo(14);
            assertEquals(14, logs.endOffset());
            copyUpTo(logs, 20);
            logs.cutTo(18);
            assertEquals(18, logs.endOffset());
        }
    }

    @Test
    void shouldOpenNothingWhenThePartitionIsDeleted() throws Exception {
        try (LogImport logs = new LogImport(node.logs)) {
            assertFalse(logs.open(8));
            logs.open(7);
            copyUpTo(logs, 10);
            node.logs.delete(7, "a", 0, partitions.partition(7).topicId());
            logs.release();
            logs.flush();
            assertFalse(logs.open(7));
        }
    }
}
