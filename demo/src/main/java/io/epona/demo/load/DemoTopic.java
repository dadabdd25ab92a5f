package io.epona.demo.load;

import io.epona.demo.flow.FlowEvent;

/** The demo's topics, and which events go to each. Both are keyed by symbol. */
public enum DemoTopic {
    /** Everything that happens to the books. */
    MARKET_DATA("market-data") {
        @Override
        boolean takes(final FlowEvent event) {
            return true;
        }
    },
    /** The lives of our own orders, which are one in four: entered, cancelled, deleted, executed. */
    ORDER_EVENTS("order-events") {
        @Override
        boolean takes(final FlowEvent event) {
            return event.orderId() != 0 && ContentHash.mix(event.orderId()) % OWN_ONE_IN == 0;
        }
    };

    private static final int OWN_ONE_IN = 4;
    private static final DemoTopic[] VALUES = values();

    private final String topicName;

    DemoTopic(final String topicName) {
        this.topicName = topicName;
    }

    /** Name on the broker. */
    public String topicName() {
        return topicName;
    }

    abstract boolean takes(FlowEvent event);

    static DemoTopic of(final int ordinal) {
        return VALUES[ordinal];
    }

    static int count() {
        return VALUES.length;
    }

    /** The topic of that name, or null. */
    static DemoTopic named(final String name) {
        for (final DemoTopic topic : VALUES) {
            if (topic.topicName.equals(name)) {
                return topic;
            }
        }
        return null;
    }
}
