package io.epona.controller;

import org.agrona.DirectBuffer;

/**
 * The one order of commands in a cell. Every node of the cell has its own end of the same log: it submits commands
 * there, and hears of all commands, its own and those of the others, in the same order, with the same timestamps.
 *
 * <p>The log does not look into commands. It retries nothing on its own: a command that was taken by {@link #submit}
 * and is lost on its way is never heard of, and whoever submitted it waits no longer than its timeout.
 */
public interface ControlLog extends AutoCloseable {
    /**
     * Begins: delivers what is known already (a snapshot and commands after it), then what comes. Called once, before
     * anything is submitted.
     *
     * @param handler called on the log's own thread, never by two threads at a time.
     */
    void start(ControlLogHandler handler);

    /**
     * Takes a command to be put into the log. Any thread. The bytes are copied before this returns.
     *
     * @param buffer has the command.
     * @param offset where it begins.
     * @param length its length in bytes, at most {@link #maxCommandLength()}.
     * @return false when it cannot be taken now (too many wait, or the log is closed): nothing happened, try later.
     */
    boolean submit(DirectBuffer buffer, int offset, int length);

    /**
     * The longest command that {@link #submit} takes.
     *
     * @return bytes, the same on all nodes and for the life of the process.
     */
    int maxCommandLength();

    /**
     * Who leads the log, as far as this node knows. Any thread.
     *
     * @return a value of this moment.
     */
    ControlLogStatus status();

    /** Ends delivery and releases everything. Returns when the handler will not be called any more. */
    @Override
    void close();
}
