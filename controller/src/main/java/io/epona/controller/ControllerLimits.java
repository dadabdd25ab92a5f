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

    /** Longest payload of one entry of the metadata log: far above any record, far below what a torn length may say. */
    public static final int MAX_ENTRY_LENGTH = 8 * 1024 * 1024;

    /**
     * Most partitions that one command may make, as in Kafka's controller (10,000): one group in the log, one message
     * per partition to its lane.
     */
    public static final int MAX_PARTITIONS_PER_COMMAND = 10_000;

    /** Longest part of a snapshot of the metadata: fits into one message of any log with terms of 512 KiB or more. */
    public static final int MAX_SNAPSHOT_PART_LENGTH = 32 * 1024;

    private ControllerLimits() {}
}
