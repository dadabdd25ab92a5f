package io.epona.gateway.log;

/**
 * Hears of the next commits of one partition; an entry of that partition's list, which it carries inside itself.
 * Gateway thread only.
 */
public abstract class TailWatcher {
    PartitionTail watched;
    TailWatcher previous;
    TailWatcher next;

    /** True while it is on a partition's list. */
    public final boolean isWatching() {
        return watched != null;
    }

    /**
     * A frame of the partition was committed, the partition was deleted, or this node's part in it has changed. It may
     * stop watching within this call, and do little else.
     */
    protected abstract void onCommitted();
}
