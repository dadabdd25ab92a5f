package io.epona.runtime.testing;

import io.epona.runtime.NodeClock;

/** A clock that stands still until a test or simulator moves it. Any thread may read or move it. */
public final class SettableNodeClock implements NodeClock {
    private volatile long epochNs;
    private volatile long nanoTime;

    /** Starts at one second after the Unix epoch, with a monotonic time of zero. */
    public SettableNodeClock() {
        this(1_000_000_000L);
    }

    /**
     * Starts at the given time, with a monotonic time of zero.
     *
     * @param epochNs nanoseconds since the Unix epoch
     */
    public SettableNodeClock(final long epochNs) {
        this.epochNs = epochNs;
    }

    @Override
    public long epochNs() {
        return epochNs;
    }

    @Override
    public long nanoTime() {
        return nanoTime;
    }

    /** Lets time pass on both clocks. */
    public synchronized void advanceNs(final long durationNs) {
        nanoTime += durationNs;
        epochNs += durationNs;
    }

    /** Lets time pass on both clocks. */
    public void advanceMs(final long durationMs) {
        advanceNs(durationMs * 1_000_000L);
    }

    /** Steps the wall clock, forwards or backwards, as an operator or a time daemon does; no time passes. */
    public synchronized void epochNs(final long newEpochNs) {
        epochNs = newEpochNs;
    }
}
