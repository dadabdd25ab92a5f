package io.epona.replicator;

import io.epona.runtime.CounterType;
import java.nio.ByteBuffer;
import java.util.EnumMap;
import java.util.Map;
import org.agrona.concurrent.UnsafeBuffer;
import org.agrona.concurrent.status.AtomicCounter;
import org.agrona.concurrent.status.CountersReader;

/** Counters in the test's own memory. */
final class TestMeters {
    private final Map<CounterType, AtomicCounter> counters = new EnumMap<>(CounterType.class);

    AtomicCounter counter(final CounterType type) {
        return counters.computeIfAbsent(
                type,
                key -> new AtomicCounter(
                        new UnsafeBuffer(ByteBuffer.allocateDirect(CountersReader.COUNTER_LENGTH)), 0));
    }

    long value(final CounterType type) {
        return counter(type).get();
    }
}
