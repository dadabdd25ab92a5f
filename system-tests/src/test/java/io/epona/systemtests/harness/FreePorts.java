package io.epona.systemtests.harness;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.util.concurrent.ThreadLocalRandom;

/** Ports for nodes that come back on the same address, outside the range that clients' sockets are given from. */
public final class FreePorts {
    private static final int LOWEST = 20_000;
    private static final int HIGHEST = 30_000;
    private static final int ATTEMPTS = 100;

    private FreePorts() {}

    /** A port of the loopback address that nobody listens on. */
    public static int next() {
        IOException last = null;
        for (int attempt = 0; attempt < ATTEMPTS; attempt++) {
            final int port = ThreadLocalRandom.current().nextInt(LOWEST, HIGHEST);
            try (ServerSocket socket = new ServerSocket(port, 1, InetAddress.getLoopbackAddress())) {
                return socket.getLocalPort();
            } catch (final IOException ex) {
                last = ex;
            }
        }
        throw new UncheckedIOException("no free port", last);
    }
}
