package io.epona.journal.testing;

/** The simulated power failed during this operation, or before it. Whoever gets it is dead. */
public final class PowerCutException extends RuntimeException {
    private static final long serialVersionUID = 1L;

    PowerCutException() {
        super("the simulated power is off", null, false, false);
    }
}
