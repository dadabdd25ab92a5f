package io.epona.node.install;

import java.util.concurrent.TimeUnit;

/** Holds bytes a second below a rate, by sleeping; a second's worth may come at once. Used by one thread. */
final class Pace {
    private static final long SECOND_NS = TimeUnit.SECONDS.toNanos(1);

    private final long lengthPerSecond;
    private long dueNs;

    Pace(final long lengthPerSecond) {
        this.lengthPerSecond = lengthPerSecond;
        this.dueNs = System.nanoTime();
    }

    void use(final long length) throws InterruptedException {
        final long nowNs = System.nanoTime();
        dueNs = Math.max(dueNs, nowNs - SECOND_NS) + (long) ((double) length / lengthPerSecond * SECOND_NS);
        if (dueNs > nowNs) {
            TimeUnit.NANOSECONDS.sleep(dueNs - nowNs);
        }
    }
}
