package io.epona.partitionlog;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.TreeMap;
import org.apache.kafka.common.record.internal.MemoryRecords;
import org.apache.kafka.common.record.internal.Record;
import org.apache.kafka.common.record.internal.RecordBatch;

/** What was written to one partition, and whether a compacted log says the same. */
final class KeyedHistory {
    static final int KEYS = 40;
    private static final int TOMBSTONE_SHARE = 12;

    /** One record. */
    record Entry(String key, String value) {}

    private final List<Entry> entries = new ArrayList<>();
    private final Random random;

    KeyedHistory(final long seed) {
        random = new Random(seed);
    }

    /** Writes the next record. */
    void appendNext(final TestLane lane) {
        final int number = entries.size();
        final String key = "k" + (random.nextInt(3) == 0 ? random.nextInt(KEYS) : random.nextInt(KEYS / 8));
        final String value = random.nextInt(TOMBSTONE_SHARE) == 0 ? null : number + "v".repeat(random.nextInt(200));
        append(lane, key, value);
    }

    void append(final TestLane lane, final String key, final String value) {
        entries.add(new Entry(key, value));
        lane.appendKeyed(0, key, value);
    }

    int size() {
        return entries.size();
    }

    /** Every record of a log by offset, read as fetches do. */
    static TreeMap<Long, Entry> readAll(final PartitionLogs logs, final long fromOffset) throws IOException {
        final TreeMap<Long, Entry> found = new TreeMap<>();
        for (final RecordBatch batch : readBatches(logs, fromOffset)) {
            for (final Record record : batch) {
                found.put(record.offset(), new Entry(text(record.key()), text(record.value())));
            }
        }
        return found;
    }

    /** Every batch of a log, read as fetches do. */
    static List<RecordBatch> readBatches(final PartitionLogs logs, final long fromOffset) throws IOException {
        final List<RecordBatch> batches = new ArrayList<>();
        long offset = fromOffset;
        final long end = logs.openLogEndOffset(0);
        while (offset < end) {
            try (LogRead read = logs.read(0, offset, 8_000, true)) {
                assertEquals(LogRead.Status.RECORDS, read.status(), "offset=" + offset + ", end=" + end);
                final ByteBuffer bytes = ByteBuffer.allocate(read.length());
                read.channel().read(bytes, read.filePosition());
                long next = offset;
                for (final RecordBatch batch :
                        MemoryRecords.readableRecords(bytes.flip()).batches()) {
                    batch.ensureValid();
                    batches.add(batch);
                    next = batch.nextOffset();
                }
                assertTrue(next > offset, "no progress at offset=" + offset + ", end=" + end);
                offset = next;
            }
        }
        return batches;
    }

    static String text(final ByteBuffer bytes) {
        return bytes == null ? null : StandardCharsets.US_ASCII.decode(bytes).toString();
    }

    /**
     * Checks a log that may have been compacted: nothing that was not written, nothing at another offset, and the last
     * record of each key, of which only a tombstone may be gone.
     *
     * @return number of records that are gone
     */
    int check(final PartitionLogs logs) throws IOException {
        assertEquals(entries.size(), logs.openLogEndOffset(0));
        final long start = logs.logStartOffset(0);
        final TreeMap<Long, Entry> found = readAll(logs, start);
        found.forEach((offset, entry) -> assertEquals(entries.get(offset.intValue()), entry, "offset=" + offset));
        lastOffsets()
                .forEach((key, offset) -> assertTrue(
                        offset < start || entries.get(offset).value() == null || found.containsKey((long) offset),
                        "the last value of " + key + " is gone: offset=" + offset));
        return entries.size() - found.size();
    }

    private Map<String, Integer> lastOffsets() {
        final Map<String, Integer> last = new HashMap<>();
        for (int i = 0; i < entries.size(); i++) {
            last.put(entries.get(i).key(), i);
        }
        return last;
    }
}
