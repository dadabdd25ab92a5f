package io.epona.demo.flow.synthetic;

import io.epona.codec.orderflow.Side;

/** A live order of an {@link OrderBook}. */
final class Order {
    final long id;
    final Side side;
    final long price;
    final long enteredNs;
    int size;

    Order(final long id, final Side side, final long price, final long enteredNs, final int size) {
        this.id = id;
        this.side = side;
        this.price = price;
        this.enteredNs = enteredNs;
        this.size = size;
    }
}
