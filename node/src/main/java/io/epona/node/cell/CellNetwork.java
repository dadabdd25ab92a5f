package io.epona.node.cell;

import io.aeron.Aeron;
import io.epona.node.config.CellKeys;
import io.epona.node.config.CellMember;
import io.epona.node.config.MulticastKeys;
import io.epona.node.config.ThreadKeys;
import io.epona.replicator.AeronPeerTransport;
import io.epona.replicator.AeronTransportConfig;
import io.epona.replicator.MulticastGroup;
import io.epona.replicator.driver.DriverLink;
import io.epona.replicator.driver.MediaDriverConfig;
import io.epona.replicator.driver.MediaDriverLauncher;
import io.epona.replicator.driver.RunningMediaDriver;
import io.epona.runtime.FatalHandler;
import io.epona.runtime.NodeClock;
import io.epona.runtime.Signal;
import io.epona.runtime.ThreadPlacement;
import io.epona.runtime.config.EponaConfig;
import io.epona.runtime.config.HostPort;
import io.epona.runtime.config.Profile;
import java.io.IOException;
import java.net.InetAddress;
import java.net.NetworkInterface;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;
import java.util.concurrent.TimeUnit;
import org.agrona.CloseHelper;
import org.agrona.ErrorHandler;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** A node's media driver and its streams to the other nodes. Made and closed by the thread that assembles the node. */
public final class CellNetwork implements AutoCloseable {
    private static final Logger LOGGER = LoggerFactory.getLogger(CellNetwork.class);

    /** Leaders say something at least with each heartbeat. */
    private static final int SILENT_HEARTBEATS = 5;

    private static final long MIN_MULTICAST_SILENCE_NS = TimeUnit.SECONDS.toNanos(1);

    private final EponaConfig config;
    private final ErrorHandler errorHandler;
    private final LateSignal onReceived;
    private final LateSignal onQuorum;
    private final RunningMediaDriver driver;
    private Aeron aeron;
    private AeronPeerTransport transport;

    /** Wakes somebody who is known only later. */
    private static final class LateSignal implements Signal {
        private volatile Signal target = Signal.NONE;

        @Override
        public void signal() {
            target.signal();
        }
    }

    private CellNetwork(
            final EponaConfig config,
            final ErrorHandler errorHandler,
            final LateSignal onReceived,
            final LateSignal onQuorum,
            final RunningMediaDriver driver) {
        this.config = config;
        this.errorHandler = errorHandler;
        this.onReceived = onReceived;
        this.onQuorum = onQuorum;
        this.driver = driver;
    }

    /**
     * Launches the media driver.
     *
     * @param config of the node
     * @param directory of the driver's shared memory, on a memory file system
     * @param errorHandler hears of errors of streams
     * @param fatal ends the node
     */
    public static CellNetwork launch(
            final EponaConfig config, final Path directory, final ErrorHandler errorHandler, final FatalHandler fatal) {
        final LateSignal onReceived = new LateSignal();
        final LateSignal onQuorum = new LateSignal();
        final Map<Integer, Signal> readersByPort = new TreeMap<>();
        readersByPort.put(0, onQuorum);
        readersByPort.put(CellKeys.self(config).address().port(), onReceived);
        multicast(config)
                .ifPresent(group ->
                        readersByPort.put(HostPort.parse(group.endpoint()).port(), onReceived));
        final boolean isDedicated = config.profile() == Profile.DEDICATED;
        final ThreadPlacement placement = ThreadPlacement.DEFAULT.withSlice(
                config.get(ThreadKeys.HOT_SLICE).toNanos());
        final RunningMediaDriver driver = MediaDriverLauncher.launch(
                new MediaDriverConfig(
                        directory,
                        isDedicated,
                        config.get(CellKeys.DRIVER_IDLE),
                        config.get(CellKeys.DRIVER_CORES),
                        Math.toIntExact(config.get(CellKeys.REPLICATION_MTU)),
                        Math.toIntExact(config.get(CellKeys.REPLICATION_SOCKET_BUFFER)),
                        Math.toIntExact(config.get(CellKeys.REPLICATION_TERM_LENGTH)),
                        MediaDriverConfig.DEFAULT_MAX_WAIT_MS),
                new MediaDriverLauncher.Context(readersByPort, onReceived, onQuorum, placement, errorHandler, fatal));
        driver.warnings().forEach(LOGGER::warn);
        return new CellNetwork(config, errorHandler, onReceived, onQuorum, driver);
    }

    /** Where clients of the media driver find it. */
    public String driverDirectory() {
        return driver.directoryName();
    }

    /** Names who is woken when messages of other nodes have come. */
    public void wakeOnReceived(final Signal signal) {
        onReceived.target = signal;
    }

    /** Names who is woken when members of the metadata quorum have sent something, or the driver has answered. */
    public void wakeOnQuorum(final Signal signal) {
        onQuorum.target = signal;
    }

    /** Has the driver send at once; {@link Signal#NONE} when it polls, and wakes nobody either. */
    public Signal driver() {
        return driver.link() == DriverLink.NONE ? Signal.NONE : driver.link()::wake;
    }

    /** Opens the streams between the nodes; once. */
    public AeronPeerTransport connect(final List<Integer> laneIds, final NodeClock clock) {
        final Map<Integer, String> endpoints = new TreeMap<>();
        for (final CellMember member : CellKeys.members(config)) {
            endpoints.put(member.nodeId(), member.address().toString());
        }
        final AeronTransportConfig streams = AeronTransportConfig.of(
                CellKeys.self(config).nodeId(),
                endpoints,
                laneIds,
                Math.toIntExact(config.get(CellKeys.REPLICATION_MTU)),
                Math.toIntExact(config.get(CellKeys.REPLICATION_TERM_LENGTH)));
        final Optional<MulticastGroup> group = multicast(config);
        group.ifPresent(CellNetwork::check);
        aeron = driver.connect("replication", errorHandler);
        transport = new AeronPeerTransport(
                group.map(streams::with).orElse(streams),
                new AeronPeerTransport.Context(aeron, driver.link(), errorHandler, clock::nanoTime));
        return transport;
    }

    /** Where leaders send to all followers at once; empty when they do not. */
    private static Optional<MulticastGroup> multicast(final EponaConfig config) {
        return config.get(MulticastKeys.REPLICATION_MULTICAST_GROUP)
                .map(endpoint -> new MulticastGroup(
                        endpoint,
                        bracketed(CellKeys.self(config).address().host()),
                        config.get(MulticastKeys.REPLICATION_MULTICAST_TTL),
                        Math.max(
                                MIN_MULTICAST_SILENCE_NS,
                                SILENT_HEARTBEATS
                                        * config.get(CellKeys.REPLICATION_HEARTBEAT)
                                                .toNanos())));
    }

    private static String bracketed(final String host) {
        return host.indexOf(':') < 0 ? host : '[' + host + ']';
    }

    /**
     * This node's address must be that of an interface which carries multicast; loopback does, whatever it says.
     *
     * @throws IllegalStateException when it is not
     */
    private static void check(final MulticastGroup group) {
        final String host = group.networkInterface();
        try {
            final NetworkInterface found = NetworkInterface.getByInetAddress(InetAddress.getByName(host));
            if (null == found || !found.supportsMulticast() && !found.isLoopback()) {
                throw new IllegalStateException("this node's address in cell.members is that of "
                        + (null == found ? "no network interface" : "one that does not carry multicast: " + found)
                        + ": host=" + host + "; take another address, or leave out replication.multicast.group");
            }
        } catch (final IOException ex) {
            throw new IllegalStateException(
                    "cannot find the network interface of this node's address in cell.members: host=" + host
                            + "; take an address of this host, or leave out replication.multicast.group",
                    ex);
        }
    }

    /** When no thread uses the streams any more. */
    @Override
    public void close() {
        CloseHelper.closeAll(transport, aeron, driver);
    }
}
