package io.epona.replicator;

import io.aeron.Aeron;
import io.epona.replicator.driver.MediaDriverConfig;
import io.epona.replicator.driver.MediaDriverLauncher;
import io.epona.replicator.driver.RunningMediaDriver;
import io.epona.runtime.Signal;
import io.epona.runtime.ThreadPlacement;
import java.io.UncheckedIOException;
import java.net.DatagramSocket;
import java.net.InetSocketAddress;
import java.net.SocketException;
import java.nio.file.Path;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Queue;
import java.util.UUID;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.TimeUnit;
import org.agrona.concurrent.SystemNanoClock;

/** One node's driver, client and streams on the loopback interface. */
final class TestPeer implements AutoCloseable {
    static final int TERM_LENGTH = 1024 * 1024;
    static final int MTU_LENGTH = 8_192;
    private static final int SOCKET_BUFFER_LENGTH = 2 * 1024 * 1024;
    private static final long SILENCE_NS = TimeUnit.SECONDS.toNanos(1);
    private static final Path MEMORY = Path.of("/dev/shm");

    final Queue<Throwable> errors = new ConcurrentLinkedQueue<>();
    final RunningMediaDriver driver;
    final Aeron aeron;
    final AeronPeerTransport transport;

    private TestPeer(final AeronTransportConfig config, final String idle, final Signal reader) {
        final Path directory = directory(config.nodeId());
        this.driver = MediaDriverLauncher.launch(
                new MediaDriverConfig(
                        directory,
                        false,
                        idle,
                        List.of(),
                        config.mtuLength(),
                        SOCKET_BUFFER_LENGTH,
                        config.termLength(),
                        MediaDriverConfig.DEFAULT_MAX_WAIT_MS),
                new MediaDriverLauncher.Context(
                        Map.of(0, reader),
                        reader,
                        Signal.NONE,
                        ThreadPlacement.DEFAULT,
                        errors::add,
                        (component, reason) -> errors.add(reason)));
        this.aeron = driver.connect("test-" + config.nodeId(), errors::add);
        this.transport = new AeronPeerTransport(
                config, new AeronPeerTransport.Context(aeron, driver.link(), errors::add, SystemNanoClock.INSTANCE));
    }

    static TestPeer start(final int nodeId, final Map<Integer, String> endpoints) {
        return start(nodeId, endpoints, MediaDriverConfig.EVENT, Signal.NONE);
    }

    static TestPeer start(
            final int nodeId, final Map<Integer, String> endpoints, final String idle, final Signal reader) {
        return new TestPeer(config(nodeId, endpoints), idle, reader);
    }

    /** With multicast. */
    static TestPeer start(
            final int nodeId,
            final Map<Integer, String> endpoints,
            final MulticastGroup group,
            final String idle,
            final Signal reader) {
        return new TestPeer(config(nodeId, endpoints).with(group), idle, reader);
    }

    private static AeronTransportConfig config(final int nodeId, final Map<Integer, String> endpoints) {
        return AeronTransportConfig.of(nodeId, endpoints, List.of(0, 1), MTU_LENGTH, TERM_LENGTH);
    }

    /** A group at a port that the system chose. */
    static MulticastGroup group() {
        final String endpoint = endpoints(1).get(1);
        return new MulticastGroup(
                "239.192.7.1" + endpoint.substring(endpoint.lastIndexOf(':')), "127.0.0.1", 1, SILENCE_NS);
    }

    private static Path directory(final int nodeId) {
        return MEMORY.resolve("epona-test-" + ProcessHandle.current().pid() + '-' + nodeId + '-' + UUID.randomUUID());
    }

    /** Ports that the system chose, and that are free again. */
    static Map<Integer, String> endpoints(final int... nodeIds) {
        final Map<Integer, String> endpoints = new HashMap<>();
        for (final int nodeId : nodeIds) {
            try (DatagramSocket socket = new DatagramSocket(new InetSocketAddress("127.0.0.1", 0))) {
                endpoints.put(nodeId, "127.0.0.1:" + socket.getLocalPort());
            } catch (final SocketException ex) {
                throw new UncheckedIOException(ex);
            }
        }
        return endpoints;
    }

    @Override
    public void close() {
        transport.close();
        aeron.close();
        driver.close();
    }
}
