package io.epona.codec;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.nio.ByteBuffer;
import java.util.Random;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.constraints.IntRange;
import org.agrona.concurrent.UnsafeBuffer;
import org.apache.kafka.common.InvalidRecordException;
import org.apache.kafka.common.compress.Compression;
import org.apache.kafka.common.protocol.Errors;
import org.apache.kafka.common.record.internal.CompressionType;
import org.apache.kafka.common.record.internal.MemoryRecords;
import org.apache.kafka.common.record.internal.Record;
import org.junit.jupiter.api.Test;

/** What Kafka writes is accepted; every change to it is found; no bytes at all make the validator throw. */
class RecordBatchValidatorTest {
    private final RecordBatchValidator validator = new RecordBatchValidator();
    private final Crc32c crc32c = new Crc32c();

    @Property
    void shouldAcceptWhatKafkaWritesWhenRecordsAreAny(
            @ForAll @IntRange(min = 1, max = 200) final int count, @ForAll final long seed) {
        final TestBatch batch = TestBatch.random(new Random(seed), count, 200);
        final byte[] bytes = batch.encodeByKafka(Compression.NONE);

        assertEquals(RecordBatchCheck.VALID, check(bytes));
        assertEquals(bytes.length, validator.sizeInBytes());
        assertTrue(validator.recordsWalked());
        assertEquals(batch.hasNullKey(), validator.hasNullKey());
        assertEquals(batch.minTimestamp(), validator.minTimestamp());
        assertEquals(batch.maxTimestamp(), validator.maxTimestamp());
    }

    @Test
    void shouldJudgeHeaderOnlyWhenBatchIsCompressed() {
        final TestBatch batch = TestBatch.ofValues(20, 100);
        for (final CompressionType type : CompressionType.values()) {
            final byte[] bytes = batch.encodeByKafka(Compression.of(type).build());
            assertEquals(RecordBatchCheck.VALID, check(bytes), type.name);
            assertEquals(type == CompressionType.NONE, validator.recordsWalked());
            assertEquals(batch.maxTimestamp(), validator.maxTimestamp());
            assertEquals(type.id, RecordBatchDescriptor.compression(new UnsafeBuffer(bytes), 0));
        }
    }

    @Test
    void shouldRefuseBatchWhenAnyBitChanges() {
        final byte[] bytes = TestBatch.random(new Random(7), 5, 50).encodeByKafka(Compression.NONE);
        for (int bit = 0; bit < bytes.length * Byte.SIZE; bit++) {
            final int index = bit / Byte.SIZE;
            final boolean isLeaderEpoch = index >= RecordBatchDescriptor.PARTITION_LEADER_EPOCH_OFFSET
                    && index < RecordBatchDescriptor.MAGIC_OFFSET;
            bytes[index] ^= (byte) (1 << bit % Byte.SIZE);
            if (isLeaderEpoch) { // for the broker to set, outside the checksum
                assertEquals(RecordBatchCheck.VALID, check(bytes), "bit " + bit);
            } else {
                assertNotEquals(RecordBatchCheck.VALID, check(bytes), "bit " + bit);
            }
            bytes[index] ^= (byte) (1 << bit % Byte.SIZE);
        }
        assertEquals(RecordBatchCheck.VALID, check(bytes));
    }

    @Test
    void shouldRefuseBatchWhenItIsCutAnywhere() {
        final byte[] bytes = TestBatch.ofValues(3, 50).encodeByKafka(Compression.NONE);
        final UnsafeBuffer buffer = new UnsafeBuffer(bytes);
        for (int length = 0; length < bytes.length; length++) {
            assertEquals(RecordBatchCheck.TRUNCATED, validator.check(buffer, 0, length));
        }
    }

    @Test
    void shouldReportSizeWhenBytesFollowTheBatch() {
        final byte[] bytes = TestBatch.ofValues(3, 50).encodeByKafka(Compression.NONE);
        final UnsafeBuffer two = new UnsafeBuffer(new byte[2 * bytes.length]);
        two.putBytes(0, bytes);
        two.putBytes(bytes.length, bytes);
        assertEquals(RecordBatchCheck.TRAILING_BYTES, validator.check(two, 0, two.capacity()));
        assertEquals(RecordBatchCheck.VALID, validator.checkBatch(two, 0, two.capacity()));
        assertEquals(bytes.length, validator.sizeInBytes());
        assertEquals(RecordBatchCheck.VALID, validator.check(two, bytes.length, bytes.length));
    }

    @Test
    void shouldNameWhatIsWrongWhenHeaderIsIntactButImpossible() {
        assertEquals(RecordBatchCheck.BAD_MAGIC, check(edit((buffer, end) -> buffer.putByte(16, (byte) 1))));
        assertEquals(RecordBatchCheck.BAD_MAGIC, check(edit((buffer, end) -> buffer.putByte(16, (byte) 0))));
        assertEquals(RecordBatchCheck.BAD_LENGTH, check(edit((buffer, end) -> buffer.putInt(8, 0x30000000))));
        assertEquals(RecordBatchCheck.BAD_LENGTH, check(edit((buffer, end) -> buffer.putInt(8, -1))));
        assertEquals(RecordBatchCheck.BAD_BASE_OFFSET, check(edit((buffer, end) -> buffer.putByte(7, (byte) 1))));
        assertEquals(RecordBatchCheck.UNKNOWN_COMPRESSION, check(edit((buffer, end) -> buffer.putByte(22, (byte) 5))));
        assertEquals(RecordBatchCheck.UNKNOWN_COMPRESSION, check(edit((buffer, end) -> buffer.putByte(22, (byte) 7))));
        assertEquals(RecordBatchCheck.BAD_ATTRIBUTES, check(edit((buffer, end) -> buffer.putByte(22, (byte) 0x40))));
        assertEquals(RecordBatchCheck.BAD_ATTRIBUTES, check(edit((buffer, end) -> buffer.putByte(21, (byte) 0x80))));
        assertEquals(
                RecordBatchCheck.BAD_TIMESTAMP_TYPE, check(edit((buffer, end) -> buffer.putByte(22, (byte) 0x08))));
        assertEquals(RecordBatchCheck.VALID, check(edit((buffer, end) -> buffer.putByte(22, (byte) 0x30))));
        assertEquals(RecordBatchCheck.BAD_COUNT, check(edit((buffer, end) -> buffer.putByte(26, (byte) 9))));
        assertEquals(RecordBatchCheck.BAD_COUNT, check(edit((buffer, end) -> buffer.putByte(60, (byte) 9))));
        assertEquals(RecordBatchCheck.BAD_PRODUCER, check(edit((buffer, end) -> buffer.putLong(43, 0L))));
    }

    @Test
    void shouldRefuseEmptyBatchWhenCountIsZero() {
        final byte[] bytes = edit((buffer, end) -> {
            buffer.putInt(23, -1);
            buffer.putInt(57, 0);
        });
        assertEquals(RecordBatchCheck.BAD_COUNT, check(bytes));
    }

    @Test
    void shouldRefuseRecordsWhenCountDisagreesWithThem() {
        final java.nio.ByteOrder order = java.nio.ByteOrder.BIG_ENDIAN;
        for (final int count : new int[] {2, 4, Integer.MAX_VALUE}) {
            final byte[] bytes = edit((buffer, end) -> {
                buffer.putInt(23, count - 1, order);
                buffer.putInt(57, count, order);
            });
            assertEquals(RecordBatchCheck.BAD_RECORD, check(bytes));
        }
    }

    @Test
    void shouldRefuseRecordsWhenTheirOffsetsAreNotInOrder() {
        // The first record: 1 byte length, 1 attributes, 1 timestamp delta, then its offset delta.
        assertEquals(
                RecordBatchCheck.BAD_OFFSET_DELTA,
                check(edit((buffer, end) -> buffer.putByte(RecordBatchDescriptor.RECORDS_OFFSET + 3, (byte) 2))));
    }

    @Property(tries = 3000)
    void shouldAgreeWithKafkaWhenRecordBytesAreAnything(@ForAll final long seed) {
        final Random random = new Random(seed);
        final byte[] bytes = TestBatch.random(random, 1 + random.nextInt(4), 30).encodeByKafka(Compression.NONE);
        final int changes = 1 + random.nextInt(3);
        for (int i = 0; i < changes; i++) {
            final int index = RecordBatchDescriptor.RECORDS_OFFSET
                    + random.nextInt(bytes.length - RecordBatchDescriptor.RECORDS_OFFSET);
            bytes[index] = (byte) (random.nextBoolean() ? random.nextInt() : bytes[index] ^ 1 << random.nextInt(8));
        }
        RecordBatchDescriptor.stampCrc(new UnsafeBuffer(bytes), 0, crc32c);
        final RecordBatchCheck ours = check(bytes);
        if (ours != RecordBatchCheck.BAD_OFFSET_DELTA) {
            assertEquals(kafkaReads(bytes), ours == RecordBatchCheck.VALID, ours.name());
        }
    }

    @Property(tries = 3000)
    void shouldNeverThrowWhenBytesAreAnything(@ForAll final long seed, @ForAll @IntRange(max = 200) final int length) {
        final Random random = new Random(seed);
        final byte[] bytes = new byte[length];
        random.nextBytes(bytes);
        if (length > RecordBatchDescriptor.BATCH_OVERHEAD && random.nextBoolean()) {
            final UnsafeBuffer buffer = new UnsafeBuffer(bytes);
            final int count = random.nextInt(3) + 1;
            buffer.putInt(8, length - 12, java.nio.ByteOrder.BIG_ENDIAN);
            buffer.putByte(16, RecordBatchDescriptor.MAGIC);
            buffer.putShort(21, (short) 0);
            buffer.putInt(23, count - 1, java.nio.ByteOrder.BIG_ENDIAN);
            buffer.putInt(57, count, java.nio.ByteOrder.BIG_ENDIAN);
            RecordBatchDescriptor.stampCrc(buffer, 0, crc32c);
        }
        assertNotEquals(null, check(bytes));
    }

    @Test
    void shouldGiveKafkasCodesWhenErrorsAreMapped() {
        for (final RecordBatchCheck check : RecordBatchCheck.values()) {
            final Errors expected = switch (check) {
                case VALID -> Errors.NONE;
                case BAD_LENGTH, BAD_CRC -> Errors.CORRUPT_MESSAGE;
                case UNKNOWN_COMPRESSION -> Errors.UNSUPPORTED_COMPRESSION_TYPE;
                case BAD_TIMESTAMP_TYPE -> Errors.INVALID_TIMESTAMP;
                default -> Errors.INVALID_RECORD;
            };
            assertEquals(expected, Errors.forCode(check.kafkaErrorCode()));
        }
    }

    private interface Edit {
        void apply(UnsafeBuffer buffer, int end);
    }

    private byte[] edit(final Edit edit) {
        final byte[] bytes = TestBatch.ofValues(3, 20).encodeByKafka(Compression.NONE);
        final UnsafeBuffer buffer = new UnsafeBuffer(bytes);
        final int length = bytes.length;
        edit.apply(buffer, length);
        final int crc = crc32c.compute(buffer, 21, length - 21);
        buffer.putInt(17, crc, java.nio.ByteOrder.BIG_ENDIAN);
        return bytes;
    }

    private RecordBatchCheck check(final byte[] bytes) {
        final UnsafeBuffer direct = new UnsafeBuffer(ByteBuffer.allocateDirect(bytes.length + 16), 16, bytes.length);
        direct.putBytes(0, bytes);
        final RecordBatchCheck result = validator.check(direct, 0, bytes.length);
        assertEquals(result, validator.check(new UnsafeBuffer(bytes), 0, bytes.length));
        return result;
    }

    private static boolean kafkaReads(final byte[] bytes) {
        try {
            for (final Record record :
                    MemoryRecords.readableRecords(ByteBuffer.wrap(bytes)).records()) {
                assertFalse(record.sizeInBytes() < 0);
            }
            return true;
        } catch (final InvalidRecordException expected) {
            return false;
        }
    }
}
