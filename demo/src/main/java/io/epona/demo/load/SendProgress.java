package io.epona.demo.load;

import java.util.concurrent.atomic.AtomicLong;
import java.util.concurrent.atomic.AtomicReference;
import org.HdrHistogram.Histogram;
import org.HdrHistogram.SingleWriterRecorder;

/**
 * What the producer has done so far in a run. The sending thread counts what it sends, the producer's own thread what
 * is acknowledged; any thread reads the counts.
 */
public final class SendProgress {
    private static final long HIGHEST_NS = 60_000_000_000L;
    private static final int DIGITS = 3;

    private final AtomicLong events = new AtomicLong();
    private final AtomicLong sent = new AtomicLong();
    private final AtomicLong acknowledged = new AtomicLong();
    private final AtomicLong failed = new AtomicLong();
    private final AtomicLong maxLateNs = new AtomicLong();
    private final AtomicReference<Exception> failure = new AtomicReference<>();
    private final SingleWriterRecorder acknowledgement = new SingleWriterRecorder(1, HIGHEST_NS, DIGITS);

    void onEvent(final long lateNs) {
        events.lazySet(events.get() + 1);
        if (lateNs > maxLateNs.get()) {
            maxLateNs.lazySet(lateNs);
        }
    }

    void onSent() {
        sent.lazySet(sent.get() + 1);
    }

    void onAcknowledged(final long elapsedNs) {
        acknowledged.lazySet(acknowledged.get() + 1);
        acknowledgement.recordValue(Math.clamp(elapsedNs, 0, HIGHEST_NS));
    }

    void onFailed(final Exception reason) {
        failed.incrementAndGet();
        failure.compareAndSet(null, reason);
    }

    /** Order events sent; an event is a record in one topic or in both. */
    public long events() {
        return events.get();
    }

    /** Records handed to the producer. */
    public long sent() {
        return sent.get();
    }

    /** Records that the node acknowledged. */
    public long acknowledged() {
        return acknowledged.get();
    }

    /** Records that the producer gave up. */
    public long failed() {
        return failed.get();
    }

    /** Why the first of them was given up, or null. */
    public Exception failure() {
        return failure.get();
    }

    /** Longest time that an event was handed to the producer after it was due, in nanoseconds. */
    public long maxLateNs() {
        return maxLateNs.get();
    }

    /** From due to acknowledged, in nanoseconds; call once, when the run is over. */
    public Histogram acknowledgement() {
        return acknowledgement.getIntervalHistogram();
    }
}
