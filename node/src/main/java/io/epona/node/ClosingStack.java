package io.epona.node;

import java.util.ArrayDeque;
import java.util.Deque;

/**
 * What has been opened so far, to be closed in reverse order: all of it, whatever one of them throws. Used by one
 * thread at a time.
 */
final class ClosingStack implements AutoCloseable {
    private final Deque<AutoCloseable> opened = new ArrayDeque<>();

    <T extends AutoCloseable> T push(final T closeable) {
        opened.push(closeable);
        return closeable;
    }

    /** Closes everything; the first exception is thrown at the end, with the others suppressed. */
    @Override
    public void close() {
        RuntimeException first = null;
        while (!opened.isEmpty()) {
            try {
                opened.pop().close();
            } catch (final Exception ex) {
                if (ex instanceof InterruptedException) {
                    Thread.currentThread().interrupt();
                }
                if (first == null) {
                    first = ex instanceof final RuntimeException unchecked ? unchecked : new IllegalStateException(ex);
                } else {
                    first.addSuppressed(ex);
                }
            }
        }
        if (first != null) {
            throw first;
        }
    }
}
