package io.epona.demo.flow;

/** Events in the order of their times. Used by one thread at a time. */
public interface OrderFlow extends AutoCloseable {
    /**
     * The next event.
     *
     * @return null at the end
     * @throws FlowException when it cannot be read; the flow has ended then
     */
    FlowEvent next() throws FlowException;

    @Override
    default void close() throws FlowException {}
}
