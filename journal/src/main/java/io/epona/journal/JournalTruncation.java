package io.epona.journal;

/**
 * Mailbox through which a lane has its journal cut: the lane posts a position, the journal writer wipes everything from
 * there on, takes {@code durable} back to it and acknowledges, the lane takes {@code appended} back and lets the writer
 * go on. Each request has a generation of its own.
 *
 * <p>The lane's thread calls {@link #request}, {@link #isDone} and {@link #resume}, the writer's thread
 * {@link #isPending}, {@link #isHeld}, {@link #pendingGeneration}, {@link #pendingPosition} and {@link #acknowledge}.
 * Every method is wait-free and allocates nothing. There is one request at a time.
 *
 * <p>What the lane must do, in this order:
 *
 * <ol>
 *   <li>publish all that it wrote, and write nothing more into the ring;
 *   <li>{@link #request}, and signal the writer; from now on take no value of {@code durable} for anything, because a
 *       device write of before the cut may still end;
 *   <li>when {@link #isDone}: set {@code appended} to the position, then {@link #resume}, and write on from there.
 *       {@code durable} is at most the position now; it is less when the writer had not come that far yet.
 * </ol>
 *
 * <p>Between the acknowledgement and {@link #resume} the writer writes nothing, because the ring is empty behind the
 * cut while {@code appended} still names its old end. A writer that fenced itself never acknowledges.
 */
public final class JournalTruncation {
    private long requestedPosition = -1;
    private volatile long requestedGeneration;
    private volatile long doneGeneration;
    private volatile long resumedGeneration;

    /**
     * The lane's thread posts a request; then it signals the writer.
     *
     * @param position end of a frame, not above {@code appended}: the log's new end.
     * @return generation of the request.
     * @throws IllegalStateException when the request before was not carried out and resumed from.
     */
    public long request(final long position) {
        final long generation = requestedGeneration;
        if (resumedGeneration != generation) {
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
     * The lane's thread asks whether a request was carried out. When it says true, nothing of what was beyond the
     * position is on the device or in the ring any more, and {@code durable} is at most the position.
     *
     * @param generation that {@link #request} returned.
     */
    public boolean isDone(final long generation) {
        return doneGeneration >= generation;
    }

    /**
     * The lane's thread has set {@code appended} to the position: the writer may write on.
     *
     * @param generation that {@link #request} returned, and that is done.
     * @throws IllegalStateException when it is not done, or was resumed from already.
     */
    public void resume(final long generation) {
        if (generation != doneGeneration || resumedGeneration == generation) {
            throw new IllegalStateException("no such truncation is done: generation=" + generation + ", done="
                    + doneGeneration + ", resumed=" + resumedGeneration);
        }
        resumedGeneration = generation;
    }

    /** The writer's thread asks, before each write and after it, whether there is a request that is not done. */
    public boolean isPending() {
        return requestedGeneration != doneGeneration;
    }

    /** The writer's thread asks whether it must not write: a request is pending, or done and not resumed from. */
    public boolean isHeld() {
        return requestedGeneration != resumedGeneration;
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
     * The writer's thread has carried out a request: the bytes are wiped, durably, and {@code durable} is taken back.
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
