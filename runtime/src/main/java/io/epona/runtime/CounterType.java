package io.epona.runtime;

/**
 * The catalogue of all counters of a node: type id, name, unit, meaning. Type ids are for ever; ids of one subsystem
 * lie together. A counter's key and label name its {@link Scope subject}, for example {@code lane-0}.
 */
public enum CounterType {
    /** Errors of the whole node. */
    ERRORS(1, "errors", Unit.COUNT, Scope.NODE, "Errors seen; the distinct ones are in the error log"),
    /** Wall clock steps. */
    CLOCK_STEPS(2, "clock-steps", Unit.COUNT, Scope.NODE, "How often the machine's wall clock was set or jumped"),
    /** Placement that could not be had. */
    PLACEMENT_FAILURES(
            3, "placement-failures", Unit.COUNT, Scope.NODE, "Threads whose core or niceness could not be set"),
    /** Budget breaches. */
    BREACHES(4, "breaches", Unit.COUNT, Scope.AGENT, "Record batches that took longer than a stage's budget"),

    /** {@link LaneCounters#appended()}. */
    LANE_APPENDED(101, "lane-appended", Unit.POSITION, Scope.LANE, "Frames below are in the log ring"),
    /** {@link LaneCounters#durable()}. */
    LANE_DURABLE(102, "lane-durable", Unit.POSITION, Scope.LANE, "Frames below are on this node's device"),
    /** {@link LaneCounters#committed()}. */
    LANE_COMMITTED(
            103, "lane-committed", Unit.POSITION, Scope.LANE, "Frames below are durable on the in-sync replicas"),
    /** {@link LaneCounters#checkpointApplied()}. */
    LANE_CHECKPOINT_APPLIED(
            104,
            "lane-checkpoint-applied",
            Unit.POSITION,
            Scope.LANE,
            "Frames below are applied to the checkpoint's shadow state"),
    /** {@link LaneCounters#checkpointed()}. */
    LANE_CHECKPOINTED(
            105, "lane-checkpointed", Unit.POSITION, Scope.LANE, "Below, checkpoints no longer need the journal"),
    /** {@link LaneCounters#drained()}. */
    LANE_DRAINED(106, "lane-drained", Unit.POSITION, Scope.LANE, "Frames below can be read from the partition logs"),
    /** {@link LaneCounters#shelved()}. */
    LANE_SHELVED(
            107, "lane-shelved", Unit.POSITION, Scope.LANE, "Frames below are flushed to the partition logs' device"),
    /** Batches that the lane appended. */
    LANE_BATCHES(110, "lane-batches", Unit.COUNT, Scope.LANE, "Record batches appended"),
    /** Records that the lane appended. */
    LANE_RECORDS(111, "lane-records", Unit.COUNT, Scope.LANE, "Records appended"),
    /** Duplicate batches. */
    LANE_DUPLICATES(
            112, "lane-duplicates", Unit.COUNT, Scope.LANE, "Batches of idempotent producers that were there already"),
    /** Refused batches. */
    LANE_REFUSED(113, "lane-refused", Unit.COUNT, Scope.LANE, "Commands refused with an error"),
    /** Log full. */
    LANE_LOG_FULL(
            114,
            "lane-log-full",
            Unit.COUNT,
            Scope.LANE,
            "Duty cycles in which a command waited because journal, partition logs or checkpoint lag a whole ring"),
    /** Duplicates with another content. */
    LANE_DIFFERING_DUPLICATES(
            115,
            "lane-differing-duplicates",
            Unit.COUNT,
            Scope.LANE,
            "Batches with the sequence of an earlier one and another content: a client lost track, and data"),
    /** Reply ring full. */
    LANE_REPLY_RING_FULL(
            116,
            "lane-reply-ring-full",
            Unit.COUNT,
            Scope.LANE,
            "Duty cycles in which a command waited because a gateway left too many replies unread"),
    /** Messages that are no commands. */
    LANE_MALFORMED(117, "lane-malformed", Unit.COUNT, Scope.LANE, "Messages to the lane that were skipped"),
    /** Producers remembered. */
    LANE_PRODUCERS(
            118, "lane-producers", Unit.GAUGE, Scope.LANE, "Idempotent producers remembered, one for each partition"),
    /** Batches for which the transaction coordinator had to be asked. */
    LANE_VERIFICATIONS(
            119,
            "lane-transaction-verifications",
            Unit.COUNT,
            Scope.LANE,
            "First batches of transactions, for which the coordinator was asked"),

    /** {@link LaneRole#leadingEpoch()}. */
    LANE_LEADING_EPOCH(
            120, "lane-leading-epoch", Unit.GAUGE, Scope.LANE, "Leader epoch in which this node leads, or -1"),
    /** {@link LaneRole#readyPosition()}. */
    LANE_READY_POSITION(
            121, "lane-ready", Unit.POSITION, Scope.LANE, "Committed up to here, the leader exposes everything"),
    /** {@link LaneRole#inSync()}. */
    LANE_IN_SYNC(122, "lane-in-sync", Unit.GAUGE, Scope.LANE, "In-sync replicas that commits wait for, if leading"),
    /** Becoming leader. */
    LANE_TENURES(140, "lane-tenures", Unit.COUNT, Scope.LANE, "How often this node became the lane's leader"),
    /** Cuts. */
    LANE_TRUNCATIONS(
            141, "lane-truncations", Unit.COUNT, Scope.LANE, "Cuts of the log's uncommitted end, to follow a leader"),
    /** Bytes cut. */
    LANE_TRUNCATED(142, "lane-truncated", Unit.BYTES, Scope.LANE, "Bytes cut off the log's uncommitted end"),
    /** Proposals. */
    LANE_IN_SYNC_PROPOSALS(
            143, "lane-in-sync-proposals", Unit.COUNT, Scope.LANE, "Proposals to change the in-sync replicas"),
    /** Messages that do not count. */
    LANE_PEER_MESSAGES_IGNORED(
            144,
            "lane-peer-messages-ignored",
            Unit.COUNT,
            Scope.LANE,
            "Messages of other replicas that were late, repeated, or of another epoch"),
    /** Gaps. */
    LANE_GAPS(145, "lane-gaps", Unit.COUNT, Scope.LANE, "Times that a follower got frames beyond its log's end"),
    /** Outbox full. */
    LANE_OUTBOX_FULL(
            146, "lane-outbox-full", Unit.COUNT, Scope.LANE, "Messages to other replicas that found no room at first"),
    /** Journal stalls of a leader. */
    LANE_JOURNAL_STALLS(
            147,
            "lane-journal-stalls",
            Unit.COUNT,
            Scope.LANE,
            "Times that a leader's own journal stood still too long"),

    /** {@link ReplicaCounters#received()}. */
    REPLICA_RECEIVED(130, "replica-received", Unit.POSITION, Scope.REPLICA, "End of another replica's log"),
    /** Behind in time. */
    REPLICA_LAG_MS(
            132,
            "replica-lag",
            Unit.GAUGE_MS,
            Scope.REPLICA,
            "How long the oldest frame that another replica has not made durable has been appended"),
    /** {@link ReplicaCounters#acked()}. */
    REPLICA_ACKED(131, "replica-acked", Unit.POSITION, Scope.REPLICA, "Frames below are on another replica's device"),

    /** Device writes. */
    JOURNAL_WRITES(201, "journal-writes", Unit.COUNT, Scope.LANE, "Device writes done"),
    /** Checkpoints stored. */
    CHECKPOINTS(211, "checkpoints", Unit.COUNT, Scope.LANE, "Checkpoints stored durably"),
    /** Length of the newest checkpoint. */
    CHECKPOINT_LENGTH(212, "checkpoint-length", Unit.GAUGE_BYTES, Scope.LANE, "Length of the newest checkpoint"),

    /** Open partition logs. */
    SHELF_OPEN_LOGS(301, "shelf-open-logs", Unit.GAUGE, Scope.NODE, "Partition logs that are open"),

    /** Times that a log was compacted. */
    CLEANER_LOGS(311, "cleaner-logs", Unit.COUNT, Scope.NODE, "Times that a partition log was compacted"),
    /** Bytes of segments that went through compaction. */
    CLEANER_READ(312, "cleaner-read", Unit.BYTES, Scope.NODE, "Bytes of partition logs that were compacted"),
    /** Bytes that compaction freed. */
    CLEANER_FREED(
            313, "cleaner-freed", Unit.BYTES, Scope.NODE, "Bytes by which compaction made partition logs shorter"),
    /** Failed compactions. */
    CLEANER_FAILURES(
            314,
            "cleaner-failures",
            Unit.COUNT,
            Scope.NODE,
            "Partition logs that could not be compacted; each is tried again"),
    /** Logs that wait to be compacted. */
    CLEANER_WAITING(
            315, "cleaner-waiting", Unit.GAUGE, Scope.NODE, "Partition logs found to need compaction and not done yet"),
    /** Largest dirty share. */
    CLEANER_MAX_DIRTY(
            316,
            "cleaner-max-dirty",
            Unit.GAUGE,
            Scope.NODE,
            "Largest share of not yet compacted bytes in a compacted topic's log, percent"),

    /** Open connections. */
    GATEWAY_CONNECTIONS(401, "gateway-connections", Unit.GAUGE, Scope.GATEWAY, "Open client connections"),
    /** Accepted connections. */
    GATEWAY_ACCEPTED(402, "gateway-accepted", Unit.COUNT, Scope.GATEWAY, "Client connections accepted"),
    /** Connections closed for a protocol error. */
    GATEWAY_REJECTED(
            403,
            "gateway-rejected",
            Unit.COUNT,
            Scope.GATEWAY,
            "Connections closed for bytes that are no valid request"),
    /** Requests. */
    GATEWAY_REQUESTS(404, "gateway-requests", Unit.COUNT, Scope.GATEWAY, "Requests read"),
    /** Bytes in. */
    GATEWAY_RECEIVED(405, "gateway-received", Unit.BYTES, Scope.GATEWAY, "Bytes read from clients"),
    /** Bytes out. */
    GATEWAY_SENT(406, "gateway-sent", Unit.BYTES, Scope.GATEWAY, "Bytes written to clients"),
    /** Back-pressure seen by the gateway. */
    GATEWAY_BACK_PRESSURE(
            407,
            "gateway-back-pressure",
            Unit.COUNT,
            Scope.GATEWAY,
            "Times that a lane's command ring was full and reading from a connection stopped"),
    /** Records from memory. */
    GATEWAY_RING_READ(408, "gateway-ring-read", Unit.BYTES, Scope.GATEWAY, "Bytes of records answered from log rings"),
    /** Records from partition logs. */
    GATEWAY_LOG_READ(
            409, "gateway-log-read", Unit.BYTES, Scope.GATEWAY, "Bytes of records answered from partition logs"),
    /** Waiting fetches. */
    GATEWAY_WAITING_FETCHES(
            410, "gateway-waiting-fetches", Unit.GAUGE, Scope.GATEWAY, "Fetch requests that wait for records"),

    /** Frames sent. */
    REPLICATION_SENT(601, "replication-sent", Unit.BYTES, Scope.NODE, "Bytes of frames sent to followers from memory"),
    /** Frames messages sent. */
    REPLICATION_SENT_MESSAGES(
            602,
            "replication-sent-messages",
            Unit.COUNT,
            Scope.NODE,
            "Messages with frames sent to followers from memory"),
    /** Heartbeats. */
    REPLICATION_HEARTBEATS(
            603, "replication-heartbeats", Unit.COUNT, Scope.NODE, "Messages without frames sent to followers"),
    /** Catch-up. */
    REPLICATION_CATCH_UP(
            604, "replication-catch-up", Unit.BYTES, Scope.NODE, "Bytes of frames sent to followers from the journal"),
    /** Back-pressure. */
    REPLICATION_BACK_PRESSURE(
            605,
            "replication-back-pressure",
            Unit.COUNT,
            Scope.NODE,
            "Times that a message to another node found no room in its stream"),
    /** Words to nodes that are away. */
    REPLICATION_UNSENT(
            606,
            "replication-unsent",
            Unit.COUNT,
            Scope.NODE,
            "Requests, responses and acknowledgements for nodes that were not connected"),
    /** Live feeds. */
    REPLICATION_LIVE_FEEDS(
            607,
            "replication-live-feeds",
            Unit.GAUGE,
            Scope.NODE,
            "Followers of this node's lanes that are sent frames from memory, each on its own stream"),
    /** Feeds that catch up. */
    REPLICATION_CATCHING_UP_FEEDS(
            608,
            "replication-catching-up-feeds",
            Unit.GAUGE,
            Scope.NODE,
            "Followers of this node's lanes that are sent frames from the journal"),
    /** Followers that hear what is sent to all. */
    REPLICATION_MULTICAST_FEEDS(
            609,
            "replication-multicast-feeds",
            Unit.GAUGE,
            Scope.NODE,
            "Followers of this node's lanes that hear what is sent to all at once, and need no stream of their own"),
    /** Frames received. */
    REPLICATION_RECEIVED(
            611,
            "replication-received",
            Unit.BYTES,
            Scope.NODE,
            "Bytes of frames received from leaders, also those that were there already"),
    /** Frames messages received. */
    REPLICATION_RECEIVED_MESSAGES(
            612,
            "replication-received-messages",
            Unit.COUNT,
            Scope.NODE,
            "Messages with frames and heartbeats received from leaders"),
    /** Gaps. */
    REPLICATION_GAPS(
            613,
            "replication-gaps",
            Unit.COUNT,
            Scope.NODE,
            "Times that a follower reported a gap in what it had received"),
    /** Messages that are none. */
    REPLICATION_BAD_MESSAGES(
            614,
            "replication-bad-messages",
            Unit.COUNT,
            Scope.NODE,
            "Messages from other nodes that were dropped because they are not valid"),
    /** Lane's ring full. */
    REPLICATION_RING_FULL(
            615,
            "replication-ring-full",
            Unit.COUNT,
            Scope.NODE,
            "Times that a message from another node found no room before its lane"),
    /** Lanes that are installed. */
    INSTALLING_LANES(
            620,
            "installing-lanes",
            Unit.GAUGE,
            Scope.NODE,
            "Lanes whose copy on this node is made anew from their leaders' partition logs"),
    /** Bytes installed. */
    INSTALL_RECEIVED(
            621,
            "install-received",
            Unit.BYTES,
            Scope.NODE,
            "Bytes of records fetched from other nodes' partition logs for lanes that are installed"),
    /** Bytes given. */
    INSTALL_SENT(
            622,
            "install-sent",
            Unit.BYTES,
            Scope.NODE,
            "Bytes of records given from this node's partition logs to nodes that install lanes"),
    /** Failures. */
    INSTALL_RETRIES(
            623,
            "install-retries",
            Unit.COUNT,
            Scope.NODE,
            "Times that the installation of a lane was interrupted, and went on later from where it was"),

    /** Classic groups. */
    GROUPS_CLASSIC(701, "groups-classic", Unit.GAUGE, Scope.NODE, "Groups of the classic protocol on this node"),
    /** Consumer groups. */
    GROUPS_CONSUMER(702, "groups-consumer", Unit.GAUGE, Scope.NODE, "Groups of the consumer protocol on this node"),
    /** Streams groups. */
    GROUPS_STREAMS(703, "groups-streams", Unit.GAUGE, Scope.NODE, "Groups of the streams protocol on this node"),
    /** Partitions coordinated with. */
    GROUPS_ACTIVE_PARTITIONS(
            704,
            "groups-active-partitions",
            Unit.GAUGE,
            Scope.NODE,
            "Partitions of __consumer_offsets with which this node coordinates groups"),
    /** Partitions being loaded. */
    GROUPS_LOADING_PARTITIONS(
            705,
            "groups-loading-partitions",
            Unit.GAUGE,
            Scope.NODE,
            "Partitions of __consumer_offsets that are led here and not loaded yet"),
    /** Loads. */
    GROUPS_LOADS(706, "groups-loads", Unit.COUNT, Scope.NODE, "Partitions of __consumer_offsets loaded"),
    /** Failed loads. */
    GROUPS_LOAD_FAILURES(
            707, "groups-load-failures", Unit.COUNT, Scope.NODE, "Loads of such partitions that failed and began anew"),
    /** Records loaded. */
    GROUPS_LOADED_RECORDS(708, "groups-loaded-records", Unit.COUNT, Scope.NODE, "Records read to load them"),
    /** Fenced batches. */
    GROUPS_FENCED(
            709,
            "groups-fenced",
            Unit.COUNT,
            Scope.NODE,
            "Batches of groups' state not written because the node did not lead any more"),
    /** Batches written. */
    COORDINATOR_BATCHES(710, "coordinator-batches", Unit.COUNT, Scope.NODE, "Batches that coordinators have appended"),
    /** Batches refused. */
    COORDINATOR_REFUSED(
            711, "coordinator-refused", Unit.COUNT, Scope.NODE, "Batches of coordinators that lanes have refused"),
    /** Batches in progress. */
    COORDINATOR_OPEN(
            712, "coordinator-open", Unit.GAUGE, Scope.NODE, "Batches of coordinators that wait for their commit"),

    /** Transactional ids. */
    TRANSACTIONS_IDS(721, "transactions-ids", Unit.GAUGE, Scope.NODE, "Transactional ids that this node coordinates"),
    /** Open transactions. */
    TRANSACTIONS_ONGOING(722, "transactions-ongoing", Unit.GAUGE, Scope.NODE, "Transactions of these that are open"),
    /** Transactions that end. */
    TRANSACTIONS_ENDING(
            723,
            "transactions-ending",
            Unit.GAUGE,
            Scope.NODE,
            "Transactions whose end is decided and not yet in all their partitions"),
    /** Transactions that do not end. */
    TRANSACTIONS_LATE(
            724,
            "transactions-late",
            Unit.GAUGE,
            Scope.NODE,
            "Transactions open or ending a minute after their time was over"),
    /** Commits. */
    TRANSACTIONS_COMMITTED(725, "transactions-committed", Unit.COUNT, Scope.NODE, "Transactions committed"),
    /** Aborts. */
    TRANSACTIONS_ABORTED(726, "transactions-aborted", Unit.COUNT, Scope.NODE, "Transactions aborted, for any reason"),
    /** Time-outs. */
    TRANSACTIONS_TIMED_OUT(
            727, "transactions-timed-out", Unit.COUNT, Scope.NODE, "Transactions aborted because their time was over"),
    /** Partitions coordinated with. */
    TRANSACTIONS_ACTIVE_PARTITIONS(
            728,
            "transactions-active-partitions",
            Unit.GAUGE,
            Scope.NODE,
            "Partitions of __transaction_state with which this node coordinates transactions"),
    /** Partitions being loaded. */
    TRANSACTIONS_LOADING_PARTITIONS(
            729,
            "transactions-loading-partitions",
            Unit.GAUGE,
            Scope.NODE,
            "Partitions of __transaction_state that are led here and not loaded yet"),
    /** Loads. */
    TRANSACTIONS_LOADS(730, "transactions-loads", Unit.COUNT, Scope.NODE, "Partitions of __transaction_state loaded"),
    /** Failed loads. */
    TRANSACTIONS_LOAD_FAILURES(
            731,
            "transactions-load-failures",
            Unit.COUNT,
            Scope.NODE,
            "Loads of such partitions that failed and began anew"),
    /** Records loaded. */
    TRANSACTIONS_LOADED_RECORDS(
            732, "transactions-loaded-records", Unit.COUNT, Scope.NODE, "Records read to load them"),

    /** {@link DutyCycleTracker}. */
    AGENT_MAX_CYCLE(501, "agent-max-cycle", Unit.GAUGE_NS, Scope.AGENT, "Longest duty cycle so far"),
    /** {@link DutyCycleTracker}. */
    AGENT_SLOW_CYCLES(
            502, "agent-slow-cycles", Unit.COUNT, Scope.AGENT, "Duty cycles longer than the threshold in the label");

    /** What a value counts, and whether it can only grow. */
    public enum Unit {
        /** Things that happened; grows. */
        COUNT("", true),
        /** Bytes moved; grows. */
        BYTES("bytes", true),
        /** Byte position in a lane's log; grows. */
        POSITION("position", true),
        /** Things that there are now. */
        GAUGE("", false),
        /** Bytes that there are now. */
        GAUGE_BYTES("bytes", false),
        /** Nanoseconds, now or at most. */
        GAUGE_NS("ns", false),
        /** A value of the moment, milliseconds. */
        GAUGE_MS("ms", false);

        private final String suffix;
        private final boolean isMonotonic;

        Unit(final String suffix, final boolean isMonotonic) {
            this.suffix = suffix;
            this.isMonotonic = isMonotonic;
        }

        /** Unit as a word, empty for plain numbers. */
        public String suffix() {
            return suffix;
        }

        /** True when the value only grows while the node runs. */
        public boolean isMonotonic() {
            return isMonotonic;
        }
    }

    /** What a counter belongs to. */
    public enum Scope {
        /** The node as a whole. */
        NODE("node"),
        /** One lane. */
        LANE("lane"),
        /** Another node's replica of one lane. */
        REPLICA("replica"),
        /** One gateway thread. */
        GATEWAY("gateway"),
        /** One agent. */
        AGENT("agent");

        private final String label;

        Scope(final String label) {
            this.label = label;
        }

        /** Name as in metrics' label names. */
        public String label() {
            return label;
        }
    }

    private final int typeId;
    private final String label;
    private final Unit unit;
    private final Scope scope;
    private final String doc;

    CounterType(final int typeId, final String label, final Unit unit, final Scope scope, final String doc) {
        this.typeId = typeId;
        this.label = label;
        this.unit = unit;
        this.scope = scope;
        this.doc = doc;
    }

    /** Number of the type in the counters file. */
    public int typeId() {
        return typeId;
    }

    /** Name, as in labels. */
    public String label() {
        return label;
    }

    /** Unit of the value. */
    public Unit unit() {
        return unit;
    }

    /** What a counter of this type belongs to. */
    public Scope scope() {
        return scope;
    }

    /** What it means, in a sentence. */
    public String doc() {
        return doc;
    }

    /** Name for Prometheus, without the {@code _total} that exporters add to counters. */
    public String metricName() {
        final String name = "epona_" + label.replace('-', '_');
        return unit.suffix().isEmpty() ? name : name + '_' + unit.suffix();
    }

    /** True when exporters show it as a counter. A position grows too, but operators subtract positions: a gauge. */
    public boolean isExportedAsCounter() {
        return unit.isMonotonic() && unit != Unit.POSITION;
    }

    /** Name of the exported series, with the {@code _total} that exporters add to counters. */
    public String seriesName() {
        return isExportedAsCounter() ? metricName() + "_total" : metricName();
    }

    /** A Markdown table of all types, for docs/operations.md. */
    public static String toMarkdown() {
        final StringBuilder text =
                new StringBuilder("| metric | kind | label | meaning |\n| --- | --- | --- | --- |\n");
        for (final CounterType type : values()) {
            text.append("| `")
                    .append(type.seriesName())
                    .append(type.isExportedAsCounter() ? "` | counter | " : "` | gauge | ")
                    .append(type.scope == Scope.NODE ? "" : '`' + type.scope.label() + '`')
                    .append(" | ")
                    .append(type.doc)
                    .append(" |\n");
        }
        return text.toString();
    }

    /** The type with that id, or null for one of a newer version. */
    public static CounterType ofTypeId(final int typeId) {
        for (final CounterType type : values()) {
            if (type.typeId == typeId) {
                return type;
            }
        }
        return null;
    }
}
