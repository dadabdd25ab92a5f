package io.epona.partitionlog;

import java.util.List;

/**
 * Decides what retention deletes: one pure function of the log's state, so that the result depends on no order of rules
 * and applying it twice changes nothing more. Time is the time of the last append to a segment (the file's modification
 * time), never a record's time stamp, which is the client's and may be years off.
 */
final class RetentionPolicy {
    /** Retention without a limit. */
    static final long UNLIMITED = -1;

    /**
     * One segment.
     *
     * @param baseOffset offset of its first record
     * @param length bytes
     * @param lastAppendMs time of the last append to it, ms since the Unix epoch
     */
    record Segment(long baseOffset, long length, long lastAppendMs) {}

    private RetentionPolicy() {}

    /**
     * The log's first offset after retention.
     *
     * <p>By size, oldest segments go as long as what remains is at least the limit; by time, as long as their last
     * append is older than the limit. The last segment goes like any other when it holds records; compaction may have
     * left others without any.
     *
     * @param segments oldest first, at least one
     * @param logStartOffset first offset now
     * @param logEndOffset end of the log
     * @return base offset of the first segment that stays, the log's end when none does; never below what it is now
     */
    static long newLogStartOffset(
            final List<Segment> segments,
            final long logStartOffset,
            final long logEndOffset,
            final long retentionLength,
            final long retentionMs,
            final long nowMs) {
        long remaining = segments.stream().mapToLong(Segment::length).sum();
        final int last = segments.size() - 1;
        int first = 0;
        while (first <= last) {
            final Segment segment = segments.get(first);
            final long endOffset = first < last ? segments.get(first + 1).baseOffset() : logEndOffset;
            final boolean belowStart = first < last && endOffset <= logStartOffset;
            final boolean tooMuch = retentionLength >= 0 && remaining - segment.length() >= retentionLength;
            final boolean tooOld = retentionMs >= 0 && nowMs - segment.lastAppendMs() > retentionMs;
            final boolean isEmptyEnd = first == last && segment.length() == 0;
            if (!belowStart && (isEmptyEnd || !tooMuch && !tooOld)) {
                break;
            }
            remaining -= segment.length();
            first++;
        }
        final long newStart = first == 0
                ? logStartOffset
                : first <= last ? segments.get(first).baseOffset() : logEndOffset;
        return Math.max(logStartOffset, newStart);
    }

    /** Whether segments would be deleted: some segment ends at or below the log's first offset after retention. */
    static boolean deletes(final List<Segment> segments, final long logEndOffset, final long newLogStartOffset) {
        if (segments.size() > 1) {
            return segments.get(1).baseOffset() <= newLogStartOffset;
        }
        return !segments.isEmpty() && segments.getFirst().length() > 0 && newLogStartOffset >= logEndOffset;
    }
}
