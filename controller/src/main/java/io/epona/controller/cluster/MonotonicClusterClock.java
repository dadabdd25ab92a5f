package io.epona.controller.cluster;

import io.aeron.cluster.service.ClusterClock;
import java.util.concurrent.TimeUnit;

/**
 * Wall-clock time as it was at the start, moved on by the monotonic clock: what Aeron Cluster takes all its time-outs
 * and the log's timestamps from. A step of the wall clock can therefore neither depose a leader nor fence a node. Any
 * thread.
 */
final class MonotonicClusterClock implements ClusterClock {
    private final long startMs = System.currentTimeMillis();
    private final long startNs = System.nanoTime();

    @Override
    public long time() {
        return startMs + TimeUnit.NANOSECONDS.toMillis(System.nanoTime() - startNs);
    }
}
