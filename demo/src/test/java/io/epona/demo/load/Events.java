package io.epona.demo.load;

import io.epona.codec.orderflow.EventType;
import io.epona.codec.orderflow.Side;
import io.epona.demo.flow.FlowEvent;
import java.util.ArrayList;
import java.util.List;

/** Events for tests. */
final class Events {
    private Events() {}

    static FlowEvent at(final long timeNs, final String symbol, final long orderId) {
        return new FlowEvent(timeNs, symbol, EventType.NEW_LIMIT_ORDER, orderId, 100, 5853300, Side.BUY);
    }

    /** One event each millisecond, of a few symbols. */
    static List<FlowEvent> list(final int count) {
        final List<FlowEvent> events = new ArrayList<>();
        for (int i = 0; i < count; i++) {
            events.add(at(34_200_000_000_000L + i * 1_000_000L, "SYM" + i % 3, i + 1));
        }
        return events;
    }
}
