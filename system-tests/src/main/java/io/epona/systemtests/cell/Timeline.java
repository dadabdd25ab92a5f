package io.epona.systemtests.cell;

import java.util.PriorityQueue;

/**
 * Virtual time, and what is to happen when. Events of the same time happen in the order in which they were planned. One
 * thread.
 *
 * <p>A part that blocks in the middle of an event (a journal writer in its device) calls {@link #passUntil}, and what
 * else is due happens inside, so a blocked part resumes only after those that blocked later and inside of it.
 */
final class Timeline {
    /** Nobody's event. */
    private static final Life WORLD = new Life() {
        @Override
        public boolean isOver() {
            return false;
        }

        @Override
        public long pausedUntilNs() {
            return 0;
        }
    };

    private record Event(long timeNs, long sequence, Life life, Runnable action) implements Comparable<Event> {
        @Override
        public int compareTo(final Event other) {
            return timeNs != other.timeNs ? Long.compare(timeNs, other.timeNs) : Long.compare(sequence, other.sequence);
        }
    }

    private final PriorityQueue<Event> events = new PriorityQueue<>();
    private final Runnable afterEach;
    private long nowNs;
    private long sequence;
    private long eventCount;
    private Violation violation;

    /** @param afterEach checks what must hold always; runs after each event. */
    Timeline(final Runnable afterEach) {
        this.afterEach = afterEach;
    }

    /** Virtual time since the simulation began. */
    long nowNs() {
        return nowNs;
    }

    /** Events so far. */
    long eventCount() {
        return eventCount;
    }

    /** Something happens in the world. */
    void after(final long delayNs, final Runnable action) {
        after(delayNs, WORLD, action);
    }

    /** Something happens to a node, if that life of it still lasts, and not while it is paused. */
    void after(final long delayNs, final Life life, final Runnable action) {
        events.add(new Event(nowNs + Math.max(0, delayNs), sequence++, life, action));
    }

    /** The first broken promise ends the simulation, however deep it was found. */
    void fail(final Violation found) {
        if (null == violation) {
            violation = found;
        }
    }

    boolean hasFailed() {
        return null != violation;
    }

    /**
     * Lets everything happen that is due until then.
     *
     * @throws Violation when a promise was broken.
     */
    void runUntil(final long untilNs) {
        while (isDue(untilNs)) {
            runNext();
        }
        nowNs = Math.max(nowNs, untilNs);
        if (null != violation) {
            throw violation;
        }
    }

    /** Somebody blocks until then, or until its life is over. Throws nothing. */
    void passUntil(final long untilNs, final Life life) {
        while (!life.isOver() && isDue(untilNs)) {
            runNext();
        }
        if (!life.isOver()) {
            nowNs = Math.max(nowNs, untilNs);
        }
    }

    private boolean isDue(final long untilNs) {
        return null == violation && !events.isEmpty() && events.peek().timeNs <= untilNs;
    }

    private void runNext() {
        final Event event = events.poll();
        nowNs = Math.max(nowNs, event.timeNs);
        if (event.life.isOver()) {
            return;
        }
        if (event.life.pausedUntilNs() > nowNs) {
            events.add(new Event(event.life.pausedUntilNs(), event.sequence, event.life, event.action));
            return;
        }
        eventCount++;
        try {
            event.action.run();
            if (null == violation) {
                afterEach.run();
            }
        } catch (final Violation ex) {
            fail(ex);
        } catch (final RuntimeException | AssertionError ex) {
            fail(new Violation("unexpected " + ex, ex));
        }
    }
}
