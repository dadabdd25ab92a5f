package io.epona.replicator;

/**
 * One run of a catch-up feed: from a position of the journal on, until the sending thread takes it back. Made by the
 * sending thread, which reads the progress; progress is written by the catch-up thread. Wait-free.
 */
final class CatchUpOrder {
    private final int leaderEpoch;
    private final long startPosition;
    private volatile long sentPosition;
    private volatile boolean isOver;

    /**
     * @param leaderEpoch in whose name frames are sent.
     * @param startPosition of the first frame.
     */
    CatchUpOrder(final int leaderEpoch, final long startPosition) {
        this.leaderEpoch = leaderEpoch;
        this.startPosition = startPosition;
        this.sentPosition = startPosition;
    }

    int leaderEpoch() {
        return leaderEpoch;
    }

    long startPosition() {
        return startPosition;
    }

    /** How far frames were sent. */
    long sentPosition() {
        return sentPosition;
    }

    /** True when nothing more will be sent: the journal does not have it, or cannot be read. */
    boolean isOver() {
        return isOver;
    }

    void onSent(final long position) {
        sentPosition = position;
    }

    void onOver() {
        isOver = true;
    }

    @Override
    public String toString() {
        return "CatchUpOrder{leaderEpoch=" + leaderEpoch + ", startPosition=" + startPosition + ", sentPosition="
                + sentPosition + ", isOver=" + isOver + '}';
    }
}
