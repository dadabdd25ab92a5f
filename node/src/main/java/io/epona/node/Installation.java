package io.epona.node;

import io.epona.controller.BrokerInfo;
import io.epona.controller.ClusterImage;
import io.epona.controller.Endpoint;
import io.epona.controller.LaneInfo;
import io.epona.node.config.CellKeys;
import io.epona.node.install.InstallRecords;
import io.epona.node.install.InstallServer;
import io.epona.node.install.InstalledLane;
import io.epona.node.install.Installer;
import io.epona.node.install.LaneSource;
import io.epona.runtime.CounterType;
import io.epona.runtime.config.HostPort;
import java.io.IOException;
import java.net.InetSocketAddress;
import java.util.List;
import java.util.Optional;
import org.apache.kafka.common.Uuid;
import org.apache.kafka.common.security.auth.SecurityProtocol;

/**
 * What a node of a cell of several has to install its lanes from other nodes, and to let these install theirs. Made and
 * closed by the thread that assembles the node.
 */
final class Installation implements AutoCloseable {
    /** Name of the endpoint in a node's registration. */
    static final String LISTENER_NAME = "INSTALL";

    private final Surroundings node;
    private final List<RunningLane> lanes;
    private final InstallServer server;
    private final String host;
    private Installer installer;

    private Installation(
            final Surroundings node, final List<RunningLane> lanes, final InstallServer server, final String host) {
        this.node = node;
        this.lanes = lanes;
        this.server = server;
        this.host = host;
    }

    /** Listens for nodes that install lanes. */
    static Installation open(final Surroundings node, final List<RunningLane> lanes) throws IOException {
        final HostPort address = CellKeys.self(node.config()).address();
        final Uuid clusterId = node.controller().image().clusterUuid();
        final InstallServer server = InstallServer.open(
                address.host(),
                address.port(),
                new InstallServer.Context(
                        clusterId.getMostSignificantBits(),
                        clusterId.getLeastSignificantBits(),
                        lanes.stream().map(Installation::source).toList(),
                        node.logs(),
                        node.counters().counter(CounterType.INSTALL_SENT)));
        return new Installation(node, lanes, server, address.host());
    }

    private static LaneSource source(final RunningLane lane) {
        final LaneStore store = lane.store();
        return new LaneSource(
                lane.role(),
                store.counters(),
                store.shelf(),
                lane.checkpoint(),
                store.journal().bounds(),
                store.journal().config().capacity() - store.journal().config().segmentLength());
    }

    /** Where other nodes find what they install. */
    Endpoint endpoint() {
        return new Endpoint(LISTENER_NAME, host, server.port(), SecurityProtocol.PLAINTEXT);
    }

    /** From now on lanes that cannot follow are installed, once the node is registered. */
    void start(final InstallRecords records, final Runnable restart) {
        final LaneStore any = lanes.getFirst().store();
        installer = new Installer(new Installer.Context(
                node.membership().nodeId(),
                lanes.stream()
                        .map(lane -> new InstalledLane(
                                lane.store().install(),
                                lane.store().counters(),
                                lane.store().shelf(),
                                lane.store().journal().config()))
                        .toList(),
                LaneStore.stateConfig(
                        node.config(),
                        any.ring().spanLength(any.journal().config().segmentLength())),
                this::leader,
                new LogDirectoryView(node.controller()::image),
                node.logs(),
                records,
                node.config().get(CellKeys.INSTALL_RATE),
                new Installer.Meters(
                        node.counters().counter(CounterType.INSTALLING_LANES),
                        node.counters().counter(CounterType.INSTALL_RECEIVED),
                        node.counters().counter(CounterType.INSTALL_RETRIES)),
                restart,
                node.fatal()));
        installer.start();
    }

    private Optional<InetSocketAddress> leader(final int laneId) {
        final ClusterImage image = node.controller().image();
        final LaneInfo lane = image.lane(laneId);
        final int self = node.membership().nodeId();
        if (lane.isOffline() || lane.leader() == self || lane.isr().contains(self)) {
            return Optional.empty();
        }
        final BrokerInfo broker = image.broker(lane.leader());
        return Optional.ofNullable(broker)
                .map(leader -> leader.endpoint(LISTENER_NAME))
                .filter(endpoint -> endpoint.listener().equals(LISTENER_NAME))
                .map(endpoint -> InetSocketAddress.createUnresolved(endpoint.host(), endpoint.port()));
    }

    @Override
    public void close() {
        try {
            if (installer != null) {
                installer.close();
            }
        } finally {
            server.close();
        }
    }
}
