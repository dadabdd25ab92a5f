package io.epona.gateway.fetch;

import io.epona.runtime.NodeClock;
import io.epona.runtime.budget.BreachLog;
import io.epona.runtime.budget.Stage;
import io.epona.runtime.budget.StageRecorder;
import java.util.concurrent.atomic.AtomicLong;

/** Times and counts of fetches. Gateway thread writes; counts may be read by any thread. */
public final class FetchMeters {
    private final NodeClock clock;
    private final StageRecorder recorder;
    private final BreachLog breaches;
    private final AtomicLong memoryBytes = new AtomicLong();
    private final AtomicLong fileBytes = new AtomicLong();
    private final AtomicLong outboundWaits = new AtomicLong();
    private final AtomicLong waiting = new AtomicLong();

    /** Meters that record into the gateway thread's own recorder and log. */
    public FetchMeters(final NodeClock clock, final StageRecorder recorder, final BreachLog breaches) {
        this.clock = clock;
        this.recorder = recorder;
        this.breaches = breaches;
    }

    /** Bytes of records that came out of memory. */
    public long memoryBytes() {
        return memoryBytes.get();
    }

    /** Bytes of records that came out of partition logs. */
    public long fileBytes() {
        return fileBytes.get();
    }

    /** How often a fetch had to wait because clients had too much outstanding. */
    public long outboundWaits() {
        return outboundWaits.get();
    }

    /** Fetches that wait for records now. */
    public long waiting() {
        return waiting.get();
    }

    void onMemoryRead(final int length) {
        add(memoryBytes, length);
    }

    void onFileRead(final int length) {
        add(fileBytes, length);
    }

    void onOutboundWait() {
        add(outboundWaits, 1);
    }

    void onWaiting(final int delta) {
        add(waiting, delta);
    }

    /** Records out of memory have been handed to the network. */
    void onDelivered(final int partitionIndex, final long offset, final long readySinceNs) {
        final long elapsedNs = clock.nanoTime() - readySinceNs;
        recorder.record(Stage.DELIVER, elapsedNs);
        if (Stage.DELIVER.isBreachedBy(elapsedNs)) {
            breaches.record(
                    clock.epochNs(), partitionIndex, offset, Stage.DELIVER, elapsedNs, Stage.DELIVER, elapsedNs);
        }
    }

    private static void add(final AtomicLong counter, final long delta) {
        counter.setOpaque(counter.getPlain() + delta);
    }
}
