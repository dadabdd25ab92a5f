package io.epona.controller.cluster;

import io.aeron.Aeron;
import io.aeron.AeronCounters;
import io.aeron.archive.client.AeronArchive;
import io.aeron.cluster.ClusterBackup;
import io.aeron.cluster.ClusterBackup.Configuration.ReplayStart;
import io.aeron.cluster.service.ClusterCounters;
import java.util.stream.Collectors;
import org.agrona.CloseHelper;
import org.agrona.ExpandableArrayBuffer;
import org.agrona.concurrent.IdleStrategy;
import org.agrona.concurrent.status.AtomicCounter;

/**
 * Fetches the newest snapshot and the log after it from the leader into a directory that has none, before this member
 * takes part in consensus: Aeron's cluster backup, run until it has the log up to a position, then closed. Used by the
 * consensus thread only.
 */
final class LogSeeder implements AutoCloseable {
    private static final int RESPONSE_STREAM_ID = 304;
    private static final int REMOTE_RESPONSE_STREAM_ID = 305;
    private static final long RETRY_NS = 200_000_000L;

    private final LocalArchive archive;
    private final ClusterBackup backup;
    private final long targetPosition;

    /**
     * Begins.
     *
     * @param archive over an empty directory; closed by this.
     * @param targetPosition what the leader had committed when it was known to lead without this member's help.
     */
    LogSeeder(
            ClusterLogConfig config,
            Directories directories,
            Aeron aeron,
            LocalArchive archive,
            LogErrorHandler errorHandler,
            IdleStrategy idleStrategy,
            long targetPosition) {
        this.archive = archive;
        this.targetPosition = targetPosition;
        try {
            this.backup = ClusterBackup.launch(
                    context(config, directories, aeron, archive, idleStrategy).errorHandler(errorHandler));
        } catch (RuntimeException e) {
            CloseHelper.quietClose(archive);
            throw e;
        }
    }

    int poll() {
        return archive.invoke() + backup.conductorAgentInvoker().invoke();
    }

    /** Whether everything up to the target is on this member's device, and its recording log says so. */
    boolean isDone() {
        return backup.context().stateCounter().get() == ClusterBackup.State.BACKING_UP.code()
                && backup.context().liveLogPositionCounter().get() >= targetPosition;
    }

    /** Bytes of the log that are here. */
    long position() {
        return backup.context().liveLogPositionCounter().get();
    }

    @Override
    public void close() {
        CloseHelper.quietCloseAll(backup, archive);
    }

    private static ClusterBackup.Context context(
            ClusterLogConfig config,
            Directories directories,
            Aeron aeron,
            LocalArchive archive,
            IdleStrategy idleStrategy) {
        CellMember self = config.self();
        AeronArchive.Context remote = new AeronArchive.Context()
                .controlRequestChannel("aeron:udp?term-length=64k")
                .controlRequestStreamId(AeronArchive.Configuration.controlStreamId())
                .controlResponseChannel("aeron:udp?term-length=64k|endpoint=" + self.anyPortEndpoint())
                .controlResponseStreamId(REMOTE_RESPONSE_STREAM_ID)
                .messageTimeoutNs(ClusterLogLimits.CONNECT_TIMEOUT_NS)
                .idleStrategy(idleStrategy);
        AtomicCounter errorCounter = ClusterCounters.allocate(
                aeron,
                new ExpandableArrayBuffer(),
                "Seeding Errors",
                AeronCounters.CLUSTER_BACKUP_ERROR_COUNT_TYPE_ID,
                ConsensusStack.CLUSTER_ID);
        return new ClusterBackup.Context()
                .clusterId(ConsensusStack.CLUSTER_ID)
                .aeron(aeron)
                .ownsAeronClient(false)
                .errorCounter(errorCounter)
                .clusterDir(directories.consensusFile())
                .markFileDir(directories.marksFile())
                .useAgentInvoker(true)
                .archiveContext(archive.clientContext(RESPONSE_STREAM_ID, true, idleStrategy))
                .clusterArchiveContext(remote)
                .consensusChannel("aeron:udp?term-length=64k|endpoint=" + self.endpoint(CellMember.Service.CONSENSUS))
                .clusterConsensusEndpoints(config.peers().stream()
                        .map(peer -> peer.endpoint(CellMember.Service.CONSENSUS))
                        .collect(Collectors.joining(",")))
                .catchupEndpoint(self.endpoint(CellMember.Service.CATCH_UP))
                .catchupChannel("aeron:udp?term-length=" + config.sizes().termLength())
                .sourceType(ClusterBackup.SourceType.LEADER)
                .initialReplayStart(ReplayStart.LATEST_SNAPSHOT)
                .clusterBackupResponseTimeoutNs(RETRY_NS)
                .clusterBackupCoolDownIntervalNs(RETRY_NS)
                .clusterBackupProgressTimeoutNs(ClusterLogLimits.CONNECT_TIMEOUT_NS)
                .replicationProgressTimeoutNs(ClusterLogLimits.CONNECT_TIMEOUT_NS)
                .terminationHook(() -> {});
    }
}
