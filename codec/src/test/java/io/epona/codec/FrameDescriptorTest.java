package io.epona.codec;

import static io.epona.codec.FrameDescriptor.HEADER_LENGTH;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.epona.codec.checkpoint.CheckpointHeaderDecoder;
import io.epona.codec.checkpoint.ForgottenProducersDecoder;
import io.epona.codec.checkpoint.PartitionEntryDecoder;
import io.epona.codec.checkpoint.ProducerEntryDecoder;
import io.epona.codec.frame.FrameHeaderDecoder;
import io.epona.codec.frame.FrameType;
import io.epona.codec.frame.SegmentHeaderDecoder;
import io.epona.codec.lane.AppendCommandDecoder;
import io.epona.codec.lane.LaneReplyDecoder;
import io.epona.codec.orderflow.OrderEventDecoder;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.constraints.IntRange;
import net.jqwik.api.constraints.LongRange;
import org.agrona.concurrent.UnsafeBuffer;
import org.junit.jupiter.api.Test;

/** The descriptor agrees with the schema, and positions move as the log's layout has them. */
class FrameDescriptorTest {
    @Test
    void shouldAgreeWithSchemaWhenOffsetsAreCompared() {
        assertEquals(FrameHeaderDecoder.frameLengthEncodingOffset(), FrameDescriptor.FRAME_LENGTH_OFFSET);
        assertEquals(FrameHeaderDecoder.crcEncodingOffset(), FrameDescriptor.CRC_OFFSET);
        assertEquals(FrameHeaderDecoder.positionEncodingOffset(), FrameDescriptor.POSITION_OFFSET);
        assertEquals(FrameHeaderDecoder.frameTypeEncodingOffset(), FrameDescriptor.TYPE_OFFSET);
        assertEquals(FrameHeaderDecoder.reservedEncodingOffset(), FrameDescriptor.RESERVED_OFFSET);
        assertEquals(FrameHeaderDecoder.frameVersionEncodingOffset(), FrameDescriptor.VERSION_OFFSET);
        assertEquals(FrameHeaderDecoder.leaderEpochEncodingOffset(), FrameDescriptor.LEADER_EPOCH_OFFSET);
        assertEquals(FrameHeaderDecoder.baseOffsetEncodingOffset(), FrameDescriptor.BASE_OFFSET_OFFSET);
        assertEquals(FrameHeaderDecoder.lastOffsetDeltaEncodingOffset(), FrameDescriptor.LAST_OFFSET_DELTA_OFFSET);
        assertEquals(FrameHeaderDecoder.partitionIndexEncodingOffset(), FrameDescriptor.PARTITION_INDEX_OFFSET);
        assertEquals(FrameHeaderDecoder.ingressTimeNsEncodingOffset(), FrameDescriptor.INGRESS_TIME_NS_OFFSET);
        assertEquals(FrameHeaderDecoder.sequencedTimeNsEncodingOffset(), FrameDescriptor.SEQUENCED_TIME_NS_OFFSET);
        assertEquals(FrameHeaderDecoder.committedPositionEncodingOffset(), FrameDescriptor.COMMITTED_POSITION_OFFSET);
        assertEquals(FrameHeaderDecoder.BLOCK_LENGTH, FrameDescriptor.HEADER_LENGTH);
        assertEquals(FrameHeaderDecoder.BLOCK_LENGTH, FrameDescriptor.PAYLOAD_OFFSET);
        assertEquals(FrameHeaderDecoder.SCHEMA_VERSION, FrameDescriptor.VERSION);
    }

    @Test
    void shouldAgreeWithSchemaWhenTypesAreCompared() {
        assertEquals(FrameType.RECORDS.value(), FrameDescriptor.TYPE_RECORDS);
        assertEquals(FrameType.EPOCH_START.value(), FrameDescriptor.TYPE_EPOCH_START);
        assertEquals(FrameType.TRIM.value(), FrameDescriptor.TYPE_TRIM);
        assertEquals(FrameType.PADDING.value(), FrameDescriptor.TYPE_PADDING);
    }

    @Test
    void shouldKeepSizesWhenSchemasChange() {
        assertEquals(64, FrameHeaderDecoder.BLOCK_LENGTH);
        assertEquals(96, SegmentHeaderDecoder.BLOCK_LENGTH);
        assertEquals(40, AppendCommandDecoder.BLOCK_LENGTH);
        assertEquals(48, LaneReplyDecoder.BLOCK_LENGTH);
        assertEquals(64, CheckpointHeaderDecoder.BLOCK_LENGTH);
        assertEquals(24, PartitionEntryDecoder.BLOCK_LENGTH);
        assertEquals(200, ProducerEntryDecoder.BLOCK_LENGTH);
        assertEquals(8, ForgottenProducersDecoder.BLOCK_LENGTH);
        assertEquals(64, OrderEventDecoder.BLOCK_LENGTH);
    }

    @Test
    void shouldReadWhatGeneratedFlyweightReadsWhenFrameIsEncoded() {
        final UnsafeBuffer ring = new UnsafeBuffer(new byte[1024]);
        new FrameEncoder().encodeTrim(ring, 128, 4096 + 128, 7, 42, 1L << 40, 123_456_789_012L, 4096);
        final FrameHeaderDecoder decoder = new FrameHeaderDecoder()
                .wrap(ring, 128, FrameHeaderDecoder.BLOCK_LENGTH, FrameHeaderDecoder.SCHEMA_VERSION);

        assertEquals(decoder.frameLength(), FrameDescriptor.frameLength(ring, 128));
        assertEquals(decoder.frameLength(), FrameDescriptor.frameLengthAcquire(ring, 128));
        assertEquals((int) decoder.crc(), FrameDescriptor.crc(ring, 128));
        assertEquals(decoder.position(), FrameDescriptor.position(ring, 128));
        assertEquals(4096 + 128, decoder.position());
        assertEquals(FrameType.TRIM, decoder.frameType());
        assertEquals(FrameDescriptor.TYPE_TRIM, FrameDescriptor.type(ring, 128));
        assertEquals(decoder.frameVersion(), FrameDescriptor.version(ring, 128));
        assertEquals(7, decoder.leaderEpoch());
        assertEquals(7, FrameDescriptor.leaderEpoch(ring, 128));
        assertEquals(1L << 40, decoder.baseOffset());
        assertEquals(1L << 40, FrameDescriptor.baseOffset(ring, 128));
        assertEquals(decoder.lastOffsetDelta(), FrameDescriptor.lastOffsetDelta(ring, 128));
        assertEquals(42, decoder.partitionIndex());
        assertEquals(42, FrameDescriptor.partitionIndex(ring, 128));
        assertEquals(decoder.ingressTimeNs(), FrameDescriptor.ingressTimeNs(ring, 128));
        assertEquals(123_456_789_012L, decoder.sequencedTimeNs());
        assertEquals(123_456_789_012L, FrameDescriptor.sequencedTimeNs(ring, 128));
        assertEquals(4096, decoder.committedPosition());
        assertEquals(4096, FrameDescriptor.committedPosition(ring, 128));
    }

    @Test
    void shouldSkipToNextSpanWhenNoHeaderFits() {
        final int span = 4096;
        assertEquals(span, FrameDescriptor.nextFramePosition(span - 128, 65, span));
        assertEquals(span, FrameDescriptor.nextFramePosition(span - 128, 72, span));
        assertEquals(span - 64, FrameDescriptor.nextFramePosition(span - 128, 64, span));
        assertEquals(span, FrameDescriptor.nextFramePosition(span - 64, 64, span));
        assertEquals(span + 64, FrameDescriptor.nextFramePosition(span, 57, span));
        assertEquals(span, FrameDescriptor.framePosition(span - 56, span));
        assertEquals(span - 64, FrameDescriptor.framePosition(span - 64, span));
        assertEquals(span, FrameDescriptor.framePosition(span, span));
    }

    @Property
    void shouldNextPositionTakeHeaderWhenAnyFrameEnds(
            @ForAll @LongRange(max = 1L << 60) final long at,
            @ForAll @IntRange(min = 64, max = 1 << 20) final int length,
            @ForAll @IntRange(min = 12, max = 30) final int spanBits) {
        final int span = 1 << spanBits;
        final long position = FrameDescriptor.framePosition(at & -8L, span);
        final int frameLength = Math.min(length, FrameDescriptor.remainingInSpan(position, span));
        final long next = FrameDescriptor.nextFramePosition(position, frameLength, span);
        final long skipped = next - position - FrameDescriptor.alignedLength(frameLength);

        assertEquals(0, next % FrameDescriptor.FRAME_ALIGNMENT);
        assertTrue(FrameDescriptor.remainingInSpan(next, span) >= HEADER_LENGTH);
        assertTrue(skipped >= 0 && skipped < HEADER_LENGTH);
        assertTrue(skipped == 0 || next % span == 0);
    }
}
