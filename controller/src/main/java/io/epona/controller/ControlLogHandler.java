package io.epona.controller;

import org.agrona.DirectBuffer;

/**
 * Hears what a {@link ControlLog} delivers, on the log's thread. What it makes of commands, sessions and snapshots
 * depends on nothing but them, so that it is the same on every node.
 *
 * <p>An exception out of any method means that this node cannot follow the log any further: the log stops delivering
 * and ends the node.
 */
public interface ControlLogHandler {
    /**
     * A command is in the log for good.
     *
     * @param sessionId the connection that it came by: never used again for another one.
     * @param timestampMs when the log's leader took it, milliseconds since the Unix epoch; never decreases.
     * @param buffer has the command; valid during the call only.
     * @param offset where the command begins.
     * @param length its length in bytes.
     */
    void onCommand(long sessionId, long timestampMs, DirectBuffer buffer, int offset, int length);

    /**
     * A connection to the log has ended (closed, or not heard of for the session timeout). In the log like a command:
     * every node hears of it at the same place.
     *
     * @param sessionId the connection.
     * @param timestampMs as for commands.
     */
    void onSessionClosed(long sessionId, long timestampMs);

    /**
     * This node's own connection to the log is up, for the first time or again. Not in the log: only this node hears of
     * it.
     *
     * @param sessionId what its commands will carry.
     */
    void onConnected(long sessionId);

    /** This node's own connection to the log is lost. Not in the log. */
    void onDisconnected();

    /**
     * The next part of the snapshot to begin from, in the order in which {@link #takeSnapshot} gave the parts. Before
     * the first command only.
     *
     * @param buffer has the part; valid during the call only.
     * @param offset where the part begins.
     * @param length its length in bytes.
     */
    void onSnapshotPart(DirectBuffer buffer, int offset, int length);

    /** All parts of the snapshot were delivered. */
    void onSnapshotEnd();

    /**
     * Writes the state after all commands so far.
     *
     * @param sink gets the parts, each at most {@link ControllerLimits#MAX_SNAPSHOT_PART_LENGTH} bytes long.
     */
    void takeSnapshot(SnapshotSink sink);

    /** Takes the parts of a snapshot. */
    @FunctionalInterface
    interface SnapshotSink {
        /**
         * Takes the next part.
         *
         * @param buffer has the part; valid during the call only.
         * @param offset where the part begins.
         * @param length its length in bytes.
         */
        void onPart(DirectBuffer buffer, int offset, int length);
    }
}
