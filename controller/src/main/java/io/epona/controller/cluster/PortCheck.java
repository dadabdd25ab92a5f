package io.epona.controller.cluster;

import java.io.IOException;
import java.net.DatagramSocket;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.UnknownHostException;
import java.util.Locale;

/** Finds out before the start whether the ports are free, to say so better than the driver would. */
final class PortCheck {
    private PortCheck() {}

    /**
     * Binds each port for a moment.
     *
     * @throws ClusterLogException when one cannot be had, naming port and key.
     */
    static void requireFree(CellMember self) {
        InetAddress address;
        try {
            address = InetAddress.getByName(self.host());
        } catch (UnknownHostException e) {
            throw new ClusterLogException(
                    "host of this node in cell.members is not known: host=" + self.host() + ", nodeId=" + self.nodeId(),
                    e);
        }
        for (CellMember.Service service : CellMember.Service.values()) {
            InetSocketAddress socketAddress = new InetSocketAddress(address, self.port(service));
            try (DatagramSocket socket = new DatagramSocket(null)) {
                socket.setReuseAddress(false);
                socket.bind(socketAddress);
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
}
