package io.epona.partitionlog;

/**
 * How much of a flush may be done now: an allowance that grows with time, at a rate that grows as what is not flushed
 * comes nearer to what is urgent, and without limit from there on. Owned by one thread.
 */
final class FlushPace {
    private static final double NS_PER_SECOND = 1e9;
    private static final double MAX_ALLOWANCE_SECONDS = 0.05;

    private final double ratePerSecond;
    private double allowance;
    private long lastNs;

    FlushPace(final double ratePerSecond) {
        this.ratePerSecond = ratePerSecond;
    }

    /** Starts again with an allowance of nothing. */
    void reset(final long nowNs) {
        allowance = 0;
        lastNs = nowNs;
    }

    /**
     * Lets time pass.
     *
     * @param urgency 0: nothing waits; 1 and above: as fast as it goes
     */
    void update(final long nowNs, final double urgency) {
        final double seconds = (nowNs - lastNs) / NS_PER_SECOND;
        lastNs = nowNs;
        if (urgency >= 1) {
            allowance = Double.MAX_VALUE;
            return;
        }
        final double rate = ratePerSecond / (1 - urgency);
        allowance = Math.min(allowance + rate * seconds, Math.max(1, rate * MAX_ALLOWANCE_SECONDS));
    }

    boolean allows() {
        return allowance > 0;
    }

    void use(final double amount) {
        allowance -= amount;
    }
}
