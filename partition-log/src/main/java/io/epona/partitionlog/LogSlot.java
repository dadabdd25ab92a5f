package io.epona.partitionlog;

import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicLong;

/**
 * The place of one partition's log, open or not. Any thread may take a lease of an open log without waiting; a log is
 * closed only while nobody has one. Opening, closing and deleting hold the slot's monitor.
 *
 * <p>The fields of the shelf agent are touched by the agent of the partition's lane alone.
 */
final class LogSlot {
    private static final int NOT_OPEN = -1;

    private final int partitionIndex;
    private final AtomicInteger leases = new AtomicInteger(NOT_OPEN);
    private volatile KafkaLog log;
    private volatile PartitionDescription description;
    private volatile boolean deleted;
    private volatile long lastUsedNs;
    private final AtomicLong logStartOffset = new AtomicLong(PartitionLogs.UNKNOWN_OFFSET);

    private final AtomicBoolean isMaintained = new AtomicBoolean();
    private volatile boolean isWanted;

    /** Shelf agent: has appends that no flush round has yet taken over. */
    private boolean dirty;

    LogSlot(final int partitionIndex) {
        this.partitionIndex = partitionIndex;
    }

    int partitionIndex() {
        return partitionIndex;
    }

    /** The open log; only for a caller that has a lease. */
    KafkaLog log() {
        return log;
    }

    /** The partition as it was when the log was opened; null before. */
    PartitionDescription description() {
        return description;
    }

    boolean isDeleted() {
        return deleted;
    }

    boolean isOpen() {
        return leases.get() != NOT_OPEN;
    }

    boolean isIdle() {
        return leases.get() == 0;
    }

    long lastUsedNs() {
        return lastUsedNs;
    }

    /** Takes a lease, unless the log is not open. */
    boolean tryLease(final long nowNs) {
        int current = leases.get();
        while (current != NOT_OPEN) {
            if (leases.compareAndSet(current, current + 1)) {
                lastUsedNs = nowNs;
                return true;
            }
            current = leases.get();
        }
        return false;
    }

    void release() {
        if (leases.decrementAndGet() < 0) {
            throw new IllegalStateException("a log was given back once too often: partitionIndex=" + partitionIndex);
        }
    }

    /** The log's first offset as it was last seen, or {@link PartitionLogs#UNKNOWN_OFFSET}; never goes back. */
    long logStartOffset() {
        return logStartOffset.get();
    }

    void logStartOffsetAtLeast(final long offset) {
        if (logStartOffset.get() < offset) {
            logStartOffset.accumulateAndGet(offset, Math::max);
        }
    }

    /** With a lease: the log begins where it is known to begin, as far as it reaches. */
    void applyLogStartOffset() {
        final long known = logStartOffset.get();
        if (log.logStartOffset() < known) {
            log.trim(known);
        }
    }

    /** Retention and cleaning take turns: whoever gets false tries again later. Ends with {@link #endMaintain()}. */
    boolean tryMaintain() {
        return isMaintained.compareAndSet(false, true);
    }

    void endMaintain() {
        isMaintained.set(false);
    }

    /**
     * As {@link #tryMaintain}, for somebody who does not take turns: cleaning gives up what it is at. Asked again until
     * it is granted.
     */
    boolean takeOver() {
        isWanted = true;
        if (tryMaintain()) {
            isWanted = false;
            return true;
        }
        return false;
    }

    /** Whether whoever maintains the log is to give it up. */
    boolean isWanted() {
        return isWanted;
    }

    /** With the monitor held, and not open: the caller has the first lease. */
    void opened(final KafkaLog openedLog, final PartitionDescription openedDescription, final long nowNs) {
        log = openedLog;
        description = openedDescription;
        lastUsedNs = nowNs;
        logStartOffsetAtLeast(openedLog.logStartOffset());
        applyLogStartOffset();
        leases.set(1);
    }

    /**
     * With the monitor held: takes the log out, unless somebody has a lease or there is none.
     *
     * @return the log, which the caller closes; null when it stays
     */
    KafkaLog takeOut() {
        if (!leases.compareAndSet(0, NOT_OPEN)) {
            return null;
        }
        final KafkaLog taken = log;
        log = null;
        return taken;
    }

    /** With the monitor held. */
    void markDeleted() {
        deleted = true;
    }

    boolean isDirty() {
        return dirty;
    }

    void dirty(final boolean isDirty) {
        dirty = isDirty;
    }
}
