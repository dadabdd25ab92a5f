package io.epona.systemtests.cell;

import io.epona.runtime.NodeClock;

/** A node's clocks: the wall clock is wrong by as much as somebody has set it to, the monotonic one is not. */
final class SkewedClock implements NodeClock {
    private static final long START_NS = 1_700_000_000_000_000_000L;

    private final Timeline timeline;
    private final long originNs;
    private long skewNs;

    SkewedClock(final Timeline timeline, final long originNs) {
        this.timeline = timeline;
        this.originNs = originNs;
    }

    @Override
    public long epochNs() {
        return START_NS + skewNs + timeline.nowNs();
    }

    @Override
    public long nanoTime() {
        return originNs + timeline.nowNs();
    }

    /** Steps the wall clock. */
    void step(final long byNs) {
        skewNs += byNs;
    }
}
