package io.epona.partitionlog;

import io.epona.runtime.FatalHandler;
import io.epona.runtime.NodeClock;
import java.io.File;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.NoSuchAlgorithmException;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.agrona.ErrorHandler;
import org.agrona.concurrent.Agent;
import org.apache.kafka.common.errors.KafkaStorageException;
import org.apache.kafka.storage.internals.log.Cleaner;
import org.apache.kafka.storage.internals.log.LogCleaningAbortedException;
import org.apache.kafka.storage.internals.log.SkimpyOffsetMap;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Compacts the logs of topics with {@code cleanup.policy=compact}: looks now and then which need it, and has Kafka's
 * cleaner rewrite them one after another, those first that are overdue or have the largest dirty share. Looking opens
 * no log; one that is closed is opened to be cleaned, and closed again.
 *
 * <p>Cleaning reads and writes files for seconds and waits for the device, so this agent has a thread of its own;
 * {@link #stop()} may be called by any. Only what has been flushed is cleaned. A log that cannot be cleaned is left as
 * it is and tried again later; only a failure in the middle of taking new segments into use ends the process, because
 * the next start completes that.
 */
final class LogCleaning implements Agent {
    private static final Logger LOG = LoggerFactory.getLogger(LogCleaning.class);

    private record Candidate(int partitionIndex, CleaningPolicy.Range range) {}

    private final PartitionLogs logs;
    private final PartitionDirectory directory;
    private final NodeClock clock;
    private final FatalHandler fatal;
    private final ErrorHandler errors;
    private final CleanerConfig config;
    private final CleaningStats stats = new CleaningStats();
    private final ArrayDeque<Integer> toLook = new ArrayDeque<>();
    private final List<Candidate> found = new ArrayList<>();
    private final ArrayDeque<Candidate> toClean = new ArrayDeque<>();

    /** Logs that could not be cleaned to when that is tried again. */
    private final Map<Integer, Long> notBeforeNs = new HashMap<>();

    /**
     * Logs that were not open when they were looked at to when that is done again, if they are not open then either.
     */
    private final Map<Integer, Long> closedNotBeforeNs = new HashMap<>();

    private final CleaningThrottle throttle;
    private volatile boolean isStopping;
    private boolean ended;
    private long nextPassNs;
    private double maxDirtyRatio;
    private Cleaner cleaner;
    private LogSlot cleaned;

    LogCleaning(
            final PartitionLogs logs,
            final PartitionDirectory directory,
            final NodeClock clock,
            final FatalHandler fatal,
            final ErrorHandler errors) {
        this.logs = logs;
        this.directory = directory;
        this.clock = clock;
        this.fatal = fatal;
        this.errors = errors;
        this.config = logs.config().cleaner();
        this.throttle = new CleaningThrottle(config.lengthPerSecond(), this::isUseless);
        this.nextPassNs = clock.nanoTime();
    }

    @Override
    public String roleName() {
        return "log-cleaner";
    }

    CleaningStats stats() {
        return stats;
    }

    /** What is being cleaned is left as it is; nothing more is begun. Any thread. */
    void stop() {
        isStopping = true;
    }

    @Override
    public int doWork() {
        if (isStopping || ended) {
            return 0;
        }
        final long nowNs = clock.nanoTime();
        if (!toClean.isEmpty()) {
            clean(toClean.poll());
            stats.waiting(toClean.size());
            return 1;
        }
        if (toLook.isEmpty()) {
            if (nowNs - nextPassNs < 0) {
                return 0;
            }
            nextPassNs = nowNs + config.intervalMs() * 1_000_000L;
            notBeforeNs.keySet().removeIf(partitionIndex -> directory.partition(partitionIndex) == null);
            closedNotBeforeNs.keySet().removeIf(partitionIndex -> directory.partition(partitionIndex) == null);
            directory.forEachCompacted(toLook::add);
        }
        return look(nowNs);
    }

    private int look(final long nowNs) {
        int looked = 0;
        while (looked < PartitionLogLimits.LOOKS_PER_CYCLE && !toLook.isEmpty()) {
            lookAt(toLook.poll(), nowNs);
            looked++;
        }
        if (toLook.isEmpty()) {
            found.sort(Comparator.comparing((Candidate one) -> !one.range().isOverdue())
                    .thenComparing(one -> -one.range().dirtyRatio()));
            toClean.addAll(found);
            found.clear();
            stats.waiting(toClean.size());
            stats.maxDirtyRatio(maxDirtyRatio);
            maxDirtyRatio = 0;
            if (toClean.isEmpty()) {
                cleaner = null;
            }
        }
        return looked;
    }

    private void lookAt(final int partitionIndex, final long nowNs) {
        if (isTooEarly(notBeforeNs, partitionIndex, nowNs)) {
            return;
        }
        final PartitionDescription partition = directory.partition(partitionIndex);
        if (partition == null) {
            return;
        }
        try {
            final CleaningPolicy.Log log = open(partitionIndex, partition, nowNs);
            if (log == null || log.segments().size() < 2) {
                return;
            }
            final CleaningPolicy.Range range = range(partition, log);
            maxDirtyRatio = Math.max(maxDirtyRatio, range.dirtyRatio());
            if (range.isDue(partition.config())) {
                found.add(new Candidate(partitionIndex, range));
            }
        } catch (final IOException e) {
            failed(partition, e);
        }
    }

    private static boolean isTooEarly(final Map<Integer, Long> notBefore, final int partitionIndex, final long nowNs) {
        final Long timeNs = notBefore.get(partitionIndex);
        if (timeNs == null) {
            return false;
        }
        if (nowNs - timeNs < 0) {
            return true;
        }
        notBefore.remove(partitionIndex);
        return false;
    }

    /** The log as it is, of one that is not open by its directory, and not again before the next pass of retention. */
    private CleaningPolicy.Log open(final int partitionIndex, final PartitionDescription partition, final long nowNs)
            throws IOException {
        final LogSlot slot = logs.leaseIfOpen(partitionIndex);
        if (slot != null) {
            try {
                return slot.log().isOneSegment() ? null : slot.log().forCleaning();
            } finally {
                slot.release();
            }
        }
        if (isTooEarly(closedNotBeforeNs, partitionIndex, nowNs)) {
            return null;
        }
        closedNotBeforeNs.put(partitionIndex, nowNs + logs.config().retentionIntervalMs() * 1_000_000L);
        final Path path = logs.path(partition);
        final List<RetentionPolicy.Segment> segments = ClosedLog.segments(path);
        return segments.size() < 2
                ? null
                : new CleaningPolicy.Log(
                        segments,
                        Math.max(segments.getFirst().baseOffset(), logs.knownStartOffset(partition)),
                        CleanMark.read(path),
                        Long.MAX_VALUE);
    }

    private CleaningPolicy.Range range(final PartitionDescription partition, final CleaningPolicy.Log log) {
        final Path path = logs.path(partition);
        return CleaningPolicy.range(
                log, partition.config(), clock.epochMs(), baseOffset -> ClosedLog.firstTimestampMs(path, baseOffset));
    }

    private void clean(final Candidate candidate) {
        final PartitionDescription partition = directory.partition(candidate.partitionIndex());
        if (partition == null || !partition.config().compact) {
            return;
        }
        final boolean wasOpen = logs.isOpen(candidate.partitionIndex());
        LogSlot slot = null;
        try {
            slot = logs.acquire(candidate.partitionIndex());
            if (slot != null && slot.tryMaintain()) {
                try {
                    clean(slot, partition);
                } finally {
                    slot.endMaintain();
                }
            }
        } catch (final LogCleaningAbortedException e) {
            LOG.debug(
                    "cleaning of {} was given up: the log is deleted or filled anew, or the node stops",
                    partition.directoryName());
        } catch (final IOException | RuntimeException e) {
            if (slot == null || !slot.isDeleted()) {
                failed(partition, e);
            }
        } finally {
            release(slot, wasOpen);
        }
    }

    private void release(final LogSlot slot, final boolean wasOpen) {
        if (slot == null) {
            return;
        }
        slot.release();
        if (!wasOpen && !isStopping) {
            try {
                logs.closeIfIdle(slot);
            } catch (final IOException e) {
                end(e);
            }
        }
    }

    private void clean(final LogSlot slot, final PartitionDescription partition) throws IOException {
        final KafkaLog log = slot.log();
        slot.applyLogStartOffset();
        final CleaningPolicy.Log before = log.forCleaning();
        final CleaningPolicy.Range range = range(partition, before);
        if (!range.isDue(partition.config())) {
            return;
        }
        cleaned = slot;
        abortIfUseless();
        flushRolled(slot, range.firstUncleanableOffset());
        final CleanMark mark = before.mark().holesUpTo(range.firstUncleanableOffset());
        mark(slot, mark);
        throttle.begin(log.directory());
        final long sizeBefore = log.size();
        final long startNs = System.nanoTime();
        final long cleanEnd = log.clean(cleaner(), range, clock.epochMs());
        mark(slot, mark.cleanUpTo(cleanEnd));
        final long freed = sizeBefore - log.size();
        stats.onCleaned(range.cleanLength() + range.dirtyLength(), freed);
        LOG.info(
                "compacted {}: clean below offset {} now, dirty share was {} %, {} of {} bytes freed in {} ms",
                partition.directoryName(),
                cleanEnd,
                Math.round(range.dirtyRatio() * 100),
                freed,
                range.cleanLength() + range.dirtyLength(),
                (System.nanoTime() - startNs) / 1_000_000);
    }

    /** Nothing is compacted that a recovery might cut or write again, so all of it is to be on the device first. */
    private void flushRolled(final LogSlot slot, final long endOffset) throws IOException {
        if (slot.log().recoveryPoint() >= endOffset) {
            return;
        }
        try {
            slot.log().flushRolled();
            logs.flushNames();
        } catch (final IOException | KafkaStorageException e) {
            if (!slot.isDeleted()) {
                logs.fail();
                end(new PartitionLogException(
                        "cannot flush partition log: " + slot.log().directory(), e));
            }
            throw new LogCleaningAbortedException();
        }
    }

    private Cleaner cleaner() {
        if (cleaner == null) {
            try {
                cleaner = new Cleaner(
                        0,
                        new SkimpyOffsetMap(config.mapLength()),
                        PartitionLogLimits.CLEANER_BUFFER_LENGTH,
                        PartitionLogLimits.CLEANER_MAX_BUFFER_LENGTH,
                        PartitionLogLimits.CLEANER_MAP_LOAD,
                        throttle,
                        logs.time(),
                        partition -> abortIfUseless());
            } catch (final NoSuchAlgorithmException e) {
                throw new IllegalStateException("this Java has no MD5, by which the cleaner compares keys", e);
            }
        }
        return cleaner;
    }

    private void abortIfUseless() {
        if (isUseless()) {
            throw new LogCleaningAbortedException();
        }
    }

    private boolean isUseless() {
        return isStopping || cleaned.isDeleted() || cleaned.isWanted();
    }

    /** The directory's name belongs to the log as long as it is not deleted. */
    private void mark(final LogSlot slot, final CleanMark mark) throws IOException {
        synchronized (slot) {
            if (slot.isDeleted()) {
                throw new LogCleaningAbortedException();
            }
            mark.write(slot.log().directory());
        }
    }

    private void failed(final PartitionDescription partition, final Exception cause) {
        stats.onFailed();
        final Path path = logs.path(partition);
        if (!names(path, ".swap").isEmpty()) {
            end(new PartitionLogException(
                    "cannot take compacted segments into use: " + path + "; the next start completes that", cause));
            return;
        }
        notBeforeNs.put(
                partition.partitionIndex(), clock.nanoTime() + PartitionLogLimits.CLEANING_RETRY_MS * 1_000_000L);
        errors.onError(new PartitionLogException(
                "cannot compact partition log: directory=" + path
                        + "; it is left as it was and tried again in " + PartitionLogLimits.CLEANING_RETRY_MS / 60_000
                        + " minutes: check the device and its free space",
                cause));
        for (final File file : names(path, ".cleaned")) {
            try {
                Files.deleteIfExists(file.toPath());
            } catch (final IOException e) {
                errors.onError(e);
            }
        }
    }

    private static List<File> names(final Path path, final String suffix) {
        final File[] files = path.toFile().listFiles((parent, name) -> name.endsWith(suffix));
        return files == null ? List.of() : List.of(files);
    }

    private void end(final Exception reason) {
        ended = true;
        fatal.onFatal(roleName(), reason);
    }
}
