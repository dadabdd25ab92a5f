package io.epona.replicator;

import io.epona.runtime.CounterType;
import java.util.function.Function;
import org.agrona.concurrent.status.AtomicCounter;

/** What the receiving thread counts; its only writer. */
final class ReceiverMeters {
    private final AtomicCounter receivedLength;
    private final AtomicCounter receivedMessages;
    private final AtomicCounter gaps;
    private final AtomicCounter badMessages;
    private final AtomicCounter ringFull;

    ReceiverMeters(final Function<CounterType, AtomicCounter> counters) {
        this.receivedLength = counters.apply(CounterType.REPLICATION_RECEIVED);
        this.receivedMessages = counters.apply(CounterType.REPLICATION_RECEIVED_MESSAGES);
        this.gaps = counters.apply(CounterType.REPLICATION_GAPS);
        this.badMessages = counters.apply(CounterType.REPLICATION_BAD_MESSAGES);
        this.ringFull = counters.apply(CounterType.REPLICATION_RING_FULL);
    }

    void onFrames(final int length) {
        receivedLength.getAndAddRelease(length);
        receivedMessages.incrementRelease();
    }

    void onGap() {
        gaps.incrementRelease();
    }

    void onBadMessage() {
        badMessages.incrementRelease();
    }

    void onRingFull() {
        ringFull.incrementRelease();
    }
}
