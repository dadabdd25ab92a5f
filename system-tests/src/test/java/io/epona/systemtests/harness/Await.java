package io.epona.systemtests.harness;

import java.time.Duration;
import java.util.concurrent.Callable;
import java.util.concurrent.locks.LockSupport;
import java.util.function.Supplier;

/** Waits for what another process will do, with a deadline. */
public final class Await {
    private static final long POLL_NS = 5_000_000;
    private static final Duration DEFAULT = Duration.ofSeconds(60);

    private Await() {}

    /** Waits until the condition holds. */
    public static void until(final String what, final Callable<Boolean> condition) throws Exception {
        until(() -> what, DEFAULT, condition);
    }

    /** Waits until the condition holds, for this long at most. */
    public static void until(final Supplier<String> what, final Duration timeout, final Callable<Boolean> condition)
            throws Exception {
        final long deadlineNs = System.nanoTime() + timeout.toNanos();
        while (!condition.call()) {
            if (System.nanoTime() - deadlineNs > 0) {
                throw new AssertionError("not within " + timeout + ": " + what.get());
            }
            LockSupport.parkNanos(POLL_NS);
        }
    }
}
