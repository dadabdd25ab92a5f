package io.epona.node.install;

import io.epona.partitionlog.PartitionLogs;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.time.Duration;
import java.util.List;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.LockSupport;
import org.agrona.CloseHelper;
import org.agrona.concurrent.status.AtomicCounter;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Gives checkpoints and partition logs of lanes that this node leads to nodes that install them: a thread that takes
 * connections, and one for each. Opened and closed by the thread that assembles the node.
 */
public final class InstallServer implements AutoCloseable {
    private static final Logger LOGGER = LoggerFactory.getLogger(InstallServer.class);
    private static final long STOP_TIMEOUT_MS = 10_000;

    /**
     * What a server works with.
     *
     * @param clusterIdHigh of the cluster that may ask
     * @param clusterIdLow of the cluster that may ask
     * @param lanes by lane id
     * @param logs of the node
     * @param sentLength counts bytes of records that were given
     */
    public record Context(
            long clusterIdHigh,
            long clusterIdLow,
            List<LaneSource> lanes,
            PartitionLogs logs,
            AtomicCounter sentLength) {
        /** Copies the list. */
        public Context {
            lanes = List.copyOf(lanes);
        }
    }

    private final Context context;
    private final ServerSocket listener;
    private final Set<Thread> threads = ConcurrentHashMap.newKeySet();
    private final Set<InstallChannel> channels = ConcurrentHashMap.newKeySet();
    private volatile boolean isClosed;

    private InstallServer(final Context context, final ServerSocket listener) {
        this.context = context;
        this.listener = listener;
    }

    /**
     * Listens.
     *
     * @param host where other nodes reach this one
     * @param port the one that is wanted; another one when somebody has it, since nodes tell each other their ports
     * @throws IOException when the host is not this machine's
     */
    public static InstallServer open(final String host, final int port, final Context context) throws IOException {
        final InetAddress address = InetAddress.getByName(host);
        ServerSocket listener = new ServerSocket();
        try {
            listener.bind(new InetSocketAddress(address, port), InstallLimits.BACKLOG);
        } catch (final IOException ex) {
            listener.close();
            listener = new ServerSocket(0, InstallLimits.BACKLOG, address);
            LOGGER.warn(
                    "TCP port {} is taken ({}): nodes that have to install a lane find this one on port {}",
                    port,
                    ex.getMessage(),
                    listener.getLocalPort());
        }
        final InstallServer server = new InstallServer(context, listener);
        server.start("install-server", server::accept);
        return server;
    }

    /** Where it listens. */
    public int port() {
        return listener.getLocalPort();
    }

    private void start(final String name, final Runnable task) {
        final Thread thread = Thread.ofPlatform().daemon().name(name).unstarted(() -> {
            try {
                task.run();
            } finally {
                threads.remove(Thread.currentThread());
            }
        });
        threads.add(thread);
        thread.start();
    }

    private void accept() {
        while (!isClosed) {
            try {
                final Socket socket = listener.accept();
                if (channels.size() >= InstallLimits.MAX_CONNECTIONS) {
                    LOGGER.warn("too many nodes ask for lanes to install: refused {}", socket.getRemoteSocketAddress());
                    socket.close();
                } else {
                    start("install-" + socket.getPort(), () -> serve(socket));
                }
            } catch (final IOException ex) {
                if (!isClosed) {
                    LOGGER.warn("a connection could not be taken", ex);
                    LockSupport.parkNanos(TimeUnit.MILLISECONDS.toNanos(InstallLimits.POLL_MS));
                }
            }
        }
    }

    private void serve(final Socket socket) {
        try (socket;
                InstallChannel channel = new InstallChannel(socket)) {
            channels.add(channel);
            try {
                final InstallService service = new InstallService(context, channel, () -> isClosed);
                while (!isClosed && service.answerNext()) {
                    // the next one
                }
            } finally {
                channels.remove(channel);
            }
        } catch (final IOException | RuntimeException ex) {
            if (!isClosed) {
                LOGGER.info(
                        "a node that installs a lane is gone: {}: {}", socket.getRemoteSocketAddress(), ex.toString());
            }
        } catch (final InterruptedException ex) {
            Thread.currentThread().interrupt();
        }
    }

    /** Partition logs are read no more when this returns. */
    @Override
    public void close() {
        isClosed = true;
        try {
            listener.close();
        } catch (final IOException ex) {
            throw new UncheckedIOException("cannot close the listener for installations", ex);
        } finally {
            CloseHelper.closeAll(List.copyOf(channels));
            List.copyOf(threads).forEach(InstallServer::join);
        }
    }

    /** Not interrupted: that would close the files of partition logs that it is reading. */
    private static void join(final Thread thread) {
        try {
            if (!thread.join(Duration.ofMillis(STOP_TIMEOUT_MS))) {
                throw new IllegalStateException("a thread does not end: " + thread.getName());
            }
        } catch (final InterruptedException ex) {
            Thread.currentThread().interrupt();
        }
    }
}
