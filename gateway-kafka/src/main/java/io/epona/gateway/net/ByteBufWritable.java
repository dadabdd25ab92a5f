package io.epona.gateway.net;

import io.netty.buffer.ByteBuf;
import java.nio.ByteBuffer;
import org.apache.kafka.common.protocol.Writable;
import org.apache.kafka.common.record.internal.BaseRecords;

/**
 * Serialises a generated message into one buffer; record batches that are large, or in a file, stay where they are and
 * go out between two parts of that buffer. One instance serves one gateway thread, one response at a time.
 */
final class ByteBufWritable implements Writable {
    private ByteBuf buffer;
    private ResponseParts parts;
    private int partStart;

    /** Starts a response whose serialised bytes go to {@code buffer} and whose parts are added to {@code parts}. */
    void begin(final ByteBuf target, final ResponseParts partsOfResponse) {
        buffer = target;
        parts = partsOfResponse;
        partStart = target.writerIndex();
    }

    /** Hands over what is left of the buffer, with the caller's reference of it, as the last part. */
    void end() {
        if (parts.isEmpty()) {
            parts.add(buffer, buffer.readableBytes());
        } else if (buffer.writerIndex() > partStart) {
            final int length = buffer.writerIndex() - partStart;
            parts.add(buffer.retainedSlice(partStart, length), length);
            buffer.release();
        } else {
            buffer.release();
        }
        buffer = null;
        parts = null;
    }

    @Override
    public void writeRecords(final BaseRecords records) {
        if (!(records instanceof BufferedRecords buffered)) {
            Writable.super.writeRecords(records);
            return;
        }
        if (buffered.content() instanceof ByteBuf bytes
                && buffered.sizeInBytes() <= NetLimits.MAX_INLINE_RECORDS_LENGTH) {
            buffer.writeBytes(bytes, bytes.readerIndex(), buffered.sizeInBytes());
            buffered.release();
            return;
        }
        final int length = buffer.writerIndex() - partStart;
        if (length > 0) {
            parts.add(buffer.retainedSlice(partStart, length), length);
        }
        partStart = buffer.writerIndex();
        parts.add(buffered.content(), buffered.sizeInBytes());
    }

    @Override
    public void writeByte(final byte value) {
        buffer.writeByte(value);
    }

    @Override
    public void writeShort(final short value) {
        buffer.writeShort(value);
    }

    @Override
    public void writeInt(final int value) {
        buffer.writeInt(value);
    }

    @Override
    public void writeLong(final long value) {
        buffer.writeLong(value);
    }

    @Override
    public void writeDouble(final double value) {
        buffer.writeDouble(value);
    }

    @Override
    public void writeByteArray(final byte[] value) {
        buffer.writeBytes(value);
    }

    @Override
    public void writeByteBuffer(final ByteBuffer value) {
        buffer.writeBytes(value.duplicate());
    }

    @Override
    public void writeUnsignedVarint(final int value) {
        int rest = value;
        while ((rest & ~0x7F) != 0) {
            buffer.writeByte((rest & 0x7F) | 0x80);
            rest >>>= 7;
        }
        buffer.writeByte(rest);
    }

    @Override
    public void writeVarint(final int value) {
        writeUnsignedVarint((value << 1) ^ (value >> 31));
    }

    @Override
    public void writeVarlong(final long value) {
        long rest = (value << 1) ^ (value >> 63);
        while ((rest & ~0x7FL) != 0) {
            buffer.writeByte((int) (rest & 0x7F) | 0x80);
            rest >>>= 7;
        }
        buffer.writeByte((int) rest);
    }
}
