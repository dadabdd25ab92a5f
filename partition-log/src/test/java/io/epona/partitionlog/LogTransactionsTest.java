package io.epona.partitionlog;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;
import org.apache.kafka.common.compress.Compression;
import org.apache.kafka.common.record.internal.ControlRecordType;
import org.apache.kafka.common.record.internal.EndTransactionMarker;
import org.apache.kafka.common.record.internal.MemoryRecords;
import org.apache.kafka.common.record.internal.SimpleRecord;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** What partition logs know of transactions, after every way in which a node can end. */
class LogTransactionsTest {
    private static final int RING_LENGTH = 1 << 20;
    private static final int PARTITION = 0;
    private static final int ROUNDS = 8;

    @TempDir
    private Path directory;

    private final FakePartitions partitions = new FakePartitions();
    private final Map<Long, Long> open = new LinkedHashMap<>();
    private final Map<Long, Integer> sequences = new LinkedHashMap<>();
    private final List<String> aborted = new ArrayList<>();

    private void write(final Random random, final TestLane lane) {
        for (int i = 0; i < 60; i++) {
            final long producerId = random.nextInt(5);
            switch (random.nextInt(5)) {
                case 0 -> lane.append(PARTITION, 2, 50);
                case 1 -> end(lane, producerId, random.nextBoolean());
                default -> {
                    final int sequence = sequences.merge(producerId, 1, Integer::sum) - 1;
                    final long offset = lane.append(
                            PARTITION,
                            MemoryRecords.withTransactionalRecords(
                                    Compression.NONE, producerId, (short) 0, sequence, new SimpleRecord(new byte[40])));
                    open.putIfAbsent(producerId, offset);
                }
            }
        }
    }

    private void end(final TestLane lane, final long producerId, final boolean isCommit) {
        final long offset = lane.append(
                PARTITION,
                MemoryRecords.withEndTransactionMarker(
                        producerId,
                        (short) 0,
                        new EndTransactionMarker(isCommit ? ControlRecordType.COMMIT : ControlRecordType.ABORT, 1)));
        final Long first = open.remove(producerId);
        if (first != null && !isCommit) {
            aborted.add(producerId + "@" + first + ".." + offset);
        }
    }

    private void check(final TestShelf shelf) {
        assertEquals(open, shelf.logs.transactions(PARTITION, 0).open());
        final List<String> known = new ArrayList<>();
        try (LogRead read = shelf.logs.readCommitted(PARTITION, 0, Long.MAX_VALUE, 1 << 24, true)) {
            read.aborted().forEach(one -> known.add(one.producerId() + "@" + one.firstOffset()));
        }
        assertEquals(
                aborted.stream().map(one -> one.substring(0, one.indexOf(".."))).toList(), known);
    }

    @Test
    void shouldKnowTheSameTransactionsWhenTheNodeStoppedOrWasKilled() throws Exception {
        partitions.add(PARTITION, "t", 0, FakePartitions.config());
        final Random random = new Random(5);
        try (TestLane lane = new TestLane(RING_LENGTH)) {
            long shelved = 0;
            for (int round = 0; round < ROUNDS; round++) {
                final TestShelf shelf = new TestShelf(lane, directory, partitions).recover(shelved);
                check(shelf);
                write(random, lane);
                shelf.drainAll();
                check(shelf);
                if (random.nextBoolean()) {
                    shelf.shelveAll();
                    shelved = lane.position();
                }
                write(random, lane);
                shelf.drainAll();
                shelf.failOnUnexpected();
                if (round % 3 == 0) {
                    shelf.shelveAll();
                    shelved = lane.position();
                    shelf.close();
                } // else nobody gets to close anything: the process is gone
            }
            assertTrue(aborted.size() > 20);
        }
    }

    @Test
    void shouldEndBelowTheLimitWhenCommittedRecordsAreRead() throws Exception {
        partitions.add(PARTITION, "t", 0, FakePartitions.config());
        try (TestLane lane = new TestLane(RING_LENGTH);
                TestShelf shelf = new TestShelf(lane, directory, partitions).recover(0)) {
            lane.append(PARTITION, 10, 50);
            final long limit = lane.append(
                    PARTITION,
                    MemoryRecords.withTransactionalRecords(
                            Compression.NONE, 7, (short) 0, 0, new SimpleRecord(new byte[40])));
            lane.append(PARTITION, 10, 50);
            shelf.shelveAll();
            try (LogRead read = shelf.logs.readCommitted(PARTITION, 0, limit, 1 << 20, true)) {
                final long[] last = {-1};
                read.records().batches().forEach(batch -> last[0] = batch.lastOffset());
                assertEquals(limit - 1, last[0]);
            }
            try (LogRead read = shelf.logs.readCommitted(PARTITION, limit, limit, 1 << 20, true)) {
                assertEquals(LogRead.Status.EMPTY, read.status());
            }
        }
    }

    @Test
    void shouldMarkOnlyLogsWithTransactions() throws Exception {
        partitions.add(PARTITION, "t", 0, FakePartitions.config());
        try (TestLane lane = new TestLane(RING_LENGTH);
                TestShelf shelf = new TestShelf(lane, directory, partitions).recover(0)) {
            lane.append(PARTITION, 10, 50);
            shelf.shelveAll();
            assertFalse(TransactionMark.exists(directory.resolve("t-0")));
            end(lane, 3, true);
            shelf.drainAll();
            assertTrue(TransactionMark.exists(directory.resolve("t-0")));
        }
    }
}
