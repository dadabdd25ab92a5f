package io.epona.replicator;

import java.util.concurrent.TimeUnit;
import java.util.function.BooleanSupplier;

/** Waits for what must become true soon, doing the test's work meanwhile. */
final class Deadline {
    private static final long LIMIT_NS = TimeUnit.SECONDS.toNanos(60);

    private Deadline() {}

    /** Polls until the condition holds. */
    static void await(final String what, final BooleanSupplier condition) {
        final long startNs = System.nanoTime();
        while (!condition.getAsBoolean()) {
            if (System.nanoTime() - startNs > LIMIT_NS) {
                throw new AssertionError("not in time: " + what);
            }
            if (Thread.currentThread().isInterrupted()) {
                throw new AssertionError("interrupted while waiting: " + what);
            }
            Thread.onSpinWait();
        }
    }
}
