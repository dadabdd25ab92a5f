package io.epona.codec;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.nio.ByteBuffer;
import java.util.Iterator;
import java.util.Random;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.constraints.IntRange;
import org.agrona.ExpandableArrayBuffer;
import org.agrona.concurrent.UnsafeBuffer;
import org.apache.kafka.common.compress.Compression;
import org.apache.kafka.common.record.internal.DefaultRecordBatch;
import org.apache.kafka.common.record.internal.MemoryRecords;
import org.apache.kafka.common.record.internal.Record;
import org.apache.kafka.common.record.internal.RecordBatch;
import org.apache.kafka.common.record.internal.SimpleRecord;
import org.junit.jupiter.api.Test;

/** Our encoder writes what Kafka's writes, and both read it alike. */
class RecordBatchEncoderTest {
    private static final UnsafeBuffer VALUE = new UnsafeBuffer(new byte[100]);

    private final ExpandableArrayBuffer buffer = new ExpandableArrayBuffer();

    @Property
    void shouldEqualKafkasBytesWhenRecordsAreAny(
            @ForAll @IntRange(min = 1, max = 300) final int count, @ForAll final long seed) {
        final TestBatch batch = TestBatch.random(new Random(seed), count, 300);
        final byte[] ours = encode(batch);
        assertArrayEquals(batch.encodeByKafka(Compression.NONE), ours);
    }

    @Property
    void shouldReadLikeKafkaWhenHeaderIsViewed(
            @ForAll @IntRange(min = 1, max = 20) final int count, @ForAll final long seed) {
        final byte[] bytes = encode(TestBatch.random(new Random(seed), count, 100));
        final UnsafeBuffer wrapped = new UnsafeBuffer(bytes);
        RecordBatchDescriptor.stampBaseOffset(wrapped, 0, 1L << 33);
        RecordBatchDescriptor.stampPartitionLeaderEpoch(wrapped, 0, 7);
        final DefaultRecordBatch theirs = kafka(bytes);
        final RecordBatchView ours = new RecordBatchView().wrap(wrapped, 0);

        theirs.ensureValid();
        assertEquals(theirs.baseOffset(), ours.baseOffset());
        assertEquals(theirs.lastOffset(), ours.lastOffset());
        assertEquals(theirs.nextOffset(), ours.nextOffset());
        assertEquals(theirs.sizeInBytes(), ours.sizeInBytes());
        assertEquals(theirs.partitionLeaderEpoch(), ours.partitionLeaderEpoch());
        assertEquals(theirs.magic(), ours.magic());
        assertEquals((int) theirs.checksum(), ours.crc());
        assertEquals(theirs.isCompressed(), ours.isCompressed());
        assertEquals(theirs.compressionType().id, ours.compression());
        assertEquals(theirs.isTransactional(), ours.isTransactional());
        assertEquals(theirs.isControlBatch(), ours.isControl());
        assertEquals(theirs.baseTimestamp(), ours.baseTimestamp());
        assertEquals(theirs.maxTimestamp(), ours.maxTimestamp());
        assertEquals(theirs.producerId(), ours.producerId());
        assertEquals(theirs.hasProducerId(), ours.hasProducerId());
        assertEquals(theirs.producerEpoch(), ours.producerEpoch());
        assertEquals(theirs.baseSequence(), ours.baseSequence());
        assertEquals(theirs.lastSequence(), ours.lastSequence());
        assertEquals(theirs.countOrNull(), ours.recordCount());
    }

    @Property(tries = 100)
    void shouldGiveKafkaTheSameRecordsWhenItReadsOurs(
            @ForAll @IntRange(min = 1, max = 50) final int count, @ForAll final long seed) {
        final TestBatch batch = TestBatch.random(new Random(seed), count, 100);
        final Iterator<Record> read = kafka(encode(batch)).iterator();
        for (final SimpleRecord record : batch.records()) {
            assertEquals(record, new SimpleRecord(read.next()));
        }
        assertFalse(read.hasNext());
    }

    @Test
    void shouldStampLikeKafkaWhenTimeOfAppendIsSet() {
        final TestBatch batch = TestBatch.ofValues(3, 10);
        final byte[] ours = encode(batch);
        final byte[] theirs = ours.clone();
        final UnsafeBuffer wrapped = new UnsafeBuffer(ours);
        RecordBatchDescriptor.stampMaxTimestamp(wrapped, 0, true, 1_800_000_000_000L);
        RecordBatchDescriptor.stampCrc(wrapped, 0, new Crc32c());
        kafka(theirs).setMaxTimestamp(org.apache.kafka.common.record.TimestampType.LOG_APPEND_TIME, 1_800_000_000_000L);
        assertArrayEquals(theirs, ours);
        assertTrue(RecordBatchDescriptor.isLogAppendTime(wrapped, 0));
    }

    @Test
    void shouldAddNothingWhenRecordDoesNotFit() {
        final UnsafeBuffer small = new UnsafeBuffer(new byte[61 + 108 + 107]);
        final RecordBatchEncoder encoder = new RecordBatchEncoder();
        encoder.begin(small, 0);
        // 2 length + 1 attributes + 1 timestamp + 1 offset + 1 key + 2 value length + 100 value + 1 headers
        assertTrue(encoder.add(5, null, 0, -1, VALUE, 0, 100));
        assertEquals(61 + 109, encoder.sizeInBytes());
        assertFalse(encoder.add(6, null, 0, -1, VALUE, 0, 100));
        assertTrue(encoder.add(6, null, 0, -1, VALUE, 0, 97));
        assertEquals(2, encoder.recordCount());
        final int length = encoder.end();
        assertEquals(RecordBatchCheck.VALID, new RecordBatchValidator().check(small, 0, length));
    }

    @Test
    void shouldFillBufferToLastByteWhenRecordFitsExactly() {
        final UnsafeBuffer exact = new UnsafeBuffer(new byte[61 + 109]);
        final RecordBatchEncoder encoder = new RecordBatchEncoder();
        encoder.begin(exact, 0);
        assertTrue(encoder.add(5, null, 0, -1, VALUE, 0, 100));
        assertEquals(exact.capacity(), encoder.end());
    }

    @Test
    void shouldThrowWhenBatchIsEmptyOrTimestampImpossible() {
        final RecordBatchEncoder encoder = new RecordBatchEncoder();
        encoder.begin(buffer, 0);
        assertThrows(IllegalStateException.class, encoder::end);
        assertThrows(IllegalArgumentException.class, () -> encoder.add(-2, null, 0, -1, VALUE, 0, 1));
        assertThrows(IllegalArgumentException.class, () -> new RecordHeadersEncoder().add(VALUE, 0, -1, VALUE, 0, 1));
    }

    private byte[] encode(final TestBatch batch) {
        final byte[] bytes = new byte[batch.encode(buffer, 24)];
        buffer.getBytes(24, bytes);
        return bytes;
    }

    private static DefaultRecordBatch kafka(final byte[] bytes) {
        final RecordBatch batch = MemoryRecords.readableRecords(ByteBuffer.wrap(bytes))
                .batches()
                .iterator()
                .next();
        return (DefaultRecordBatch) batch;
    }
}
