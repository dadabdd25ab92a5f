package io.epona.controller;

/**
 * The control log has a command that a later version of Epona wrote. Other nodes may know it, so that passing over it
 * would give this node other metadata than theirs: the node has to end.
 */
public final class UnknownCommandException extends RuntimeException {
    private static final long serialVersionUID = 1L;

    UnknownCommandException(String message) {
        super(message);
    }
}
