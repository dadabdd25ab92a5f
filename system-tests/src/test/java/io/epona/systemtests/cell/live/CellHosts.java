package io.epona.systemtests.cell.live;

import java.util.Optional;

/** Where the nodes of a cell run: on this host's loopback address, or each in a network namespace of its own. */
interface CellHosts {
    /** All on this machine's loopback address. */
    CellHosts LOOPBACK = new CellHosts() {};

    /** The address that a node listens on. */
    default String address(final int nodeId) {
        return "127.0.0.1";
    }

    /** The command that runs a node's process there. */
    default Optional<String[]> runner(final int nodeId) {
        return Optional.empty();
    }

    /** Longest datagram between the nodes, in bytes. */
    default String mtu() {
        return "65504";
    }
}
