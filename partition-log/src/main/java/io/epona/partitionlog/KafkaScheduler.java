package io.epona.partitionlog;

import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.Delayed;
import java.util.concurrent.ScheduledFuture;
import java.util.concurrent.TimeUnit;
import org.apache.kafka.server.util.Scheduler;

/**
 * The scheduler that one log sees. It has no thread: flushes after a roll wait for the paced flush of the shelf agent,
 * delayed removals for the maintenance agent, and the rest is done at once by the caller. Any thread may schedule.
 */
final class KafkaScheduler implements Scheduler {
    private static final String FLUSH_AFTER_ROLL = "flush-log";
    private static final ScheduledFuture<Void> DONE = new Done();

    private final DelayedTasks delayed;
    private final ConcurrentLinkedQueue<Runnable> flushesAfterRoll = new ConcurrentLinkedQueue<>();

    KafkaScheduler(final DelayedTasks delayed) {
        this.delayed = delayed;
    }

    /** Flushes that a roll asked for and that were not yet done; null when none. */
    Runnable pollFlushAfterRoll() {
        return flushesAfterRoll.poll();
    }

    boolean hasFlushAfterRoll() {
        return !flushesAfterRoll.isEmpty();
    }

    @Override
    public ScheduledFuture<?> schedule(
            final String name, final Runnable task, final long delayMs, final long periodMs) {
        if (periodMs > 0) {
            return DONE; // expiry of producers, which the pass of retention does for every open log
        }
        if (FLUSH_AFTER_ROLL.equals(name)) {
            flushesAfterRoll.add(task);
        } else if (delayMs > 0) {
            delayed.add(task, delayMs);
        } else {
            task.run();
        }
        return DONE;
    }

    @Override
    public void startup() {
        // has no thread to start
    }

    @Override
    public void shutdown() {
        // has no thread to stop
    }

    @Override
    public void resizeThreadPool(final int newSize) {
        // has no threads
    }

    private static final class Done implements ScheduledFuture<Void> {
        @Override
        public long getDelay(final TimeUnit unit) {
            return 0;
        }

        @Override
        public int compareTo(final Delayed other) {
            return 0;
        }

        @Override
        public boolean cancel(final boolean mayInterruptIfRunning) {
            return false;
        }

        @Override
        public boolean isCancelled() {
            return false;
        }

        @Override
        public boolean isDone() {
            return true;
        }

        @Override
        public Void get() {
            return null;
        }

        @Override
        public Void get(final long timeout, final TimeUnit unit) {
            return null;
        }
    }
}
