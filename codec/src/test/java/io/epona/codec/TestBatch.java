package io.epona.codec;

import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import org.agrona.DirectBuffer;
import org.agrona.MutableDirectBuffer;
import org.agrona.concurrent.UnsafeBuffer;
import org.apache.kafka.common.compress.Compression;
import org.apache.kafka.common.header.Header;
import org.apache.kafka.common.header.internals.RecordHeader;
import org.apache.kafka.common.record.TimestampType;
import org.apache.kafka.common.record.internal.MemoryRecords;
import org.apache.kafka.common.record.internal.MemoryRecordsBuilder;
import org.apache.kafka.common.record.internal.RecordBatch;
import org.apache.kafka.common.record.internal.SimpleRecord;

/** Records of one batch, random from a seed, that Kafka's builder and ours both write. */
record TestBatch(
        List<SimpleRecord> records, long producerId, short producerEpoch, int baseSequence, boolean inTransaction) {
    private static final long TIMESTAMP_MS = 1_700_000_000_000L;

    static TestBatch random(final Random random, final int count, final int maxValueLength) {
        final List<SimpleRecord> records = new ArrayList<>();
        for (int i = 0; i < count; i++) {
            records.add(new SimpleRecord(
                    randomTimestamp(random),
                    randomBytes(random, 20),
                    randomBytes(random, maxValueLength),
                    headers(random)));
        }
        final boolean hasProducer = random.nextBoolean();
        return hasProducer
                ? new TestBatch(
                        records,
                        random.nextLong() >>> 1,
                        (short) random.nextInt(1 << 15),
                        random.nextInt() >>> 1,
                        random.nextBoolean())
                : new TestBatch(records, -1, (short) -1, -1, false);
    }

    static TestBatch ofValues(final int count, final int valueLength) {
        final List<SimpleRecord> records = new ArrayList<>();
        for (int i = 0; i < count; i++) {
            records.add(new SimpleRecord(
                    TIMESTAMP_MS + i, ("key-" + i).getBytes(StandardCharsets.UTF_8), new byte[valueLength]));
        }
        return new TestBatch(records, -1, (short) -1, -1, false);
    }

    /** Writes the batch with our encoder; returns its length. */
    int encode(final MutableDirectBuffer buffer, final int offset) {
        final RecordBatchEncoder encoder = new RecordBatchEncoder();
        final RecordHeadersEncoder headers = new RecordHeadersEncoder();
        encoder.begin(buffer, offset, producerId, producerEpoch, baseSequence, inTransaction);
        for (final SimpleRecord record : records) {
            headers.clear();
            for (final Header header : record.headers()) {
                final byte[] key = header.key().getBytes(StandardCharsets.UTF_8);
                headers.add(new UnsafeBuffer(key), 0, key.length, wrap(header.value()), 0, length(header.value()));
            }
            final boolean added = encoder.add(
                    record.timestamp(),
                    wrap(record.key()),
                    0,
                    length(record.key()),
                    wrap(record.value()),
                    0,
                    length(record.value()),
                    headers);
            if (!added) {
                throw new IllegalStateException("buffer is too small: capacity=" + buffer.capacity());
            }
        }
        return encoder.end();
    }

    /** The batch as Kafka's builder writes it. */
    byte[] encodeByKafka(final Compression compression) {
        final ByteBuffer buffer = ByteBuffer.allocate(1024);
        final MemoryRecordsBuilder builder = MemoryRecords.builder(
                buffer,
                RecordBatch.MAGIC_VALUE_V2,
                compression,
                TimestampType.CREATE_TIME,
                0L,
                RecordBatch.NO_TIMESTAMP,
                producerId,
                producerEpoch,
                baseSequence,
                inTransaction,
                RecordBatch.NO_PARTITION_LEADER_EPOCH);
        records.forEach(builder::append);
        final ByteBuffer built = builder.build().buffer();
        final byte[] bytes = new byte[built.remaining()];
        built.get(bytes);
        return bytes;
    }

    boolean hasNullKey() {
        return records.stream().anyMatch(record -> record.key() == null);
    }

    long minTimestamp() {
        return records.stream().mapToLong(SimpleRecord::timestamp).min().orElseThrow();
    }

    long maxTimestamp() {
        return records.stream().mapToLong(SimpleRecord::timestamp).max().orElseThrow();
    }

    private static long randomTimestamp(final Random random) {
        return switch (random.nextInt(10)) {
            case 0 -> RecordBatch.NO_TIMESTAMP;
            case 1 -> random.nextLong() >>> 1;
            default -> TIMESTAMP_MS + random.nextInt(20_000) - 10_000;
        };
    }

    private static Header[] headers(final Random random) {
        final Header[] headers = new Header[random.nextInt(10) < 7 ? 0 : random.nextInt(4)];
        for (int i = 0; i < headers.length; i++) {
            headers[i] = new RecordHeader("h\u00e9ader".substring(0, random.nextInt(7)), randomBytes(random, 100));
        }
        return headers;
    }

    private static byte[] randomBytes(final Random random, final int maxLength) {
        if (random.nextInt(5) == 0) {
            return null;
        }
        final byte[] bytes = new byte[random.nextInt(maxLength + 1)];
        random.nextBytes(bytes);
        return bytes;
    }

    private static DirectBuffer wrap(final byte[] bytes) {
        return bytes == null ? null : new UnsafeBuffer(bytes);
    }

    private static DirectBuffer wrap(final ByteBuffer bytes) {
        return bytes == null ? null : new UnsafeBuffer(bytes, bytes.position(), bytes.remaining());
    }

    private static int length(final byte[] bytes) {
        return bytes == null ? RecordBatchEncoder.NULL_LENGTH : bytes.length;
    }

    private static int length(final ByteBuffer bytes) {
        return bytes == null ? RecordBatchEncoder.NULL_LENGTH : bytes.remaining();
    }
}
