package io.epona.controller;

/** The metadata log cannot be used. The message says what is wrong, where, and what to do. */
public final class MetadataLogException extends RuntimeException {
    /**
     * Makes the exception.
     *
     * @param message what, where, and what to do.
     */
    public MetadataLogException(String message) {
        super(message);
    }

    /**
     * Makes the exception.
     *
     * @param message what, where, and what to do.
     * @param cause what happened below.
     */
    public MetadataLogException(String message, Throwable cause) {
        super(message, cause);
    }
}
