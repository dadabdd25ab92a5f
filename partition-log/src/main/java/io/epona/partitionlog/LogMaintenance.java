package io.epona.partitionlog;

import io.epona.runtime.FatalHandler;
import io.epona.runtime.NodeClock;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import org.agrona.ErrorHandler;
import org.agrona.concurrent.Agent;
import org.apache.kafka.storage.internals.log.LogConfig;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Keeps a node's partition logs in order: opens logs that readers wait for, closes idle ones, applies retention,
 * removes deleted ones, remembers closed ones. Everything in small steps, so that it may share its thread with shelf
 * agents.
 */
final class LogMaintenance implements Agent {
    private static final Logger LOG = LoggerFactory.getLogger(LogMaintenance.class);
    private static final String DELETE_SUFFIX = "-delete";

    private final PartitionLogs logs;
    private final PartitionDirectory directory;
    private final NodeClock clock;
    private final FatalHandler fatal;
    private final ErrorHandler errors;
    private final ArrayDeque<String> toCheck = new ArrayDeque<>();
    private final ArrayDeque<LogSlot> toClose = new ArrayDeque<>();
    private final Set<String> strays = new HashSet<>();
    private final FlushPace retentionPace;
    private boolean ended;
    private long nextEvictionNs;
    private long nextRetentionNs;
    private long nextStateNs;

    LogMaintenance(
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
        this.retentionPace = new FlushPace(Math.max(
                PartitionLogLimits.RETENTION_CHECKS_PER_SECOND,
                (double) PartitionLogLimits.RETENTION_CHECKS_PER_SECOND
                        * PartitionLogLimits.DEFAULT_RETENTION_INTERVAL_MS
                        / logs.config().retentionIntervalMs()));
        this.retentionPace.reset(clock.nanoTime());
        this.nextEvictionNs = clock.nanoTime();
        this.nextRetentionNs = clock.nanoTime();
        this.nextStateNs = clock.nanoTime() + logs.config().stateIntervalMs() * 1_000_000L;
    }

    /**
     * Remembers the directories that belong to no partition, and what is left of deleted ones, as they are before the
     * node serves: later a topic may be gone from the metadata a moment before its directories get another name.
     */
    void findStrays() {
        for (final String name : names()) {
            if (name.endsWith(DELETE_SUFFIX) || LogNames.isLog(name) && LogNames.partitionIndex(name, directory) < 0) {
                strays.add(name);
            }
        }
    }

    private List<String> names() {
        final String[] names = logs.directory().toFile().list();
        return names == null ? List.of() : List.of(names);
    }

    @Override
    public String roleName() {
        return "partition-logs";
    }

    @Override
    public int doWork() {
        if (ended) {
            return 0;
        }
        try {
            final long nowNs = clock.nanoTime();
            logs.refilled();
            return openRequested()
                    + logs.deletions().removeNext(logs)
                    + (logs.delayed().runNext() ? 1 : 0)
                    + evict(nowNs)
                    + retain(nowNs)
                    + remember(nowNs);
        } catch (final IOException | RuntimeException e) {
            ended = true;
            fatal.onFatal(roleName(), e);
            return 0;
        }
    }

    private int openRequested() {
        int opened = 0;
        while (opened < PartitionLogLimits.OPENS_PER_CYCLE) {
            final Integer partitionIndex = logs.pollOpenRequest();
            if (partitionIndex == null) {
                break;
            }
            final LogSlot slot = logs.acquire(partitionIndex);
            if (slot != null) {
                slot.release();
            }
            opened++;
        }
        return opened;
    }

    private int evict(final long nowNs) throws IOException {
        if (toClose.isEmpty()) {
            if (nowNs - nextEvictionNs < 0) {
                return 0;
            }
            nextEvictionNs = nowNs + PartitionLogLimits.EVICTION_INTERVAL_MS * 1_000_000L;
            chooseToClose(nowNs);
        }
        int closed = 0;
        while (closed < PartitionLogLimits.CLOSES_PER_CYCLE && !toClose.isEmpty()) {
            if (logs.closeIfIdle(toClose.poll())) {
                closed++;
            }
        }
        return closed;
    }

    /** Those idle for too long, and the longest unused of those above the cap. */
    private void chooseToClose(final long nowNs) {
        final long idleNs = logs.config().idleCloseMs() * 1_000_000L;
        int surplus = logs.openCount() - logs.config().maxOpenLogs();
        final List<LogSlot> candidates = new ArrayList<>();
        for (final LogSlot slot : logs.slots()) {
            if (slot.isIdle() && !slot.isDeleted()) {
                if (nowNs - slot.lastUsedNs() >= idleNs) {
                    toClose.add(slot);
                    surplus--;
                } else if (nowNs - slot.lastUsedNs() >= PartitionLogLimits.SURPLUS_IDLE_MS * 1_000_000L) {
                    candidates.add(slot);
                }
            } else if (slot.isDeleted() && !slot.isOpen() && directory.partition(slot.partitionIndex()) == null) {
                logs.forget(slot);
            }
        }
        if (surplus > 0) {
            candidates.sort(Comparator.comparingLong(slot -> slot.lastUsedNs() - nowNs));
            toClose.addAll(candidates.subList(0, Math.min(surplus, candidates.size())));
        }
    }

    private int retain(final long nowNs) throws IOException {
        if (toCheck.isEmpty()) {
            if (nowNs - nextRetentionNs < 0) {
                return 0;
            }
            nextRetentionNs = nowNs + logs.config().retentionIntervalMs() * 1_000_000L;
            toCheck.addAll(names());
        }
        retentionPace.update(nowNs, 0);
        int checked = 0;
        while (checked < PartitionLogLimits.RETENTION_CHECKS_PER_CYCLE
                && !toCheck.isEmpty()
                && retentionPace.allows()) {
            check(toCheck.poll());
            retentionPace.use(1);
            checked++;
        }
        return checked;
    }

    private void check(final String name) throws IOException {
        final boolean isStray = strays.remove(name);
        if (name.endsWith(DELETE_SUFFIX)) {
            if (isStray) {
                logs.deletions().add(null, logs.directory().resolve(name));
            }
            return;
        }
        if (!LogNames.isLog(name)) {
            return;
        }
        final int partitionIndex = LogNames.partitionIndex(name, directory);
        if (partitionIndex >= 0) {
            retain(partitionIndex);
        } else if (isStray && logs.directory().resolve(name).toFile().isDirectory()) {
            try {
                logs.deletions()
                        .setAside(logs.directory().resolve(name), LogNames.topic(name), LogNames.partition(name));
            } catch (final IOException e) {
                errors.onError(e);
            }
        }
    }

    private void retain(final int partitionIndex) throws IOException {
        final PartitionDescription partition = directory.partition(partitionIndex);
        if (partition == null) {
            return;
        }
        if (!logs.isOpen(partitionIndex) && !wouldDelete(partition)) {
            return;
        }
        final LogSlot slot = logs.acquire(partitionIndex);
        if (slot == null) {
            return;
        }
        try {
            if (slot.tryMaintain()) {
                try {
                    retain(slot, partition);
                } finally {
                    slot.endMaintain();
                }
            }
        } finally {
            slot.release();
        }
    }

    private void retain(final LogSlot slot, final PartitionDescription partition) throws IOException {
        slot.applyLogStartOffset();
        final KafkaLog log = slot.log();
        final List<RetentionPolicy.Segment> segments = log.segments();
        final long endOffset = log.logEndOffset();
        final long newStart = newStart(partition.config(), segments, log.logStartOffset(), endOffset);
        if (RetentionPolicy.deletes(segments, endOffset, newStart)) {
            final int deleted = log.deleteSegmentsBelow(newStart);
            logs.states().put(partition, log.openState());
            slot.logStartOffsetAtLeast(log.logStartOffset());
            LOG.info(
                    "retention deleted {} segments of {}: first offset is {} now",
                    deleted,
                    partition.directoryName(),
                    log.logStartOffset());
        }
        log.removeExpiredProducers(clock.epochMs());
    }

    /** Of a log that is not open, by its directory. */
    private boolean wouldDelete(final PartitionDescription partition) {
        final Path path = logs.path(partition);
        final List<RetentionPolicy.Segment> segments = ClosedLog.segments(path);
        if (segments.isEmpty()) {
            return false;
        }
        final long start = logs.knownStartOffset(partition);
        final long newStart = newStart(partition.config(), segments, start, Long.MAX_VALUE);
        return RetentionPolicy.deletes(segments, Long.MAX_VALUE, newStart);
    }

    private long newStart(
            final LogConfig config,
            final List<RetentionPolicy.Segment> segments,
            final long startOffset,
            final long endOffset) {
        return RetentionPolicy.newLogStartOffset(
                segments,
                startOffset,
                endOffset,
                config.delete ? config.retentionSize : RetentionPolicy.UNLIMITED,
                config.delete ? config.retentionMs : RetentionPolicy.UNLIMITED,
                clock.epochMs());
    }

    private int remember(final long nowNs) throws IOException {
        if (nowNs - nextStateNs < 0) {
            return 0;
        }
        nextStateNs = nowNs + logs.config().stateIntervalMs() * 1_000_000L;
        for (final LogSlot slot : logs.slots()) {
            if (slot.tryLease(slot.lastUsedNs())) {
                try {
                    if (!slot.isDeleted()) {
                        logs.states().put(slot.description(), slot.log().openState());
                    }
                } finally {
                    slot.release();
                }
            }
        }
        if (!logs.states().isChanged()) {
            return 0;
        }
        logs.states().store();
        return 1;
    }
}
