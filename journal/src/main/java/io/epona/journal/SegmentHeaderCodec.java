package io.epona.journal;

import io.epona.codec.Crc32c;
import io.epona.codec.FrameDescriptor;
import io.epona.codec.frame.SegmentHeaderDecoder;
import io.epona.codec.frame.SegmentHeaderEncoder;
import java.nio.ByteOrder;
import org.agrona.DirectBuffer;
import org.agrona.MutableDirectBuffer;

/**
 * Reads and writes the header block of a segment file (message SegmentHeader of {@code epona-frames.xml}). Owned by one
 * thread; encoding allocates nothing.
 */
final class SegmentHeaderCodec {
    static final int FORMAT_VERSION = 1;
    static final long MAGIC = magic("EPONASEG");

    /** Unit of the field logStart: frames start on multiples of it. */
    private static final long START_UNIT = FrameDescriptor.FRAME_ALIGNMENT;

    private static final int CRC_OFFSET = SegmentHeaderDecoder.crcEncodingOffset();
    private static final int CRC_START_OFFSET = SegmentHeaderDecoder.formatVersionEncodingOffset();
    private static final int BLOCK_LENGTH = SegmentHeaderDecoder.BLOCK_LENGTH;

    /** What a header block is, seen alone. */
    enum Check {
        /** A header of ours, of this format: decode it. */
        VALID,
        /** All zero: the file was being made. */
        ZERO,
        /** Of a newer format; refuse. */
        NEWER,
        /** Ours, but the checksum does not match; refuse. */
        DAMAGED,
        /** Not ours; refuse. */
        FOREIGN
    }

    private final SegmentHeaderEncoder encoder = new SegmentHeaderEncoder();
    private final SegmentHeaderDecoder decoder = new SegmentHeaderDecoder();
    private final Crc32c crc32c = new Crc32c();

    static long magic(final String text) {
        long magic = 0;
        for (int i = 0; i < Long.BYTES; i++) {
            magic |= (long) text.charAt(i) << (i * Byte.SIZE);
        }
        return magic;
    }

    void encode(
            final MutableDirectBuffer block,
            final JournalConfig config,
            final int segmentIndex,
            final SegmentState state) {
        block.setMemory(0, JournalLimits.HEADER_BLOCK_LENGTH, (byte) 0);
        final long firstPosition = Math.max(0, state.number) * config.segmentLength();
        final long startUnits = state.number < 0 ? 0 : (state.startPosition - firstPosition) / START_UNIT;
        encoder.wrap(block, 0)
                .magic(MAGIC)
                .formatVersion(FORMAT_VERSION)
                .laneId(config.laneId())
                .clusterIdHigh(config.clusterIdHigh())
                .clusterIdLow(config.clusterIdLow())
                .segmentIndex(segmentIndex)
                .segmentCount(config.segmentCount())
                .segmentLength(config.segmentLength())
                .segmentNumber(state.number)
                .firstPosition(firstPosition)
                .nodeId(config.nodeId())
                .ringLength(state.ringLength)
                .createdTimeMs(state.createdTimeMs)
                .durablePosition(state.markedPosition)
                .maxWriteLength(state.maxWriteLength)
                .logStart(startUnits);
        block.putInt(CRC_OFFSET, crc(block), ByteOrder.LITTLE_ENDIAN);
    }

    Check check(final DirectBuffer block) {
        decoder.wrap(block, 0, BLOCK_LENGTH, SegmentHeaderDecoder.SCHEMA_VERSION);
        if (decoder.magic() != MAGIC) {
            return isZero(block, JournalLimits.HEADER_BLOCK_LENGTH) ? Check.ZERO : Check.FOREIGN;
        }
        final boolean isIntact = crc(block) == block.getInt(CRC_OFFSET, ByteOrder.LITTLE_ENDIAN);
        if (decoder.formatVersion() > FORMAT_VERSION) {
            // A newer format may be longer: its checksum cannot be judged here.
            return Check.NEWER;
        }
        return isIntact ? Check.VALID : Check.DAMAGED;
    }

    int formatVersion(final DirectBuffer block) {
        return decoder.wrap(block, 0, BLOCK_LENGTH, SegmentHeaderDecoder.SCHEMA_VERSION)
                .formatVersion();
    }

    SegmentHeader decode(final DirectBuffer block) {
        decoder.wrap(block, 0, BLOCK_LENGTH, SegmentHeaderDecoder.SCHEMA_VERSION);
        return new SegmentHeader(
                decoder.laneId(),
                decoder.clusterIdHigh(),
                decoder.clusterIdLow(),
                decoder.nodeId(),
                decoder.segmentIndex(),
                decoder.segmentCount(),
                decoder.segmentLength(),
                decoder.segmentNumber(),
                decoder.firstPosition(),
                decoder.ringLength(),
                decoder.createdTimeMs(),
                decoder.durablePosition(),
                decoder.maxWriteLength(),
                decoder.firstPosition() + decoder.logStart() * START_UNIT);
    }

    static boolean isZero(final DirectBuffer buffer, final int length) {
        for (int i = 0; i < length; i += Long.BYTES) {
            if (buffer.getLong(i) != 0) {
                return false;
            }
        }
        return true;
    }

    private int crc(final DirectBuffer block) {
        return crc32c.compute(block, CRC_START_OFFSET, BLOCK_LENGTH - CRC_START_OFFSET);
    }
}
