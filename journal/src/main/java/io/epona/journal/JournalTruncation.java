package io.epona.journal;

/**
 * Mailbox through which a lane has its journal cut: the lane posts a position, the journal writer wipes everything from
 * there on, sets {@code durable} to it and acknowledges. Each request has a generation of its own.
 *
 * <p>The lane's thread calls {@link #request} and {@link #isDone}, the writer's thread {@link #isPending},
 * {@link #pendingGeneration}, {@link #pendingPosition} and {@link #acknowledge}. Every method is wait-free and
 * allocates nothing. There is one request at a time.
 *
 * <p>What the lane must do: publish all that it wrote and write nothing more into the ring; post the request and signal
 * the writer; from then on take no value of {@code durable} for anything until {@link #isDone} says true, because a
 * device write of before the cut may still end. Then {@code durable} is the position, and the lane sets
 * {@code appended} to it before it writes on. A writer that fenced itself never acknowledges.
 */
public final class JournalTruncation {
    private long requestedPosition = -1;
    private volatile long requestedGeneration;
    private volatile long doneGeneration;

    /**
     * The lane's thread posts a request; then it signals the writer.
     *
     * @param position end of a frame, not above {@code appended}: the log's new end.
     * @return generation of the request.
     * @throws IllegalStateException when the request before is not done.
     */
    public long request(final long position) {
        final long generation = requestedGeneration;
        if (doneGeneration != generation) {
            throw new IllegalStateException("a truncation is still under way: position=" + requestedPosition
                    + ", generation=" + generation + ", requested=" + position);
        }
        if (position < 0) {
            throw new IllegalArgumentException("position=" + position);
        }
        requestedPosition = position;
        requestedGeneration = generation + 1;
        return generation + 1;
    }

    /**
     * The lane's thread asks whether a request was carried out. When it says true, {@code durable} and what is on the
     * device are those of the new end.
     *
     * @param generation that {@link #request} returned.
     */
    public boolean isDone(final long generation) {
        return doneGeneration >= generation;
    }

    /** The writer's thread asks, before each write and after it, whether there is a request that is not done. */
    public boolean isPending() {
        return requestedGeneration != doneGeneration;
    }

    /** Generation of the request that is to be carried out. */
    public long pendingGeneration() {
        return requestedGeneration;
    }

    /** Position of the request that is to be carried out; only when {@link #isPending()}. */
    public long pendingPosition() {
        return requestedPosition;
    }

    /**
     * The writer's thread has carried out a request: the bytes are wiped, durably, and {@code durable} is set.
     *
     * @param generation that was pending.
     */
    public void acknowledge(final long generation) {
        if (generation != requestedGeneration || doneGeneration + 1 != generation) {
            throw new IllegalStateException("no such truncation is under way: generation=" + generation + ", requested="
                    + requestedGeneration + ", done=" + doneGeneration);
        }
        doneGeneration = generation;
    }
}
