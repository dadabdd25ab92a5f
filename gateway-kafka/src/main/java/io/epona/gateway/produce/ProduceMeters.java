package io.epona.gateway.produce;

import io.epona.runtime.NodeClock;
import io.epona.runtime.budget.BreachLog;
import io.epona.runtime.budget.Stage;
import io.epona.runtime.budget.StageRecorder;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicLong;

/** Times and counts of produce requests. Gateway thread writes; counts may be read by any thread. */
public final class ProduceMeters {
    private final NodeClock clock;
    private final StageRecorder recorder;
    private final BreachLog breaches;
    private final AtomicLong batches = new AtomicLong();
    private final AtomicLong batchBytes = new AtomicLong();
    private final AtomicLong refusedBatches = new AtomicLong();
    private final AtomicLong backPressures = new AtomicLong();

    /** Meters that record into the gateway thread's own recorder and log. */
    public ProduceMeters(final NodeClock clock, final StageRecorder recorder, final BreachLog breaches) {
        this.clock = clock;
        this.recorder = recorder;
        this.breaches = breaches;
    }

    /** Batches given to lanes. */
    public long batches() {
        return batches.get();
    }

    /** Bytes of batches given to lanes. */
    public long batchBytes() {
        return batchBytes.get();
    }

    /** Batches answered with an error. */
    public long refusedBatches() {
        return refusedBatches.get();
    }

    /** Requests that had to wait for room in a lane's command ring. */
    public long backPressures() {
        return backPressures.get();
    }

    void onOffered(final int length) {
        add(batches, 1);
        add(batchBytes, length);
    }

    void onRefused() {
        add(refusedBatches, 1);
    }

    void onBackPressure() {
        add(backPressures, 1);
    }

    /** The lane has given a batch its offset: from the producer's timestamp to our having the request. */
    void onAppended(final PendingAppend append, final long baseOffset, final long ingressTimeNs) {
        if (append.batchTimestampMs < 0) {
            return;
        }
        final long elapsedNs = ingressTimeNs - TimeUnit.MILLISECONDS.toNanos(append.batchTimestampMs);
        if (elapsedNs < 0) {
            return;
        }
        recorder.record(Stage.PRODUCE, elapsedNs);
        if (Stage.PRODUCE.isBreachedBy(elapsedNs)) {
            breaches.record(
                    clock.epochNs(),
                    append.partition.partitionIndex(),
                    baseOffset,
                    Stage.PRODUCE,
                    elapsedNs,
                    Stage.PRODUCE,
                    elapsedNs);
        }
    }

    void onAcknowledged(final long committedTimeNs) {
        recorder.record(Stage.ACKNOWLEDGE, clock.nanoTime() - committedTimeNs);
    }

    private static void add(final AtomicLong counter, final long delta) {
        counter.setOpaque(counter.getPlain() + delta);
    }
}
