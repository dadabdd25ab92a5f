package io.epona.codec;

import static io.epona.codec.FrameDescriptor.CRC_START_OFFSET;
import static io.epona.codec.FrameDescriptor.HEADER_LENGTH;

import org.agrona.DirectBuffer;

/**
 * Judges whether the bytes at an offset are the frame of a position. Reads nothing beyond the available bytes, whatever
 * the length field says. Owned by one thread; not thread-safe; allocates nothing.
 */
public final class FrameValidator {
    private final Crc32c crc32c = new Crc32c();

    /**
     * Judges a frame.
     *
     * @param buffer with the bytes.
     * @param offset where the frame's header is expected.
     * @param availableLength bytes from there on that may belong to it (to the end of its span or of what was read).
     * @param expectedPosition of the frame in the lane's log.
     * @return what was found.
     */
    public FrameCheck check(
            final DirectBuffer buffer, final int offset, final int availableLength, final long expectedPosition) {
        if (availableLength < HEADER_LENGTH) {
            return FrameCheck.BAD_LENGTH;
        }
        final int frameLength = FrameDescriptor.frameLength(buffer, offset);
        if (frameLength == 0) {
            return FrameCheck.EMPTY;
        }
        if (frameLength < HEADER_LENGTH || frameLength > availableLength) {
            return FrameCheck.BAD_LENGTH;
        }
        if (FrameDescriptor.position(buffer, offset) != expectedPosition) {
            return FrameCheck.BAD_POSITION;
        }
        final byte type = FrameDescriptor.type(buffer, offset);
        final int coveredLength = type == FrameDescriptor.TYPE_PADDING ? HEADER_LENGTH : frameLength;
        final int crc = crc32c.compute(buffer, offset + CRC_START_OFFSET, coveredLength - CRC_START_OFFSET);
        if (crc != FrameDescriptor.crc(buffer, offset)) {
            return FrameCheck.BAD_CRC;
        }
        if (FrameDescriptor.version(buffer, offset) != FrameDescriptor.VERSION) {
            return FrameCheck.BAD_VERSION;
        }
        return checkLengthOfType(buffer, offset, type, frameLength);
    }

    private static FrameCheck checkLengthOfType(
            final DirectBuffer buffer, final int offset, final byte type, final int frameLength) {
        return switch (type) {
            case FrameDescriptor.TYPE_RECORDS ->
                lengthCheck(frameLength >= HEADER_LENGTH + RecordBatchDescriptor.BATCH_OVERHEAD);
            case FrameDescriptor.TYPE_EPOCH_START, FrameDescriptor.TYPE_TRIM ->
                lengthCheck(frameLength == HEADER_LENGTH);
            case FrameDescriptor.TYPE_PADDING ->
                lengthCheck(frameLength == FrameDescriptor.lastOffsetDelta(buffer, offset));
            default -> FrameCheck.BAD_TYPE;
        };
    }

    private static FrameCheck lengthCheck(final boolean fits) {
        return fits ? FrameCheck.VALID : FrameCheck.BAD_LENGTH;
    }
}
