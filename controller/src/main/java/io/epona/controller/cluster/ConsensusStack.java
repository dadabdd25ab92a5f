package io.epona.controller.cluster;

import io.aeron.Aeron;
import io.aeron.AeronCounters;
import io.aeron.archive.client.AeronArchive;
import io.aeron.cluster.ConsensusModule;
import io.aeron.cluster.ElectionState;
import io.aeron.cluster.service.Cluster;
import io.aeron.cluster.service.ClusterCounters;
import io.aeron.cluster.service.ClusteredServiceContainer;
import org.agrona.CloseHelper;
import org.agrona.ExpandableArrayBuffer;
import org.agrona.concurrent.IdleStrategy;
import org.agrona.concurrent.status.AtomicCounter;

/**
 * The running member: consensus module on the consensus thread, which runs the archive too, and the service that
 * applies the log on a thread of its own (Aeron lets consensus wait for the service, and the other way round, so they
 * cannot share one). Used by the consensus thread, except for the positions and states, which are counters.
 *
 * <p>Durability: the recording log (terms and snapshots) and the vote are forced with file sync level 2 before anything
 * is said that depends on them; {@link LocalArchive} says it of the log itself.
 */
final class ConsensusStack implements AutoCloseable {
    static final int CLUSTER_ID = 0;
    static final int HOUSEKEEPING_RESPONSE_STREAM_ID = 301;

    private static final int SERVICE_ID = 0;
    private static final int CONSENSUS_RESPONSE_STREAM_ID = 302;
    private static final int SERVICE_RESPONSE_STREAM_ID = 303;

    private final LocalArchive archive;
    private final Aeron serviceAeron;
    private final ClusteredServiceContainer container;
    private final ConsensusModule consensusModule;
    private final VoterPatience voterPatience;

    /** What the parts are made of. */
    record Parts(
            ClusterLogConfig config,
            ClusterLogContext context,
            Directories directories,
            Aeron aeron,
            LogService service,
            LogErrorHandler errorHandler,
            IdleStrategy idleStrategy,
            IdleStrategy serviceIdleStrategy) {}

    private ConsensusStack(
            LocalArchive archive,
            Aeron serviceAeron,
            ClusteredServiceContainer container,
            ConsensusModule consensusModule,
            VoterPatience voterPatience) {
        this.archive = archive;
        this.serviceAeron = serviceAeron;
        this.container = container;
        this.consensusModule = consensusModule;
        this.voterPatience = voterPatience;
    }

    /**
     * Launches all parts; returns when the newest snapshot is loaded and the service is ready.
     *
     * @param archive closed by this when it closes, and when it does not come up.
     */
    static ConsensusStack launch(Parts parts, LocalArchive archive) {
        Aeron serviceAeron = null;
        ClusteredServiceContainer container = null;
        try {
            serviceAeron = AeronClients.connect(
                    parts.config(), "metadata-service", parts.context().driver(), parts.errorHandler());
            container = ClusteredServiceContainer.launch(containerContext(parts, archive, serviceAeron));
            ConsensusModule module = ConsensusModule.launch(moduleContext(parts, archive));
            MappedPages.take(parts.directories().consensus().resolve(Directories.VOTE_FILE_NAME));
            VoterPatience patience =
                    new VoterPatience(module.context(), parts.config().timing());
            return new ConsensusStack(archive, serviceAeron, container, module, patience);
        } catch (RuntimeException e) {
            parts.errorHandler().closing();
            CloseHelper.quietCloseAll(container, serviceAeron, archive);
            throw new ClusterLogException(
                    "control log cannot be started: directory="
                            + parts.directories().root() + ", reason=" + e.getMessage(),
                    e);
        }
    }

    /** Runs the archive for one duty cycle: more than 0 when the log grew. */
    int invokeArchive() {
        return archive.invoke();
    }

    /** Runs the consensus module for one duty cycle. */
    int invokeModule() {
        int work = consensusModule.conductorAgentInvoker().invoke();
        voterPatience.poll();
        return work;
    }

    boolean isRunning() {
        return archive.isRunning() && consensusModule.conductorAgentInvoker().isRunning();
    }

    LocalArchive archive() {
        return archive;
    }

    ConsensusModule.Context context() {
        return consensusModule.context();
    }

    /** Whether this member leads, an election being over. */
    boolean isLeader() {
        ConsensusModule.Context context = context();
        return context.clusterNodeRoleCounter().get() == Cluster.Role.LEADER.code() && !isElecting();
    }

    boolean isElecting() {
        return context().electionStateCounter().get() != ElectionState.CLOSED.code();
    }

    long committedPosition() {
        return context().commitPositionCounter().get();
    }

    long leadershipTermId() {
        return context().leadershipTermIdCounter().get();
    }

    @Override
    public void close() {
        CloseHelper.quietCloseAll(consensusModule, container, serviceAeron, archive);
    }

    private static ConsensusModule.Context moduleContext(Parts parts, LocalArchive archive) {
        ClusterLogConfig config = parts.config();
        ClusterLogTiming timing = config.timing();
        String term = "term-length=" + config.sizes().termLength();
        return new ConsensusModule.Context()
                .clusterId(CLUSTER_ID)
                .clusterMemberId(config.nodeId())
                .clusterMembers(CellMember.clusterMembers(config.members()))
                .aeron(parts.aeron())
                .ownsAeronClient(false)
                .errorCounter(errorCounter(parts.aeron(), "Cluster Errors"))
                .errorHandler(parts.errorHandler())
                .clusterDir(parts.directories().consensusFile())
                .markFileDir(parts.directories().marksFile())
                .fileSyncLevel(LocalArchive.FILE_SYNC_LEVEL)
                .clusterClock(new PausingClusterClock())
                .archiveContext(archive.clientContext(CONSENSUS_RESPONSE_STREAM_ID, true, parts.idleStrategy()))
                .useAgentInvoker(true)
                .idleStrategySupplier(() -> parts.idleStrategy())
                .authenticatorSupplier(NodeIdentity::new)
                .serviceCount(1)
                .maxConcurrentSessions(ClusterLogLimits.MAX_SESSIONS)
                .ingressChannel("aeron:udp?" + term)
                .isIpcIngressAllowed(false)
                .logChannel("aeron:udp?" + term + "|fc=min,t:" + ClusterLogLimits.SLOW_FOLLOWER_PATIENCE_NS + "ns")
                .consensusChannel("aeron:udp?term-length=64k")
                .controlChannel("aeron:ipc?term-length=64k")
                .replayChannel("aeron:ipc?alias=metadata-replay")
                .snapshotChannel("aeron:ipc?alias=metadata-snapshot|" + term)
                .replicationChannel(
                        "aeron:udp?term-length=64k|endpoint=" + config.self().anyPortEndpoint())
                .followerCatchupChannel("aeron:udp?" + term)
                .leaderArchiveControlChannel("aeron:udp?term-length=64k")
                .leaderHeartbeatIntervalNs(timing.leaderHeartbeatIntervalNs())
                .leaderHeartbeatTimeoutNs(timing.leaderHeartbeatTimeoutNs())
                .electionTimeoutNs(timing.electionTimeoutNs())
                .electionStatusIntervalNs(timing.electionStatusIntervalNs())
                .startupCanvassTimeoutNs(timing.startupCanvassTimeoutNs())
                .sessionTimeoutNs(timing.sessionTimeoutNs());
    }

    private static ClusteredServiceContainer.Context containerContext(
            Parts parts, LocalArchive archive, Aeron serviceAeron) {
        ClusterLogConfig config = parts.config();
        String term = "term-length=" + config.sizes().termLength();
        AeronArchive.Context archiveContext =
                archive.clientContext(SERVICE_RESPONSE_STREAM_ID, false, parts.serviceIdleStrategy());
        return new ClusteredServiceContainer.Context()
                .clusterId(CLUSTER_ID)
                .serviceId(SERVICE_ID)
                .serviceName("metadata-service")
                .aeron(serviceAeron)
                .ownsAeronClient(false)
                .errorCounter(errorCounter(serviceAeron, "Cluster Container Errors"))
                .errorHandler(parts.errorHandler())
                .clusterDir(parts.directories().consensusFile())
                .markFileDir(parts.directories().marksFile())
                .archiveContext(archiveContext)
                .clusteredService(parts.service())
                .isRespondingService(false)
                .controlChannel("aeron:ipc?term-length=64k")
                .replayChannel("aeron:ipc?alias=metadata-service-replay")
                .snapshotChannel("aeron:ipc?alias=metadata-service-snapshot|" + term)
                .threadFactory(parts.context().threadFactory())
                .idleStrategySupplier(() -> parts.serviceIdleStrategy());
    }

    private static AtomicCounter errorCounter(Aeron aeron, String name) {
        ExpandableArrayBuffer buffer = new ExpandableArrayBuffer();
        return ClusterCounters.allocate(
                aeron, buffer, name, AeronCounters.CLUSTER_CONSENSUS_MODULE_ERROR_COUNT_TYPE_ID, CLUSTER_ID);
    }
}
