package io.epona.demo.load;

import io.epona.runtime.NodeClock;
import java.util.concurrent.atomic.AtomicLong;

/** A clock that goes on by a fixed step each time that it is read. */
final class TickingClock implements NodeClock {
    private final AtomicLong nowNs;
    private final long stepNs;

    TickingClock(final long startNs, final long stepNs) {
        this.nowNs = new AtomicLong(startNs);
        this.stepNs = stepNs;
    }

    @Override
    public long epochNs() {
        return nowNs.getAndAdd(stepNs);
    }

    @Override
    public long nanoTime() {
        return epochNs();
    }
}
