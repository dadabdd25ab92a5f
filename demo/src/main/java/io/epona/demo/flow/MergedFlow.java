package io.epona.demo.flow;

import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.PriorityQueue;

/** Several flows as one, by time; at equal times in the order in which the flows were given. */
public final class MergedFlow implements OrderFlow {
    private final List<OrderFlow> flows;
    private final PriorityQueue<Head> heads =
            new PriorityQueue<>(Comparator.comparingLong(Head::timeNs).thenComparingInt(Head::index));

    private record Head(FlowEvent event, int index) {
        long timeNs() {
            return event.exchangeTimeNs();
        }
    }

    /**
     * Takes the first event of each flow.
     *
     * @param flows closed with this one
     * @throws FlowException when a first event cannot be read; the flows are closed then
     */
    public MergedFlow(final List<? extends OrderFlow> flows) throws FlowException {
        this.flows = new ArrayList<>(flows);
        try {
            for (int i = 0; i < flows.size(); i++) {
                advance(i);
            }
        } catch (final FlowException ex) {
            close();
            throw ex;
        }
    }

    private void advance(final int index) throws FlowException {
        final FlowEvent event = flows.get(index).next();
        if (event != null) {
            heads.add(new Head(event, index));
        }
    }

    @Override
    public FlowEvent next() throws FlowException {
        final Head head = heads.poll();
        if (head == null) {
            return null;
        }
        advance(head.index());
        return head.event();
    }

    @Override
    public void close() throws FlowException {
        FlowException failure = null;
        for (final OrderFlow flow : flows) {
            try {
                flow.close();
            } catch (final FlowException ex) {
                failure = ex;
            }
        }
        if (failure != null) {
            throw failure;
        }
    }
}
