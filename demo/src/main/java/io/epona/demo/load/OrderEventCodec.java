package io.epona.demo.load;

import io.epona.codec.orderflow.MessageHeaderDecoder;
import io.epona.codec.orderflow.MessageHeaderEncoder;
import io.epona.codec.orderflow.OrderEventDecoder;
import io.epona.codec.orderflow.OrderEventEncoder;
import io.epona.demo.flow.FlowEvent;
import java.nio.charset.StandardCharsets;
import org.agrona.concurrent.UnsafeBuffer;

/** An event as an SBE message with its message header, and back. Each instance belongs to one thread. */
final class OrderEventCodec {
    /** Bytes of every message. */
    static final int MESSAGE_LENGTH = MessageHeaderEncoder.ENCODED_LENGTH + OrderEventEncoder.BLOCK_LENGTH;

    private final UnsafeBuffer buffer = new UnsafeBuffer(0, 0);
    private final MessageHeaderEncoder headerEncoder = new MessageHeaderEncoder();
    private final OrderEventEncoder encoder = new OrderEventEncoder();
    private final MessageHeaderDecoder headerDecoder = new MessageHeaderDecoder();
    private final OrderEventDecoder decoder = new OrderEventDecoder();
    private final byte[] symbol = new byte[FlowEvent.MAX_SYMBOL_LENGTH];

    /**
     * Encodes an event into a new array.
     *
     * @param sequence of the event within run, topic and symbol
     * @param dueNs when it was meant to be sent, nanoseconds since the Unix epoch
     */
    byte[] encode(final FlowEvent event, final long runId, final long sequence, final long dueNs) {
        final byte[] message = new byte[MESSAGE_LENGTH];
        buffer.wrap(message);
        encoder.wrapAndApplyHeader(buffer, 0, headerEncoder)
                .sequence(sequence)
                .intendedSendTimeNs(dueNs)
                .exchangeTimeNs(event.exchangeTimeNs())
                .orderId(event.orderId())
                .price(event.price())
                .size(event.size())
                .eventType(event.type())
                .side(event.side())
                .reserved(0)
                .symbol(event.symbol())
                .runId(runId);
        return message;
    }

    /**
     * Looks at a message.
     *
     * @return the decoder upon it, valid until the next call; null when it is no such message
     */
    OrderEventDecoder decode(final byte[] message) {
        if (message == null || message.length < MESSAGE_LENGTH) {
            return null;
        }
        buffer.wrap(message);
        headerDecoder.wrap(buffer, 0);
        if (headerDecoder.schemaId() != OrderEventDecoder.SCHEMA_ID
                || headerDecoder.templateId() != OrderEventDecoder.TEMPLATE_ID
                || headerDecoder.blockLength() < OrderEventDecoder.BLOCK_LENGTH) {
            return null;
        }
        return decoder.wrap(
                buffer, MessageHeaderDecoder.ENCODED_LENGTH, headerDecoder.blockLength(), headerDecoder.version());
    }

    /** The symbol of a decoded message as a number. */
    long symbolBits(final OrderEventDecoder decoded) {
        decoded.getSymbol(symbol, 0);
        return bits(symbol, symbol.length);
    }

    /** A symbol as a number. */
    static long symbolBits(final String symbol) {
        final byte[] bytes = symbol.getBytes(StandardCharsets.ISO_8859_1);
        return bits(bytes, bytes.length);
    }

    private static long bits(final byte[] bytes, final int length) {
        long bits = 0;
        for (int i = 0; i < length; i++) {
            bits |= (bytes[i] & 0xffL) << (i * Byte.SIZE);
        }
        return bits;
    }
}
