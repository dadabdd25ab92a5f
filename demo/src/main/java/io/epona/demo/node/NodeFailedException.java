package io.epona.demo.node;

/** A node that did not start, or ended. The message holds what it said last. */
public final class NodeFailedException extends Exception {
    /** @param message for the user */
    public NodeFailedException(final String message) {
        super(message);
    }

    /**
     * With the reason.
     *
     * @param message for the user
     * @param cause what the machine said
     */
    public NodeFailedException(final String message, final Throwable cause) {
        super(message, cause);
    }
}
