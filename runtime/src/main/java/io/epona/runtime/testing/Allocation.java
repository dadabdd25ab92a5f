package io.epona.runtime.testing;

import com.sun.management.ThreadMXBean;
import java.lang.management.ManagementFactory;

/** Measures what the calling thread allocates, for tests that hot code allocates nothing in steady state. */
public final class Allocation {
    private static final ThreadMXBean THREADS = (ThreadMXBean) ManagementFactory.getThreadMXBean();
    private static final int ROUNDS = 5;

    /** On a busy machine the compiler, which takes short-lived objects away, may come late. */
    private static final int MAX_ROUNDS = 50;

    private Allocation() {}

    /**
     * Bytes that one run allocates in steady state: after warming up, the least of several rounds, because compilation
     * and profiling may allocate once on the running thread.
     *
     * @param runs in each round
     * @param body what to run
     */
    public static long bytesPerRun(final int runs, final Runnable body) {
        run(runs, body);
        final long overhead = overhead();
        long least = Long.MAX_VALUE;
        for (int round = 0; round < MAX_ROUNDS && least > overhead; round++) {
            final long before = THREADS.getCurrentThreadAllocatedBytes();
            run(runs, body);
            least = Math.min(least, THREADS.getCurrentThreadAllocatedBytes() - before);
        }
        return Math.ceilDiv(Math.max(0, least - overhead), runs);
    }

    private static void run(final int runs, final Runnable body) {
        for (int i = 0; i < runs; i++) {
            body.run();
        }
    }

    /** What the measurement itself allocates. */
    private static long overhead() {
        long least = Long.MAX_VALUE;
        for (int round = 0; round < ROUNDS; round++) {
            final long before = THREADS.getCurrentThreadAllocatedBytes();
            least = Math.min(least, THREADS.getCurrentThreadAllocatedBytes() - before);
        }
        return least;
    }
}
