package io.epona.gateway.net;

import io.netty.buffer.ByteBuf;
import io.netty.buffer.ByteBufAllocator;
import org.apache.kafka.common.protocol.ApiKeys;
import org.apache.kafka.common.protocol.ApiMessage;
import org.apache.kafka.common.protocol.MessageSizeAccumulator;
import org.apache.kafka.common.protocol.ObjectSerializationCache;

/** Turns a response message into the bytes of a frame: length, response header, body. Gateway thread only. */
final class ResponseWriter {
    private static final int LENGTH_FIELD_LENGTH = Integer.BYTES;
    private static final int MAX_HEADER_LENGTH = Integer.BYTES + 1;

    private final ByteBufAllocator allocator;
    private final ByteBufWritable writable = new ByteBufWritable();

    ResponseWriter(final ByteBufAllocator allocator) {
        this.allocator = allocator;
    }

    /**
     * Serialises a response.
     *
     * @param headerVersion version of the response header: 0, or 1 which has an empty set of tagged fields.
     */
    ResponseParts write(
            final int correlationId, final short headerVersion, final short version, final ApiMessage message) {
        final ObjectSerializationCache cache = new ObjectSerializationCache();
        final MessageSizeAccumulator size = new MessageSizeAccumulator();
        message.addSize(size, cache, version);
        final int headerLength = headerVersion >= 1 ? MAX_HEADER_LENGTH : Integer.BYTES;
        final int inlineLength =
                Math.min(size.totalSize() - size.sizeExcludingZeroCopy(), NetLimits.MAX_INLINE_RESERVE_LENGTH);
        final ByteBuf buffer = allocator.directBuffer(
                LENGTH_FIELD_LENGTH + headerLength + size.sizeExcludingZeroCopy() + inlineLength);
        final ResponseParts parts = new ResponseParts();
        writable.begin(buffer, parts);
        boolean complete = false;
        try {
            writable.writeInt(headerLength + size.totalSize());
            writable.writeInt(correlationId);
            if (headerVersion >= 1) {
                writable.writeUnsignedVarint(0);
            }
            message.write(writable, cache, version);
            writable.end();
            complete = true;
        } finally {
            if (!complete) {
                parts.release();
                buffer.release();
            }
        }
        return parts;
    }

    /** Version of the response header that goes with a request. */
    static short headerVersion(final ApiKeys apiKey, final short version) {
        return apiKey.responseHeaderVersion(version);
    }
}
