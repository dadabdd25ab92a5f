package io.epona.partitionlog;

import java.util.concurrent.atomic.AtomicLong;

/** What the cleaner of compacted logs has done and has before it. Written by its thread, read by any. */
public final class CleaningStats {
    private final AtomicLong cleanedLogs = new AtomicLong();
    private final AtomicLong readLength = new AtomicLong();
    private final AtomicLong freedLength = new AtomicLong();
    private final AtomicLong failures = new AtomicLong();
    private final AtomicLong waitingLogs = new AtomicLong();
    private final AtomicLong maxDirtyPercent = new AtomicLong();

    CleaningStats() {}

    /** Times that a log was cleaned. */
    public long cleanedLogs() {
        return cleanedLogs.get();
    }

    /** Bytes of segments that went through cleaning. */
    public long readLength() {
        return readLength.get();
    }

    /** Bytes by which cleaning made logs shorter. */
    public long freedLength() {
        return freedLength.get();
    }

    /** Times that cleaning a log failed; it is tried again later. */
    public long failures() {
        return failures.get();
    }

    /** Logs found to need cleaning and not cleaned yet. */
    public long waitingLogs() {
        return waitingLogs.get();
    }

    /** Largest share of dirty bytes in a log that was looked at in the last pass, percent. */
    public long maxDirtyPercent() {
        return maxDirtyPercent.get();
    }

    void onCleaned(final long lengthRead, final long lengthFreed) {
        cleanedLogs.incrementAndGet();
        readLength.addAndGet(lengthRead);
        freedLength.addAndGet(lengthFreed);
    }

    void onFailed() {
        failures.incrementAndGet();
    }

    void waiting(final int count) {
        waitingLogs.set(count);
    }

    void maxDirtyRatio(final double ratio) {
        maxDirtyPercent.set(Math.round(ratio * 100));
    }
}
