package io.epona.partitionlog;

import io.epona.runtime.FatalHandler;
import io.epona.runtime.NodeClock;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Collection;
import java.util.Optional;
import java.util.concurrent.ConcurrentLinkedQueue;
import org.agrona.ErrorHandler;
import org.agrona.concurrent.Agent;
import org.apache.kafka.common.Uuid;
import org.apache.kafka.common.utils.Time;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * All partition logs of a node. A log is opened on first use and closed when idle, so partitions that nobody uses cost
 * nothing, at start neither. Thread-safe: shelf agents append, gateways read, the controller's thread deletes and
 * reconfigures, and {@link #maintenance()} does in small steps what takes long.
 *
 * <p>What was drained is committed, so readers see all that a log holds. What is still only in the log ring is not
 * here.
 */
public final class PartitionLogs implements AutoCloseable {
    /** Answer of {@link #logEndOffset(int)} when the log is not open and its end not remembered. */
    public static final long UNKNOWN_OFFSET = -1;

    private static final Logger LOG = LoggerFactory.getLogger(PartitionLogs.class);
    private static final String STATES_FILE = "epona-partition-logs";
    private static final String FAILED_FILE = "epona-flush-failed";

    private final PartitionLogsConfig config;
    private final PartitionDirectory directory;
    private final NodeClock clock;
    private final KafkaLogs kafka;
    private final KafkaLogOpener opener;
    private final SavedLogStates states;
    private final LogDeletions deletions;
    private final FileSystemFlush fileSystemFlush;
    private final LogMaintenance maintenance;
    private final LogCleaning cleaning;
    private final LogSlots slots;
    private final LogReader reader;
    private final ConcurrentLinkedQueue<Integer> openRequests = new ConcurrentLinkedQueue<>();
    private volatile boolean failed;
    private boolean refill;

    /**
     * Makes the object; touches no file before {@link #open()}.
     *
     * @param directory the partitions that exist
     * @param fatal told when a log cannot be opened or closed for an error of the device
     * @param errors told of errors that harm nobody's records, such as a file that cannot be removed
     */
    public PartitionLogs(
            final PartitionLogsConfig config,
            final PartitionDirectory directory,
            final NodeClock clock,
            final FatalHandler fatal,
            final ErrorHandler errors) {
        this(config, directory, clock, fatal, errors, SavedLogStates.readBootId());
    }

    PartitionLogs(
            final PartitionLogsConfig config,
            final PartitionDirectory directory,
            final NodeClock clock,
            final FatalHandler fatal,
            final ErrorHandler errors,
            final String bootId) {
        this.config = config;
        this.directory = directory;
        this.clock = clock;
        this.kafka = new KafkaLogs(clock, new DelayedTasks(clock));
        this.opener = new KafkaLogOpener(kafka);
        this.states = new SavedLogStates(config.directory().resolve(STATES_FILE), bootId);
        this.deletions = new LogDeletions(config.directory(), directory::wasDeleted, errors);
        this.slots = new LogSlots(config, directory, clock, opener, states, deletions);
        this.reader = new LogReader(slots, states, directory);
        this.fileSystemFlush = new FileSystemFlush(config.directory());
        this.maintenance = new LogMaintenance(this, directory, clock, fatal, errors);
        this.cleaning = new LogCleaning(this, directory, clock, fatal, errors);
    }

    /** Makes the directory when absent, reads its names and what is remembered of the logs. Opens no log. */
    public void open() {
        try {
            Files.createDirectories(config.directory());
            fileSystemFlush.open();
            states.load();
            refill = Files.exists(config.directory().resolve(FAILED_FILE));
            if (refill) {
                opener.distrustPageCache();
            }
            maintenance.findStrays();
            if (!states.isSameBoot()) {
                rememberUnknownLogs();
                states.store();
            }
        } catch (final IOException e) {
            throw new PartitionLogException(
                    "cannot use the directory of partition logs: log.dir=" + config.directory(), e);
        }
    }

    /** The machine has started since: no log of which nothing is remembered may pass for one made a moment ago. */
    private void rememberUnknownLogs() {
        final String[] names = config.directory().toFile().list();
        for (final String name : names == null ? new String[0] : names) {
            final int partitionIndex = LogNames.partitionIndex(name, directory);
            final PartitionDescription partition = partitionIndex < 0 ? null : directory.partition(partitionIndex);
            if (partition != null) {
                states.putUnknown(partition);
            }
        }
    }

    /** Does in small steps what takes long: closing, retention, removal, opening for readers. Runs on one thread. */
    public Agent maintenance() {
        return maintenance;
    }

    /**
     * Compacts the logs of compacted topics. It waits for the device for seconds, so it runs on a thread of its own,
     * which must have ended before {@link #close()}; {@link #stopCleaning()} makes it end soon.
     */
    public Agent cleaner() {
        return cleaning;
    }

    /** What the cleaner has done; any thread. */
    public CleaningStats cleaningStats() {
        return cleaning.stats();
    }

    /** Has the cleaner leave what it is at as it was, and begin nothing more. Any thread. */
    public void stopCleaning() {
        cleaning.stop();
    }

    /**
     * Reads from a log, opening it when needed: may block for as long as a recovery of the log's last segment takes.
     *
     * @param maxLength bytes wanted at most
     * @param minOneMessage whether the first batch is wanted whole even when it is larger
     * @return to be closed by the caller
     */
    public LogRead read(final int partitionIndex, final long offset, final int maxLength, final boolean minOneMessage) {
        return reader.read(partitionIndex, offset, maxLength, minOneMessage);
    }

    /**
     * Reads as {@link #read} does, no record from a limit on, and tells the aborted transactions of what was read.
     *
     * @param limitOffset the last stable offset, or above the end
     */
    public LogRead readCommitted(
            final int partitionIndex,
            final long offset,
            final long limitOffset,
            final int maxLength,
            final boolean minOneMessage) {
        return reader.readCommitted(partitionIndex, offset, limitOffset, maxLength, minOneMessage);
    }

    /**
     * Transactions in what was drained. Opens the log when it has records of any.
     *
     * @param markersFrom offset from which on markers of aborted ones are of interest.
     */
    public LogTransactions transactions(final int partitionIndex, final long markersFrom) {
        return reader.transactions(partitionIndex, markersFrom);
    }

    /** Producers of what was drained. Opens the log. */
    public LogProducers producers(final int partitionIndex) {
        return reader.query(
                        partitionIndex, log -> Optional.of(log.transactions().producers()))
                .orElse(LogProducers.NONE);
    }

    /** As {@link #read}, but never opens a log itself: a thread that must not block asks again after OPENING. */
    public LogRead tryRead(
            final int partitionIndex, final long offset, final int maxLength, final boolean minOneMessage) {
        final LogSlot slot = slots.leaseIfOpen(partitionIndex);
        if (slot != null) {
            return reader.readLeased(slot, offset, maxLength, minOneMessage);
        }
        if (reader.hasNoLog(partitionIndex)) {
            return LogReader.readNothing(offset);
        }
        return requestOpen(partitionIndex) ? LogRead.BEING_OPENED : LogRead.UNKNOWN;
    }

    /**
     * Has a log opened in the background, if it is not open.
     *
     * @return false when there is no such partition
     */
    public boolean requestOpen(final int partitionIndex) {
        final LogSlot slot = slots.get(partitionIndex);
        if (slot != null && slot.isDeleted() || directory.partition(partitionIndex) == null) {
            return false;
        }
        if (slot == null || !slot.isOpen()) {
            final Integer request = partitionIndex;
            if (!openRequests.contains(request)) {
                openRequests.add(request);
            }
        }
        return true;
    }

    /** Whether a read would find the log open. */
    public boolean isOpen(final int partitionIndex) {
        return slots.isOpen(partitionIndex);
    }

    /** First offset, as it was last seen or is remembered; opens nothing, cheap. 0 for a partition without data. */
    public long logStartOffset(final int partitionIndex) {
        final LogSlot slot = slots.get(partitionIndex);
        if (slot != null && slot.logStartOffset() != UNKNOWN_OFFSET) {
            return slot.logStartOffset();
        }
        final PartitionDescription partition = directory.partition(partitionIndex);
        if (partition == null) {
            return 0;
        }
        final LogSlot known = slots.getOrMake(partitionIndex);
        known.logStartOffsetAtLeast(states.get(partition).logStartOffset());
        return known.logStartOffset();
    }

    /**
     * Records below an offset have been deleted, by what the lane's log says: from now on the partition begins there.
     * Their files follow with retention. Opens nothing; any thread.
     */
    public void raiseLogStartOffset(final int partitionIndex, final long offset) {
        if (logStartOffset(partitionIndex) < offset) {
            slots.getOrMake(partitionIndex).logStartOffsetAtLeast(offset);
        }
    }

    /**
     * Up to where compaction may have taken records out of a log; 0 when it never was compacted. Opens nothing, but
     * reads a small file; any thread.
     *
     * @throws PartitionLogException when that cannot be read
     */
    public long compactedBelow(final int partitionIndex) {
        final PartitionDescription partition = directory.partition(partitionIndex);
        if (partition == null) {
            return 0;
        }
        try {
            return CleanMark.read(path(partition)).holesBelow();
        } catch (final IOException e) {
            throw new PartitionLogException("cannot read how far a log is compacted: log=" + path(partition), e);
        }
    }

    /** First offset of a log that may be closed, without making a slot for it. */
    long knownStartOffset(final PartitionDescription partition) {
        final LogSlot slot = slots.get(partition.partitionIndex());
        return Math.max(states.get(partition).logStartOffset(), slot == null ? UNKNOWN_OFFSET : slot.logStartOffset());
    }

    /**
     * End of what was drained; 0 for a partition without data, {@link #UNKNOWN_OFFSET} when the log is not open and its
     * end not remembered. Opens nothing, but waits while somebody else opens or closes the log.
     */
    public long logEndOffset(final int partitionIndex) {
        final LogSlot slot = slots.get(partitionIndex);
        if (slot == null) {
            return rememberedEndOffset(partitionIndex);
        }
        if (slot.tryLease(clock.nanoTime())) {
            return leasedEndOffset(slot);
        }
        // A log that is being closed is remembered only at the end of that: what is remembered until then is older.
        synchronized (slot) {
            return slot.tryLease(clock.nanoTime()) ? leasedEndOffset(slot) : rememberedEndOffset(partitionIndex);
        }
    }

    private static long leasedEndOffset(final LogSlot slot) {
        try {
            return slot.log().logEndOffset();
        } finally {
            slot.release();
        }
    }

    private long rememberedEndOffset(final int partitionIndex) {
        final PartitionDescription partition = directory.partition(partitionIndex);
        if (partition == null) {
            return UNKNOWN_OFFSET;
        }
        final SavedLogState state = states.get(partition);
        return state == SavedLogState.NOTHING && !Files.isDirectory(path(partition)) ? 0 : state.endOffset();
    }

    /**
     * The first record whose time stamp is at or after the given one, in what was drained. Opens the log.
     *
     * @return empty when there is none; the log ring may hold one still
     */
    public Optional<TimestampAndOffset> offsetForTimestamp(final int partitionIndex, final long timestampMs) {
        return reader.query(partitionIndex, log -> log.offsetForTimestamp(timestampMs));
    }

    /** The record with the largest time stamp in what was drained; the first of them. Opens the log. */
    public Optional<TimestampAndOffset> maxTimestamp(final int partitionIndex) {
        return reader.query(partitionIndex, KafkaLog::maxTimestamp);
    }

    /** Where an epoch ends, in what was drained. Opens the log. */
    public EpochSearch searchEpoch(final int partitionIndex, final int leaderEpoch) {
        return reader.query(partitionIndex, log -> Optional.of(log.searchEpoch(leaderEpoch)))
                .orElse(EpochSearch.NOTHING);
    }

    /** As {@link #logEndOffset}, but opens a log whose end is not known; 0 when there is no such partition. */
    public long openLogEndOffset(final int partitionIndex) {
        final long endOffset = logEndOffset(partitionIndex);
        return endOffset == UNKNOWN_OFFSET
                ? reader.query(partitionIndex, log -> Optional.of(log.logEndOffset()))
                        .orElse(0L)
                : endOffset;
    }

    /** Bytes of the log's segments, as DescribeLogDirs wants them; from the directory when the log is not open. */
    public long size(final int partitionIndex) {
        final LogSlot slot = slots.leaseIfOpen(partitionIndex);
        if (slot != null) {
            try {
                return slot.log().size();
            } finally {
                slot.release();
            }
        }
        final PartitionDescription partition = directory.partition(partitionIndex);
        return partition == null
                ? 0
                : ClosedLog.segments(path(partition)).stream()
                        .mapToLong(RetentionPolicy.Segment::length)
                        .sum();
    }

    /** Puts a partition's new configuration in force; called when the metadata have changed. */
    public void updateConfig(final int partitionIndex) {
        final PartitionDescription partition = directory.partition(partitionIndex);
        final LogSlot slot = partition == null ? null : slots.leaseIfOpen(partitionIndex);
        if (slot != null) {
            try {
                slot.log().updateConfig(partition.config());
            } finally {
                slot.release();
            }
        }
    }

    /**
     * Deletes the log of a partition that no longer exists. The directory's name is free at once, the files go in the
     * background. Frames of the partition that are still to be drained are skipped from now on.
     */
    public void delete(final int partitionIndex, final String topic, final int partition, final Uuid topicId) {
        slots.delete(partitionIndex, topic, partition, topicId);
    }

    /**
     * A lane's journal begins anew: what was noted about how much of it is drained holds no longer. What the logs hold
     * stays, and frames that they have already are passed over. Before the lane is recovered.
     *
     * @throws PartitionLogException when the note cannot be removed
     */
    public void forgetDrained(final int laneId) {
        try {
            Files.deleteIfExists(ShelfMark.file(directory(), laneId));
        } catch (final IOException e) {
            throw new PartitionLogException("cannot remove " + ShelfMark.file(directory(), laneId), e);
        }
    }

    /** As {@link LogSlots#leaseIfOpen}. */
    LogSlot leaseIfOpen(final int partitionIndex) {
        return slots.leaseIfOpen(partitionIndex);
    }

    Time time() {
        return kafka.time();
    }

    /** {@link PartitionDirectory#announcedLimit()}. */
    int announcedLimit() {
        return directory.announcedLimit();
    }

    /** Directory that holds the logs. */
    public Path directory() {
        return config.directory();
    }

    /** Logs open now. */
    public int openCount() {
        return slots.openCount();
    }

    /** As {@link LogSlots#acquire}. */
    LogSlot acquire(final int partitionIndex) {
        return slots.acquire(partitionIndex);
    }

    /**
     * End of a log that is not open, from its files and without opening it; only where a flush of the file system can
     * take the place of flushing the log.
     *
     * @return {@link #UNKNOWN_OFFSET} when the log has to be opened for that
     */
    long endOffsetUnopened(final int partitionIndex) throws IOException {
        final PartitionDescription partition = directory.partition(partitionIndex);
        if (partition == null || refill || !fileSystemFlush.isAvailable()) {
            return UNKNOWN_OFFSET;
        }
        final SavedLogState state = states.get(partition);
        final Path path = path(partition);
        if (!state.sound() || !partition.topicId().equals(KafkaLogOpener.topicId(path))) {
            return UNKNOWN_OFFSET;
        }
        return state.matches(path) ? state.endOffset() : KilledLog.endOffset(path);
    }

    /** Name of a partition's log, for messages. */
    String name(final int partitionIndex) {
        final PartitionDescription partition = directory.partition(partitionIndex);
        return partition == null ? "partitionIndex " + partitionIndex : partition.directoryName();
    }

    /** Closes a log if nobody uses it. */
    boolean closeIfIdle(final LogSlot slot) throws IOException {
        return failed ? slots.abandonIfIdle(slot) : slots.closeIfIdle(slot, LogSlots.Closing.IN_ORDER);
    }

    /** What tells the next start what the logs hold of a lane. */
    ShelfMark shelfMark(final int laneId, final int ringLength) {
        return new ShelfMark(config.directory(), states.bootId(), laneId, ringLength);
    }

    FileSystemFlush fileSystemFlush() {
        return fileSystemFlush;
    }

    /** As {@link LogSlots#flushNames}. */
    void flushNames() throws IOException {
        slots.flushNames();
    }

    /** A write or flush failed: nothing is called closed in order any more, and the next start refills the logs. */
    void fail() {
        failed = true;
        final Path mark = config.directory().resolve(FAILED_FILE);
        try {
            Files.write(mark, new byte[0]);
        } catch (final IOException e) {
            LOG.error(
                    "a write or flush of partition logs failed, and so did leaving a mark of it: make an empty file {}"
                            + " before the next start, so that what the page cache shows is not trusted",
                    mark,
                    e);
        }
    }

    /** Nothing is called closed in order any more. */
    void abandonOnClose() {
        failed = true;
    }

    /** Whether an earlier run ended with a failed flush, so that what the page cache shows is not to be trusted. */
    boolean mustRefill() {
        return refill;
    }

    /** What the failed flush left in doubt has been written again and flushed. */
    void refilled() throws IOException {
        if (refill) {
            refill = false;
            Files.deleteIfExists(config.directory().resolve(FAILED_FILE));
        }
    }

    Path path(final PartitionDescription partition) {
        return slots.path(partition);
    }

    PartitionLogsConfig config() {
        return config;
    }

    SavedLogStates states() {
        return states;
    }

    LogDeletions deletions() {
        return deletions;
    }

    DelayedTasks delayed() {
        return kafka.delayed();
    }

    Integer pollOpenRequest() {
        return openRequests.poll();
    }

    Collection<LogSlot> slots() {
        return slots.all();
    }

    void forget(final LogSlot slot) {
        slots.forget(slot);
    }

    /**
     * Closes all logs in order and remembers them, so that the next start scans none; with thousands open, as many as
     * that takes a second. Shelf agents have ended and flushed, readers have given back their leases; a log still
     * leased is left to be looked at.
     */
    @Override
    public void close() {
        try {
            final boolean isMany = openCount() > PartitionLogLimits.MAX_SINGLE_FLUSHES;
            final boolean flushesAll = isMany && fileSystemFlush.isAdvisable();
            closeAll(flushesAll ? LogSlots.Closing.IN_ORDER : LogSlots.Closing.DURABLY);
            if (!failed && Files.isDirectory(config.directory())) {
                if (flushesAll) {
                    fileSystemFlush.flush();
                    states.markDurable();
                }
                states.store();
            }
        } catch (final IOException e) {
            throw new PartitionLogException("cannot close partition logs: log.dir=" + config.directory(), e);
        } finally {
            fileSystemFlush.close();
            kafka.close();
        }
    }

    private void closeAll(final LogSlots.Closing closing) throws IOException {
        final long deadlineNs = clock.nanoTime() + PartitionLogLimits.CLOSE_TIME_MS * 1_000_000L;
        for (final LogSlot slot : slots.all()) {
            if (failed) {
                slots.abandonIfIdle(slot);
            } else if (slot.isOpen()) {
                final boolean isLate = clock.nanoTime() - deadlineNs >= 0;
                if (!slots.closeIfIdle(slot, isLate ? LogSlots.Closing.AS_IT_IS : closing) && !slot.isDeleted()) {
                    states.put(slot.description(), slot.log().openState());
                }
            }
        }
    }
}
