package io.epona.controller;

import java.nio.ByteBuffer;
import org.agrona.DirectBuffer;
import org.apache.kafka.common.protocol.ApiMessage;
import org.apache.kafka.common.protocol.ByteBufferAccessor;
import org.apache.kafka.common.protocol.ObjectSerializationCache;
import org.apache.kafka.common.protocol.Readable;

/** Bytes of Kafka's generated messages. */
final class KafkaMessages {
    private KafkaMessages() {}

    static byte[] encode(ApiMessage message, short version) {
        ObjectSerializationCache cache = new ObjectSerializationCache();
        byte[] bytes = new byte[message.size(cache, version)];
        message.write(new ByteBufferAccessor(ByteBuffer.wrap(bytes)), cache, version);
        return bytes;
    }

    /** What lies in a buffer from an offset to its end. */
    static Readable readable(DirectBuffer buffer, int offset) {
        byte[] bytes = new byte[buffer.capacity() - offset];
        buffer.getBytes(offset, bytes);
        return new ByteBufferAccessor(ByteBuffer.wrap(bytes));
    }
}
