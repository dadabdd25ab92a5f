package io.epona.controller.cluster;

import io.aeron.ExclusivePublication;
import io.aeron.FragmentAssembler;
import io.aeron.Image;
import io.aeron.Publication;
import io.aeron.cluster.codecs.CloseReason;
import io.aeron.cluster.service.ClientSession;
import io.aeron.cluster.service.Cluster;
import io.aeron.cluster.service.ClusteredService;
import io.aeron.logbuffer.Header;
import io.epona.controller.ControlLogHandler;
import io.epona.controller.ControllerLimits;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.function.Consumer;
import org.agrona.DirectBuffer;
import org.agrona.concurrent.AgentTerminationException;
import org.agrona.concurrent.UnsafeBuffer;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Hands what the log has for good to the handler, on the service thread: the only thread that calls the handler, and
 * the only one that uses anything here but the volatile fields. An exception of the handler ends the log: to go on
 * without that command would make this node differ from the others.
 */
final class LogService implements ClusteredService {
    private static final Logger LOG = LoggerFactory.getLogger(LogService.class);
    private static final int SNAPSHOT_FRAGMENT_LIMIT = 32;

    private final ControlLogHandler handler;
    private final Connection connection;
    private final Consumer<Throwable> fatalHandler;
    private final UnsafeBuffer header = new UnsafeBuffer(new byte[SnapshotFormat.HEADER_LENGTH]);
    private Cluster cluster;
    private long newestTimestampMs;
    private long announcedSessionId = Connection.NONE;
    private long expectedPart = -1;
    private boolean isSnapshotWhole;
    private volatile int oldLeaderId = -1;
    private volatile int leaderId = -1;
    private volatile long leadershipTermId = -1;

    LogService(ControlLogHandler handler, Connection connection, Consumer<Throwable> fatalHandler) {
        this.handler = handler;
        this.connection = connection;
        this.fatalHandler = fatalHandler;
    }

    /** Who led the newest term that this node has applied the start of, -1 for none. Any thread. */
    int leaderId() {
        return leaderId;
    }

    /** Who led before, -1 for none. Written before the term. Any thread. */
    int oldLeaderId() {
        return oldLeaderId;
    }

    /** The newest term that this node has applied the start of, -1 for none. Any thread. */
    long leadershipTermId() {
        return leadershipTermId;
    }

    @Override
    public void onStart(Cluster startedCluster, Image snapshotImage) {
        cluster = startedCluster;
        if (snapshotImage != null) {
            guarded(() -> load(snapshotImage));
        }
    }

    @Override
    public void onSessionOpen(ClientSession session, long timestampMs) {
        newestTimestampMs = Math.max(newestTimestampMs, timestampMs);
    }

    @Override
    public void onSessionClose(ClientSession session, long timestampMs, CloseReason closeReason) {
        newestTimestampMs = Math.max(newestTimestampMs, timestampMs);
        LOG.info("connection to the control log closed: sessionId={}, reason={}", session.id(), closeReason);
        connection.onClosedInLog(session.id());
        guarded(() -> handler.onSessionClosed(session.id(), newestTimestampMs));
    }

    @Override
    public void onSessionMessage(
            ClientSession session, long timestampMs, DirectBuffer buffer, int offset, int length, Header ignored) {
        newestTimestampMs = Math.max(newestTimestampMs, timestampMs);
        if (session == null) { // the leader took it from a connection that had ended in the log
            return;
        }
        if (LoggedMessage.kind(buffer, offset) == LoggedMessage.NODE_GONE) {
            closeSessions(LoggedMessage.nodeId(buffer, offset));
        } else {
            guarded(() -> handler.onCommand(
                    session.id(),
                    newestTimestampMs,
                    buffer,
                    offset + LoggedMessage.HEADER_LENGTH,
                    length - LoggedMessage.HEADER_LENGTH));
        }
    }

    private void closeSessions(int nodeId) {
        LOG.info("old leader of the control log is gone: nodeId={}", nodeId);
        for (ClientSession session : List.copyOf(cluster.clientSessions())) {
            if (NodeIdentity.nodeId(session.encodedPrincipal()) == nodeId) {
                session.close(); // tells the consensus module, whose leader puts the end into the log
            }
        }
    }

    @Override
    public void onTimerEvent(long correlationId, long timestampMs) {
        newestTimestampMs = Math.max(newestTimestampMs, timestampMs);
    }

    @Override
    public void onNewLeadershipTermEvent(
            long termId,
            long logPosition,
            long timestampMs,
            long termBaseLogPosition,
            int leaderMemberId,
            int logSessionId,
            TimeUnit timeUnit,
            int appVersion) {
        newestTimestampMs = Math.max(newestTimestampMs, timestampMs);
        oldLeaderId = leaderId;
        leaderId = leaderMemberId;
        leadershipTermId = termId;
        LOG.info("control log has a leader: leaderId={}, term={}, position={}", leaderMemberId, termId, logPosition);
    }

    /** Tells the handler about this node's own connection, which only this node hears of. */
    @Override
    public int doBackgroundWork(long nowNs) {
        long sessionId = connection.sessionId();
        if (sessionId == announcedSessionId) {
            return 0;
        }
        if (announcedSessionId != Connection.NONE) {
            guarded(handler::onDisconnected);
        }
        announcedSessionId = sessionId;
        if (sessionId != Connection.NONE) {
            connection.onAnnouncing();
            guarded(() -> handler.onConnected(sessionId));
            connection.onAnnounced(sessionId);
        }
        return 1;
    }

    @Override
    public void onTakeSnapshot(ExclusivePublication publication) {
        long[] partCount = {0};
        guarded(() -> {
            write(publication, SnapshotFormat.HEAD, newestTimestampMs, header, 0, 0);
            handler.takeSnapshot((buffer, offset, length) -> {
                if (length > ControllerLimits.MAX_SNAPSHOT_PART_LENGTH) {
                    throw new IllegalArgumentException("part of a snapshot is too long: length=" + length + ", limit="
                            + ControllerLimits.MAX_SNAPSHOT_PART_LENGTH);
                }
                write(publication, SnapshotFormat.PART, partCount[0]++, buffer, offset, length);
            });
            write(publication, SnapshotFormat.END, partCount[0], header, 0, 0);
        });
    }

    @Override
    public void onRoleChange(Cluster.Role newRole) {
        LOG.debug("role in the control log: role={}", newRole);
    }

    @Override
    public void onTerminate(Cluster closedCluster) {
        LOG.debug("control log service ends: logPosition={}", closedCluster.logPosition());
    }

    private void write(
            ExclusivePublication publication, int kind, long value, DirectBuffer part, int offset, int length) {
        SnapshotFormat.encodeHeader(header, kind, length, value);
        cluster.idleStrategy().reset();
        while (true) {
            long result = length == 0
                    ? publication.offer(header, 0, SnapshotFormat.HEADER_LENGTH)
                    : publication.offer(header, 0, SnapshotFormat.HEADER_LENGTH, part, offset, length);
            if (result > 0) {
                return;
            }
            if (result != Publication.BACK_PRESSURED && result != Publication.ADMIN_ACTION) {
                throw new ClusterLogException("snapshot cannot be recorded: " + Publication.errorString(result));
            }
            cluster.idleStrategy().idle();
        }
    }

    private void load(Image image) {
        FragmentAssembler assembler = new FragmentAssembler(this::onSnapshotFragment);
        cluster.idleStrategy().reset();
        while (!isSnapshotWhole) {
            int count = image.poll(assembler, SNAPSHOT_FRAGMENT_LIMIT);
            if (count == 0 && image.isClosed()) {
                throw new ClusterLogException("snapshot ends before its end mark: parts=" + expectedPart);
            }
            cluster.idleStrategy().idle(count);
        }
        handler.onSnapshotEnd();
    }

    private void onSnapshotFragment(DirectBuffer buffer, int offset, int length, Header ignored) {
        int kind = SnapshotFormat.kind(buffer, offset);
        long value = SnapshotFormat.value(buffer, offset);
        if (kind == SnapshotFormat.HEAD && expectedPart == -1) {
            newestTimestampMs = value;
            expectedPart = 0;
        } else if (kind == SnapshotFormat.PART && value == expectedPart) {
            expectedPart++;
            handler.onSnapshotPart(
                    buffer, offset + SnapshotFormat.HEADER_LENGTH, SnapshotFormat.partLength(buffer, offset));
        } else if (kind == SnapshotFormat.END && value == expectedPart) {
            isSnapshotWhole = true;
        } else {
            throw new ClusterLogException("snapshot is damaged: kind=" + kind + ", value=" + value + ", expectedPart="
                    + expectedPart + ", length=" + length);
        }
    }

    private void guarded(Runnable call) {
        try {
            call.run();
        } catch (AgentTerminationException e) {
            throw e;
        } catch (RuntimeException | Error e) {
            fatalHandler.accept(e);
            throw new AgentTerminationException(e);
        }
    }
}
