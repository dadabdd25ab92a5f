package io.epona.controller.cluster;

import java.util.concurrent.TimeUnit;

/** Bounds of the control log, each with its reason. */
final class ClusterLogLimits {
    /** Commands that may wait for the connection: a storm is refused instead of filling the heap. */
    static final int MAX_QUEUED_COMMANDS = 4_096;

    /** Bytes of commands that may wait, for the same reason. */
    static final long MAX_QUEUED_LENGTH = 16L << 20;

    /** Commands offered in one duty cycle, so that consensus is not kept waiting. */
    static final int MAX_COMMANDS_PER_CYCLE = 32;

    /** Connections to the log: one a node, old ones that wait for their time-out, and room. */
    static final int MAX_SESSIONS = 64;

    /** One attempt to connect; the next one starts with other members. */
    static final long CONNECT_TIMEOUT_NS = TimeUnit.SECONDS.toNanos(3);

    /** Pause between attempts, so that a refusing leader is not flooded. */
    static final long CONNECT_RETRY_NS = TimeUnit.MILLISECONDS.toNanos(50);

    /** How long a connection waits for a new leader before it is made anew. */
    static final long NEW_LEADER_TIMEOUT_NS = TimeUnit.SECONDS.toNanos(2);

    /** A request to the own archive is answered in microseconds; longer than any stall that a node survives. */
    static final long ARCHIVE_TIMEOUT_NS = TimeUnit.SECONDS.toNanos(30);

    /**
     * Pauses (SIGSTOP, a suspended machine) up to this do not make clients give the driver up; as long as the node's
     * driver has patience with its clients, so that a longer pause does not end the node for one of the two reasons.
     */
    static final long DRIVER_TIMEOUT_MS = TimeUnit.MINUTES.toMillis(5);

    /**
     * How long the log's stream waits for a follower that says nothing, and only once its window (some hundred
     * commands) is full. If the leader went by the fastest follower, a burst would leave the others behind what can be
     * sent again, and they would find out after ten seconds. Several times the interval at which receivers speak.
     */
    static final long SLOW_FOLLOWER_PATIENCE_NS = TimeUnit.SECONDS.toNanos(1);

    /** How long the driver may take to close a port: it does so within a few of its timer's intervals. */
    static final long PORT_CLOSE_TIMEOUT_NS = TimeUnit.SECONDS.toNanos(10);

    /** How often members without a log, or behind it, ask the others. */
    static final long STATUS_INTERVAL_NS = TimeUnit.MILLISECONDS.toNanos(50);

    /** How long an old leader may take to answer its successor: a few times what a busy host takes. */
    static final long OLD_LEADER_ANSWER_NS = TimeUnit.MILLISECONDS.toNanos(100);

    /** An answer older than this says nothing about now. */
    static final long STATUS_FRESH_NS = TimeUnit.MILLISECONDS.toNanos(500);

    /** How long a starting member with a log asks whether the others have cut what it needs. */
    static final long BEHIND_CHECK_NS = TimeUnit.MILLISECONDS.toNanos(250);

    /** How long an election may last until a member asks whether the others have cut what it needs. */
    static final long BEHIND_SUSPECT_NS = TimeUnit.SECONDS.toNanos(5);

    /** Fetching a snapshot and the log after it: it is begun again when it has taken this long. */
    static final long SEED_TIMEOUT_NS = TimeUnit.SECONDS.toNanos(30);

    /** How long after a command another one is expected, so that the thread sleeps in short steps. */
    static final long BUSY_NS = TimeUnit.MILLISECONDS.toNanos(100);

    /** Longest sleep of the consensus thread where no driver wakes it: what each message may have to wait. */
    static final long POLL_PARK_NS = TimeUnit.MILLISECONDS.toNanos(8);

    /** How often snapshots and the log's length are looked after. */
    static final long HOUSEKEEPING_INTERVAL_NS = TimeUnit.SECONDS.toNanos(1);

    /** How often a waiting member says what it waits for. */
    static final long REPORT_INTERVAL_NS = TimeUnit.SECONDS.toNanos(5);

    /** Snapshots that are kept: the newest and, should it be unreadable, the one before. */
    static final int SNAPSHOTS_KEPT = 2;

    /** How long closing waits for the two threads. */
    static final long CLOSE_TIMEOUT_MS = TimeUnit.SECONDS.toMillis(10);

    private ClusterLogLimits() {}
}
