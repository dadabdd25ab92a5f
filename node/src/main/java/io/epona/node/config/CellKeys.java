package io.epona.node.config;

import static io.epona.node.config.Sizes.GIB;
import static io.epona.node.config.Sizes.KIB;
import static io.epona.node.config.Sizes.MIB;

import io.epona.coordinator.GroupSettings;
import io.epona.runtime.config.ConfigKey;
import io.epona.runtime.config.ConfigRule;
import io.epona.runtime.config.ConfigSchema;
import io.epona.runtime.config.EponaConfig;
import io.epona.runtime.config.Profile;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;
import java.util.stream.Collectors;

/** Keys of a cell of several nodes: its members, replication between them, the metadata quorum. */
public final class CellKeys {
    /** Members. */
    public static final ConfigKey<List<String>> CELL_MEMBERS = ConfigKey.ofStringList("cell.members")
            .doc("All nodes of the cell, this one included, the same list on each: id@host:port, the first of "
                    + CellMember.PORT_COUNT
                    + " consecutive UDP ports; the first is its TCP port for lanes that are installed, too."
                    + " Three or five; empty: a cell of this node alone."
                    + " Ids are at most " + CellMember.MAX_NODE_ID + ".")
            .defaultValue(List.of())
            .build();

    /** How far a follower may lag. */
    public static final ConfigKey<Duration> REPLICATION_MAX_LAG = ConfigKey.ofDuration("replication.max-lag")
            .doc("A follower whose device is this far behind what the leader appended leaves the in-sync replicas.")
            .defaultValue(Profile.SHARED, Duration.ofSeconds(1))
            .defaultValue(Profile.DEDICATED, Duration.ofMillis(100))
            .rule(ConfigRule.durationRange(Duration.ofMillis(10), Duration.ofMinutes(10)))
            .build();

    /** How long a leader's journal may stand still. */
    public static final ConfigKey<Duration> JOURNAL_STALL_LIMIT = ConfigKey.ofDuration("journal.stall-limit")
            .doc("A leader of a lane whose own device takes nothing for so long lets another in-sync replica lead.")
            .defaultValue(Duration.ofSeconds(2))
            .rule(ConfigRule.durationRange(Duration.ofMillis(100), Duration.ofMinutes(10)))
            .build();

    /** Heartbeats. */
    public static final ConfigKey<Duration> REPLICATION_HEARTBEAT = ConfigKey.ofDuration("replication.heartbeat")
            .doc("How often an idle leader tells its followers where it is.")
            .defaultValue(Profile.SHARED, Duration.ofMillis(100))
            .defaultValue(Profile.DEDICATED, Duration.ofMillis(10))
            .rule(ConfigRule.durationRange(Duration.ofMillis(1), Duration.ofSeconds(10)))
            .build();

    /** MTU. */
    public static final ConfigKey<Long> REPLICATION_MTU = ConfigKey.ofBytes("replication.mtu")
            .doc("Longest UDP payload between nodes: 1408 for plain Ethernet, 8192 with jumbo frames, 65504 on one"
                    + " machine. The same on all nodes.")
            .defaultValue(1_408L)
            .rule(ConfigRule.sizeRange(1_408, 65_504))
            .build();

    /** Socket buffers. */
    public static final ConfigKey<Long> REPLICATION_SOCKET_BUFFER = ConfigKey.ofBytes(
                    "replication.socket-buffer.length")
            .doc("Send and receive buffer of a UDP socket, and the window of a stream; limited by the kernel's"
                    + " net.core.rmem_max and wmem_max.")
            .defaultValue(2 * MIB)
            .rule(ConfigRule.sizeRange(128 * KIB, 64 * MIB))
            .build();

    /** Term length. */
    public static final ConfigKey<Long> REPLICATION_TERM_LENGTH = ConfigKey.ofBytes("replication.term.length")
            .doc("Term of a replication stream's buffer in shared memory, a power of two; a stream has three.")
            .defaultValue(Profile.SHARED, 4 * MIB)
            .defaultValue(Profile.DEDICATED, 64 * MIB)
            .rule(ConfigRule.sizeRange(MIB, 1_024 * MIB))
            .rule(ConfigRule.powerOfTwo())
            .build();

    /** Pace of installations. */
    public static final ConfigKey<Long> INSTALL_RATE = ConfigKey.ofBytes("install.rate")
            .doc("Bytes a second that a node fetches at most from other nodes' partition logs, when it installs lanes"
                    + " because journals no longer reach back to what it has.")
            .defaultValue(Profile.SHARED, 100 * MIB)
            .defaultValue(Profile.DEDICATED, 400 * MIB)
            .rule(ConfigRule.sizeRange(MIB, 64 * GIB))
            .build();

    /** How the media driver waits. */
    public static final ConfigKey<String> DRIVER_IDLE = ConfigKey.ofString("driver.idle")
            .doc("How Aeron's media driver waits: event (its own selector; few wake-ups), backoff, or spin.")
            .defaultValue(Profile.SHARED, "event")
            .defaultValue(Profile.DEDICATED, "spin")
            .rule(ConfigRule.oneOf(List.of("event", "backoff", "spin")))
            .build();

    /** Cores of the media driver. */
    public static final ConfigKey<List<Integer>> DRIVER_CORES = ConfigKey.ofIntList("driver.cores")
            .doc("Cores for the media driver's threads: sender, receiver, conductor; in the shared profile one for all."
                    + " Empty: any.")
            .defaultValue(List.of())
            .build();

    /** Session timeout. */
    public static final ConfigKey<Duration> CONTROLLER_SESSION_TIMEOUT = ConfigKey.ofDuration(
                    "controller.session-timeout")
            .doc("A node that the metadata quorum has not heard of for so long is fenced, and its lanes get"
                    + " other leaders.")
            .defaultValue(Profile.SHARED, Duration.ofMillis(600))
            .defaultValue(Profile.DEDICATED, Duration.ofMillis(500))
            .rule(ConfigRule.durationRange(Duration.ofMillis(100), Duration.ofMinutes(1)))
            .build();

    /** Quorum leader timeout. */
    public static final ConfigKey<Duration> CONTROLLER_LEADER_TIMEOUT = ConfigKey.ofDuration(
                    "controller.leader-timeout")
            .doc("A leader of the metadata quorum that is silent for so long is replaced by an election.")
            .defaultValue(Profile.SHARED, Duration.ofMillis(500))
            .defaultValue(Profile.DEDICATED, Duration.ofMillis(300))
            .rule(ConfigRule.durationRange(Duration.ofMillis(100), Duration.ofMinutes(1)))
            .build();

    private static final String MIN_IN_SYNC = "min.insync.replicas";
    private static final int LANES_OF_ONE_DEDICATED = 2;
    private static final List<Integer> CELL_SIZES = List.of(3, 5);

    private CellKeys() {}

    /**
     * The cell's members, in the order of their ids; empty for a cell of one.
     *
     * @throws IllegalArgumentException when one is not written as it must be; {@link #check} says so before
     */
    public static List<CellMember> members(final EponaConfig config) {
        return config.get(CELL_MEMBERS).stream()
                .map(CellMember::parse)
                .sorted((a, b) -> Integer.compare(a.nodeId(), b.nodeId()))
                .toList();
    }

    /**
     * This node as the others know it.
     *
     * @throws IllegalStateException in a cell of one
     */
    public static CellMember self(final EponaConfig config) {
        final int nodeId = config.get(ServiceKeys.NODE_ID);
        return members(config).stream()
                .filter(member -> member.nodeId() == nodeId)
                .findFirst()
                .orElseThrow(() -> new IllegalStateException("a node alone has no address for others"));
    }

    /** Number of lanes: as configured, or one for each node of a cell, so that each leads one. */
    public static int laneCount(final EponaConfig config) {
        final int configured = config.get(StorageKeys.LANE_COUNT);
        if (configured > 0) {
            return configured;
        }
        final int members = config.get(CELL_MEMBERS).size();
        return members > 0 ? members : config.profile() == Profile.DEDICATED ? LANES_OF_ONE_DEDICATED : 1;
    }

    /**
     * Defaults of topic configuration. Where nothing is said, a cell of five acknowledges with three in-sync replicas,
     * so that two nodes may be away; one of three with two, so that one may.
     */
    public static Map<String, String> topicDefaults(final EponaConfig config) {
        final Map<String, String> configured = config.get(ServiceKeys.TOPIC_CONFIG);
        final int members = config.get(CELL_MEMBERS).size();
        if (members == 0 || configured.containsKey(MIN_IN_SYNC)) {
            return configured;
        }
        final Map<String, String> defaults = new TreeMap<>(configured);
        defaults.put(MIN_IN_SYNC, Integer.toString(members / 2 + 1));
        return defaults;
    }

    /** How groups are coordinated. */
    public static GroupSettings groupSettings(final EponaConfig config) {
        return GroupSettings.of(
                config.get(ServiceKeys.GROUP_CONFIG),
                config.profile() == Profile.DEDICATED ? Map.of() : GroupSettings.SHARED_DEFAULTS);
    }

    /**
     * What a cell of several promises to those who ask for all acknowledgements, for the operator to see at the start.
     */
    public static Optional<String> promise(final EponaConfig config) {
        final int members = config.get(CELL_MEMBERS).size();
        if (members == 0) {
            return Optional.empty();
        }
        final String configured = topicDefaults(config).get(MIN_IN_SYNC);
        final int floor = Integer.parseInt(configured);
        return Optional.of("one of a cell of " + members + "; acks=all needs " + floor
                + " in-sync replicas (min.insync.replicas), so writes go on while "
                + (members == floor
                        ? "no node is"
                        : members - floor + (members - floor == 1 ? " node is" : " nodes are"))
                + " away; a topic may say otherwise");
    }

    static void check(final EponaConfig config, final ConfigSchema.Complaint complaint) {
        final List<String> texts = config.get(CELL_MEMBERS);
        if (texts.isEmpty()) {
            return;
        }
        final List<CellMember> members = new ArrayList<>();
        for (final String text : texts) {
            try {
                members.add(CellMember.parse(text));
            } catch (final IllegalArgumentException ex) {
                complaint.add(CELL_MEMBERS, "the member \"" + text + "\" " + ex.getMessage(), "write it so");
            }
        }
        if (members.size() < texts.size()) {
            return;
        }
        if (!CELL_SIZES.contains(members.size())) {
            complaint.add(CELL_MEMBERS, "a cell has 3 or 5 nodes, not " + members.size(), "name 3 or 5, or none");
        }
        if (members.stream().map(CellMember::nodeId).distinct().count() < members.size()) {
            complaint.add(CELL_MEMBERS, "two members have one id: " + texts, "give each node an id of its own");
        }
        if (overlap(members)) {
            complaint.add(
                    CELL_MEMBERS,
                    "the ports of two members on one host overlap: " + texts,
                    "leave " + CellMember.PORT_COUNT + " ports to each");
        }
        final int self = config.get(ServiceKeys.NODE_ID);
        if (members.stream().noneMatch(member -> member.nodeId() == self)) {
            complaint.add(
                    ServiceKeys.NODE_ID,
                    "this node is no member of its cell: node.id=" + self + ", members="
                            + members.stream().map(CellMember::toString).collect(Collectors.joining(", ")),
                    "set node.id to one of them");
        }
    }

    private static boolean overlap(final List<CellMember> members) {
        for (final CellMember one : members) {
            for (final CellMember other : members) {
                if (one != other
                        && one.address().host().equals(other.address().host())
                        && Math.abs(one.address().port() - other.address().port()) < CellMember.PORT_COUNT) {
                    return true;
                }
            }
        }
        return false;
    }
}
