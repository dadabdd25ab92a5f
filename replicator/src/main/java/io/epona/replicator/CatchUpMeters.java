package io.epona.replicator;

import io.epona.runtime.CounterType;
import java.util.function.Function;
import org.agrona.concurrent.status.AtomicCounter;

/** What the catch-up thread counts; its only writer. */
final class CatchUpMeters {
    private final AtomicCounter length;

    CatchUpMeters(final Function<CounterType, AtomicCounter> counters) {
        this.length = counters.apply(CounterType.REPLICATION_CATCH_UP);
    }

    void onSent(final int sentLength) {
        length.getAndAddRelease(sentLength);
    }
}
