package io.epona.controller.cluster;

import java.util.List;
import java.util.stream.Collectors;

/**
 * A node of the cell with the addresses at which its part of the control log is reached: UDP ports counted from a base
 * port, which itself belongs to the replication of lanes.
 *
 * @param nodeId id of the node, which is also its member id in the log.
 * @param host name or address; an IPv6 address without brackets.
 * @param basePort port of the configuration's {@code cell.members}.
 */
public record CellMember(int nodeId, String host, int basePort) {
    /** Ports used from the base port on, the base port included. */
    public static final int PORT_COUNT = 6;

    private static final int MAX_PORT = 65_535;

    /** Checks the ranges. */
    public CellMember {
        if (nodeId < 0) {
            throw new IllegalArgumentException("a node id is not negative: nodeId=" + nodeId);
        }
        if (host.isBlank()) {
            throw new IllegalArgumentException("a member needs a host: nodeId=" + nodeId);
        }
        if (basePort < 1 || basePort + PORT_COUNT - 1 > MAX_PORT) {
            throw new IllegalArgumentException("a member's ports are basePort to basePort + " + (PORT_COUNT - 1)
                    + ", each 1 to " + MAX_PORT + ": nodeId=" + nodeId + ", basePort=" + basePort);
        }
    }

    /** What a port is for. */
    enum Service {
        /** Commands from the nodes to the log's leader, and its answers. */
        INGRESS(1),
        /** Elections, positions, status of members. */
        CONSENSUS(2),
        /** The log, from its leader to the others. */
        LOG(3),
        /** Older parts of the log, to one that was away. */
        CATCH_UP(4),
        /** Requests to the archive of a member. */
        ARCHIVE(5);

        final int portOffset;

        Service(int portOffset) {
            this.portOffset = portOffset;
        }
    }

    /** The port for a service. */
    int port(Service service) {
        return basePort + service.portOffset;
    }

    /** Host and port for a service, as Aeron writes them. */
    String endpoint(Service service) {
        return bracketedHost() + ":" + port(service);
    }

    /** An endpoint on this member's host with a port that the system chooses. */
    String anyPortEndpoint() {
        return bracketedHost() + ":0";
    }

    /** The members in the form that Aeron's consensus module wants. */
    static String clusterMembers(List<CellMember> members) {
        return members.stream()
                .map(member -> member.nodeId + ","
                        + List.of(Service.INGRESS, Service.CONSENSUS, Service.LOG, Service.CATCH_UP, Service.ARCHIVE)
                                .stream()
                                .map(member::endpoint)
                                .collect(Collectors.joining(",")))
                .collect(Collectors.joining("|"));
    }

    /** The members' ingress endpoints in the form that Aeron's cluster client wants. */
    static String ingressEndpoints(List<CellMember> members) {
        return members.stream()
                .map(member -> member.nodeId + "=" + member.endpoint(Service.INGRESS))
                .collect(Collectors.joining(","));
    }

    private String bracketedHost() {
        return host.indexOf(':') >= 0 ? "[" + host + "]" : host;
    }
}
