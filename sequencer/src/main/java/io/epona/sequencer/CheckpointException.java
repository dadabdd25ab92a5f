package io.epona.sequencer;

/** Bytes that are no checkpoint which this lane may start from. */
public final class CheckpointException extends RuntimeException {
    private static final long serialVersionUID = 1L;

    /** What is wrong; each calls for another action. */
    public enum Reason {
        /** Not a checkpoint at all, or one that ends early: take the one before. */
        NO_CHECKPOINT,
        /** Damaged or torn: take the one before. */
        DAMAGED,
        /** Written by a newer build: start that one. */
        NEWER_FORMAT,
        /** Of another lane or cluster: the directory is not this lane's; put the right one in its place. */
        FOREIGN
    }

    private final Reason reason;

    CheckpointException(final Reason reason, final String message) {
        super(message);
        this.reason = reason;
    }

    /** What is wrong. */
    public Reason reason() {
        return reason;
    }
}
