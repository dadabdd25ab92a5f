package io.epona.runtime;

/** A counters file cannot be made or read; the message says which, why, and what to do. */
public final class CountersFileException extends RuntimeException {
    private static final long serialVersionUID = 1L;

    /** With a message in the form "what: name=value". */
    public CountersFileException(final String message) {
        super(message);
    }

    /** With a message in the form "what: name=value" and the cause. */
    public CountersFileException(final String message, final Throwable cause) {
        super(message, cause);
    }
}
