package io.epona.journal;

import io.epona.codec.FrameDescriptor;

/**
 * What of a lane's log can be read from its journal while it is written. Thread-safe and wait-free: the journal's
 * writer (before it starts, the thread that recovers) moves the bounds, any thread looks.
 */
public final class JournalBounds {
    private volatile long oldestPosition;
    private volatile long readableFromPosition;
    private volatile long cutStamp;

    JournalBounds(final long oldestPosition) {
        this.oldestPosition = oldestPosition;
    }

    /**
     * First position that can still be read. It grows as segments are recycled; whoever starts there is soon behind.
     */
    public long oldestPosition() {
        return oldestPosition;
    }

    /**
     * First position from which the log can be read to its end, as far as readers know: beyond what they have found
     * damaged. Who needs more cannot be given it from this journal.
     */
    public long oldestReadablePosition() {
        return Math.max(oldestPosition, readableFromPosition);
    }

    /** A reader has found that the frame at a position is damaged, which it stays until its segment is recycled. */
    synchronized void damagedAt(final long position) {
        readableFromPosition = Math.max(readableFromPosition, position + FrameDescriptor.FRAME_ALIGNMENT);
    }

    /** Changes before and after each cut of the log; odd during one. */
    long cutStamp() {
        return cutStamp;
    }

    /** Everything below is about to be overwritten. */
    void raise(final long newOldestPosition) {
        if (newOldestPosition > oldestPosition) {
            oldestPosition = newOldestPosition;
        }
    }

    /** The end of the log is about to be wiped. The writer's thread is the only one that changes the stamp. */
    void beginCut() {
        cutStamp = (cutStamp + 1) | 1;
    }

    void endCut() {
        cutStamp = cutStamp + 1;
    }
}
