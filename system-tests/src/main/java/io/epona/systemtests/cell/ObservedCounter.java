package io.epona.systemtests.cell;

import java.nio.ByteBuffer;
import java.util.function.LongConsumer;
import org.agrona.concurrent.UnsafeBuffer;
import org.agrona.concurrent.status.AtomicCounter;
import org.agrona.concurrent.status.CountersReader;

/** A counter of which each change is seen the moment it is published. */
class ObservedCounter extends AtomicCounter {
    private final LongConsumer observer;
    private boolean isObserved;

    ObservedCounter(final LongConsumer observer) {
        super(new UnsafeBuffer(ByteBuffer.allocateDirect(CountersReader.COUNTER_LENGTH)), 0);
        this.observer = observer;
    }

    /** From here on changes are reported. */
    void observe() {
        isObserved = true;
    }

    @Override
    public void setRelease(final long value) {
        super.setRelease(value);
        if (isObserved) {
            observer.accept(value);
        }
    }

    @Override
    public void set(final long value) {
        super.set(value);
        if (isObserved) {
            observer.accept(value);
        }
    }
}
