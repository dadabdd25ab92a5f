package io.epona.runtime;

/**
 * The time as a node's agents see it. Implementations may be read by any thread and allocate nothing.
 *
 * <p>{@link #epochNs()} is for time stamps that other machines compare with theirs; it may be corrected and so may
 * step. {@link #nanoTime()} is for durations and time-outs on this machine; it never goes back. No decision about the
 * safety of data may depend on either.
 */
public interface NodeClock {
    /** Nanoseconds since the Unix epoch. */
    long epochNs();

    /** Milliseconds since the Unix epoch, as Kafka's record time stamps. */
    default long epochMs() {
        return epochNs() / 1_000_000L;
    }

    /** Monotonic nanoseconds with an arbitrary origin; compare by subtraction. */
    long nanoTime();
}
