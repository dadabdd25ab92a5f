package io.epona.sequencer;

/** A message on a lane's command ring that is no command: a defect of its sender. It was skipped and not answered. */
public final class MalformedCommandException extends RuntimeException {
    private static final long serialVersionUID = 1L;

    MalformedCommandException(final String message) {
        super(message);
    }
}
