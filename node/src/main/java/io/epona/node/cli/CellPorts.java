package io.epona.node.cli;

import io.epona.node.config.CellMember;
import java.io.IOException;
import java.net.DatagramSocket;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.ServerSocket;
import java.net.SocketException;
import java.util.ArrayList;
import java.util.List;

/** Finds ports for the nodes of a cell on one machine. */
final class CellPorts {
    /** Below the range that kernels give to outgoing connections. */
    private static final int FIRST = 10_000;

    private static final int LAST = 30_000;
    /** Where to begin depends on the process, so that two cells that start at once do not meet. */
    private static final int STRIDE = 97;

    private CellPorts() {}

    /**
     * First ports of as many blocks of {@link CellMember#PORT_COUNT} consecutive free UDP ports as there are nodes.
     *
     * @throws IOException when there are not enough
     */
    static List<Integer> udpBlocks(final String host, final int count) throws IOException {
        final InetAddress address = InetAddress.getByName(host);
        final List<Integer> blocks = new ArrayList<>();
        final int blockCount = (LAST - FIRST) / CellMember.PORT_COUNT;
        final long begin = ProcessHandle.current().pid() * STRIDE;
        for (int i = 0; i < blockCount && blocks.size() < count; i++) {
            final int port = FIRST + (int) ((begin + i) % blockCount) * CellMember.PORT_COUNT;
            if (isFree(address, port)) {
                blocks.add(port);
            }
        }
        if (blocks.size() < count) {
            throw new IOException("no " + CellMember.PORT_COUNT + " consecutive free UDP ports for each node between "
                    + FIRST + " and " + LAST);
        }
        return blocks;
    }

    private static boolean isFree(final InetAddress address, final int firstPort) {
        for (int port = firstPort; port < firstPort + CellMember.PORT_COUNT; port++) {
            try (DatagramSocket socket = new DatagramSocket(null)) {
                socket.setReuseAddress(false);
                socket.bind(new InetSocketAddress(address, port));
            } catch (final SocketException ex) {
                return false;
            }
        }
        return true;
    }

    /**
     * The TCP ports of a listener and of those after it, one for each node; free ones when the first is 0.
     *
     * @throws IOException when there is no free port
     */
    static List<Integer> listenPorts(final String host, final int firstPort, final int count) throws IOException {
        final List<Integer> ports = new ArrayList<>();
        final List<ServerSocket> held = new ArrayList<>();
        try {
            for (int i = 0; i < count; i++) {
                if (firstPort != 0) {
                    ports.add(firstPort + i);
                } else {
                    final ServerSocket socket = new ServerSocket(0, 1, InetAddress.getByName(host));
                    held.add(socket);
                    ports.add(socket.getLocalPort());
                }
            }
        } finally {
            for (final ServerSocket socket : held) {
                socket.close();
            }
        }
        return ports;
    }
}
