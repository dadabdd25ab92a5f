package io.epona.partitionlog;

import java.util.List;
import java.util.function.LongUnaryOperator;
import org.apache.kafka.storage.internals.log.LogConfig;

/**
 * Decides what of a compacted topic's log is to be cleaned: a pure function of the log's state. As Kafka's cleaner
 * manager, but that ages are those of appends (the files' modification times), because record time stamps are the
 * clients' and may be years off.
 */
final class CleaningPolicy {
    private CleaningPolicy() {}

    /**
     * What could be cleaned now.
     *
     * @param firstDirtyOffset where the part begins that was not cleaned yet
     * @param firstUncleanableOffset base offset of the first segment that must stay as it is
     * @param cleanLength bytes of the segments below the dirty ones
     * @param dirtyLength bytes of the segments between
     * @param isOverdue whether records are dirty for longer than {@code max.compaction.lag.ms}
     */
    record Range(
            long firstDirtyOffset, long firstUncleanableOffset, long cleanLength, long dirtyLength, boolean isOverdue) {
        /** Share of dirty bytes in what would be read. */
        double dirtyRatio() {
            return dirtyLength == 0 ? 0 : (double) dirtyLength / (cleanLength + dirtyLength);
        }

        /** Whether it is worth it by the topic's configuration. */
        boolean isDue(final LogConfig config) {
            return dirtyLength > 0 && (isOverdue || dirtyRatio() > config.minCleanableRatio);
        }
    }

    /**
     * A log as the decision sees it.
     *
     * @param segments oldest first, at least one; the last is appended to and never cleaned
     * @param logStartOffset first offset
     * @param mark how far it was cleaned
     * @param limit only segments that end at or below are cleaned: without open transactions
     */
    record Log(List<RetentionPolicy.Segment> segments, long logStartOffset, CleanMark mark, long limit) {}

    /**
     * Looks at a log.
     *
     * @param firstTimestampMs base offset of a segment to the time stamp of its first batch, not positive when unknown;
     *     asked only where {@code max.compaction.lag.ms} is set
     */
    static Range range(
            final Log log, final LogConfig config, final long nowMs, final LongUnaryOperator firstTimestampMs) {
        final List<RetentionPolicy.Segment> segments = log.segments();
        final int last = segments.size() - 1;
        final long activeBase = segments.get(last).baseOffset();
        final long marked = log.mark().firstDirtyOffset();
        final long firstDirty = marked < log.logStartOffset() || marked > activeBase ? log.logStartOffset() : marked;
        int end = 0;
        while (end < last && isCleanable(segments, end, config, log.limit(), nowMs)) {
            end++;
        }
        final long firstUncleanable = Math.max(firstDirty, segments.get(end).baseOffset());
        long cleanLength = 0;
        long dirtyLength = 0;
        boolean isOverdue = false;
        for (int i = 0; i < end; i++) {
            if (segments.get(i + 1).baseOffset() <= firstDirty) {
                cleanLength += segments.get(i).length();
            } else {
                dirtyLength += segments.get(i).length();
                isOverdue = isOverdue || isOverdue(segments.get(i), config, nowMs, firstTimestampMs);
            }
        }
        return new Range(firstDirty, firstUncleanable, cleanLength, dirtyLength, isOverdue);
    }

    private static boolean isCleanable(
            final List<RetentionPolicy.Segment> segments,
            final int index,
            final LogConfig config,
            final long limit,
            final long nowMs) {
        return segments.get(index + 1).baseOffset() <= limit
                && (config.compactionLagMs <= 0
                        || nowMs - segments.get(index).lastAppendMs() >= config.compactionLagMs);
    }

    private static boolean isOverdue(
            final RetentionPolicy.Segment segment,
            final LogConfig config,
            final long nowMs,
            final LongUnaryOperator firstTimestampMs) {
        if (config.maxCompactionLagMs == Long.MAX_VALUE) {
            return false;
        }
        final long stampedMs = firstTimestampMs.applyAsLong(segment.baseOffset());
        final long firstAppendMs = stampedMs > 0 ? Math.min(stampedMs, segment.lastAppendMs()) : segment.lastAppendMs();
        return nowMs - firstAppendMs > config.maxCompactionLagMs;
    }
}
