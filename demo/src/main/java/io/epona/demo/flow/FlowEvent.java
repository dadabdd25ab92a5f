package io.epona.demo.flow;

import io.epona.codec.orderflow.EventType;
import io.epona.codec.orderflow.Side;

/**
 * One event of an order book.
 *
 * @param exchangeTimeNs when it happened, nanoseconds since midnight in exchange time
 * @param symbol of the instrument, at most {@value #MAX_SYMBOL_LENGTH} characters of ISO 8859-1
 * @param type what happened
 * @param orderId of the order that it happened to; 0 where the venue does not say (hidden executions, halts)
 * @param size shares
 * @param price dollars times 10,000
 * @param side of the order that it happened to
 */
public record FlowEvent(
        long exchangeTimeNs, String symbol, EventType type, long orderId, int size, long price, Side side) {
    /** Longest symbol. */
    public static final int MAX_SYMBOL_LENGTH = 8;
}
