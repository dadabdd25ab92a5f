package io.epona.node.config;

import static io.epona.node.config.Sizes.GIB;
import static io.epona.node.config.Sizes.KIB;
import static io.epona.node.config.Sizes.MIB;

import io.epona.runtime.config.ConfigKey;
import io.epona.runtime.config.ConfigRule;
import io.epona.runtime.config.Profile;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Optional;

/** Keys of what a node keeps: directories, lanes with their rings and journals, checkpoints, partition logs. */
public final class StorageKeys {
    /** Data directory. */
    public static final ConfigKey<Path> DATA_DIR = ConfigKey.ofPath("data.dir")
            .doc("Directory of the node: metadata, and journal and partition logs unless they have their own.")
            .defaultValue(Path.of("epona-data"))
            .build();

    /** Directory of the journals. */
    public static final ConfigKey<Optional<Path>> JOURNAL_DIR = ConfigKey.ofPath("journal.dir")
            .doc("Directory of the lanes' journals, on a file system with O_DIRECT (ext4, xfs);"
                    + " empty: data.dir/journal.")
            .buildOptional();

    /** Directory of the partition logs. */
    public static final ConfigKey<Optional<Path>> LOG_DIR = ConfigKey.ofPath("log.dir")
            .doc("Directory of the partition logs, best on another device than the journal; empty: data.dir/logs.")
            .buildOptional();

    /** Pace of retention. */
    public static final ConfigKey<Duration> LOG_RETENTION_INTERVAL = ConfigKey.ofDuration("log.retention.interval")
            .doc("How often partition logs are checked for what retention.ms and retention.bytes let go of.")
            .defaultValue(Duration.ofMinutes(5))
            .rule(ConfigRule.durationRange(Duration.ofMillis(10), Duration.ofDays(1)))
            .build();

    /** Directory of the log rings. */
    public static final ConfigKey<Path> RING_DIR = ConfigKey.ofPath("ring.dir")
            .doc("Memory file system for the log rings; a hugetlbfs mount gives huge pages.")
            .defaultValue(Path.of("/dev/shm"))
            .build();

    /** Directory of the counters file. */
    public static final ConfigKey<Path> COUNTERS_DIR = ConfigKey.ofPath("counters.dir")
            .doc("Memory file system for the counters file, so that its pages are never written to a device.")
            .defaultValue(Path.of("/dev/shm"))
            .build();

    /** Number of lanes. */
    public static final ConfigKey<Integer> LANE_COUNT = ConfigKey.ofInt("lane.count")
            .doc("Lanes: logs with a writer each, the same number on all nodes of a cell, kept from the first start on."
                    + " 0: one for each node of a cell of several; 1 (dedicated: 2) for one node.")
            .defaultValue(0)
            .rule(ConfigRule.range(0, 64))
            .build();

    /** Length of a log ring. */
    public static final ConfigKey<Long> LANE_RING_LENGTH = ConfigKey.ofBytes("lane.ring.length")
            .doc("Memory that holds the newest part of a lane's log: what consumers read without touching a file.")
            .defaultValue(Profile.SHARED, 64 * MIB)
            .defaultValue(Profile.DEDICATED, 256 * MIB)
            .rule(ConfigRule.powerOfTwo())
            .rule(ConfigRule.sizeRange(64 * KIB, GIB))
            .build();

    /** Length of a command ring. */
    public static final ConfigKey<Long> LANE_COMMAND_RING_LENGTH = ConfigKey.ofBytes("lane.command-ring.length")
            .doc("Queue from the gateways to a lane. An eighth of it bounds the longest record batch.")
            .defaultValue(Profile.SHARED, 16 * MIB)
            .defaultValue(Profile.DEDICATED, 64 * MIB)
            .rule(ConfigRule.powerOfTwo())
            .rule(ConfigRule.sizeRange(64 * KIB, GIB))
            .build();

    /** Length of a journal segment. */
    public static final ConfigKey<Long> JOURNAL_SEGMENT_LENGTH = ConfigKey.ofBytes("journal.segment.length")
            .doc("Length of a journal segment file. Fixed when the journal is made.")
            .defaultValue(64 * MIB)
            .rule(ConfigRule.powerOfTwo())
            .rule(ConfigRule.sizeRange(64 * KIB, 4 * GIB))
            .build();

    /** Number of journal segments. */
    public static final ConfigKey<Integer> JOURNAL_SEGMENT_COUNT = ConfigKey.ofInt("journal.segment.count")
            .doc("Segment files of each lane's journal, all made at the first start. Fixed when the journal is made.")
            .defaultValue(Profile.SHARED, 8)
            .defaultValue(Profile.DEDICATED, 64)
            .rule(ConfigRule.range(2, 1_000))
            .build();

    /** Block of device writes. */
    public static final ConfigKey<Long> JOURNAL_BLOCK_LENGTH = ConfigKey.ofBytes("journal.block.length")
            .doc("Unit of device writes: the device's logical block or a multiple.")
            .defaultValue(4 * KIB)
            .rule(ConfigRule.powerOfTwo())
            .rule(ConfigRule.sizeRange(512, 4 * KIB))
            .build();

    /** Longest device write. */
    public static final ConfigKey<Long> JOURNAL_MAX_WRITE_LENGTH = ConfigKey.ofBytes("journal.max-write.length")
            .doc("Longest single device write; what waits beyond it goes with the next one.")
            .defaultValue(MIB)
            .rule(ConfigRule.multipleOf(4 * KIB))
            .rule(ConfigRule.sizeRange(4 * KIB, 64 * MIB))
            .build();

    /** Bytes between checkpoints. */
    public static final ConfigKey<Long> CHECKPOINT_INTERVAL_LENGTH = ConfigKey.ofBytes("checkpoint.interval.length")
            .doc("A lane's state is stored each time its log has grown by this much; at most a quarter of its journal.")
            .defaultValue(64 * MIB)
            .rule(ConfigRule.sizeRange(16 * KIB, 64 * GIB))
            .build();

    /** Quiet time before a checkpoint. */
    public static final ConfigKey<Duration> CHECKPOINT_IDLE = ConfigKey.ofDuration("checkpoint.idle")
            .doc("A lane's state is stored when its log has been quiet for this long.")
            .defaultValue(Duration.ofSeconds(2))
            .rule(ConfigRule.durationRange(Duration.ofMillis(1), Duration.ofHours(1)))
            .build();

    /** Producers remembered. */
    public static final ConfigKey<Integer> PRODUCER_MAX = ConfigKey.ofInt("producer.max")
            .doc("Idempotent producers, for each partition that they write to, that a lane remembers at most.")
            .defaultValue(128 * 1024)
            .rule(ConfigRule.range(1, 4 * 1024 * 1024))
            .build();

    /** How long a silent producer is remembered. */
    public static final ConfigKey<Duration> PRODUCER_EXPIRATION = ConfigKey.ofDuration("producer.expiration")
            .doc("How long an idempotent producer that does not write is remembered"
                    + " (Kafka's producer.id.expiration.ms).")
            .defaultValue(Duration.ofDays(1))
            .rule(ConfigRule.durationRange(Duration.ofSeconds(1), Duration.ofDays(3650)))
            .build();

    private StorageKeys() {}
}
