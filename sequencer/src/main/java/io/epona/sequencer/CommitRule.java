package io.epona.sequencer;

import org.agrona.concurrent.status.AtomicCounter;

/**
 * What is committed: the least durable position over the in-sync replicas; it never goes back. Owned by the lane's
 * thread; the counters are written by others. On one node the only replica is its own journal.
 */
public final class CommitRule {
    private final AtomicCounter[] inSyncDurable;

    /**
     * The rule for a fixed set of replicas.
     *
     * @param inSyncDurable durable position of each in-sync replica, this node's included; at least one.
     */
    public CommitRule(final AtomicCounter... inSyncDurable) {
        if (inSyncDurable.length == 0) {
            throw new IllegalArgumentException("nothing could ever be committed: no in-sync replica");
        }
        this.inSyncDurable = inSyncDurable.clone();
    }

    /**
     * The committed position.
     *
     * @param previous committed position so far.
     * @return that, or a later one.
     */
    public long committed(final long previous) {
        final AtomicCounter[] replicas = inSyncDurable;
        long least = replicas[0].getAcquire();
        for (int i = 1; i < replicas.length; i++) {
            least = Math.min(least, replicas[i].getAcquire());
        }
        return Math.max(previous, least);
    }
}
