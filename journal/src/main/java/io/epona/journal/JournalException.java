package io.epona.journal;

/** What all exceptions of a journal have in common. Unchecked: none of them can be handled by trying again. */
public abstract class JournalException extends RuntimeException {
    private static final long serialVersionUID = 1L;

    JournalException(final String message, final Throwable cause) {
        super(message, cause);
    }
}
