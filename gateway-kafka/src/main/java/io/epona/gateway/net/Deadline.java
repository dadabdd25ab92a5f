package io.epona.gateway.net;

/**
 * Something that happens at a time unless it is cancelled; an entry of one {@link DeadlineQueue}, which it carries
 * inside itself so that scheduling allocates nothing. Gateway thread only.
 */
public abstract class Deadline {
    static final int NOT_QUEUED = -1;

    int heapIndex = NOT_QUEUED;
    long deadlineNs;

    /** True while it waits in a queue. */
    public final boolean isScheduled() {
        return heapIndex != NOT_QUEUED;
    }

    /** When it is due, {@link io.epona.runtime.NodeClock#nanoTime()}; valid while scheduled. */
    public final long deadlineNs() {
        return deadlineNs;
    }

    /** The time has come; it is no longer scheduled and may be scheduled again. */
    protected abstract void onDeadline(long nowNs);
}
