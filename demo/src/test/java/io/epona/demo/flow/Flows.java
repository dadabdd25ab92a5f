package io.epona.demo.flow;

import java.util.ArrayList;
import java.util.Iterator;
import java.util.List;

/** Flows for tests. */
public final class Flows {
    private Flows() {}

    /** A flow of the given events. */
    public static OrderFlow of(final List<FlowEvent> events) {
        final Iterator<FlowEvent> iterator = events.iterator();
        return () -> iterator.hasNext() ? iterator.next() : null;
    }

    /** The next events of a flow, at most as many as given. */
    public static List<FlowEvent> take(final OrderFlow flow, final int count) throws FlowException {
        final List<FlowEvent> events = new ArrayList<>();
        while (events.size() < count) {
            final FlowEvent event = flow.next();
            if (event == null) {
                break;
            }
            events.add(event);
        }
        return events;
    }
}
