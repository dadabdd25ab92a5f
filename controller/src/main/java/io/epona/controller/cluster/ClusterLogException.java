package io.epona.controller.cluster;

/** The control log cannot be opened or go on. The message says why and what to do. */
public final class ClusterLogException extends RuntimeException {
    /** With a message. */
    public ClusterLogException(String message) {
        super(message);
    }

    /** With a message and a cause. */
    public ClusterLogException(String message, Throwable cause) {
        super(message, cause);
    }
}
