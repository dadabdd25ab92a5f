package io.epona.demo.flow;

/** An input that cannot be played. The message tells the user which file, which line, and what is wrong with it. */
public final class FlowException extends Exception {
    /** @param message for the user */
    public FlowException(final String message) {
        super(message);
    }

    /**
     * With the reason.
     *
     * @param message for the user
     * @param cause what the machine said
     */
    public FlowException(final String message, final Throwable cause) {
        super(message, cause);
    }
}
