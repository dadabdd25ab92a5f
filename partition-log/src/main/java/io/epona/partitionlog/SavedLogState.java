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
 * @param sound whether the log was opened since the machine started: then all its completed writes can be read
 */
record SavedLogState(
        long logStartOffset,
        long recoveryPoint,
        long endOffset,
        long activeBase,
        long logLength,
        long indexLength,
        long timeIndexLength,
        boolean durable,
        boolean sound) {
    static final long UNKNOWN = -1;

    /** Nothing is remembered: there is no log, or it was made a moment ago. */
    static final SavedLogState NOTHING = open(0, 0);

    /** Nothing is known of a log that is there: open by scanning everything. */
    static final SavedLogState UNKNOWN_LOG = NOTHING.afterRestart();

    /** Of a log that is open. */
    static SavedLogState open(final long logStartOffset, final long recoveryPoint) {
        return new SavedLogState(
                logStartOffset, recoveryPoint, UNKNOWN, UNKNOWN, UNKNOWN, UNKNOWN, UNKNOWN, false, true);
    }

    boolean wasClosed() {
        return endOffset != UNKNOWN;
    }

    /** What is left of it when the machine has started again since. */
    SavedLogState afterRestart() {
        return wasClosed() && durable
                ? new SavedLogState(
                        logStartOffset,
                        recoveryPoint,
                        endOffset,
                        activeBase,
                        logLength,
                        indexLength,
                        timeIndexLength,
                        true,
                        false)
                : new SavedLogState(
                        logStartOffset, recoveryPoint, UNKNOWN, UNKNOWN, UNKNOWN, UNKNOWN, UNKNOWN, false, false);
    }

    /** The same, on the device as it is. */
    SavedLogState asDurable() {
        return new SavedLogState(
                logStartOffset,
                wasClosed() ? endOffset : recoveryPoint,
                endOffset,
                activeBase,
                logLength,
                indexLength,
                timeIndexLength,
                true,
                sound);
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
