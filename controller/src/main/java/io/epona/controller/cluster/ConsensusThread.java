package io.epona.controller.cluster;

import io.aeron.Aeron;
import io.aeron.cluster.ElectionState;
import io.epona.controller.ControlLogHandler;
import io.epona.runtime.ParkingSignal;
import io.epona.runtime.Signal;
import io.epona.runtime.SignalledIdleStrategy;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.UUID;
import java.util.concurrent.ThreadLocalRandom;
import org.agrona.CloseHelper;
import org.agrona.concurrent.AgentTerminationException;
import org.agrona.concurrent.IdleStrategy;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The consensus thread: brings this member into the cell (makes one with the others, fetches the log, or just opens
 * what it has), then runs archive, consensus module, the node's own connection, and the upkeep of the log. Everything
 * here belongs to it but for the volatile fields.
 */
final class ConsensusThread implements Runnable {
    private static final Logger LOG = LoggerFactory.getLogger(ConsensusThread.class);
    private static final int IDLE_SPINS = 0;

    private final ClusterLogConfig config;
    private final ClusterLogContext context;
    private final LogErrorHandler errorHandler;
    private final ParkingSignal signal = new ParkingSignal();
    private final ParkingSignal serviceSignal = new ParkingSignal();
    private final IdleStrategy quietIdleStrategy;
    private final IdleStrategy busyIdleStrategy;
    private final IdleStrategy waitIdleStrategy = new WaitIdleStrategy();
    private final Directories directories;
    private final Connection connection = new Connection();
    private final CommandBacklog backlog;
    private final CellFormation formation;
    private final LogService service;
    private final long incarnation = ThreadLocalRandom.current().nextLong();

    private MemberState state;
    private Aeron aeron;
    private StatusExchange exchange;
    private OldLeaderWatch oldLeaderWatch;
    private LocalArchive archive;
    private LogSeeder seeder;
    private ConsensusStack stack;
    private IngressClient client;
    private LogHousekeeping housekeeping;
    private long phaseSinceNs;
    private long reportNs;
    private long housekeepingNs;
    private long electingSinceNs;
    private boolean wasElecting;
    private long loggedElectionState = -1;
    private boolean isBusy = true;
    private boolean isPublished;
    private long knownSessionId = Connection.NONE;
    private boolean isShuttingDown;
    private long busyUntilNs = System.nanoTime();
    private volatile boolean isClosing;
    private volatile boolean isSnapshotWanted;
    private volatile View view = View.NONE;

    /** What other threads may know. */
    record View(boolean isLeader, boolean isElecting, long committedPosition) {
        static final View NONE = new View(false, true, 0);
    }

    ConsensusThread(
            ClusterLogConfig config, ClusterLogContext context, CommandBacklog backlog, ControlLogHandler handler) {
        this.config = config;
        this.context = context;
        this.backlog = backlog;
        this.errorHandler = new LogErrorHandler(context.fatalHandler());
        this.directories = Directories.in(config.directory(), Path.of(config.aeronDirectoryName()));
        this.formation = new CellFormation(config);
        this.service = new LogService(handler, connection, context.fatalHandler());
        this.quietIdleStrategy = new SignalledIdleStrategy(signal, IDLE_SPINS, idleParkNs(config, context));
        this.busyIdleStrategy =
                new SignalledIdleStrategy(signal, IDLE_SPINS, config.timing().busyParkNs());
    }

    /** Wakes the thread: there is a command, or something else to do. Any thread. */
    Signal signal() {
        return signal;
    }

    Connection connection() {
        return connection;
    }

    LogService service() {
        return service;
    }

    View view() {
        return view;
    }

    /** Any thread. */
    void wantSnapshot() {
        isSnapshotWanted = true;
        signal.signal();
    }

    /** Any thread: has the thread close everything and end. */
    void close() {
        errorHandler.closing();
        isClosing = true;
        signal.signal();
    }

    @Override
    public void run() {
        try {
            open();
            while (!isClosing) {
                int work = poll(System.nanoTime());
                wakeOthers(work);
                (isBusy ? busyIdleStrategy : quietIdleStrategy).idle(work);
            }
        } catch (Throwable t) {
            if (!isClosing) {
                LOG.error("control log ended: directory={}", config.directory(), t);
                context.fatalHandler().accept(t);
            }
        } finally {
            closeAll();
        }
    }

    /** Only a driver that wakes this thread lets it sleep for long. */
    private static long idleParkNs(ClusterLogConfig config, ClusterLogContext context) {
        long parkNs = config.timing().idleParkNs();
        return context.driver() == Signal.NONE ? Math.min(parkNs, ClusterLogLimits.POLL_PARK_NS) : parkNs;
    }

    /**
     * The service is woken when it may have something to apply, the driver when something was published that others
     * wait for. What an idle cell says now and then (heartbeats, signs of life) goes out when the driver wakes by
     * itself.
     */
    private void wakeOthers(int work) {
        long sessionId = connection.sessionId();
        if (work > 0 && isBusy || sessionId != knownSessionId) {
            knownSessionId = sessionId;
            serviceSignal.signal();
        }
        if (work > 0 && isBusy || isPublished) {
            isPublished = false;
            context.driver().signal();
        }
    }

    private void open() {
        state = MemberState.open(
                config.directory(),
                config.nodeId(),
                config.members().stream().map(CellMember::nodeId).toList());
        aeron = AeronClients.connect(config, "metadata-consensus", context.driver(), errorHandler);
        exchange = new StatusExchange(config, aeron, incarnation, this::ownStatus);
        oldLeaderWatch = new OldLeaderWatch(config, exchange, backlog);
        phaseSinceNs = System.nanoTime();
        reportNs = phaseSinceNs;
        if (state.phase() != MemberState.Phase.MEMBER) {
            LOG.info("this node has no metadata yet: phase={}, directory={}", state.phase(), config.directory());
            directories.wipeLog();
        }
    }

    private int poll(long nowNs) {
        int answered = exchange.poll(nowNs);
        isPublished |= answered > 0;
        int work = aeron.conductorAgentInvoker().invoke() + answered;
        if (aeron.isClosed()) {
            throw new ClusterLogException("the media driver's client has closed: directory="
                    + config.aeronDirectoryName() + "; the driver has ended or was silent for too long");
        }
        if (stack != null) {
            return work + run(nowNs);
        }
        if (seeder != null) {
            return work + seed(nowNs);
        }
        if (state.phase() == MemberState.Phase.MEMBER) {
            return work + rejoin(nowNs);
        }
        return work + join(nowNs);
    }

    /** A member with a log: opens it, unless the others have meanwhile cut what it would need from them. */
    private int rejoin(long nowNs) {
        isPublished |= exchange.ask(nowNs) > 0;
        requireSameCell();
        MemberStatus leader = exchange.heard().values().stream()
                .map(StatusExchange.Heard::status)
                .filter(MemberStatus::isLeader)
                .findFirst()
                .orElse(null);
        if (leader == null && nowNs - phaseSinceNs < ClusterLogLimits.BEHIND_CHECK_NS) {
            return 0;
        }
        openArchive();
        long endPosition =
                leader == null ? Long.MAX_VALUE : archive.logEndPosition(directories, aeron, waitIdleStrategy);
        if (leader == null || leader.logStartPosition() <= endPosition) {
            launch(nowNs);
        } else {
            LOG.warn(
                    "this node was away for so long that the others have cut what it would need: position={}, "
                            + "theirs begins at={}; it fetches everything from them",
                    endPosition,
                    leader.logStartPosition());
            CloseHelper.quietClose(archive);
            archive = null;
            become(MemberState.Phase.SEEDING, state.cellId());
            directories.wipeLog();
        }
        return 1;
    }

    private int join(long nowNs) {
        isPublished |= exchange.ask(nowNs) > 0;
        switch (formation.decide(state, exchange.heard(), nowNs)) {
            case CellFormation.Decision.Wait wait -> report(nowNs, wait.reason());
            case CellFormation.Decision.Form form -> {
                LOG.info("all members have no metadata: a new cell is made: cellId={}", form.cellId());
                become(MemberState.Phase.MEMBER, form.cellId());
                openArchive();
                launch(nowNs);
            }
            case CellFormation.Decision.Seed seed -> {
                LOG.info(
                        "metadata are fetched from the leader: cellId={}, position={}",
                        seed.cellId(),
                        seed.targetPosition());
                become(MemberState.Phase.SEEDING, seed.cellId());
                directories.wipeLog();
                openArchive();
                seeder = new LogSeeder(
                        config, directories, aeron, archive, errorHandler, waitIdleStrategy, seed.targetPosition());
                phaseSinceNs = nowNs;
            }
        }
        return 0;
    }

    private int seed(long nowNs) {
        int work = seeder.poll();
        if (seeder.isDone()) {
            LOG.info("metadata are here: position={}", seeder.position());
            closeSeeder();
            become(MemberState.Phase.MEMBER, state.cellId());
            openArchive();
            launch(nowNs);
        } else if (nowNs - phaseSinceNs > ClusterLogLimits.SEED_TIMEOUT_NS) {
            LOG.warn("metadata did not come, begun again: position={}", seeder.position());
            closeSeeder();
            directories.wipeLog();
            phaseSinceNs = nowNs;
        }
        return work;
    }

    private int run(long nowNs) {
        int recorded = stack.invokeArchive();
        int work = recorded + stack.invokeModule();
        if (!stack.isRunning()) {
            throw new ClusterLogException("consensus module has ended; the log says why: nodeId=" + config.nodeId());
        }
        View now = new View(stack.isLeader(), stack.isElecting(), stack.committedPosition());
        if (!now.equals(view)) {
            view = now;
            busyUntilNs = nowNs + ClusterLogLimits.BUSY_NS;
        }
        // What a leader takes in goes to the others; what a follower has recorded is confirmed.
        isPublished |= recorded > 0 || work > 0 && now.isLeader();
        int sent = client.poll(nowNs, now.isElecting() ? Long.MAX_VALUE : service.leadershipTermId());
        isPublished |= client.hasSentCommands();
        work += sent;
        isBusy = now.isElecting() || nowNs - busyUntilNs < 0;
        if (nowNs - housekeepingNs >= ClusterLogLimits.HOUSEKEEPING_INTERVAL_NS || isSnapshotWanted) {
            housekeepingNs = nowNs;
            if (isSnapshotWanted) {
                isSnapshotWanted = false;
                housekeeping.wantSnapshot();
            }
            housekeeping.run();
        }
        logElection();
        checkBehind(nowNs, now.isElecting());
        isPublished |= oldLeaderWatch.poll(nowNs, service, now.isLeader()) > 0;
        return work;
    }

    private void logElection() {
        long electionState = stack.context().electionStateCounter().get();
        if (electionState != loggedElectionState) {
            loggedElectionState = electionState;
            LOG.debug("election: state={}", ElectionState.get(electionState));
        }
    }

    /** A member that cannot join for long may need a part of the log that nobody has any more. */
    private void checkBehind(long nowNs, boolean isElecting) {
        if (isElecting && !wasElecting) {
            electingSinceNs = nowNs;
        }
        wasElecting = isElecting;
        if (!isElecting || nowNs - electingSinceNs < ClusterLogLimits.BEHIND_SUSPECT_NS) {
            return;
        }
        isPublished |= exchange.ask(nowNs) > 0;
        requireSameCell();
        for (StatusExchange.Heard heard : exchange.heard().values()) {
            if (nowNs - heard.timeNs() < ClusterLogLimits.STATUS_FRESH_NS
                    && heard.status().isLeader()
                    && heard.status().logStartPosition() > stack.committedPosition()) {
                become(MemberState.Phase.SEEDING, state.cellId());
                throw new ClusterLogException("the others have cut the log that this node would need: position="
                        + stack.committedPosition() + ", theirs begins at="
                        + heard.status().logStartPosition()
                        + "; start the node again, it then fetches everything from them");
            }
        }
    }

    private void openArchive() {
        // what fetched the metadata may have had them until now
        PortCheck.awaitFree(config.self(), CellMember.Service.ARCHIVE, waitIdleStrategy);
        PortCheck.awaitFree(config.self(), CellMember.Service.CATCH_UP, waitIdleStrategy);
        archive = LocalArchive.launch(config, directories, context.driver(), errorHandler);
    }

    private void launch(long nowNs) {
        stack = ConsensusStack.launch(
                new ConsensusStack.Parts(
                        config,
                        context,
                        directories,
                        aeron,
                        service,
                        errorHandler,
                        waitIdleStrategy,
                        new SignalledIdleStrategy(
                                serviceSignal, IDLE_SPINS, config.timing().serviceIdleParkNs())),
                archive);
        housekeeping = new LogHousekeeping(config, stack, aeron, waitIdleStrategy);
        client = new IngressClient(config, aeron, connection, backlog, context.isHealthy(), waitIdleStrategy);
        housekeepingNs = nowNs;
        electingSinceNs = nowNs;
    }

    private void become(MemberState.Phase phase, UUID cellId) {
        state = state.with(phase, cellId);
        state.store(config.directory());
    }

    private void requireSameCell() {
        for (StatusExchange.Heard heard : exchange.heard().values()) {
            MemberStatus other = heard.status();
            if (other.phase() != MemberState.Phase.EMPTY && !other.cellId().equals(state.cellId())) {
                throw new ClusterLogException("node " + other.nodeId()
                        + " has the metadata of another cell: its cell.id="
                        + other.cellId() + ", this node's=" + state.cellId() + ", directory=" + config.directory()
                        + "; one of them has a wrong or an old directory");
            }
        }
    }

    private void report(long nowNs, String reason) {
        if (nowNs - reportNs >= ClusterLogLimits.REPORT_INTERVAL_NS) {
            reportNs = nowNs;
            LOG.info("control log waits for {}", reason);
        }
    }

    private MemberStatus ownStatus(MemberStatus.Kind kind, long askerIncarnation) {
        boolean isRunning = stack != null;
        return new MemberStatus(
                kind,
                config.nodeId(),
                askerIncarnation,
                state.cellId(),
                state.phase(),
                isRunning ? stack.context().recordingLog().findLastTerm() != null : hasTermsOnDisk(),
                isRunning && stack.isLeader(),
                isRunning ? stack.leadershipTermId() : -1,
                isRunning ? stack.committedPosition() : 0,
                housekeeping == null ? 0 : housekeeping.logStartPosition());
    }

    private boolean hasTermsOnDisk() {
        return directories.consensus().resolve("recording.log").toFile().length() > 0;
    }

    private void closeSeeder() {
        CloseHelper.quietClose(seeder);
        seeder = null;
        archive = null;
    }

    private void closeAll() {
        isShuttingDown = true;
        errorHandler.closing();
        view = View.NONE;
        CloseHelper.quietCloseAll(client, housekeeping, stack, seeder, archive, exchange, aeron);
        try {
            MemberState.wipe(directories.marks(), List.of());
            Files.deleteIfExists(directories.marks());
        } catch (IOException | ClusterLogException e) {
            LOG.warn("mark files not removed, the next start does it: directory={}", directories.marks(), e);
        }
    }

    /** While consensus waits for something, the archive runs and the service is awake: one of them is waited for. */
    private final class WaitIdleStrategy implements IdleStrategy {
        @Override
        public void idle(int workCount) {
            if (workCount > 0) {
                busyIdleStrategy.reset();
            } else {
                idle();
            }
        }

        @Override
        public void idle() {
            if (isClosing && !isShuttingDown) {
                throw new AgentTerminationException("control log is closed while it waits");
            }
            serviceSignal.signal();
            context.driver().signal();
            if (!isShuttingDown) {
                exchange.poll(System.nanoTime()); // the others need not wait for what this member waits for
            }
            LocalArchive current = archive;
            busyIdleStrategy.idle(current == null ? 0 : current.invoke());
        }

        @Override
        public void reset() {
            busyIdleStrategy.reset();
        }
    }
}
