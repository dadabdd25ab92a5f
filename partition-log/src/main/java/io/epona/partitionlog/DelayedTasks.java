package io.epona.partitionlog;

import io.epona.runtime.NodeClock;
import java.util.PriorityQueue;

/**
 * Tasks to run later, on whatever thread polls. Thread-safe; a task runs outside the lock. Bounded by what logs
 * schedule: one task for each removal of segments.
 */
final class DelayedTasks {
    private record Entry(long dueNs, long order, Runnable task) implements Comparable<Entry> {
        @Override
        public int compareTo(final Entry other) {
            final long difference = dueNs - other.dueNs;
            return difference != 0 ? Long.signum(difference) : Long.compare(order, other.order);
        }
    }

    private final NodeClock clock;
    private final PriorityQueue<Entry> entries = new PriorityQueue<>();
    private long added;

    DelayedTasks(final NodeClock clock) {
        this.clock = clock;
    }

    synchronized void add(final Runnable task, final long delayMs) {
        entries.add(new Entry(clock.nanoTime() + delayMs * 1_000_000L, added++, task));
    }

    /** Runs the oldest due task, if one is due. */
    boolean runNext() {
        final Entry entry;
        synchronized (this) {
            if (entries.isEmpty() || entries.peek().dueNs - clock.nanoTime() > 0) {
                return false;
            }
            entry = entries.poll();
        }
        entry.task.run();
        return true;
    }

    synchronized int size() {
        return entries.size();
    }
}
