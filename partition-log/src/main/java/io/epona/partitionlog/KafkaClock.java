package io.epona.partitionlog;

import io.epona.runtime.NodeClock;
import java.util.function.Supplier;
import org.apache.kafka.common.utils.Time;

/** The node's clock as Kafka's logs want it. They read it only; they never wait on it. */
final class KafkaClock implements Time {
    private final NodeClock clock;

    KafkaClock(final NodeClock clock) {
        this.clock = clock;
    }

    @Override
    public long milliseconds() {
        return clock.epochMs();
    }

    @Override
    public long nanoseconds() {
        return clock.nanoTime();
    }

    @Override
    public void sleep(final long durationMs) {
        throw new UnsupportedOperationException("a partition log does not sleep");
    }

    @Override
    public void waitObject(final Object object, final Supplier<Boolean> condition, final long deadlineMs) {
        throw new UnsupportedOperationException("a partition log does not wait");
    }
}
