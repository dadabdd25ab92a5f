package io.epona.node.config;

import static io.epona.node.config.CellKeys.CELL_MEMBERS;
import static io.epona.node.config.CellKeys.CONTROLLER_LEADER_TIMEOUT;
import static io.epona.node.config.CellKeys.CONTROLLER_SESSION_TIMEOUT;
import static io.epona.node.config.CellKeys.DRIVER_CORES;
import static io.epona.node.config.CellKeys.DRIVER_IDLE;
import static io.epona.node.config.CellKeys.JOURNAL_STALL_LIMIT;
import static io.epona.node.config.CellKeys.REPLICATION_HEARTBEAT;
import static io.epona.node.config.CellKeys.REPLICATION_MAX_LAG;
import static io.epona.node.config.CellKeys.REPLICATION_MTU;
import static io.epona.node.config.CellKeys.REPLICATION_SOCKET_BUFFER;
import static io.epona.node.config.CellKeys.REPLICATION_TERM_LENGTH;
import static io.epona.node.config.LogKeys.FETCH_MAX_MEMORY_LENGTH;
import static io.epona.node.config.LogKeys.FETCH_MAX_OUTBOUND_LENGTH;
import static io.epona.node.config.LogKeys.FETCH_MAX_RESPONSE_LENGTH;
import static io.epona.node.config.LogKeys.FETCH_MAX_SESSIONS;
import static io.epona.node.config.LogKeys.FETCH_SESSION_EVICTION;
import static io.epona.node.config.LogKeys.LOG_CLEANER_INTERVAL;
import static io.epona.node.config.LogKeys.LOG_CLEANER_MAP_LENGTH;
import static io.epona.node.config.LogKeys.LOG_CLEANER_RATE;
import static io.epona.node.config.LogKeys.LOG_DRAIN_AGE;
import static io.epona.node.config.LogKeys.LOG_DRAIN_MAX_AGE;
import static io.epona.node.config.LogKeys.LOG_DRAIN_RATE;
import static io.epona.node.config.LogKeys.LOG_DRAIN_STOP_TIME;
import static io.epona.node.config.LogKeys.LOG_FLUSH_INTERVAL;
import static io.epona.node.config.LogKeys.LOG_FLUSH_LENGTH;
import static io.epona.node.config.LogKeys.LOG_FLUSH_RATE;
import static io.epona.node.config.LogKeys.LOG_FLUSH_WRITE_BACK_RATE;
import static io.epona.node.config.ServiceKeys.*;
import static io.epona.node.config.StorageKeys.*;
import static io.epona.node.config.ThreadKeys.*;

import io.epona.controller.TopicConfigs;
import io.epona.coordinator.GroupSettings;
import io.epona.coordinator.TransactionSettings;
import io.epona.runtime.config.ConfigKey;
import io.epona.runtime.config.ConfigSchema;
import io.epona.runtime.config.EponaConfig;
import java.util.HashSet;
import java.util.List;
import java.util.Set;

/** All keys of a node and how they relate. */
public final class NodeSchema {
    /** Checkpoints must come often enough that the journal never waits for one. */
    private static final int CHECKPOINTS_IN_JOURNAL = 4;

    /** The ring must take two of the longest batches with their padding, so that a lane can always go on. */
    private static final int BATCHES_IN_RING = 4;

    /** Agrona's many-to-one ring takes messages up to an eighth of its length. */
    private static final int COMMAND_RING_PARTS = 8;

    /** The schema. */
    public static final ConfigSchema SCHEMA = ConfigSchema.builder()
            .add(NODE_ID, KAFKA_LISTEN, KAFKA_ADVERTISED, METRICS_LISTEN)
            .add(DATA_DIR, JOURNAL_DIR, LOG_DIR, LOG_RETENTION_INTERVAL, RING_DIR, COUNTERS_DIR)
            .add(LOG_DRAIN_AGE, LOG_DRAIN_MAX_AGE, LOG_DRAIN_RATE, LOG_DRAIN_STOP_TIME)
            .add(LOG_CLEANER_INTERVAL, LOG_CLEANER_MAP_LENGTH, LOG_CLEANER_RATE)
            .add(LOG_FLUSH_LENGTH, LOG_FLUSH_INTERVAL, LOG_FLUSH_WRITE_BACK_RATE, LOG_FLUSH_RATE)
            .add(LANE_COUNT, LANE_RING_LENGTH, LANE_COMMAND_RING_LENGTH, LANE_ON_GATEWAY, LANE_IDLE, LANE_CORES)
            .add(JOURNAL_SEGMENT_LENGTH, JOURNAL_SEGMENT_COUNT, JOURNAL_BLOCK_LENGTH, JOURNAL_MAX_WRITE_LENGTH)
            .add(JOURNAL_IDLE, JOURNAL_CORES)
            .add(CHECKPOINT_INTERVAL_LENGTH, CHECKPOINT_IDLE, PRODUCER_MAX, PRODUCER_EXPIRATION)
            .add(GATEWAY_THREADS, GATEWAY_IDLE, GATEWAY_CORES, GATEWAY_MAX_REQUEST_LENGTH, GATEWAY_IN_FLIGHT_LENGTH)
            .add(GATEWAY_MAX_CONNECTIONS, GATEWAY_MAX_IDLE, GATEWAY_RECEIVE_TIMEOUT, GATEWAY_PIPELINED, GATEWAY_NATIVE)
            .add(FETCH_MAX_RESPONSE_LENGTH, FETCH_MAX_MEMORY_LENGTH, FETCH_MAX_OUTBOUND_LENGTH)
            .add(FETCH_MAX_SESSIONS, FETCH_SESSION_EVICTION)
            .add(
                    TOPIC_PARTITIONS,
                    TOPIC_AUTO_CREATE,
                    TOPIC_MAX_PARTITIONS,
                    TOPIC_CONFIG,
                    GROUP_CONFIG,
                    TRANSACTION_CONFIG)
            .add(BACKGROUND_IDLE, BACKGROUND_PARK, BACKGROUND_NICE, IDLE_SPINS, IDLE_MAX_PARK)
            .add(HOT_SLICE, SLOW_CYCLE)
            .add(CELL_MEMBERS, REPLICATION_MAX_LAG, JOURNAL_STALL_LIMIT, REPLICATION_HEARTBEAT)
            .add(REPLICATION_MTU, REPLICATION_SOCKET_BUFFER)
            .add(MulticastKeys.REPLICATION_MULTICAST_GROUP, MulticastKeys.REPLICATION_MULTICAST_TTL)
            .add(REPLICATION_TERM_LENGTH, CellKeys.INSTALL_RATE, DRIVER_IDLE, DRIVER_CORES)
            .add(CONTROLLER_SESSION_TIMEOUT, CONTROLLER_LEADER_TIMEOUT)
            .check(CellKeys::check, CELL_MEMBERS, NODE_ID)
            .check(MulticastKeys::check, MulticastKeys.REPLICATION_MULTICAST_GROUP, CELL_MEMBERS)
            .check(NodeSchema::checkTopics, TOPIC_CONFIG)
            .check(NodeSchema::checkGroups, GROUP_CONFIG)
            .check(NodeSchema::checkTransactions, TRANSACTION_CONFIG)
            .check(NodeSchema::checkRing, LANE_RING_LENGTH, LANE_COMMAND_RING_LENGTH, JOURNAL_SEGMENT_LENGTH)
            .check(
                    NodeSchema::checkJournal,
                    JOURNAL_SEGMENT_LENGTH,
                    JOURNAL_SEGMENT_COUNT,
                    CHECKPOINT_INTERVAL_LENGTH,
                    LANE_RING_LENGTH)
            .check(NodeSchema::checkGateway, GATEWAY_MAX_REQUEST_LENGTH, GATEWAY_IN_FLIGHT_LENGTH)
            .check(
                    NodeSchema::checkCores,
                    LANE_COUNT,
                    GATEWAY_THREADS,
                    LANE_ON_GATEWAY,
                    LANE_CORES,
                    JOURNAL_CORES,
                    GATEWAY_CORES)
            .build();

    private NodeSchema() {}

    /** Longest record batch that the node takes, bytes: what fits into a lane's command ring and log ring. */
    public static int maxBatchLength(final EponaConfig config) {
        final long ofCommandRing = config.get(LANE_COMMAND_RING_LENGTH) / COMMAND_RING_PARTS - Sizes.KIB;
        final long span = Math.min(config.get(LANE_RING_LENGTH), config.get(JOURNAL_SEGMENT_LENGTH));
        return Math.toIntExact(Math.min(ofCommandRing, span / BATCHES_IN_RING - Sizes.KIB));
    }

    private static void checkRing(final EponaConfig config, final ConfigSchema.Complaint complaint) {
        final long ringLength = config.get(LANE_RING_LENGTH);
        final long commandRingLength = config.get(LANE_COMMAND_RING_LENGTH);
        if (commandRingLength > ringLength) {
            complaint.add(
                    LANE_COMMAND_RING_LENGTH,
                    "the queue to a lane is longer than its log ring: " + commandRingLength + " > " + ringLength,
                    "make it at most lane.ring.length");
        }
    }

    private static void checkJournal(final EponaConfig config, final ConfigSchema.Complaint complaint) {
        final long capacity = config.get(JOURNAL_SEGMENT_LENGTH) * config.get(JOURNAL_SEGMENT_COUNT);
        final long interval = config.get(CHECKPOINT_INTERVAL_LENGTH);
        if (interval > capacity / CHECKPOINTS_IN_JOURNAL) {
            complaint.add(
                    CHECKPOINT_INTERVAL_LENGTH,
                    "the journal would fill up before a checkpoint lets it recycle: interval=" + interval + ", journal="
                            + capacity,
                    "make it at most a quarter of journal.segment.length x journal.segment.count");
        }
        final long ringLength = config.get(LANE_RING_LENGTH);
        if (capacity < 2 * ringLength) {
            complaint.add(
                    JOURNAL_SEGMENT_COUNT,
                    "the journal is shorter than two log rings: journal=" + capacity + ", ring=" + ringLength,
                    "have more or longer segments, or a shorter ring");
        }
    }

    private static void checkTopics(final EponaConfig config, final ConfigSchema.Complaint complaint) {
        TopicConfigs.problems(config.get(TOPIC_CONFIG))
                .forEach(problem -> complaint.add(
                        TOPIC_CONFIG, problem, "see the table of topic configuration in docs/compatibility.md"));
    }

    private static void checkGroups(final EponaConfig config, final ConfigSchema.Complaint complaint) {
        GroupSettings.problems(config.get(GROUP_CONFIG))
                .forEach(problem -> complaint.add(
                        GROUP_CONFIG, problem, "see the table of group settings in docs/compatibility.md"));
    }

    private static void checkTransactions(final EponaConfig config, final ConfigSchema.Complaint complaint) {
        TransactionSettings.problems(config.get(TRANSACTION_CONFIG))
                .forEach(problem -> complaint.add(
                        TRANSACTION_CONFIG, problem, "see the table of their settings in docs/compatibility.md"));
    }

    private static void checkGateway(final EponaConfig config, final ConfigSchema.Complaint complaint) {
        final long longest = config.get(GATEWAY_MAX_REQUEST_LENGTH);
        final long inFlight = config.get(GATEWAY_IN_FLIGHT_LENGTH);
        if (inFlight < longest) {
            complaint.add(
                    GATEWAY_IN_FLIGHT_LENGTH,
                    "the longest request would never be read: in-flight=" + inFlight + ", longest=" + longest,
                    "make it at least gateway.max-request.length");
        }
    }

    private static void checkCores(final EponaConfig config, final ConfigSchema.Complaint complaint) {
        final int laneThreads = config.get(LANE_ON_GATEWAY) ? 0 : CellKeys.laneCount(config);
        checkCount(LANE_CORES, config.get(LANE_CORES), laneThreads, complaint);
        checkCount(JOURNAL_CORES, config.get(JOURNAL_CORES), CellKeys.laneCount(config), complaint);
        checkCount(GATEWAY_CORES, config.get(GATEWAY_CORES), config.get(GATEWAY_THREADS), complaint);
        final Set<Integer> taken = new HashSet<>();
        final int coreCount = Runtime.getRuntime().availableProcessors();
        for (final ConfigKey<List<Integer>> key : List.of(LANE_CORES, JOURNAL_CORES, GATEWAY_CORES)) {
            for (final int core : config.get(key)) {
                if (!taken.add(core)) {
                    complaint.add(key, "two hot threads on one core: core=" + core, "give each a core of its own");
                }
                if (core < 0 || core >= coreCount) {
                    complaint.add(key, "there is no such core: core=" + core, "cores here are 0 to " + (coreCount - 1));
                }
            }
        }
    }

    private static void checkCount(
            final ConfigKey<List<Integer>> key,
            final List<Integer> cores,
            final int threads,
            final ConfigSchema.Complaint complaint) {
        if (!cores.isEmpty() && cores.size() != threads) {
            complaint.add(
                    key, cores.size() + " cores for " + threads + " threads", "name one core for each thread, or none");
        }
    }
}
