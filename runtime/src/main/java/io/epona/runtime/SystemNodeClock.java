package io.epona.runtime;

import java.time.Instant;

/**
 * The machine's clocks: {@link System#nanoTime()} plus an offset that makes it the time since the Unix epoch.
 *
 * <p>Any thread reads: two loads and an addition, no allocation. One thread, now and then (a second is a good
 * interval), calls {@link #synchronise()}, because the wall clock may be set, and because a suspended machine's
 * monotonic clock stands still. Small deviations are followed in steps of at most {@link #MAX_SLEW_NS} for each call,
 * so that time stamps practically never go back; one above {@link #STEP_THRESHOLD_NS} is taken over at once and
 * counted.
 */
public final class SystemNodeClock implements NodeClock {
    /** Correction of one {@link #synchronise()} call at most, as long as the clock does not step. */
    public static final long MAX_SLEW_NS = 20_000;

    /** Deviation from the wall clock above which it is taken to have been set. */
    public static final long STEP_THRESHOLD_NS = 10_000_000;

    private static final int SAMPLES = 20;

    private volatile long offsetNs;
    private volatile long stepCount;

    /** Reads the wall clock. */
    public SystemNodeClock() {
        offsetNs = measureOffsetNs();
    }

    @Override
    public long epochNs() {
        return System.nanoTime() + offsetNs;
    }

    @Override
    public long nanoTime() {
        return System.nanoTime();
    }

    /** Compares with the wall clock and corrects the offset. One thread at a time. */
    public void synchronise() {
        correct(measureOffsetNs() - offsetNs);
    }

    void correct(final long deviationNs) {
        if (Math.abs(deviationNs) > STEP_THRESHOLD_NS) {
            stepCount++;
            offsetNs += deviationNs;
        } else {
            offsetNs += Math.clamp(deviationNs, -MAX_SLEW_NS, MAX_SLEW_NS);
        }
    }

    /** How often the wall clock was found to have been set. */
    public long stepCount() {
        return stepCount;
    }

    /** The offset seen in the shortest of several readings: one that the scheduler did not interrupt. */
    private static long measureOffsetNs() {
        long bestOffsetNs = 0;
        long bestWindowNs = Long.MAX_VALUE;
        for (int i = 0; i < SAMPLES; i++) {
            final long beforeNs = System.nanoTime();
            final Instant now = Instant.now();
            final long windowNs = System.nanoTime() - beforeNs;
            if (windowNs < bestWindowNs) {
                final long epochNs = now.getEpochSecond() * 1_000_000_000L + now.getNano();
                bestWindowNs = windowNs;
                bestOffsetNs = epochNs - (beforeNs + windowNs / 2);
            }
        }
        return bestOffsetNs;
    }
}
