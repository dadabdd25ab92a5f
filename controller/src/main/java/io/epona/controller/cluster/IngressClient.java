package io.epona.controller.cluster;

import io.aeron.Aeron;
import io.aeron.Publication;
import io.aeron.cluster.client.AeronCluster;
import io.aeron.cluster.client.EgressListener;
import io.aeron.cluster.codecs.EventCode;
import io.aeron.exceptions.AeronException;
import io.aeron.logbuffer.Header;
import java.util.function.BooleanSupplier;
import org.agrona.CloseHelper;
import org.agrona.DirectBuffer;
import org.agrona.concurrent.IdleStrategy;
import org.agrona.concurrent.UnsafeBuffer;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * This node's connection to the log's leader, wherever that is: brings commands there and says that the node is alive.
 * Made anew whenever it is lost. Used by the consensus thread only.
 */
final class IngressClient implements EgressListener, AutoCloseable {
    private static final Logger LOG = LoggerFactory.getLogger(IngressClient.class);

    private final ClusterLogConfig config;
    private final Aeron aeron;
    private final Connection connection;
    private final CommandBacklog backlog;
    private final BooleanSupplier isHealthy;
    private final IdleStrategy idleStrategy;
    private final UnsafeBuffer command = new UnsafeBuffer(0, 0);
    private AeronCluster.AsyncConnect connecting;
    private AeronCluster cluster;
    private byte[] unsent;
    private long retryNs;
    private long keepAliveNs;
    private boolean hasSentCommands;

    IngressClient(
            ClusterLogConfig config,
            Aeron aeron,
            Connection connection,
            CommandBacklog backlog,
            BooleanSupplier isHealthy,
            IdleStrategy idleStrategy) {
        this.config = config;
        this.aeron = aeron;
        this.connection = connection;
        this.backlog = backlog;
        this.isHealthy = isHealthy;
        this.idleStrategy = idleStrategy;
        this.retryNs = System.nanoTime();
    }

    /**
     * Does what is due.
     *
     * @param newestTermId the newest term that this node knows, or one that is still to come while members elect:
     *     commands wait until the connection is to that term's leader, instead of being lost with an old one.
     */
    int poll(long nowNs, long newestTermId) {
        hasSentCommands = false;
        if (cluster == null) {
            return connect(nowNs);
        }
        try {
            int work = cluster.pollEgress();
            if (cluster.isClosed() || connection.isClosedInLog()) {
                disconnect(nowNs, "ended by the log");
                return 1;
            }
            return work + keepAlive(nowNs) + (cluster.leadershipTermId() >= newestTermId ? sendCommands() : 0);
        } catch (AeronException e) {
            LOG.debug("connection to the control log failed", e);
            disconnect(nowNs, e.getMessage());
            return 1;
        }
    }

    /** Whether the last poll sent commands, or what it takes to connect: not only that the node lives. */
    boolean hasSentCommands() {
        return hasSentCommands;
    }

    @Override
    public void onMessage(
            long sessionId, long timestampMs, DirectBuffer buffer, int offset, int length, Header header) {
        // nothing is ever sent to a session: every node hears of everything from the log itself
    }

    @Override
    public void onSessionEvent(
            long correlationId, long sessionId, long termId, int leaderId, EventCode code, String detail) {
        LOG.info("control log says: sessionId={}, code={}, detail={}", sessionId, code, detail);
    }

    @Override
    public void onNewLeader(long sessionId, long termId, int leaderId, String ingressEndpoints) {
        LOG.info("connection goes to the new leader: sessionId={}, leaderId={}, term={}", sessionId, leaderId, termId);
    }

    @Override
    public void close() {
        connection.sessionId(Connection.NONE);
        CloseHelper.quietCloseAll(connecting, cluster);
        connecting = null;
        cluster = null;
    }

    private int connect(long nowNs) {
        if (nowNs - retryNs < 0) {
            return 0;
        }
        try {
            if (connecting == null) {
                connecting = AeronCluster.asyncConnect(context());
            }
            hasSentCommands = true;
            int step = connecting.step();
            cluster = connecting.poll();
            if (cluster == null) {
                return connecting.step() - step == 0 ? 0 : 1;
            }
            connecting = null;
            keepAliveNs = nowNs;
            LOG.info(
                    "connected to the control log: sessionId={}, leaderId={}",
                    cluster.clusterSessionId(),
                    cluster.leaderMemberId());
            connection.sessionId(cluster.clusterSessionId());
        } catch (AeronException e) {
            LOG.debug("no connection to the control log yet", e);
            CloseHelper.quietClose(connecting);
            connecting = null;
            retryNs = nowNs + ClusterLogLimits.CONNECT_RETRY_NS;
        }
        return 1;
    }

    private void disconnect(long nowNs, String reason) {
        LOG.info("connection to the control log lost: sessionId={}, reason={}", connection.sessionId(), reason);
        close();
        retryNs = nowNs;
    }

    private int keepAlive(long nowNs) {
        if (nowNs - keepAliveNs < config.timing().keepAliveIntervalNs() || !isHealthy.getAsBoolean()) {
            return 0;
        }
        keepAliveNs = nowNs;
        return cluster.sendKeepAlive() ? 1 : 0;
    }

    private int sendCommands() {
        if (!connection.isAnnounced()) {
            return 0;
        }
        int sent = 0;
        while (sent < ClusterLogLimits.MAX_COMMANDS_PER_CYCLE) {
            if (unsent == null) {
                unsent = backlog.poll();
            }
            if (unsent == null) {
                break;
            }
            command.wrap(unsent);
            long result = cluster.offer(command, 0, unsent.length);
            if (result == Publication.MAX_POSITION_EXCEEDED) {
                throw new AeronException("ingress is at its greatest position");
            }
            if (result <= 0) {
                break;
            }
            unsent = null;
            hasSentCommands = true;
            sent++;
        }
        return sent;
    }

    private AeronCluster.Context context() {
        return new AeronCluster.Context()
                .aeron(aeron)
                .ownsAeronClient(false)
                .clientName("epona-node-" + config.nodeId())
                .ingressEndpoints(CellMember.ingressEndpoints(config.members()))
                .ingressChannel("aeron:udp?term-length=" + config.sizes().termLength())
                .egressChannel(
                        "aeron:udp?term-length=64k|endpoint=" + config.self().endpoint(CellMember.Service.INGRESS))
                .credentialsSupplier(NodeIdentity.credentials(config.nodeId()))
                .messageTimeoutNs(ClusterLogLimits.CONNECT_TIMEOUT_NS)
                .newLeaderTimeoutNs(ClusterLogLimits.NEW_LEADER_TIMEOUT_NS)
                .idleStrategy(idleStrategy)
                .egressListener(this);
    }
}
