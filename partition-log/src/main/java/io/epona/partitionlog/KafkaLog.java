package io.epona.partitionlog;

import java.io.File;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.ByteBuffer;
import java.nio.file.Path;
import java.security.DigestException;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import org.apache.kafka.common.errors.OffsetOutOfRangeException;
import org.apache.kafka.common.record.internal.FileRecords;
import org.apache.kafka.common.record.internal.MemoryRecords;
import org.apache.kafka.common.record.internal.RecordBatch;
import org.apache.kafka.common.requests.ListOffsetsRequest;
import org.apache.kafka.server.storage.log.FetchIsolation;
import org.apache.kafka.storage.internals.log.Cleaner;
import org.apache.kafka.storage.internals.log.FetchDataInfo;
import org.apache.kafka.storage.internals.log.LogAppendInfo;
import org.apache.kafka.storage.internals.log.LogConfig;
import org.apache.kafka.storage.internals.log.LogFileUtils;
import org.apache.kafka.storage.internals.log.LogSegment;
import org.apache.kafka.storage.internals.log.LogStartOffsetIncrementReason;
import org.apache.kafka.storage.internals.log.LogToClean;
import org.apache.kafka.storage.internals.log.UnifiedLog;

/**
 * One open partition log: Kafka's {@code UnifiedLog} as the rest of this module uses it.
 *
 * <p>Appends and flushes come from one thread (the shelf agent of the partition's lane); reads, retention,
 * configuration and renaming from any. Whoever calls holds a lease of the log's {@link LogSlot}, so that it is not
 * closed meanwhile.
 *
 * <p>A flush reaches the data of the last segment and everything of the older ones. The indexes of the last segment are
 * rebuilt when a log is opened after it was not closed in order, so flushing them would gain nothing.
 */
final class KafkaLog {
    static final String LOG = ".log";
    static final String INDEX = ".index";
    static final String TIME_INDEX = ".timeindex";

    private final KafkaLogs shared;
    private final UnifiedLog log;
    private final KafkaScheduler scheduler;
    private final KafkaEpochCheckpoint epochFile;
    private final LogTransactionState transactions;
    private boolean metadataUnflushed;
    private long flushedNamesBase = -1;
    private long writtenBackBase = -1;
    private int writtenBackLength;

    KafkaLog(
            final KafkaLogs shared,
            final UnifiedLog log,
            final KafkaScheduler scheduler,
            final KafkaEpochCheckpoint epochFile,
            final LogTransactionState transactions,
            final boolean metadataUnflushed) {
        this.shared = shared;
        this.log = log;
        this.scheduler = scheduler;
        this.epochFile = epochFile;
        this.transactions = transactions;
        this.metadataUnflushed = metadataUnflushed;
    }

    static String fileName(final long baseOffset, final String suffix) {
        return LogFileUtils.filenamePrefixFromOffset(baseOffset) + suffix;
    }

    /** What retention needs to know of the segments, oldest first. */
    List<RetentionPolicy.Segment> segments() {
        final List<LogSegment> open = log.logSegments();
        final List<RetentionPolicy.Segment> segments = new ArrayList<>(open.size());
        for (final LogSegment segment : open) {
            segments.add(new RetentionPolicy.Segment(segment.baseOffset(), segment.size(), segment.lastModified()));
        }
        return segments;
    }

    long logStartOffset() {
        return log.logStartOffset();
    }

    long logEndOffset() {
        return log.logEndOffset();
    }

    long size() {
        return log.size();
    }

    Path directory() {
        return log.dir().toPath();
    }

    /** Largest group that one append takes; a single batch may be larger. */
    int maxGroupLength() {
        return Math.min(PartitionLogLimits.GROUP_LENGTH, log.config().segmentSize());
    }

    /**
     * Appends whole batches whose offsets are assigned. The bytes are read, never changed.
     *
     * @throws PartitionLogException when the batches do not start at the log's end or do not end where they should
     */
    void append(final ByteBuffer batches, final int leaderEpoch, final long firstOffset, final long lastOffset)
            throws IOException {
        final int length = batches.remaining();
        final MemoryRecords records = MemoryRecords.readableRecords(batches);
        final LogAppendInfo info = length > log.config().segmentSize()
                ? appendOversized(records, leaderEpoch)
                : log.appendAsFollower(records, leaderEpoch);
        if (info.firstOffset() != firstOffset
                || info.lastOffset() != lastOffset
                || info.validBytes() != length
                || log.logEndOffset() != lastOffset + 1) {
            throw new PartitionLogException("partition log took other records than it was given: log=" + log.name()
                    + ", given offsets=" + firstOffset + ".." + lastOffset + " in " + length + " bytes, taken="
                    + info.firstOffset() + ".." + info.lastOffset() + " in " + info.validBytes()
                    + " bytes, log end=" + log.logEndOffset());
        }
        log.updateHighWatermark(log.logEndOffsetMetadata());
    }

    /** One batch that is larger than a segment: it was acknowledged, so it gets a segment as large as it is. */
    private synchronized LogAppendInfo appendOversized(final MemoryRecords records, final int leaderEpoch) {
        final LogConfig config = log.config();
        log.updateConfig(KafkaLogs.withSegmentLength(config, records.sizeInBytes()));
        try {
            return log.appendAsFollower(records, leaderEpoch);
        } finally {
            log.updateConfig(config);
        }
    }

    /** Raises the first offset, as a TRIM frame asks for; records below are gone at once, files with retention. */
    void trim(final long newLogStartOffset) {
        // All that was appended is committed; an append that is under way may not have said so yet.
        try {
            log.maybeIncrementHighWatermark(log.logEndOffsetMetadata());
        } catch (final IOException e) {
            throw new UncheckedIOException("cannot read " + log.dir(), e);
        }
        log.maybeIncrementLogStartOffset(
                Math.min(newLogStartOffset, log.highWatermark()), LogStartOffsetIncrementReason.ClientRecordDeletion);
    }

    /** Empties the log, which begins at the offset from now on; for a log that is filled from another replica's. */
    void startAt(final long offset) throws IOException {
        // First: what comes must not be taken for compacted. What is there now goes anyway.
        if (!CleanMark.read(directory()).equals(CleanMark.NONE)) {
            CleanMark.NONE.write(directory());
        }
        log.truncateFullyAndStartAt(offset, Optional.of(offset));
        log.updateHighWatermark(log.logEndOffsetMetadata());
        flushedNamesBase = -1;
        writtenBackBase = -1;
    }

    /** The newest segment's records are as old as those of the replica that they come from: retention goes by that. */
    void lastAppendMs(final long timestampMs) throws IOException {
        log.activeSegment().setLastModified(timestampMs);
    }

    /**
     * The last batch; null when the log is empty. Reads the whole of the last segment's end, so not for each append.
     */
    RecordBatch lastBatch() throws IOException {
        if (log.logEndOffset() == log.logStartOffset()) {
            return null;
        }
        final FetchDataInfo info =
                log.read(log.logEndOffset() - 1, PartitionLogLimits.GROUP_LENGTH, FetchIsolation.LOG_END, true);
        RecordBatch last = null;
        for (final RecordBatch batch : info.records.batches()) {
            last = batch;
        }
        return last;
    }

    /** Cuts everything from the offset on; for recovery after a failed flush. */
    void truncate(final long endOffset) throws IOException {
        final CleanMark mark = CleanMark.read(directory());
        if (mark.holesBelow() > endOffset) {
            mark.cutTo(endOffset).write(directory());
        }
        log.truncateTo(endOffset);
        log.updateHighWatermark(log.logEndOffsetMetadata());
    }

    /** What the log knows of transactions. */
    LogTransactionState transactions() {
        return transactions;
    }

    /** The next batches that are appended belong to transactions, or end some. */
    void beginTransactions() throws IOException {
        if (transactions.begin()) {
            flushedNamesBase = -1; // the next flush takes the mark along
        }
    }

    /** As {@link #read}, below a limit and with the aborted transactions of what is read. */
    LogRead readCommitted(
            final LogSlot slot,
            final long offset,
            final long limitOffset,
            final int maxLength,
            final boolean minOneMessage)
            throws IOException {
        final long endOffset = log.logEndOffset();
        if (offset < log.logStartOffset()) {
            return new LogRead(LogRead.Status.OFFSET_OUT_OF_RANGE, null, 0, -1, log.logStartOffset(), endOffset, null);
        }
        try {
            final FetchDataInfo info = transactions.read(offset, limitOffset, maxLength, minOneMessage);
            return toRead(slot, info, endOffset).withAborted(info.abortedTransactions.orElse(List.of()));
        } catch (final OffsetOutOfRangeException e) {
            return new LogRead(LogRead.Status.OFFSET_OUT_OF_RANGE, null, 0, -1, log.logStartOffset(), endOffset, null);
        }
    }

    private LogRead toRead(final LogSlot slot, final FetchDataInfo info, final long endOffset) {
        if (info.records instanceof FileRecords records && records.sizeInBytes() > 0) {
            return new LogRead(
                    LogRead.Status.RECORDS,
                    records,
                    info.fetchOffsetMetadata.relativePositionInSegment,
                    info.fetchOffsetMetadata.messageOffset,
                    log.logStartOffset(),
                    endOffset,
                    slot);
        }
        return new LogRead(LogRead.Status.EMPTY, null, 0, -1, log.logStartOffset(), endOffset, null);
    }

    /** Whether there is nothing but the segment that is appended to; cheap. */
    boolean isOneSegment() {
        return log.numberOfSegments() == 1;
    }

    /** The log as the decision about cleaning sees it: below the first open transaction. */
    CleaningPolicy.Log forCleaning() throws IOException {
        return new CleaningPolicy.Log(
                segments(), log.logStartOffset(), CleanMark.read(directory()), log.lastStableOffset());
    }

    /**
     * Flushes the segments that are not appended to any more, if that is not known of them: after a process was killed
     * nobody remembers how much of them was. Any thread.
     */
    void flushRolled() {
        log.flushUptoOffsetExclusive(log.activeSegment().baseOffset());
    }

    /** Below it everything is on the device, as is known of it. */
    long recoveryPoint() {
        return log.recoveryPoint();
    }

    /**
     * Notes that offsets below another one may be missing, because the replica that they come from compacted its log;
     * only once all that is there below has been flushed.
     */
    void noteHolesBelow(final long offset) throws IOException {
        final CleanMark mark = CleanMark.read(directory());
        if (mark.holesBelow() < offset) {
            mark.holesUpTo(offset).write(directory());
        }
    }

    /**
     * Compacts the segments below an offset; appends and reads go on.
     *
     * @return the first offset that is dirty still
     */
    long clean(final Cleaner cleaner, final CleaningPolicy.Range range, final long nowMs) throws IOException {
        try {
            return cleaner.doClean(
                            new LogToClean(log, range.firstDirtyOffset(), range.firstUncleanableOffset(), false), nowMs)
                    .getKey();
        } catch (final DigestException e) {
            throw new IllegalStateException("cannot hash keys", e);
        }
    }

    /** Reads; only {@link LogRead.Status#RECORDS} keeps the slot's lease. */
    LogRead read(final LogSlot slot, final long offset, final int maxLength, final boolean minOneMessage)
            throws IOException {
        final long endOffset = log.logEndOffset();
        try {
            return toRead(slot, log.read(offset, maxLength, FetchIsolation.LOG_END, minOneMessage), endOffset);
        } catch (final OffsetOutOfRangeException e) {
            return new LogRead(LogRead.Status.OFFSET_OUT_OF_RANGE, null, 0, -1, log.logStartOffset(), endOffset, null);
        }
    }

    Optional<TimestampAndOffset> offsetForTimestamp(final long timestampMs) {
        return log.fetchOffsetByTimestamp(timestampMs, Optional.empty())
                .timestampAndOffsetOpt()
                .map(found -> new TimestampAndOffset(found.timestamp, found.offset, found.leaderEpoch.orElse(-1)));
    }

    Optional<TimestampAndOffset> maxTimestamp() {
        return log.isEmpty() ? Optional.empty() : offsetForTimestamp(ListOffsetsRequest.MAX_TIMESTAMP);
    }

    /** Where an epoch ends; the end of the search is read first, so that what it finds below is settled. */
    EpochSearch searchEpoch(final int leaderEpoch) {
        final long endOffset = log.logEndOffset();
        final int latestEpoch = log.latestEpoch().orElse(-1);
        return new EpochSearch(
                log.endOffsetForEpoch(leaderEpoch).map(end -> new EpochEndOffset(end.epoch(), end.offset())),
                latestEpoch,
                endOffset);
    }

    synchronized void updateConfig(final LogConfig config) {
        log.updateConfig(shared.effective(config));
    }

    /**
     * Deletes whole segments below the given offset, after making it the log's start.
     *
     * @param newLogStartOffset base offset of a segment, or the log's end when all has expired
     * @return number of segments deleted; their files follow after {@code file.delete.delay.ms}
     */
    int deleteSegmentsBelow(final long newLogStartOffset) throws IOException {
        if (newLogStartOffset == log.logEndOffset() && log.activeSegment().size() > 0) {
            log.roll();
            log.updateHighWatermark(log.logEndOffsetMetadata());
            FileFlush.directory(directory()); // the new segment alone remembers where the log ends
        }
        log.maybeIncrementLogStartOffset(newLogStartOffset, LogStartOffsetIncrementReason.SegmentDeletion);
        return log.deleteOldSegments();
    }

    void removeExpiredProducers(final long nowMs) {
        log.removeExpiredProducers(nowMs);
    }

    /** Bytes that {@link #startWriteBack} has not yet sent on their way. */
    long notWrittenBackLength() {
        final LogSegment active = log.activeSegment();
        return active.baseOffset() == writtenBackBase ? active.size() - writtenBackLength : active.size();
    }

    /**
     * Starts write-back of the next step of what was appended.
     *
     * @return bytes on their way with this step, 0 when there is nothing left
     */
    int startWriteBack(final int maxLength) throws IOException {
        final LogSegment active = log.activeSegment();
        if (active.baseOffset() != writtenBackBase) {
            if (writtenBackBase >= 0) {
                finishWriteBack(writtenBackBase, active.baseOffset());
            }
            writtenBackBase = active.baseOffset();
            writtenBackLength = 0;
        }
        final int length = Math.min(maxLength, active.size() - writtenBackLength);
        if (length <= 0) {
            return 0;
        }
        LinuxFiles.startWriteBack(active.log().file().toPath(), writtenBackLength, length);
        writtenBackLength += length;
        return length;
    }

    private void finishWriteBack(final long fromBase, final long toBase) throws IOException {
        for (final LogSegment segment : log.logSegments(fromBase, toBase)) {
            LinuxFiles.startWriteBack(segment.log().file().toPath(), 0, segment.size());
        }
    }

    /**
     * Flushes everything that was appended: on return it is on the device and is found again after a power cut.
     *
     * @throws IOException when any of it failed; nothing may be called durable then, and no retry helps
     */
    void flush() throws IOException {
        epochFile.flush();
        if (metadataUnflushed) {
            FileFlush.file(KafkaLogOpener.metadataFile(directory()));
            metadataUnflushed = false;
        }
        LogSegment active;
        do {
            flushAfterRoll();
            active = log.activeSegment();
            active.log().channel().force(false);
        } while (scheduler.hasFlushAfterRoll() || active != log.activeSegment());
        if (active.baseOffset() != flushedNamesBase) {
            FileFlush.directory(directory());
            flushedNamesBase = active.baseOffset();
        }
    }

    /** A flush of the whole file system, after the last append, has done what {@link #flush()} does. */
    void flushedTogether() {
        epochFile.flushedTogether();
        metadataUnflushed = false;
        flushAfterRoll();
        flushedNamesBase = log.activeSegment().baseOffset();
    }

    private void flushAfterRoll() {
        for (Runnable task = scheduler.pollFlushAfterRoll(); task != null; task = scheduler.pollFlushAfterRoll()) {
            task.run();
        }
    }

    /** What is remembered of the log while it is open. */
    SavedLogState openState() {
        return SavedLogState.open(log.logStartOffset(), log.recoveryPoint());
    }

    /**
     * Closes the log in order, when everything appended has been flushed.
     *
     * @return what is to be remembered of it until the machine starts again
     */
    SavedLogState close() throws IOException {
        final long recoveryPoint = log.recoveryPoint();
        closeWithoutFlush();
        return closedState(recoveryPoint, false);
    }

    /** As {@code UnifiedLog.close()}, which would flush every segment once more. */
    private void closeWithoutFlush() throws IOException {
        log.producerStateManager().takeSnapshot();
        log.activeSegment().onBecomeInactiveSegment();
        log.closeHandlers();
    }

    /**
     * Closes the log in order and flushes what a close changes, so that the log need not be scanned after a power cut.
     *
     * @return what is to be remembered of it
     */
    SavedLogState closeDurably() throws IOException {
        flush();
        final Path directory = directory();
        final long activeBase = log.activeSegment().baseOffset();
        closeWithoutFlush();
        FileFlush.fileIfExists(directory.resolve(fileName(activeBase, INDEX)));
        FileFlush.fileIfExists(directory.resolve(fileName(activeBase, TIME_INDEX)));
        if (transactions.isTransactional()) {
            FileFlush.fileIfExists(directory.resolve(fileName(activeBase, LogFileUtils.TXN_INDEX_FILE_SUFFIX)));
            FileFlush.fileIfExists(
                    directory.resolve(fileName(log.logEndOffset(), LogFileUtils.PRODUCER_SNAPSHOT_FILE_SUFFIX)));
        }
        FileFlush.directory(directory);
        return closedState(log.logEndOffset(), true);
    }

    private SavedLogState closedState(final long recoveryPoint, final boolean durable) {
        final File directory = log.dir();
        final long activeBase = log.activeSegment().baseOffset();
        return new SavedLogState(
                log.logStartOffset(),
                recoveryPoint,
                log.logEndOffset(),
                activeBase,
                new File(directory, fileName(activeBase, LOG)).length(),
                new File(directory, fileName(activeBase, INDEX)).length(),
                new File(directory, fileName(activeBase, TIME_INDEX)).length(),
                durable,
                true);
    }

    /** Lets go of the files and writes nothing: for a deleted log, or one that failed. */
    void abandon() {
        log.closeHandlers();
    }

    /** Renames the directory; appends and reads under way go on. */
    void renameDirectory(final String name) {
        log.renameDir(name, false);
    }
}
