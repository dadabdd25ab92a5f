package io.epona.controller.cluster;

import io.aeron.Aeron;
import io.aeron.AeronCounters;
import io.aeron.archive.Archive;
import io.aeron.archive.ArchiveCounters;
import io.aeron.archive.ArchiveThreadingMode;
import io.aeron.archive.ArchiveTool;
import io.aeron.archive.client.AeronArchive;
import io.aeron.archive.client.ArchiveException;
import io.aeron.cluster.RecordingLog;
import io.epona.runtime.Signal;
import java.io.ByteArrayOutputStream;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.util.EnumSet;
import org.agrona.CloseHelper;
import org.agrona.ErrorHandler;
import org.agrona.ExpandableArrayBuffer;
import org.agrona.concurrent.IdleStrategy;
import org.agrona.concurrent.status.AtomicCounter;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * This member's archive: records the log and snapshots, and replays them. Run by the consensus thread, also from within
 * its waits.
 *
 * <p>Durability: file sync level 2. The recorder forces data and metadata of a segment file after each write and only
 * then moves the recording's position on; the consensus module tells nobody of a position that the recorder has not
 * reached, so a command is committed when it is on the devices of a quorum. New segment files and their directory are
 * forced when made, the catalogue (also level 2) whenever it changes. Each frame has a CRC-32C, checked whenever it is
 * replayed: to the own service, to a member that catches up, or for a snapshot.
 */
final class LocalArchive implements AutoCloseable {
    private static final Logger LOG = LoggerFactory.getLogger(LocalArchive.class);

    /** Data and metadata of each write, see above. */
    static final int FILE_SYNC_LEVEL = 2;

    /** Only this archive uses it, within the process. */
    private static final String CONTROL_CHANNEL = "aeron:ipc?term-length=64k|alias=metadata-archive";

    private static final String TORN_TAIL_MESSAGE = "straddling page boundary";
    private static final String CATALOG_NAME = "archive.catalog";
    private static final int CATALOG_CAPACITY = 64 * 1024;

    private final Aeron aeron;
    private final Archive archive;

    private LocalArchive(Aeron aeron, Archive archive) {
        this.aeron = aeron;
        this.archive = archive;
    }

    /**
     * Opens the archive. A last frame that a power cut has torn was never acknowledged to anybody: it is cut.
     *
     * @throws ClusterLogException when it cannot be opened.
     */
    static LocalArchive launch(
            ClusterLogConfig config, Directories directories, Signal driver, ErrorHandler errorHandler) {
        Aeron aeron = AeronClients.connect(config, "metadata-archive", driver, errorHandler);
        Archive archive = null;
        try {
            try {
                archive = Archive.launch(context(config, directories, aeron, errorHandler));
            } catch (ArchiveException e) {
                if (e.getMessage() == null || !e.getMessage().contains(TORN_TAIL_MESSAGE)) {
                    throw e;
                }
                cutTornTail(directories, e);
                archive = Archive.launch(context(config, directories, aeron, errorHandler));
            }
            MappedPages.take(directories.archive().resolve(CATALOG_NAME));
            return new LocalArchive(aeron, archive);
        } catch (RuntimeException e) {
            CloseHelper.quietCloseAll(archive, aeron);
            throw new ClusterLogException(
                    "archive of the metadata cannot be opened: directory=" + directories.archive() + ", reason="
                            + e.getMessage(),
                    e);
        }
    }

    /** Runs the archive for one duty cycle. */
    int invoke() {
        return archive.invoker().invoke();
    }

    /** Whether the archive still runs. */
    boolean isRunning() {
        return archive.invoker().isRunning();
    }

    /**
     * How a client in this process reaches the archive. A client on the consensus thread runs the archive while it
     * waits for it.
     *
     * @param responseStreamId of the client alone.
     */
    AeronArchive.Context clientContext(int responseStreamId, boolean isOnConsensusThread, IdleStrategy idleStrategy) {
        AeronArchive.Context context = new AeronArchive.Context()
                .controlRequestChannel(CONTROL_CHANNEL)
                .controlRequestStreamId(AeronArchive.Configuration.localControlStreamId())
                .controlResponseChannel("aeron:ipc?term-length=64k")
                .controlResponseStreamId(responseStreamId)
                .messageTimeoutNs(ClusterLogLimits.ARCHIVE_TIMEOUT_NS)
                .idleStrategy(idleStrategy);
        return isOnConsensusThread ? context.agentInvoker(archive.invoker()) : context;
    }

    /**
     * The end of the log that is on this member's device, before the consensus module has opened it.
     *
     * @return 0 when there is no log.
     */
    long logEndPosition(Directories directories, Aeron client, IdleStrategy idleStrategy) {
        long recordingId;
        try (RecordingLog recordingLog = new RecordingLog(directories.consensusFile(), true)) {
            recordingId = recordingLog.findLastTermRecordingId();
        }
        if (recordingId == Aeron.NULL_VALUE) {
            return 0;
        }
        try (AeronArchive recordings =
                AeronArchive.connect(clientContext(ConsensusStack.HOUSEKEEPING_RESPONSE_STREAM_ID, true, idleStrategy)
                        .aeron(client)
                        .ownsAeronClient(false))) {
            return recordings.getMaxRecordedPosition(recordingId);
        }
    }

    @Override
    public void close() {
        CloseHelper.quietCloseAll(archive, aeron);
    }

    private static Archive.Context context(
            ClusterLogConfig config, Directories directories, Aeron aeron, ErrorHandler errorHandler) {
        CellMember self = config.self();
        AtomicCounter errorCounter = ArchiveCounters.allocate(
                aeron,
                new ExpandableArrayBuffer(),
                AeronCounters.ARCHIVE_ERROR_COUNT_TYPE_ID,
                "Archive Errors",
                config.nodeId());
        return new Archive.Context()
                .aeron(aeron)
                .ownsAeronClient(false)
                .errorCounter(errorCounter)
                .errorHandler(errorHandler)
                .archiveId(config.nodeId())
                .archiveDir(directories.archiveFile())
                .markFileDir(directories.marksFile())
                .threadingMode(ArchiveThreadingMode.INVOKER)
                .fileSyncLevel(FILE_SYNC_LEVEL)
                .catalogFileSyncLevel(FILE_SYNC_LEVEL)
                .catalogCapacity(CATALOG_CAPACITY)
                .recordChecksum(FrameChecksum.INSTANCE)
                .replayChecksum(FrameChecksum.INSTANCE)
                .segmentFileLength(config.sizes().segmentLength())
                .lowStorageSpaceThreshold(config.sizes().segmentLength())
                .localControlChannel(CONTROL_CHANNEL)
                .localControlStreamId(AeronArchive.Configuration.localControlStreamId())
                .controlChannel("aeron:udp?term-length=64k|endpoint=" + self.endpoint(CellMember.Service.ARCHIVE))
                .replicationChannel("aeron:udp?term-length=64k|endpoint=" + self.anyPortEndpoint())
                .recordingEventsEnabled(false);
    }

    private static void cutTornTail(Directories directories, ArchiveException cause) {
        LOG.warn("archive of the metadata ends in a torn frame, which is cut: {}", cause.getMessage());
        ByteArrayOutputStream report = new ByteArrayOutputStream();
        try (PrintStream out = new PrintStream(report, true, StandardCharsets.UTF_8)) {
            ArchiveTool.verify(
                    out, directories.archiveFile(), EnumSet.noneOf(ArchiveTool.VerifyOption.class), null, file -> true);
        }
        LOG.warn("archive of the metadata verified: {}", report.toString(StandardCharsets.UTF_8));
    }
}
