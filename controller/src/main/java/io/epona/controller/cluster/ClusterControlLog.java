package io.epona.controller.cluster;

import io.aeron.CncFileDescriptor;
import io.epona.controller.ControlLog;
import io.epona.controller.ControlLogHandler;
import io.epona.controller.ControlLogStatus;
import io.epona.runtime.Signal;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.function.Consumer;
import org.agrona.DirectBuffer;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The control log of a cell of several nodes: Aeron Cluster (Raft), embedded. Two threads: the consensus thread (see
 * {@link ConsensusThread}) and the service thread, which calls the handler. Any thread may submit and ask.
 *
 * <p>{@link #start} returns at once. The handler hears of a connection when the cell has a leader, which with all
 * members of a new cell, or a quorum of the members of an old one, takes about as long as the startup canvass. A
 * command that was submitted before that waits for it.
 *
 * <p>The node's connection is its sign of life: while it is up the node says so about every keep-alive interval, which
 * costs the log nothing; when it has been silent for the session timeout the leader puts the end of its session into
 * the log, and every handler hears {@link ControlLogHandler#onSessionClosed}. A node that was silent but lives on gets
 * a new session by itself, and its handler hears {@link ControlLogHandler#onConnected}: what is submitted within that
 * call goes before everything else that waits.
 *
 * <p>What fails for good is told to the context's fatal handler, once, from one of the threads: the node must end.
 */
public final class ClusterControlLog implements ControlLog {
    /** Below one segment the archive records nothing any more. */
    private static final long SPARE_SEGMENTS = 2;

    private static final Logger LOG = LoggerFactory.getLogger(ClusterControlLog.class);

    private final ClusterLogConfig config;
    private final ClusterLogContext context;
    private final List<Integer> memberIds;
    private final CommandBacklog backlog = new CommandBacklog();
    private ConsensusThread consensus;
    private Thread thread;
    private volatile ConsensusThread running;
    private volatile boolean isClosed;

    /**
     * Checks the directory and the ports; starts nothing.
     *
     * @throws ClusterLogException when the directory cannot be used, a port is taken or there is no driver.
     */
    public ClusterControlLog(ClusterLogConfig config, ClusterLogContext context) {
        this.config = config;
        this.context = new ClusterLogContext(
                context.threadFactory(), context.isHealthy(), new FirstOnly(context.fatalHandler()), context.driver());
        this.memberIds =
                config.members().stream().map(CellMember::nodeId).sorted().toList();
        requireDriver(config);
        Directories.in(config.directory(), Path.of(config.aeronDirectoryName()))
                .prepare(SPARE_SEGMENTS * config.sizes().segmentLength());
        PortCheck.requireFree(config.self());
    }

    @Override
    public synchronized void start(ControlLogHandler handler) {
        if (consensus != null || isClosed) {
            throw new IllegalStateException("control log is started once: nodeId=" + config.nodeId());
        }
        consensus = new ConsensusThread(config, context, backlog, handler);
        thread = context.threadFactory().newThread(consensus);
        thread.setName("metadata-consensus-" + config.nodeId());
        running = consensus;
        thread.start();
    }

    @Override
    public boolean submit(DirectBuffer buffer, int offset, int length) {
        if (length > maxCommandLength()) {
            throw new IllegalArgumentException(
                    "command is too long: length=" + length + ", limit=" + maxCommandLength());
        }
        ConsensusThread current = running;
        if (isClosed || current == null) {
            return false;
        }
        boolean isUrgent = current.connection().isCalledByAnnouncement();
        boolean isTaken = backlog.offer(LoggedMessage.command(buffer, offset, length), isUrgent);
        current.signal().signal();
        return isTaken;
    }

    @Override
    public int maxCommandLength() {
        return config.sizes().maxCommandLength();
    }

    @Override
    public ControlLogStatus status() {
        ConsensusThread current = running;
        if (current == null) {
            return new ControlLogStatus(-1, -1, 0, memberIds);
        }
        ConsensusThread.View view = current.view();
        return new ControlLogStatus(
                view.isElecting() ? -1 : current.service().leaderId(),
                (int) current.service().leadershipTermId(),
                view.committedPosition(),
                memberIds);
    }

    /** For the media driver: something came for the log, or for its clients. */
    public Signal onReceived() {
        return () -> {
            ConsensusThread current = running;
            if (current != null) {
                current.signal().signal();
            }
        };
    }

    /** Whether this node leads the log. Any thread. */
    public boolean isLeader() {
        ConsensusThread current = running;
        return current != null && current.view().isLeader();
    }

    /** Has a snapshot taken soon, when this node leads; for tests and for operators. Any thread. */
    public void takeSnapshot() {
        ConsensusThread current = running;
        if (current != null) {
            current.wantSnapshot();
        }
    }

    @Override
    public synchronized void close() {
        if (isClosed) {
            return;
        }
        isClosed = true;
        if (thread == null) {
            return;
        }
        consensus.close();
        try {
            thread.join(ClusterLogLimits.CLOSE_TIMEOUT_MS);
            if (thread.isAlive()) {
                LOG.warn("consensus thread does not end, interrupted: nodeId={}", config.nodeId());
                thread.interrupt();
                thread.join(ClusterLogLimits.CLOSE_TIMEOUT_MS);
            }
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            LOG.warn("interrupted while the control log was closed: nodeId={}", config.nodeId());
        }
    }

    /** Aeron's client would wait for minutes for a driver that was never launched. */
    private static void requireDriver(ClusterLogConfig config) {
        if (!Files.exists(Path.of(config.aeronDirectoryName(), CncFileDescriptor.CNC_FILE))) {
            throw new ClusterLogException("there is no media driver: directory=" + config.aeronDirectoryName()
                    + "; it must be launched before the control log");
        }
    }

    /** Passes the first failure on: those that follow are its consequences. */
    private static final class FirstOnly implements Consumer<Throwable> {
        private final AtomicBoolean isTold = new AtomicBoolean();
        private final Consumer<Throwable> delegate;

        FirstOnly(Consumer<Throwable> delegate) {
            this.delegate = delegate;
        }

        @Override
        public void accept(Throwable failure) {
            if (isTold.compareAndSet(false, true)) {
                delegate.accept(failure);
            }
        }
    }
}
