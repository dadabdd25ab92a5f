package io.epona.systemtests.cell.live;

import io.epona.node.config.CellMember;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.DatagramSocket;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.SocketException;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.ThreadLocalRandom;

/** Blocks of consecutive UDP ports for nodes of cells, below those that clients' sockets are given from. */
final class UdpBlocks {
    private static final int LOWEST = 10_000;
    private static final int HIGHEST = 20_000;
    private static final int ATTEMPTS = 1_000;

    private UdpBlocks() {}

    /** First ports of this many blocks. */
    static List<Integer> free(final int count) {
        final List<Integer> blocks = new ArrayList<>();
        for (int attempt = 0; attempt < ATTEMPTS && blocks.size() < count; attempt++) {
            final int block = ThreadLocalRandom.current().nextInt((HIGHEST - LOWEST) / CellMember.PORT_COUNT);
            final int port = LOWEST + block * CellMember.PORT_COUNT;
            if (!blocks.contains(port) && isFree(port, CellMember.PORT_COUNT)) {
                blocks.add(port);
            }
        }
        if (blocks.size() < count) {
            throw new UncheckedIOException(new IOException("no free block of UDP ports"));
        }
        return blocks;
    }

    /** A port for multicast, above all blocks. */
    static int freeAbove() {
        for (int attempt = 0; attempt < ATTEMPTS; attempt++) {
            final int port = HIGHEST
                    + CellMember.PORT_COUNT
                    + ThreadLocalRandom.current().nextInt(HIGHEST - LOWEST);
            if (isFree(port, 1)) {
                return port;
            }
        }
        throw new UncheckedIOException(new IOException("no free UDP port"));
    }

    private static boolean isFree(final int firstPort, final int count) {
        for (int port = firstPort; port < firstPort + count; port++) {
            try (DatagramSocket socket = new DatagramSocket(null)) {
                socket.bind(new InetSocketAddress(InetAddress.getLoopbackAddress(), port));
            } catch (final SocketException ex) {
                return false;
            }
        }
        return true;
    }
}
