package io.epona.partitionlog;

/**
 * Partition logs cannot be used any further without losing or inventing records: a failed write or flush, a gap between
 * a log and the journal, a log that is ahead of the journal. The message names what, where, and what to do.
 */
public final class PartitionLogException extends RuntimeException {
    private static final long serialVersionUID = 1L;

    /** With what happened, where, and what to do. */
    public PartitionLogException(final String message) {
        super(message);
    }

    /** With what happened, where, and what to do, and its cause. */
    public PartitionLogException(final String message, final Throwable cause) {
        super(message, cause);
    }
}
