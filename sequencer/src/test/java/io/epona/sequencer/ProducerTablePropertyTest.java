package io.epona.sequencer;

import static org.junit.jupiter.api.Assertions.assertEquals;

import java.util.Iterator;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Random;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.ShrinkingMode;
import net.jqwik.api.constraints.IntRange;

/** The table against a map in order of last use: same entries, same order, whatever is added, expires or is evicted. */
class ProducerTablePropertyTest {
    private static final int STEPS = 3_000;

    private record Key(long producerId, int partitionIndex) {}

    private record Value(short epoch, int lastSequence, long timeMs, int batchCount) {}

    @Property(tries = 40, shrinking = ShrinkingMode.OFF)
    void shouldHoldWhatAMapHoldsWhenEntriesComeAndGo(
            @ForAll final long seed,
            @ForAll @IntRange(min = 1, max = 1500) final int maxCount,
            @ForAll @IntRange(min = 1, max = 4000) final int expirationMs) {
        final Random random = new Random(seed);
        final ProducerTable table = new ProducerTable(maxCount, expirationMs);
        final Map<Key, Value> model = new LinkedHashMap<>();
        long nowMs = 0;
        for (int step = 0; step < STEPS; step++) {
            nowMs += random.nextInt(3);
            final Key key = new Key(random.nextInt(800), random.nextInt(3));
            final short epoch = (short) random.nextInt(2);
            table.expire(nowMs, 2);
            expire(model, nowMs, expirationMs);
            write(model, key, epoch, step, nowMs, expirationMs, maxCount);
            table.putBatch(table.append(key.producerId(), key.partitionIndex(), epoch, nowMs), step, 0, step, nowMs, 0);
            if (step % 100 == 0) {
                compare(model, table, nowMs, expirationMs);
            }
        }
        compare(model, table, nowMs, expirationMs);
    }

    private static void expire(final Map<Key, Value> model, final long nowMs, final int expirationMs) {
        final Iterator<Value> values = model.values().iterator();
        for (int i = 0; i < 2 && values.hasNext(); i++) {
            if (nowMs - values.next().timeMs() < expirationMs) {
                return;
            }
            values.remove();
        }
    }

    private static void write(
            final Map<Key, Value> model,
            final Key key,
            final short epoch,
            final int sequence,
            final long nowMs,
            final int expirationMs,
            final int maxCount) {
        final Value old = model.remove(key);
        final boolean goesOn = old != null && old.epoch() == epoch && nowMs - old.timeMs() < expirationMs;
        if (old == null && model.size() == maxCount) {
            model.remove(model.keySet().iterator().next());
        }
        model.put(key, new Value(epoch, sequence, nowMs, goesOn ? Math.min(5, old.batchCount() + 1) : 1));
    }

    private static void compare(
            final Map<Key, Value> model, final ProducerTable table, final long nowMs, final int expirationMs) {
        assertEquals(model.size(), table.count());
        int slot = table.oldest();
        for (final Map.Entry<Key, Value> entry : model.entrySet()) {
            final Key key = entry.getKey();
            final Value value = entry.getValue();
            assertEquals(key.partitionIndex(), table.partitionIndex(slot));
            assertEquals(value.epoch(), table.epoch(slot));
            assertEquals(value.lastSequence(), table.lastSequence(slot));
            assertEquals(value.batchCount(), table.batchCount(slot));
            final boolean isExpired = nowMs - value.timeMs() >= expirationMs;
            assertEquals(
                    isExpired ? ProducerTable.NONE : slot, table.find(key.producerId(), key.partitionIndex(), nowMs));
            slot = table.newer(slot);
        }
        assertEquals(ProducerTable.NONE, slot);
    }
}
