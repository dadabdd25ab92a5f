package io.epona.controller.cluster;

import io.aeron.cluster.service.ClusterClock;
import java.util.concurrent.TimeUnit;
import java.util.function.LongSupplier;

/**
 * What Aeron Cluster takes all its time-outs and the log's timestamps from: wall-clock time as it was at the start,
 * moved on by the monotonic clock, less the time in which this process did not run. Used by the consensus thread only.
 *
 * <ul>
 *   <li>A step of the wall clock can neither depose a leader nor fence a node.
 *   <li>A leader that was stopped (SIGSTOP, a long collection, a stalled device) does not find on waking that all the
 *       others were silent: it would close their sessions, before it hears that it has a successor. When it was asked
 *       for the time no longer than {@link #PAUSE_NS} ago it counts what has passed, otherwise only that much.
 *   <li>What was left out is made up for slowly, so that timestamps come near the wall clock again.
 * </ul>
 */
final class PausingClusterClock implements ClusterClock {
    /** Longer than any sleep of the consensus thread; shorter than what makes a member suspect another. */
    static final long PAUSE_NS = TimeUnit.MILLISECONDS.toNanos(100);

    /** The clock gains at most one part in this many on the monotonic clock. */
    private static final int GAIN = 8;

    private final LongSupplier nanoClock;
    private final long startMs;
    private long newestNs;
    private long elapsedNs;
    private long behindNs;

    PausingClusterClock() {
        this(System::nanoTime, System.currentTimeMillis());
    }

    PausingClusterClock(LongSupplier nanoClock, long startMs) {
        this.nanoClock = nanoClock;
        this.startMs = startMs;
        this.newestNs = nanoClock.getAsLong();
    }

    @Override
    public long time() {
        return startMs + TimeUnit.NANOSECONDS.toMillis(advance());
    }

    private long advance() {
        long nowNs = nanoClock.getAsLong();
        long passedNs = nowNs - newestNs;
        newestNs = nowNs;
        if (passedNs > PAUSE_NS) {
            behindNs += passedNs - PAUSE_NS;
            passedNs = PAUSE_NS;
        } else {
            long gainNs = Math.min(behindNs, passedNs / GAIN);
            behindNs -= gainNs;
            passedNs += gainNs;
        }
        elapsedNs += passedNs;
        return elapsedNs;
    }
}
