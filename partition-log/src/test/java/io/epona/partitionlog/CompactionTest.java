package io.epona.partitionlog;

import static java.nio.charset.StandardCharsets.US_ASCII;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNotNull;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.epona.runtime.testing.SettableNodeClock;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Random;
import java.util.TreeMap;
import org.agrona.concurrent.Agent;
import org.apache.kafka.common.compress.Compression;
import org.apache.kafka.common.record.internal.ControlRecordType;
import org.apache.kafka.common.record.internal.EndTransactionMarker;
import org.apache.kafka.common.record.internal.MemoryRecords;
import org.apache.kafka.common.record.internal.Record;
import org.apache.kafka.common.record.internal.RecordBatch;
import org.apache.kafka.common.record.internal.SimpleRecord;
import org.apache.kafka.storage.internals.log.LogConfig;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Compaction of logs, against the history that was written. */
class CompactionTest {
    private static final int RING_LENGTH = 1 << 20;
    private static final long NOW_NS = 1_700_000_000_000_000_000L;

    @TempDir
    Path directory;

    private final FakePartitions partitions = new FakePartitions();
    private final SettableNodeClock clock = new SettableNodeClock(NOW_NS);

    static LogConfig compacted(final String... keysAndValues) {
        final String[] all = new String[keysAndValues.length + 6];
        all[0] = "cleanup.policy";
        all[1] = "compact";
        all[2] = "internal.segment.bytes";
        all[3] = "4000";
        all[4] = "min.cleanable.dirty.ratio";
        all[5] = "0.01";
        System.arraycopy(keysAndValues, 0, all, 6, keysAndValues.length);
        return FakePartitions.config(all);
    }

    static TestShelf shelf(
            final TestLane lane,
            final Path directory,
            final FakePartitions partitions,
            final SettableNodeClock clock,
            final String bootId) {
        return shelf(lane, directory, partitions, clock, bootId, 1_000);
    }

    static TestShelf shelf(
            final TestLane lane,
            final Path directory,
            final FakePartitions partitions,
            final SettableNodeClock clock,
            final String bootId,
            final long cleanerIntervalMs) {
        return new TestShelf(
                lane,
                new PartitionLogsConfig(
                        directory,
                        100,
                        3_600_000,
                        5_000,
                        1_000,
                        new CleanerConfig(cleanerIntervalMs, 1 << 16, 1L << 40)),
                partitions,
                clock,
                ShelfConfig.defaults(RING_LENGTH, 1 << 30),
                bootId);
    }

    private TestShelf shelf(final TestLane lane) {
        return shelf(lane, directory, partitions, clock, "boot");
    }

    /** Everything that can be cleaned now is cleaned. */
    static void clean(final TestShelf shelf) throws Exception {
        final Agent cleaner = shelf.logs.cleaner();
        shelf.clock.advanceMs(6_000);
        int idle = 0;
        for (int i = 0; i < 10_000 && idle < 3; i++) {
            idle = cleaner.doWork() == 0 ? idle + 1 : 0;
        }
        assertEquals(3, idle, "the cleaner does not come to an end");
    }

    private static void write(final TestLane lane, final TestShelf shelf, final KeyedHistory history, final int count)
            throws Exception {
        for (int i = 0; i < count; i++) {
            history.appendNext(lane);
            if (i % 20 == 19) {
                shelf.drainAll();
            }
        }
        shelf.shelveAll();
    }

    @Test
    void shouldKeepTheLastRecordOfEachKeyWhenCompactedAgainAndAgain() throws Exception {
        partitions.add(0, "a", 0, compacted());
        final KeyedHistory history = new KeyedHistory(1);
        try (TestLane lane = new TestLane(RING_LENGTH);
                TestShelf shelf = shelf(lane)) {
            int gone = 0;
            for (int round = 0; round < 6; round++) {
                write(lane, shelf, history, 300);
                final long sizeBefore = shelf.logs.size(0);
                clean(shelf);
                final int now = history.check(shelf.logs);
                assertTrue(now > gone, "round " + round + " removed nothing");
                assertTrue(shelf.logs.size(0) < sizeBefore);
                gone = now;
            }
            assertTrue(gone > history.size() / 2, "gone=" + gone);
            assertEquals(0, shelf.logs.logStartOffset(0));
            assertEquals(6, shelf.logs.cleaningStats().cleanedLogs());
            assertEquals(0, shelf.logs.cleaningStats().failures());
            assertTrue(shelf.logs.cleaningStats().freedLength() > 0);
        }
    }

    @Test
    void shouldGoOnWithTheNextRecordWhenReadAnywhereInAHole() throws Exception {
        partitions.add(0, "a", 0, compacted());
        final KeyedHistory history = new KeyedHistory(2);
        try (TestLane lane = new TestLane(RING_LENGTH);
                TestShelf shelf = shelf(lane)) {
            write(lane, shelf, history, 600);
            clean(shelf);
            final TreeMap<Long, KeyedHistory.Entry> all = KeyedHistory.readAll(shelf.logs, 0);
            for (long offset = 0; offset < history.size(); offset++) {
                assertEquals(
                        all.tailMap(offset),
                        KeyedHistory.readAll(shelf.logs, offset).tailMap(offset));
            }
        }
    }

    @Test
    void shouldKeepTombstonesForTheirTimeWhenCompacted() throws Exception {
        partitions.add(0, "a", 0, compacted("delete.retention.ms", "600000"));
        final KeyedHistory history = new KeyedHistory(3);
        try (TestLane lane = new TestLane(RING_LENGTH);
                TestShelf shelf = shelf(lane)) {
            history.append(lane, "gone", "x");
            history.append(lane, "gone", null);
            write(lane, shelf, history, 200);
            clean(shelf);
            Map<Long, KeyedHistory.Entry> found = KeyedHistory.readAll(shelf.logs, 0);
            assertNull(found.get(0L));
            assertNotNull(found.get(1L), "the tombstone must stay for ten minutes from its first cleaning");
            write(lane, shelf, history, 200);
            clean(shelf);
            found = KeyedHistory.readAll(shelf.logs, 0);
            assertNotNull(found.get(1L), "ten minutes are not over");
            shelf.clock.advanceMs(700_000);
            write(lane, shelf, history, 200);
            clean(shelf);
            assertNull(KeyedHistory.readAll(shelf.logs, 0).get(1L));
            history.check(shelf.logs);
        }
    }

    @Test
    void shouldCleanAClosedLogAndCloseItAgainWhenItNeedsIt() throws Exception {
        partitions.add(0, "a", 0, compacted());
        partitions.add(1, "b", 0, compacted());
        final KeyedHistory history = new KeyedHistory(4);
        try (TestLane lane = new TestLane(RING_LENGTH)) {
            try (TestShelf shelf = shelf(lane)) {
                write(lane, shelf, history, 400);
                lane.appendKeyed(1, "k", "v");
                shelf.shelveAll();
            }
            try (TestShelf shelf = shelf(lane)) {
                shelf.recover(lane.position());
                clean(shelf);
                assertEquals(0, shelf.logs.openCount());
                assertEquals(1, shelf.logs.cleaningStats().cleanedLogs());
                assertTrue(history.check(shelf.logs) > 0);
            }
        }
    }

    @Test
    void shouldCompactWhatAnotherProcessLeftWhenItWasKilledAndNobodyWritesAnyMore() throws Exception {
        partitions.add(0, "a", 0, compacted());
        final KeyedHistory history = new KeyedHistory(13);
        try (TestLane lane = new TestLane(RING_LENGTH)) {
            final TestShelf shelf = shelf(lane);
            write(lane, shelf, history, 400);
            shelf.failOnUnexpected(); // and then the process is killed, before it noted what it had flushed
            Files.deleteIfExists(directory.resolve("epona-partition-logs"));
            try (TestShelf next = shelf(lane)) {
                next.recover(lane.position());
                clean(next);
                assertEquals(1, next.logs.cleaningStats().cleanedLogs());
                assertTrue(history.check(next.logs) > 0);
            }
        }
    }

    @Test
    void shouldCompactALogSoonThatWasLookedAtBeforeAnythingWasInIt() throws Exception {
        partitions.add(0, "a", 0, compacted());
        final KeyedHistory history = new KeyedHistory(14);
        try (TestLane lane = new TestLane(RING_LENGTH);
                TestShelf shelf = shelf(lane)) {
            clean(shelf);
            for (int i = 0; i < 400; i++) {
                history.appendNext(lane);
            }
            final long beginNs = shelf.clock.nanoTime();
            shelf.drainAll();
            shelf.clock.advanceMs(1_000);
            assertTrue(shelf.clock.nanoTime() - beginNs < 5_000_000_000L, "the next look at a log that is not open");
            final Agent cleaner = shelf.logs.cleaner();
            for (int i = 0; i < 10; i++) {
                cleaner.doWork();
            }
            assertEquals(1, shelf.logs.cleaningStats().cleanedLogs());
        }
    }

    @Test
    void shouldTakeHolesForLostRecordsOnlyWhereNothingWasCompactedWhenTheMachineHasStartedAgain() throws Exception {
        partitions.add(0, "a", 0, compacted());
        final KeyedHistory history = new KeyedHistory(5);
        try (TestLane lane = new TestLane(RING_LENGTH)) {
            final TestShelf shelf = shelf(lane);
            write(lane, shelf, history, 600);
            clean(shelf);
            final int gone = history.check(shelf.logs);
            assertTrue(gone > 0);
            shelf.failOnUnexpected(); // and then the power goes, with all that was remembered
            Files.deleteIfExists(directory.resolve("epona-partition-logs"));
            try (TestShelf next = shelf(lane, directory, partitions, clock, "another boot")) {
                next.recover(lane.position());
                assertEquals(gone, history.check(next.logs));
                write(lane, next, history, 300);
                clean(next);
                assertTrue(history.check(next.logs) > gone);
            }
        }
    }

    @Test
    void shouldDeleteOldSegmentsTooWhenThePolicyIsBoth() throws Exception {
        partitions.add(0, "a", 0, compacted("cleanup.policy", "compact,delete", "retention.bytes", "6000"));
        final KeyedHistory history = new KeyedHistory(6);
        try (TestLane lane = new TestLane(RING_LENGTH);
                TestShelf shelf = shelf(lane)) {
            write(lane, shelf, history, 600);
            clean(shelf);
            shelf.drive(() -> shelf.logs.size(0) < 12_000);
            assertTrue(shelf.logs.logStartOffset(0) > 0);
            write(lane, shelf, history, 100);
            clean(shelf);
            assertEquals(history.size(), shelf.logs.logEndOffset(0));
        }
    }

    @Test
    void shouldKeepEverythingWhenThePolicyIsChangedToDeleteAndBack() throws Exception {
        partitions.add(0, "a", 0, FakePartitions.config("internal.segment.bytes", "4000"));
        final KeyedHistory history = new KeyedHistory(7);
        try (TestLane lane = new TestLane(RING_LENGTH);
                TestShelf shelf = shelf(lane)) {
            write(lane, shelf, history, 300);
            clean(shelf);
            assertEquals(0, history.check(shelf.logs));
            partitions.configure(0, compacted());
            shelf.logs.updateConfig(0);
            clean(shelf);
            final int gone = history.check(shelf.logs);
            assertTrue(gone > 0);
            partitions.configure(0, FakePartitions.config("internal.segment.bytes", "4000"));
            shelf.logs.updateConfig(0);
            write(lane, shelf, history, 300);
            clean(shelf);
            assertEquals(gone, history.check(shelf.logs));
        }
    }

    @Test
    void shouldBeginWhereRecordsWereDeletedWhenATrimIsDrainedOrOnlyKnown() throws Exception {
        partitions.add(0, "a", 0, compacted("cleanup.policy", "compact,delete"));
        final KeyedHistory history = new KeyedHistory(8);
        try (TestLane lane = new TestLane(RING_LENGTH)) {
            try (TestShelf shelf = shelf(lane)) {
                write(lane, shelf, history, 300);
                lane.appendTrim(0, 150);
                shelf.drainAll();
                assertEquals(150, shelf.logs.logStartOffset(0));
                shelf.logs.raiseLogStartOffset(0, 170);
                assertEquals(170, shelf.logs.logStartOffset(0));
                assertEquals(
                        LogRead.Status.OFFSET_OUT_OF_RANGE,
                        shelf.logs.read(0, 169, 100, true).status());
                shelf.drive(() ->
                        ClosedLog.segments(directory.resolve("a-0")).getFirst().baseOffset() > 100);
                clean(shelf);
                history.check(shelf.logs);
                shelf.shelveAll();
            }
            try (TestShelf shelf = shelf(lane)) {
                shelf.recover(lane.position());
                assertEquals(170, shelf.logs.logStartOffset(0));
                history.check(shelf.logs);
            }
        }
    }

    @Test
    void shouldLeaveADeletedTopicAloneAndStopWhenAsked() throws Exception {
        final PartitionDescription a = partitions.add(0, "a", 0, compacted());
        final KeyedHistory history = new KeyedHistory(9);
        try (TestLane lane = new TestLane(RING_LENGTH);
                TestShelf shelf = shelf(lane)) {
            write(lane, shelf, history, 300);
            shelf.clock.advanceMs(6_000);
            final Agent cleaner = shelf.logs.cleaner();
            assertEquals(1, cleaner.doWork()); // it has looked
            assertEquals(1, shelf.logs.cleaningStats().waitingLogs());
            partitions.remove(0);
            shelf.logs.delete(0, "a", 0, a.topicId());
            clean(shelf);
            assertEquals(0, shelf.logs.cleaningStats().cleanedLogs());
            shelf.logs.stopCleaning();
            shelf.clock.advanceMs(60_000);
            assertEquals(0, cleaner.doWork());
        }
    }

    @Test
    void shouldReportAndLeaveTheLogAsItIsWhenItCannotBeCleaned() throws Exception {
        partitions.add(0, "a", 0, compacted());
        final KeyedHistory history = new KeyedHistory(10);
        try (TestLane lane = new TestLane(RING_LENGTH);
                TestShelf shelf = shelf(lane)) {
            write(lane, shelf, history, 300);
            // A directory where the new segment should go.
            final Path inTheWay = directory.resolve("a-0").resolve("00000000000000000000.log.cleaned");
            Files.createDirectories(inTheWay.resolve("x"));
            clean(shelf);
            assertEquals(1, shelf.logs.cleaningStats().failures());
            assertFalse(shelf.errors.isEmpty());
            assertEquals(0, history.check(shelf.logs));
            shelf.errors.clear();
            Files.delete(inTheWay.resolve("x"));
            Files.deleteIfExists(inTheWay);
            shelf.clock.advanceMs(PartitionLogLimits.CLEANING_RETRY_MS);
            clean(shelf);
            assertTrue(history.check(shelf.logs) > 0);
        }
    }

    @Test
    void shouldDifferInNothingElseWhenJournalAndCompactedLogAreCompared() throws Exception {
        partitions.add(0, "a", 0, compacted());
        final KeyedHistory history = new KeyedHistory(11);
        try (TestLane lane = new TestLane(RING_LENGTH);
                TestShelf shelf = shelf(lane)) {
            write(lane, shelf, history, 400);
            clean(shelf);
            try (DrainedLogVerifier verifier = new DrainedLogVerifier(directory, partitions)) {
                lane.replay(0, verifier);
                assertEquals(
                        0, verifier.differenceCount(), verifier.differences().toString());
                assertTrue(verifier.compactedCount() > 0);
                assertTrue(verifier.equalCount() > 0);
            }
        }
    }

    @Test
    void shouldReadTheSameCommittedRecordsWhenTransactionsWereCompacted() throws Exception {
        partitions.add(0, "a", 0, compacted("delete.retention.ms", "1"));
        final Random random = new Random(12);
        final Map<String, String> committed = new HashMap<>();
        try (TestLane lane = new TestLane(RING_LENGTH);
                TestShelf shelf = shelf(lane)) {
            for (int round = 0; round < 4; round++) {
                for (int transaction = 0; transaction < 60; transaction++) {
                    writeTransaction(lane, random, committed);
                    shelf.drainAll();
                }
                shelf.shelveAll();
                assertEquals(committed, readCommitted(shelf));
                clean(shelf);
                assertEquals(committed, readCommitted(shelf), "round " + round);
                shelf.clock.advanceMs(1_000);
            }
            assertTrue(shelf.logs.cleaningStats().freedLength() > 0);
        }
    }

    private static void writeTransaction(
            final TestLane lane, final Random random, final Map<String, String> committed) {
        final long producerId = random.nextInt(3);
        final short epoch = 0;
        final boolean isCommitted = random.nextBoolean();
        final int count = 1 + random.nextInt(4);
        for (int i = 0; i < count; i++) {
            final String key = "k" + random.nextInt(20);
            final String value = "v".repeat(random.nextInt(100)) + lane.nextOffset(0);
            lane.appendRecords(
                    0,
                    MemoryRecords.withTransactionalRecords(
                            Compression.NONE,
                            producerId,
                            epoch,
                            (int) lane.nextOffset(0),
                            new SimpleRecord(1_000, key.getBytes(US_ASCII), value.getBytes(US_ASCII))));
            if (isCommitted) {
                committed.put(key, value);
            }
        }
        final EndTransactionMarker marker =
                new EndTransactionMarker(isCommitted ? ControlRecordType.COMMIT : ControlRecordType.ABORT, 1);
        lane.appendRecords(0, MemoryRecords.withEndTransactionMarker(0, 1_000, -1, producerId, epoch, marker));
    }

    /** The last value of each key, as a reader of committed records sees it. */
    private static Map<String, String> readCommitted(final TestShelf shelf) throws IOException {
        final Map<String, String> values = new HashMap<>();
        final Map<Long, Map<String, String>> open = new HashMap<>();
        for (final RecordBatch batch : KeyedHistory.readBatches(shelf.logs, 0)) {
            final Map<String, String> own = open.computeIfAbsent(batch.producerId(), id -> new LinkedHashMap<>());
            for (final Record record : batch) {
                if (!batch.isControlBatch()) {
                    own.put(KeyedHistory.text(record.key()), KeyedHistory.text(record.value()));
                } else if (ControlRecordType.parse(record.key()) == ControlRecordType.COMMIT) {
                    values.putAll(own);
                    own.clear();
                } else {
                    own.clear();
                }
            }
        }
        // A marker outlives the records of its transaction.
        open.forEach((producerId, rest) -> assertEquals(Map.of(), rest, "producerId=" + producerId));
        return values;
    }

    @Test
    void shouldStartFromNothingWhenTheMarkIsDamaged() throws IOException {
        new CleanMark(7, 9).write(directory);
        assertEquals(new CleanMark(7, 9), CleanMark.read(directory));
        final Path file = directory.resolve("epona-clean");
        final byte[] bytes = Files.readAllBytes(file);
        bytes[new Random(1).nextInt(bytes.length - 1)] ^= 1;
        Files.write(file, bytes);
        assertEquals(CleanMark.UNKNOWN, CleanMark.read(directory));
    }
}
