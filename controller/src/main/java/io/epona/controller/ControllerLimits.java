package io.epona.controller;

/** Bounds of the controller, each with its reason. */
public final class ControllerLimits {
    /** Lane ids are an unsigned 16-bit number in the metadata log, its greatest value reserved. */
    public static final int MAX_LANE_COUNT = 65_534;

    /** Below 4 MiB the log is read faster (milliseconds) than rewriting it would be worth. */
    public static final long COMPACTION_LENGTH = 4L * 1024 * 1024;

    /**
     * Commands that may wait for the controller. Each client connection has one under way, so that this is far beyond
     * ordinary use; a storm of mutations is told to come back instead of filling the heap.
     */
    public static final int MAX_WAITING_COMMANDS = 4_096;

    /**
     * Shortest time that a command is waited for, milliseconds: some clients send a timeout of 0 and mean that they do
     * not want to wait for followers, not that the command shall fail.
     */
    public static final int MIN_COMMAND_TIMEOUT_MS = 1_000;

    /**
     * How long a command is waited for whose origin names no time, milliseconds: Kafka's default.api.timeout halved.
     */
    public static final int COMMAND_TIMEOUT_MS = 30_000;

    /** How long a node waits for the answer to a command that it submits until it is carried out, milliseconds. */
    public static final int RETRY_TIMEOUT_MS = 5_000;

    /** How long a node waits before it submits a command again that the log did not take or answer, milliseconds. */
    public static final int RETRY_INTERVAL_MS = 500;

    /**
     * Deleted topics that are remembered, the newest: by them a node that was away, or crashed in between, knows that
     * directories which belong to no partition may be removed. With 40 bytes each small in any snapshot.
     */
    public static final int MAX_REMEMBERED_DELETIONS = 10_000;

    /**
     * Groups that have a configuration of their own: clients name groups that need not be there, and nothing else
     * limits their number. With some hundred bytes each small in any snapshot.
     */
    public static final int MAX_CONFIGURED_GROUPS = 10_000;

    /**
     * Most characters of the id, the keys and the values of a group that has a configuration of its own: all keys with
     * their values take a third of that, and clients may name a group with 32,767.
     */
    public static final int MAX_GROUP_CONFIG_LENGTH = 2_048;

    /** Longest payload of one entry of the metadata log: far above any record, far below what a torn length may say. */
    public static final int MAX_ENTRY_LENGTH = 8 * 1024 * 1024;

    /**
     * Most partitions that one command may make, as in Kafka's controller (10,000): one group in the log, one message
     * per partition to its lane.
     */
    public static final int MAX_PARTITIONS_PER_COMMAND = 10_000;

    /** Most nodes of a cell: what the fixed layouts of lane records and commands have room for. */
    public static final int MAX_REPLICA_COUNT = 5;

    /** Longest part of a snapshot of the metadata: fits into one message of any log with terms of 512 KiB or more. */
    public static final int MAX_SNAPSHOT_PART_LENGTH = 32 * 1024;

    private ControllerLimits() {}
}
