package io.epona.sequencer.powercut;

/** A promise was broken. */
final class Violation extends RuntimeException {
    private static final long serialVersionUID = 1L;

    Violation(final String what) {
        super(what);
    }

    Violation(final String what, final Throwable cause) {
        super(what, cause);
    }

    static void check(final boolean holds, final String what) {
        if (!holds) {
            throw new Violation(what);
        }
    }
}
