package io.epona.systemtests.cell;

import io.epona.codec.FrameDescriptor;
import java.util.Arrays;
import org.agrona.DirectBuffer;
import org.agrona.concurrent.UnsafeBuffer;

/** A frame as a lane appended it. Two nodes have the same frame when they have the same object. Immutable. */
final class LogFrame {
    final long position;
    final long end;
    final int leaderEpoch;
    final byte type;
    final UnsafeBuffer bytes;

    LogFrame(final DirectBuffer buffer, final int offset, final int spanLength) {
        final int frameLength = FrameDescriptor.frameLength(buffer, offset);
        final boolean isPadding = FrameDescriptor.type(buffer, offset) == FrameDescriptor.TYPE_PADDING;
        final byte[] copy = new byte[isPadding ? FrameDescriptor.HEADER_LENGTH : frameLength];
        buffer.getBytes(offset, copy);
        this.bytes = new UnsafeBuffer(copy);
        this.position = FrameDescriptor.position(buffer, offset);
        this.end = FrameDescriptor.nextFramePosition(position, frameLength, spanLength);
        this.leaderEpoch = FrameDescriptor.leaderEpoch(buffer, offset);
        this.type = FrameDescriptor.type(buffer, offset);
    }

    boolean isRecords() {
        return type == FrameDescriptor.TYPE_RECORDS;
    }

    int frameLength() {
        return FrameDescriptor.frameLength(bytes, 0);
    }

    int partitionIndex() {
        return FrameDescriptor.partitionIndex(bytes, 0);
    }

    long baseOffset() {
        return FrameDescriptor.baseOffset(bytes, 0);
    }

    long nextOffset() {
        return FrameDescriptor.lastOffset(bytes, 0) + 1;
    }

    boolean isSameAs(final LogFrame other) {
        return Arrays.equals(bytes.byteArray(), other.bytes.byteArray());
    }

    boolean isSameAs(final DirectBuffer buffer, final int offset) {
        for (int i = 0; i < bytes.capacity(); i++) {
            if (buffer.getByte(offset + i) != bytes.getByte(i)) {
                return false;
            }
        }
        return true;
    }

    @Override
    public String toString() {
        return "frame " + position + ".." + end + " of epoch " + leaderEpoch
                + (isRecords() ? ", partition " + partitionIndex() + ", offset " + baseOffset() : ", type " + type);
    }
}
