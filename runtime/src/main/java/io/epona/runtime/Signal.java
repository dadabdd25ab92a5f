package io.epona.runtime;

/**
 * Wakes the thread that reads what the caller has just published.
 *
 * <p>The publisher first makes its progress visible (a counter's {@code setRelease}, a ring buffer's commit) and then
 * calls {@link #signal()}. Any thread may call it, at any time, also before the reader's thread has started and after
 * it has ended. It never blocks; when the reader is busy it costs one full fence and one read.
 */
@FunctionalInterface
public interface Signal {
    /** Wakes nobody: for readers that poll without ever parking, and for tests. */
    Signal NONE = () -> {};

    /** Makes sure that the reader sees what this thread published before the call, waking it when it is parked. */
    void signal();

    /**
     * One signal that raises several, in order.
     *
     * @param signals the signals to raise; {@link #NONE} is left out
     * @return the only one of them, or a composite, or {@link #NONE}
     */
    static Signal all(final Signal... signals) {
        final Signal[] others = java.util.Arrays.stream(signals)
                .filter(signal -> signal != NONE)
                .distinct()
                .toArray(Signal[]::new);
        return switch (others.length) {
            case 0 -> NONE;
            case 1 -> others[0];
            default ->
                () -> {
                    for (final Signal signal : others) {
                        signal.signal();
                    }
                };
        };
    }
}
