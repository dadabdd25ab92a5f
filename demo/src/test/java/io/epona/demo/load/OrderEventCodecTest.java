package io.epona.demo.load;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertNull;

import io.epona.codec.orderflow.EventType;
import io.epona.codec.orderflow.OrderEventDecoder;
import io.epona.codec.orderflow.Side;
import io.epona.demo.flow.FlowEvent;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.constraints.AlphaChars;
import net.jqwik.api.constraints.StringLength;
import org.junit.jupiter.api.Test;

class OrderEventCodecTest {
    private final OrderEventCodec codec = new OrderEventCodec();

    @Property
    void shouldReadWhatWasWrittenWhenAnythingIsWritten(
            @ForAll final EventType type,
            @ForAll final Side side,
            @ForAll @AlphaChars @StringLength(min = 1, max = FlowEvent.MAX_SYMBOL_LENGTH) final String symbol,
            @ForAll final long number,
            @ForAll final int size) {
        if (type == EventType.NULL_VAL || side == Side.NULL_VAL) {
            return;
        }
        final FlowEvent event = new FlowEvent(number, symbol, type, number + 1, size, number + 2, side);
        final byte[] message = codec.encode(event, number + 3, number + 4, number + 5);
        assertEquals(OrderEventCodec.MESSAGE_LENGTH, message.length);
        final OrderEventDecoder decoded = codec.decode(message);
        assertEquals(
                event,
                new FlowEvent(
                        decoded.exchangeTimeNs(),
                        decoded.symbol(),
                        decoded.eventType(),
                        decoded.orderId(),
                        decoded.size(),
                        decoded.price(),
                        decoded.side()));
        assertEquals(number + 3, decoded.runId());
        assertEquals(number + 4, decoded.sequence());
        assertEquals(number + 5, decoded.intendedSendTimeNs());
        assertEquals(OrderEventCodec.symbolBits(symbol), codec.symbolBits(decoded));
    }

    @Test
    void shouldRefuseWhenItIsAnotherMessage() {
        final byte[] message = codec.encode(Events.at(1, "EPONA", 1), 1, 1, 1);
        assertNull(codec.decode(null));
        assertNull(codec.decode(new byte[0]));
        assertNull(codec.decode(new byte[OrderEventCodec.MESSAGE_LENGTH]));
        assertNull(codec.decode(java.util.Arrays.copyOf(message, message.length - 1)));
        message[2]++; // template id
        assertNull(codec.decode(message));
    }

    @Test
    void shouldHashDifferentlyWhenAnyByteDiffers() {
        final byte[] message = codec.encode(Events.at(1, "EPONA", 1), 1, 1, 1);
        final long hash = ContentHash.of(message);
        for (int i = 0; i < message.length; i++) {
            message[i] ^= 1;
            assertNotEquals(hash, ContentHash.of(message), "byte " + i);
            message[i] ^= 1;
        }
        assertEquals(hash, ContentHash.of(message));
    }
}
