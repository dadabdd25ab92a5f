package io.epona.node.install;

/** An installation cannot go on now; it is tried again later, and loses nothing of what it has. */
final class NotReadyException extends Exception {
    private static final long serialVersionUID = 1L;

    NotReadyException(final String message) {
        super(message);
    }
}
