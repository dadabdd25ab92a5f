package io.epona.demo.flow.synthetic;

import static io.epona.demo.flow.synthetic.QuantileTable.at;

import io.epona.codec.orderflow.EventType;
import io.epona.codec.orderflow.Side;
import io.epona.demo.flow.FlowEvent;
import io.epona.demo.flow.OrderFlow;
import java.util.SplittableRandom;

/**
 * The endless flow of one share. Each event's type is drawn by the real hour's shares. A delete draws how old the order
 * should be and takes the live one nearest to that age; an execution takes the oldest order at the best price; the
 * price of a new order lies around a random walk and never crosses the book. One thread.
 */
final class SymbolFlow implements OrderFlow {
    private static final double HIDDEN_SHARE = 0.0239;
    private static final double EXECUTION_SHARE = 0.0442;
    private static final double CANCEL_SHARE = 0.0051;
    private static final double DELETE_SHARE = 0.4457;
    private static final double WHOLE_EXECUTION_SHARE = 0.72;

    private static final long TICK = 100; // a cent, in dollars times 10,000
    private static final double WALK_STEP_TICKS = 0.6;
    private static final double MEAN_DISTANCE_TICKS = 6;
    /** Beyond it the oldest order goes: a bound, far above what the shares above let a book grow to in a day. */
    private static final int MAX_LIVE_ORDERS = 100_000;

    private static final double MS = 1e6;
    private static final QuantileTable LIVES = new QuantileTable(
            at(-2.326, 0.28 * MS),
            at(-1.645, 0.9 * MS),
            at(-1.282, 2.63 * MS),
            at(-1.036, 6.44 * MS),
            at(-0.842, 17.4 * MS),
            at(-0.674, 43.8 * MS),
            at(-0.524, 102 * MS),
            at(-0.253, 195 * MS),
            at(0, 374 * MS),
            at(0.253, 741 * MS),
            at(0.524, 1_623 * MS),
            at(0.674, 2_391 * MS),
            at(0.842, 3_738 * MS),
            at(1.282, 11_176 * MS),
            at(1.645, 19_410 * MS),
            at(2.326, 114_545 * MS),
            at(3.090, 775_789 * MS));

    private final SymbolProfile profile;
    private final SplittableRandom random;
    private final GapModel gaps;
    private final OrderBook book = new OrderBook();
    private final OrderIds ids;
    private long timeNs;
    private double middle;

    SymbolFlow(final SymbolProfile profile, final SplittableRandom random, final OrderIds ids, final long startNs) {
        this.profile = profile;
        this.random = random;
        this.ids = ids;
        this.gaps = new GapModel(random.split(), profile.activity());
        this.timeNs = startNs;
        this.middle = (double) profile.price() / TICK;
    }

    @Override
    public FlowEvent next() {
        timeNs += gaps.nextNs();
        if (book.size() >= MAX_LIVE_ORDERS) {
            return delete(book.nearest(0));
        }
        double share = random.nextDouble() - HIDDEN_SHARE;
        if (share < 0) {
            return hiddenExecution();
        }
        share -= EXECUTION_SHARE;
        if (share < 0) {
            return execution();
        }
        share -= CANCEL_SHARE;
        if (share < 0) {
            return partialCancel();
        }
        return share < DELETE_SHARE && book.size() > 0 ? delete(ofSomeAge()) : newOrder();
    }

    private Order ofSomeAge() {
        return book.nearest(timeNs - (long) LIVES.timeNs(random.nextGaussian()));
    }

    private FlowEvent newOrder() {
        middle = Math.max(MEAN_DISTANCE_TICKS, middle + WALK_STEP_TICKS * random.nextGaussian());
        final long distanceTicks = 1 + (long) (-Math.log(1 - random.nextDouble()) * MEAN_DISTANCE_TICKS);
        final Side side = randomSide();
        final long price;
        if (side == Side.BUY) {
            price = Math.min(Math.round(middle) - distanceTicks, book.bestSell(Long.MAX_VALUE) / TICK - 1);
        } else {
            price = Math.max(Math.round(middle) + distanceTicks, book.bestBuy(0) / TICK + 1);
        }
        final Order order = new Order(ids.next(), side, Math.max(1, price) * TICK, timeNs, OrderSizes.next(random));
        if (side == Side.BUY && order.price >= book.bestSell(Long.MAX_VALUE)) {
            return hiddenExecution(); // no room below the best offer: only a share of a cent or two gets here
        }
        book.add(order);
        return event(EventType.NEW_LIMIT_ORDER, order, order.size);
    }

    private FlowEvent delete(final Order order) {
        book.remove(order);
        return event(EventType.DELETE, order, order.size);
    }

    private FlowEvent partialCancel() {
        final Order order = book.size() == 0 ? null : ofSomeAge();
        if (order == null || order.size == 1) {
            return newOrder();
        }
        final int cancelled = 1 + random.nextInt(order.size - 1);
        order.size -= cancelled;
        return event(EventType.PARTIAL_CANCEL, order, cancelled);
    }

    private FlowEvent execution() {
        final Side side = randomSide();
        if (book.isEmpty(side)) {
            return newOrder();
        }
        final Order order = book.first(side);
        if (order.size == 1 || random.nextDouble() < WHOLE_EXECUTION_SHARE) {
            book.remove(order);
            return event(EventType.VISIBLE_EXECUTION, order, order.size);
        }
        final int executed = 1 + random.nextInt(order.size - 1);
        order.size -= executed;
        return event(EventType.VISIBLE_EXECUTION, order, executed);
    }

    /** Against an order that nobody saw, somewhere between the best prices. The venue gives it no order id. */
    private FlowEvent hiddenExecution() {
        final long around = Math.round(middle) * TICK;
        final long low = book.bestBuy(around);
        final long high = Math.max(low, book.bestSell(around));
        final long price = low + TICK * random.nextLong((high - low) / TICK + 1);
        return new FlowEvent(
                timeNs, profile.symbol(), EventType.HIDDEN_EXECUTION, 0, OrderSizes.next(random), price, randomSide());
    }

    private FlowEvent event(final EventType type, final Order order, final int size) {
        return new FlowEvent(timeNs, profile.symbol(), type, order.id, size, order.price, order.side);
    }

    private Side randomSide() {
        return random.nextBoolean() ? Side.BUY : Side.SELL;
    }
}
