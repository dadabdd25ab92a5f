package io.epona.gateway.net;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.constraints.IntRange;
import org.junit.jupiter.api.Test;

/** The timers of a gateway thread. */
class DeadlineQueueTest {
    private static final class Entry extends Deadline {
        private final List<Entry> fired;

        Entry(final List<Entry> fired) {
            this.fired = fired;
        }

        @Override
        protected void onDeadline(final long nowNs) {
            fired.add(this);
        }
    }

    @Property(tries = 200)
    void shouldFireExactlyWhatIsDueInOrderWhateverWasMovedOrCancelled(
            @ForAll final long seed, @ForAll @IntRange(min = 1, max = 200) final int count) {
        final Random random = new Random(seed);
        // Near the end of the range, where times wrap around.
        final long originNs = Long.MAX_VALUE - 500;
        final DeadlineQueue queue = new DeadlineQueue();
        final List<Entry> fired = new ArrayList<>();
        final List<Entry> entries = new ArrayList<>();
        final Map<Entry, Long> expected = new HashMap<>();
        for (int i = 0; i < count; i++) {
            entries.add(new Entry(fired));
        }
        for (int i = 0; i < count * 3; i++) {
            final Entry entry = entries.get(random.nextInt(count));
            if (random.nextInt(4) == 0) {
                queue.cancel(entry);
                expected.remove(entry);
            } else {
                final long deadlineNs = originNs + random.nextInt(1_000);
                queue.schedule(entry, deadlineNs);
                expected.put(entry, deadlineNs);
            }
            assertEquals(expected.size(), queue.size());
        }
        final long nowNs = originNs + 600;
        final List<Entry> due = expected.keySet().stream()
                .filter(entry -> expected.get(entry) - nowNs <= 0)
                .sorted(Comparator.comparingLong(entry -> expected.get(entry) - originNs))
                .toList();
        assertEquals(due.size(), queue.poll(nowNs, Integer.MAX_VALUE));
        assertEquals(
                due.stream().map(expected::get).toList(),
                fired.stream().map(expected::get).toList());
        fired.forEach(entry -> assertFalse(entry.isScheduled()));
        assertEquals(expected.size() - due.size(), queue.size());
    }

    @Test
    void shouldTellHowLongToWait() {
        final DeadlineQueue queue = new DeadlineQueue();
        assertEquals(100, queue.remainingNs(1_000, 100));
        final Entry entry = new Entry(new ArrayList<>());
        queue.schedule(entry, 1_050);
        assertEquals(50, queue.remainingNs(1_000, 100));
        assertEquals(0, queue.remainingNs(2_000, 100));
        assertTrue(entry.isScheduled());
    }

    @Test
    void shouldLeaveTheRestWhenLimitIsReached() {
        final DeadlineQueue queue = new DeadlineQueue();
        final List<Entry> fired = new ArrayList<>();
        for (int i = 0; i < 10; i++) {
            queue.schedule(new Entry(fired), i);
        }
        assertEquals(4, queue.poll(100, 4));
        assertEquals(6, queue.size());
    }
}
