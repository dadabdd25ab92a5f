package io.epona.controller;

import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;

/** Ends waiting for a command: the seam where a simulation puts its own time. */
@FunctionalInterface
public interface CommandTimer {
    /** Of the running process. */
    CommandTimer SYSTEM = (future, timeoutMs) -> future.orTimeout(timeoutMs, TimeUnit.MILLISECONDS);

    /**
     * Completes a future with a {@link java.util.concurrent.TimeoutException} unless it completes before.
     *
     * @param future what is waited for.
     * @param timeoutMs from now, milliseconds.
     */
    void failAfter(CompletableFuture<?> future, long timeoutMs);
}
