package io.epona.node.config;

import io.epona.runtime.config.ConfigKey;
import io.epona.runtime.config.ConfigRule;
import io.epona.runtime.config.ConfigSchema;
import io.epona.runtime.config.EponaConfig;
import io.epona.runtime.config.HostPort;
import java.net.Inet4Address;
import java.net.InetAddress;
import java.util.List;
import java.util.Optional;

/** Keys of multicast between the nodes of a cell. */
public final class MulticastKeys {
    /** Where leaders send. */
    public static final ConfigKey<Optional<String>> REPLICATION_MULTICAST_GROUP = ConfigKey.ofString(
                    "replication.multicast.group")
            .doc("Multicast group:port, such as 239.192.7.1:9400, to which a lane's leader sends its log once for all"
                    + " followers; the last number of the group is odd, since the next address is used, too. On the"
                    + " network of this node's address in cell.members. A group and port for each cell; the same on"
                    + " all nodes. Without: to each follower on a stream of its own.")
            .buildOptional();

    /** How far it goes. */
    public static final ConfigKey<Integer> REPLICATION_MULTICAST_TTL = ConfigKey.ofInt("replication.multicast.ttl")
            .doc("How far multicast goes: 1 stays in the network segment, each router on the way needs one more.")
            .defaultValue(1)
            .rule(ConfigRule.range(1, 255))
            .build();

    private static final String WRITE_IT = "write it group:port, such as 239.192.7.1:9400";

    private MulticastKeys() {}

    static void check(final EponaConfig config, final ConfigSchema.Complaint complaint) {
        final Optional<String> text = config.get(REPLICATION_MULTICAST_GROUP);
        if (text.isEmpty()) {
            return;
        }
        if (config.get(CellKeys.CELL_MEMBERS).isEmpty()) {
            complaint.add(REPLICATION_MULTICAST_GROUP, "a node alone has nobody to send to", "leave it out");
        }
        final HostPort address;
        try {
            address = HostPort.parse(text.get());
        } catch (final IllegalArgumentException ex) {
            complaint.add(REPLICATION_MULTICAST_GROUP, "the text \"" + text.get() + "\" " + ex.getMessage(), WRITE_IT);
            return;
        }
        checkGroup(address, complaint);
        checkPort(address.port(), config, complaint);
        checkFamily(address, config, complaint);
    }

    private static Optional<InetAddress> literal(final String host) {
        try {
            return Optional.of(InetAddress.ofLiteral(host));
        } catch (final IllegalArgumentException ex) {
            return Optional.empty(); // a name, for the caller to judge
        }
    }

    private static void checkGroup(final HostPort address, final ConfigSchema.Complaint complaint) {
        final Optional<InetAddress> group = literal(address.host());
        if (group.isEmpty() || !group.get().isMulticastAddress()) {
            complaint.add(
                    REPLICATION_MULTICAST_GROUP,
                    "this is not a multicast address: " + address.host(),
                    "take one of 239.0.0.0 to 239.255.255.255, or of ff00::/8 for IPv6");
            return;
        }
        final byte[] bytes = group.get().getAddress();
        if ((bytes[bytes.length - 1] & 1) == 0) {
            complaint.add(
                    REPLICATION_MULTICAST_GROUP,
                    "the last number of the group is even: " + address.host(),
                    "take an odd one; the next address is used, too");
        }
        if (group.get() instanceof Inet4Address && (bytes[0] & 0xFF) == 224 && bytes[1] == 0 && bytes[2] == 0) {
            complaint.add(
                    REPLICATION_MULTICAST_GROUP,
                    "addresses of 224.0.0.x are the network's own: " + address.host(),
                    "take one of 239.0.0.0 to 239.255.255.255");
        }
    }

    private static void checkPort(final int port, final EponaConfig config, final ConfigSchema.Complaint complaint) {
        if (port == 0) {
            complaint.add(REPLICATION_MULTICAST_GROUP, "the port must be the same on all nodes, not 0", "give a port");
        }
        for (final CellMember member : validMembers(config)) {
            final int distance = port - member.address().port();
            if (distance >= 0 && distance < CellMember.PORT_COUNT) {
                complaint.add(
                        REPLICATION_MULTICAST_GROUP,
                        "the port is one of those of a member: port=" + port + ", member=" + member,
                        "take a port that no member has; a host receives multicast at a port for all its addresses");
            }
        }
    }

    private static void checkFamily(
            final HostPort address, final EponaConfig config, final ConfigSchema.Complaint complaint) {
        final Optional<InetAddress> group = literal(address.host());
        for (final CellMember member : validMembers(config)) {
            final Optional<InetAddress> host = literal(member.address().host());
            if (group.isPresent()
                    && host.isPresent()
                    && group.get().getAddress().length != host.get().getAddress().length) {
                complaint.add(
                        REPLICATION_MULTICAST_GROUP,
                        "the group and a member are of different versions of IP: group=" + address.host() + ", member="
                                + member,
                        "take a group of the version that members' addresses have");
            }
        }
    }

    /** None when one is not written as it must be, which is said elsewhere. */
    private static List<CellMember> validMembers(final EponaConfig config) {
        try {
            return CellKeys.members(config);
        } catch (final IllegalArgumentException ex) {
            return List.of();
        }
    }
}
