package io.epona.partitionlog;

import java.nio.file.Path;
import java.util.List;

/**
 * What is remembered of a log while it is not open. Hints that make opening cheap; they prove themselves against the
 * lengths of the log's files, and without them a log is opened by scanning it.
 *
 * @param logStartOffset first offset
 * @param recoveryPoint all segments that end at or below it are on the device with their indexes
 * @param endOffset end of the log when it was closed in order, or {@link #UNKNOWN}
 * @param activeBase base offset of the last segment when it was closed in order
 * @param logLength length of the last segment's file then
 * @param indexLength length of its offset index then
 * @param timeIndexLength length of its time index then
 * @param durable whether all of that was on the device; otherwise it holds until the machine starts again
 */
record SavedLogState(
        long logStartOffset,
        long recoveryPoint,
        long endOffset,
        long activeBase,
        long logLength,
        long indexLength,
        long timeIndexLength,
        boolean durable) {
    static final long UNKNOWN = -1;

    /** Nothing is known: open by scanning everything. */
    static final SavedLogState NOTHING = new SavedLogState(0, 0, UNKNOWN, UNKNOWN, UNKNOWN, UNKNOWN, UNKNOWN, false);

    boolean wasClosed() {
        return endOffset != UNKNOWN;
    }

    /** Without what holds only while the log is closed, or until the machine starts again. */
    SavedLogState asUnclean() {
        return new SavedLogState(logStartOffset, recoveryPoint, UNKNOWN, UNKNOWN, UNKNOWN, UNKNOWN, UNKNOWN, durable);
    }

    /** Whether the last segment is still the same and its files have the lengths with which they were closed. */
    boolean matches(final Path directory) {
        if (!wasClosed()) {
            return false;
        }
        final List<RetentionPolicy.Segment> segments = ClosedLog.segments(directory);
        return !segments.isEmpty()
                && segments.getLast().baseOffset() == activeBase
                && segments.getLast().length() == logLength
                && length(directory, KafkaLog.INDEX) == indexLength
                && length(directory, KafkaLog.TIME_INDEX) == timeIndexLength;
    }

    private long length(final Path directory, final String suffix) {
        return directory.resolve(KafkaLog.fileName(activeBase, suffix)).toFile().length();
    }
}
