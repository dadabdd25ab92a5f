package io.epona.controller.cluster;

import io.aeron.Aeron;
import io.aeron.archive.client.AeronArchive;
import io.aeron.archive.client.ArchiveException;
import io.aeron.cluster.ClusterControl;
import io.aeron.cluster.ConsensusModule;
import io.aeron.cluster.RecordingLog;
import java.util.Comparator;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.TreeSet;
import org.agrona.CloseHelper;
import org.agrona.concurrent.IdleStrategy;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Keeps the log from growing for ever. The leader has a snapshot taken after so much log (an entry of the log, so that
 * all members take it at one place); each member for itself removes snapshots but the newest two, and the log before
 * the older of them. Used by the consensus thread only, which owns the recording log too.
 */
final class LogHousekeeping implements AutoCloseable {
    private static final Logger LOG = LoggerFactory.getLogger(LogHousekeeping.class);

    private final ClusterLogConfig config;
    private final ConsensusStack stack;
    private final AeronArchive archive;
    private final Set<Long> purgedSnapshots = new HashSet<>();
    private long logStartPosition;
    private boolean isSnapshotWanted;

    LogHousekeeping(ClusterLogConfig config, ConsensusStack stack, Aeron aeron, IdleStrategy idleStrategy) {
        this.config = config;
        this.stack = stack;
        this.archive = AeronArchive.connect(stack.archive()
                .clientContext(ConsensusStack.HOUSEKEEPING_RESPONSE_STREAM_ID, true, idleStrategy)
                .aeron(aeron)
                .ownsAeronClient(false)
                .clientName("metadata-housekeeping"));
        long recordingId = recordingLog().findLastTermRecordingId();
        this.logStartPosition = recordingId == Aeron.NULL_VALUE ? 0 : archive.getStartPosition(recordingId);
    }

    /** The first byte of the log that is still here. */
    long logStartPosition() {
        return logStartPosition;
    }

    /** The end of the log that is on this member's device. */
    long logEndPosition() {
        long recordingId = recordingLog().findLastTermRecordingId();
        return recordingId == Aeron.NULL_VALUE ? 0 : archive.getMaxRecordedPosition(recordingId);
    }

    /** Has a snapshot taken at the next occasion, if this member leads. */
    void wantSnapshot() {
        isSnapshotWanted = true;
    }

    /** Does what is due; not while members elect. */
    void run() {
        if (stack.isElecting()) {
            return;
        }
        TreeSet<Long> snapshotPositions = snapshotPositions();
        takeSnapshotWhenDue(snapshotPositions.isEmpty() ? 0 : snapshotPositions.last());
        if (snapshotPositions.size() >= ClusterLogLimits.SNAPSHOTS_KEPT
                && stack.context().moduleStateCounter().get() == ConsensusModule.State.ACTIVE.code()) {
            long keptPosition = snapshotPositions.stream()
                    .sorted(Comparator.reverseOrder())
                    .skip(ClusterLogLimits.SNAPSHOTS_KEPT - 1L)
                    .findFirst()
                    .orElseThrow();
            purgeSnapshotsBefore(keptPosition);
            purgeLogBefore(keptPosition);
        }
    }

    @Override
    public void close() {
        CloseHelper.quietClose(archive);
    }

    private RecordingLog recordingLog() {
        return stack.context().recordingLog();
    }

    private TreeSet<Long> snapshotPositions() {
        TreeSet<Long> positions = new TreeSet<>();
        for (RecordingLog.Entry entry : recordingLog().entries()) {
            if (isSnapshot(entry)) {
                positions.add(entry.logPosition);
            }
        }
        return positions;
    }

    private void takeSnapshotWhenDue(long newestPosition) {
        boolean isDue =
                stack.committedPosition() - newestPosition >= config.sizes().snapshotLogLength();
        if ((isDue || isSnapshotWanted) && stack.isLeader()) {
            if (ClusterControl.ToggleState.SNAPSHOT.toggle(stack.context().controlToggleCounter())) {
                isSnapshotWanted = false;
                LOG.info("snapshot of the metadata begun: position={}", stack.committedPosition());
            }
        }
    }

    private void purgeSnapshotsBefore(long position) {
        for (RecordingLog.Entry entry : List.copyOf(recordingLog().entries())) {
            if (isSnapshot(entry) && entry.logPosition < position && purgedSnapshots.add(entry.recordingId)) {
                try {
                    archive.purgeRecording(entry.recordingId);
                } catch (ArchiveException e) {
                    if (e.errorCode() != ArchiveException.UNKNOWN_RECORDING) { // else: removed by an earlier process
                        LOG.warn("old snapshot of the metadata not removed: recordingId={}", entry.recordingId, e);
                    }
                }
            }
        }
    }

    private void purgeLogBefore(long position) {
        RecordingLog.Entry term = recordingLog().findLastTerm();
        if (term == null) {
            return;
        }
        long segmentStart = AeronArchive.segmentFileBasePosition(
                logStartPosition,
                position,
                config.sizes().termLength(),
                config.sizes().segmentLength());
        if (segmentStart <= logStartPosition) {
            return;
        }
        try {
            archive.purgeSegments(term.recordingId, segmentStart);
            LOG.info("log of the metadata cut at its start: from={}, to={}", logStartPosition, segmentStart);
            logStartPosition = segmentStart;
        } catch (ArchiveException e) {
            LOG.info("log of the metadata is still being read, cut later: reason={}", e.getMessage());
        }
    }

    private static boolean isSnapshot(RecordingLog.Entry entry) {
        return entry.isValid && entry.type == RecordingLog.ENTRY_TYPE_SNAPSHOT;
    }
}
