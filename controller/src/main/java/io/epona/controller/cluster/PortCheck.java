package io.epona.controller.cluster;

import java.io.IOException;
import java.net.DatagramSocket;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.UnknownHostException;
import java.util.Locale;
import org.agrona.concurrent.IdleStrategy;

/** Finds out before the start whether the ports are free, to say so better than the driver would. */
final class PortCheck {
    private PortCheck() {}

    /**
     * Binds each port for a moment.
     *
     * @throws ClusterLogException when one cannot be had, naming port and key.
     */
    static void requireFree(CellMember self) {
        InetAddress address = address(self);
        for (CellMember.Service service : CellMember.Service.values()) {
            try {
                bind(address, self.port(service));
            } catch (IOException e) {
                throw new ClusterLogException(
                        "UDP port cannot be had: port=" + self.port(service) + ", host=" + self.host() + ", use="
                                + service.name().toLowerCase(Locale.ROOT)
                                + ", key=cell.members (node " + self.nodeId() + " has base port " + self.basePort()
                                + " and uses the " + (CellMember.PORT_COUNT - 1) + " ports after it), reason="
                                + e.getMessage() + "; free it or choose another base port on all nodes",
                        e);
            }
        }
    }

    /**
     * Waits until a port that this process has just closed is free: the driver closes it a moment after it was asked
     * to, and would refuse to open it again until then.
     *
     * @throws ClusterLogException when it is not free in time.
     */
    static void awaitFree(CellMember self, CellMember.Service service, IdleStrategy idleStrategy) {
        InetAddress address = address(self);
        long deadlineNs = System.nanoTime() + ClusterLogLimits.PORT_CLOSE_TIMEOUT_NS;
        idleStrategy.reset();
        while (true) {
            try {
                bind(address, self.port(service));
                return;
            } catch (IOException e) {
                if (System.nanoTime() - deadlineNs > 0) {
                    throw new ClusterLogException(
                            "UDP port that was closed is not free again: port=" + self.port(service), e);
                }
                idleStrategy.idle();
            }
        }
    }

    private static InetAddress address(CellMember self) {
        try {
            return InetAddress.getByName(self.host());
        } catch (UnknownHostException e) {
            throw new ClusterLogException(
                    "host of this node in cell.members is not known: host=" + self.host() + ", nodeId=" + self.nodeId(),
                    e);
        }
    }

    private static void bind(InetAddress address, int port) throws IOException {
        try (DatagramSocket socket = new DatagramSocket(null)) {
            socket.setReuseAddress(false);
            socket.bind(new InetSocketAddress(address, port));
        }
    }
}
