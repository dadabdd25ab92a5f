package io.epona.partitionlog;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.epona.runtime.testing.SettableNodeClock;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.file.Files;
import java.nio.file.Path;
import org.apache.kafka.common.compress.Compression;
import org.apache.kafka.common.record.internal.MemoryRecords;
import org.apache.kafka.common.record.internal.SimpleRecord;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Partition logs that are filled from another replica's, which has compacted its own. */
class CompactedImportTest {
    private static final int RING_LENGTH = 1 << 20;
    private static final int CHUNK_LENGTH = 3_000;
    private static final long APPENDED_MS = 1_600_000_000_000L;

    @TempDir
    Path leaderDirectory;

    @TempDir
    Path directory;

    private final FakePartitions partitions = new FakePartitions();
    private final SettableNodeClock clock = new SettableNodeClock(1_700_000_000_000_000_000L);
    private final KeyedHistory history = new KeyedHistory(21);
    private final TestLane leaderLane = new TestLane(RING_LENGTH);
    private final TestLane lane = new TestLane(RING_LENGTH);
    private TestShelf leader;
    private TestShelf node;

    @BeforeEach
    void fillAndCompactTheLeader() throws Exception {
        partitions.add(0, "a", 0, CompactionTest.compacted());
        leader = CompactionTest.shelf(leaderLane, leaderDirectory, partitions, clock, "boot");
        node = CompactionTest.shelf(lane, directory, partitions, clock, "boot");
        for (int i = 0; i < 600; i++) {
            history.appendNext(leaderLane);
        }
        leader.shelveAll();
        CompactionTest.clean(leader);
        assertTrue(history.check(leader.logs) > 0);
    }

    @AfterEach
    void close() {
        node.close();
        leader.close();
        lane.close();
        leaderLane.close();
    }

    private void copyUpTo(final LogImport logs, final long limit) throws IOException {
        while (logs.endOffset() < limit) {
            try (LogRead read = leader.logs.read(0, logs.endOffset(), CHUNK_LENGTH, true)) {
                final ByteBuffer bytes = ByteBuffer.allocate(read.length());
                read.records().readInto(bytes, 0);
                if (LogImport.firstOf(bytes).baseOffset() >= limit) {
                    logs.advanceTo(limit);
                } else {
                    assertTrue(logs.append(bytes, limit, APPENDED_MS) > 0);
                }
            }
        }
    }

    /** The power goes, with all that was remembered of logs. */
    private void startAfterPowerCut() throws IOException {
        node.failOnUnexpected();
        Files.deleteIfExists(directory.resolve("epona-partition-logs"));
        node = CompactionTest.shelf(lane, directory, partitions, clock, "another boot");
    }

    @Test
    void shouldKeepWhatWasFlushedWhenOffsetsAreMissingAndThePowerGoes() throws Exception {
        try (LogImport logs = new LogImport(node.logs)) {
            assertTrue(logs.open(0));
            copyUpTo(logs, history.size());
            logs.release();
            logs.flush();
        }
        final int gone = history.check(node.logs);
        assertTrue(gone > 0);
        startAfterPowerCut();
        assertEquals(gone, history.check(node.logs));
    }

    @Test
    void shouldKeepWhatWasFlushedInBetweenWhenThePowerGoes() throws Exception {
        long end;
        try (LogImport logs = new LogImport(node.logs)) {
            logs.open(0);
            copyUpTo(logs, 200);
            logs.flushOpen();
            end = logs.endOffset();
        }
        startAfterPowerCut();
        assertEquals(end, node.logs.openLogEndOffset(0));
        try (LogImport logs = new LogImport(node.logs)) {
            logs.open(0);
            copyUpTo(logs, history.size());
        }
        assertTrue(history.check(node.logs) > 0);
    }

    @Test
    void shouldBeAbleToGoOnWhenThePowerGoesBeforeAnythingWasFlushed() throws Exception {
        try (LogImport logs = new LogImport(node.logs)) {
            logs.open(0);
            copyUpTo(logs, 400);
        }
        startAfterPowerCut();
        try (LogImport logs = new LogImport(node.logs)) {
            logs.open(0);
            // Less where offsets are missing between segments: nobody knows whether they were compacted.
            assertTrue(logs.endOffset() <= 400);
            copyUpTo(logs, history.size());
            logs.release();
            logs.flush();
        }
        assertTrue(history.check(node.logs) > 0);
    }

    @Test
    void shouldLeaveALogAloneWhileItIsFilledAndCompactItThen() throws Exception {
        try (LogImport logs = new LogImport(node.logs)) {
            logs.open(0);
            copyUpTo(logs, history.size());
            logs.flushOpen();
            CompactionTest.clean(node);
            assertEquals(0, node.logs.cleaningStats().cleanedLogs());
            logs.release();
            CompactionTest.clean(node);
            assertEquals(0, node.logs.cleaningStats().cleanedLogs(), "it is not flushed");
            logs.flush();
        }
        final int gone = history.check(node.logs);
        node.clock.advanceMs(60_000);
        CompactionTest.clean(node);
        assertEquals(1, node.logs.cleaningStats().cleanedLogs());
        assertTrue(history.check(node.logs) >= gone);
    }

    @Test
    void shouldTakeNothingForCompactedWhenALogIsEmptied() throws Exception {
        try (LogImport logs = new LogImport(node.logs)) {
            logs.open(0);
            copyUpTo(logs, history.size());
            logs.flushOpen();
            assertTrue(node.logs.compactedBelow(0) > 0);
            logs.startAt(0);
            assertEquals(0, node.logs.compactedBelow(0));
            copyUpTo(logs, 100);
            logs.cutTo(50);
            logs.release();
            logs.flush();
        }
        assertTrue(node.logs.compactedBelow(0) <= 100);
        assertEquals(50, node.logs.openLogEndOffset(0));
    }

    @Test
    void shouldKnowOpenTransactionsWhenALogIsFilled() throws Exception {
        leaderLane.appendRecords(
                0,
                MemoryRecords.withTransactionalRecords(
                        Compression.NONE, 7, (short) 1, 0, new SimpleRecord(1_000, new byte[1], new byte[1])));
        leader.shelveAll();
        try (LogImport logs = new LogImport(node.logs)) {
            logs.open(0);
            copyUpTo(logs, history.size() + 1);
            logs.release();
            logs.flush();
        }
        assertEquals(
                leader.logs.transactions(0, 0).open(),
                node.logs.transactions(0, 0).open());
        assertEquals(1, node.logs.transactions(0, 0).open().size());
    }

    @Test
    void shouldGiveUpCleaningWhenALogIsToBeFilled() throws Exception {
        final LogSlot slot = leader.logs.acquire(0);
        assertTrue(slot.tryMaintain());
        assertTrue(!slot.takeOver(), "somebody has it");
        assertTrue(slot.isWanted());
        slot.endMaintain();
        assertTrue(slot.takeOver());
        assertTrue(!slot.isWanted());
        slot.endMaintain();
        slot.release();
    }
}
