package io.epona.codec;

import static io.epona.codec.FrameDescriptor.HEADER_LENGTH;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;

import java.nio.ByteBuffer;
import java.util.Random;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.constraints.IntRange;
import org.agrona.concurrent.UnsafeBuffer;
import org.junit.jupiter.api.Test;

/** What the encoder writes the validator accepts, and nothing else. */
class FrameCodecTest {
    private static final long POSITION = (7L << 32) + 512;
    private static final int OFFSET = 512;

    private final UnsafeBuffer ring = new UnsafeBuffer(ByteBuffer.allocateDirect(1 << 20));
    private final FrameEncoder encoder = new FrameEncoder();
    private final FrameValidator validator = new FrameValidator();

    @Property
    void shouldAcceptRecordsFrameWhenPayloadHasAnyLength(
            @ForAll @IntRange(min = 61, max = 100_000) final int payloadLength, @ForAll final long seed) {
        fill(seed, payloadLength);
        encodeRecords(payloadLength);

        assertEquals(FrameCheck.VALID, check());
        assertEquals(HEADER_LENGTH + payloadLength, FrameDescriptor.frameLength(ring, OFFSET));
        assertEquals(FrameDescriptor.TYPE_RECORDS, FrameDescriptor.type(ring, OFFSET));
        assertEquals(POSITION, FrameDescriptor.position(ring, OFFSET));
        assertEquals(1, FrameDescriptor.leaderEpoch(ring, OFFSET));
        assertEquals(17, FrameDescriptor.partitionIndex(ring, OFFSET));
        assertEquals(1000, FrameDescriptor.baseOffset(ring, OFFSET));
        assertEquals(1009, FrameDescriptor.lastOffset(ring, OFFSET));
        assertEquals(11, FrameDescriptor.ingressTimeNs(ring, OFFSET));
        assertEquals(12, FrameDescriptor.sequencedTimeNs(ring, OFFSET));
        assertEquals(POSITION - 8, FrameDescriptor.committedPosition(ring, OFFSET));
    }

    @Property
    void shouldDeriveSameChecksumWhenBatchIsVerified(
            @ForAll @IntRange(min = 1, max = 60) final int recordCount, @ForAll final long seed) {
        final TestBatch batch = TestBatch.random(new Random(seed), recordCount, 2000);
        final int length = batch.encode(ring, OFFSET + HEADER_LENGTH);
        RecordBatchDescriptor.stampBaseOffset(ring, OFFSET + HEADER_LENGTH, 1000);
        RecordBatchDescriptor.stampPartitionLeaderEpoch(ring, OFFSET + HEADER_LENGTH, 1);
        encodeRecords(length);
        final int direct = FrameDescriptor.crc(ring, OFFSET);
        encoder.encodeVerifiedRecords(ring, OFFSET, POSITION, length, 1, 17, 1000, 9, 11, 12, POSITION - 8);

        assertEquals(direct, FrameDescriptor.crc(ring, OFFSET));
        assertEquals(FrameCheck.VALID, check());
    }

    @Test
    void shouldAcceptFrameWithoutPayloadWhenTypeHasNone() {
        encoder.encodeEpochStart(ring, OFFSET, POSITION, 3, 99, 0);
        assertEquals(FrameCheck.VALID, check());
        assertEquals(FrameDescriptor.NULL_VALUE, FrameDescriptor.partitionIndex(ring, OFFSET));
        encoder.encodeTrim(ring, OFFSET, POSITION, 3, 5, 77, 99, 0);
        assertEquals(FrameCheck.VALID, check());
        assertEquals(77, FrameDescriptor.baseOffset(ring, OFFSET));
    }

    @Test
    void shouldAcceptPaddingWhenItsBodyChanges() {
        encoder.encodePadding(ring, OFFSET, POSITION, 4096 - 512, 3, 99, 0);
        fill(1, 4096 - 512 - HEADER_LENGTH);
        assertEquals(FrameCheck.VALID, validator.check(ring, OFFSET, 4096 - 512, POSITION));
        assertEquals(4096 - 512, FrameDescriptor.frameLength(ring, OFFSET));
    }

    @Test
    void shouldRefuseFrameWhenAnyBitChanges() {
        fill(3, 200);
        encodeRecords(200);
        assertEveryBitMatters(HEADER_LENGTH + 200);
        encoder.encodeEpochStart(ring, OFFSET, POSITION, 3, 99, 0);
        assertEveryBitMatters(HEADER_LENGTH);
        encoder.encodeTrim(ring, OFFSET, POSITION, 3, 5, 77, 99, 0);
        assertEveryBitMatters(HEADER_LENGTH);
        encoder.encodePadding(ring, OFFSET, POSITION, 1024, 3, 99, 0);
        assertEveryBitMatters(HEADER_LENGTH);
    }

    @Test
    void shouldRefuseFrameWhenFewerBytesAreThere() {
        fill(3, 200);
        encodeRecords(200);
        for (int available = 0; available < HEADER_LENGTH + 200; available++) {
            assertEquals(FrameCheck.BAD_LENGTH, validator.check(ring, OFFSET, available, POSITION));
        }
        assertEquals(FrameCheck.VALID, validator.check(ring, OFFSET, HEADER_LENGTH + 200, POSITION));
    }

    @Test
    void shouldTellWhatIsWrongWhenNoFrameIsThere() {
        assertEquals(FrameCheck.EMPTY, check());
        ring.putInt(OFFSET, -1);
        assertEquals(FrameCheck.BAD_LENGTH, check());
        ring.putInt(OFFSET, 63);
        assertEquals(FrameCheck.BAD_LENGTH, check());
        fill(3, 200);
        encodeRecords(200);
        assertEquals(FrameCheck.BAD_POSITION, validator.check(ring, OFFSET, 4096, POSITION + (1 << 20)));
        ring.putByte(OFFSET + 150, (byte) (ring.getByte(OFFSET + 150) + 1));
        assertEquals(FrameCheck.BAD_CRC, check());
    }

    @Test
    void shouldTellNewerLayoutFromDamageWhenFrameIsIntact() {
        encoder.encodeTrim(ring, OFFSET, POSITION, 3, 5, 77, 99, 0);
        ring.putShort(OFFSET + FrameDescriptor.VERSION_OFFSET, (short) 2);
        stampCrc(HEADER_LENGTH);
        assertEquals(FrameCheck.BAD_VERSION, check());
        encoder.encodeTrim(ring, OFFSET, POSITION, 3, 5, 77, 99, 0);
        ring.putByte(OFFSET + FrameDescriptor.TYPE_OFFSET, (byte) 5);
        stampCrc(HEADER_LENGTH);
        assertEquals(FrameCheck.BAD_TYPE, check());
    }

    @Test
    void shouldRefuseIntactFrameWhenLengthIsNotThatOfItsType() {
        encodeRecords(61);
        ring.putInt(OFFSET, HEADER_LENGTH + 60);
        stampCrc(HEADER_LENGTH + 60);
        assertEquals(FrameCheck.BAD_LENGTH, check());
        encoder.encodeTrim(ring, OFFSET, POSITION, 3, 5, 77, 99, 0);
        ring.putInt(OFFSET, HEADER_LENGTH + 8);
        stampCrc(HEADER_LENGTH + 8);
        assertEquals(FrameCheck.BAD_LENGTH, check());
    }

    @Test
    void shouldRefuseToEncodeWhenPlaceIsNotAligned() {
        assertThrows(
                IllegalArgumentException.class, () -> encoder.encodeEpochStart(ring, OFFSET, POSITION + 4, 3, 99, 0));
        assertThrows(
                IllegalArgumentException.class, () -> encoder.encodeEpochStart(ring, OFFSET + 1, POSITION, 3, 99, 0));
        assertThrows(IllegalArgumentException.class, () -> encoder.encodePadding(ring, OFFSET, POSITION, 56, 3, 99, 0));
        assertThrows(IndexOutOfBoundsException.class, () -> encodeRecords(ring.capacity()));
        assertEquals(FrameCheck.EMPTY, check());
    }

    private void assertEveryBitMatters(final int length) {
        assertEquals(FrameCheck.VALID, check());
        for (int bit = 0; bit < length * Byte.SIZE; bit++) {
            final int index = OFFSET + bit / Byte.SIZE;
            final byte original = ring.getByte(index);
            ring.putByte(index, (byte) (original ^ 1 << bit % Byte.SIZE));
            assertNotEquals(FrameCheck.VALID, check(), "bit " + bit);
            ring.putByte(index, original);
        }
        assertEquals(FrameCheck.VALID, check());
    }

    private void encodeRecords(final int payloadLength) {
        encoder.encodeRecords(ring, OFFSET, POSITION, payloadLength, 1, 17, 1000, 9, 11, 12, POSITION - 8);
    }

    private FrameCheck check() {
        return validator.check(ring, OFFSET, ring.capacity() - OFFSET, POSITION);
    }

    private void stampCrc(final int frameLength) {
        FrameDescriptor.putCrc(ring, OFFSET, new Crc32c().compute(ring, OFFSET + 8, frameLength - 8));
    }

    private void fill(final long seed, final int payloadLength) {
        final byte[] payload = new byte[payloadLength];
        new Random(seed).nextBytes(payload);
        ring.putBytes(OFFSET + HEADER_LENGTH, payload);
    }
}
