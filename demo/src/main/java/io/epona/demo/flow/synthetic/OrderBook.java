package io.epona.demo.flow.synthetic;

import io.epona.codec.orderflow.Side;
import java.util.ArrayList;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.TreeMap;

/** The live orders of one share, by age and by price. Never crossed. One thread. */
final class OrderBook {
    /** In the order of their ids, which is that of their times. */
    private final List<Order> byAge = new ArrayList<>();

    private final TreeMap<Long, LinkedHashSet<Order>> buys = new TreeMap<>();
    private final TreeMap<Long, LinkedHashSet<Order>> sells = new TreeMap<>();

    int size() {
        return byAge.size();
    }

    boolean isEmpty(final Side side) {
        return levels(side).isEmpty();
    }

    /** Highest price bid, or the default when nobody bids. */
    long bestBuy(final long otherwise) {
        return buys.isEmpty() ? otherwise : buys.lastKey();
    }

    /** Lowest price asked, or the default when nobody offers. */
    long bestSell(final long otherwise) {
        return sells.isEmpty() ? otherwise : sells.firstKey();
    }

    /** The order that trades next on a side: the oldest one at the best price. */
    Order first(final Side side) {
        final LinkedHashSet<Order> level = side == Side.BUY
                ? buys.lastEntry().getValue()
                : sells.firstEntry().getValue();
        return level.getFirst();
    }

    /** The order whose time of entry is nearest to the given one; the book must not be empty. */
    Order nearest(final long enteredNs) {
        int low = 0;
        int high = byAge.size();
        while (low < high) {
            final int middle = (low + high) >>> 1;
            if (byAge.get(middle).enteredNs < enteredNs) {
                low = middle + 1;
            } else {
                high = middle;
            }
        }
        if (low == byAge.size()) {
            return byAge.get(low - 1);
        }
        if (low == 0) {
            return byAge.getFirst();
        }
        final Order before = byAge.get(low - 1);
        final Order after = byAge.get(low);
        return enteredNs - before.enteredNs < after.enteredNs - enteredNs ? before : after;
    }

    void add(final Order order) {
        byAge.add(order);
        levels(order.side)
                .computeIfAbsent(order.price, price -> new LinkedHashSet<>())
                .add(order);
    }

    void remove(final Order order) {
        int low = 0;
        int high = byAge.size() - 1;
        while (low < high) {
            final int middle = (low + high) >>> 1;
            if (byAge.get(middle).id < order.id) {
                low = middle + 1;
            } else {
                high = middle;
            }
        }
        byAge.remove(low);
        final LinkedHashSet<Order> level = levels(order.side).get(order.price);
        level.remove(order);
        if (level.isEmpty()) {
            levels(order.side).remove(order.price);
        }
    }

    private TreeMap<Long, LinkedHashSet<Order>> levels(final Side side) {
        return side == Side.BUY ? buys : sells;
    }
}
