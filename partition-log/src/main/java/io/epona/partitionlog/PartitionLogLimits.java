package io.epona.partitionlog;

import com.sun.management.UnixOperatingSystemMXBean;
import java.lang.management.ManagementFactory;

/** The bounds and defaults of this module, each with its reason. */
final class PartitionLogLimits {
    /** An open log takes 6 KB of heap: above this, opening and closing costs less than it saves. */
    static final int MAX_OPEN_LOGS = 16_384;

    /** Of the descriptors that the process may have, partition logs take half: one for each segment of an open log. */
    static final int DESCRIPTOR_SHARE = 2;

    /** An open log has two mappings; Linux allows a process 65,530 unless told otherwise. */
    static final int MAX_MAPPINGS = 65_530;

    /** Half of the mappings for partition logs, two for each. */
    static final int MAPPING_SHARE = 4;

    /** A surplus log that was used so recently stays open: opening it again at once would cost more. */
    static final long SURPLUS_IDLE_MS = 5_000L;

    /** Closing costs a snapshot and two truncations, opening a directory listing: not worth it for a short pause. */
    static final long DEFAULT_IDLE_CLOSE_MS = 10 * 60_000L;

    /** As Kafka's {@code log.retention.check.interval.ms}. */
    static final long DEFAULT_RETENTION_INTERVAL_MS = 5 * 60_000L;

    /** The file holds hints that make opening cheap; losing half a minute of them costs little. */
    static final long DEFAULT_STATE_INTERVAL_MS = 30_000L;

    /** Small batches are gathered up to this length for one append; no flush step is larger either. */
    static final int GROUP_LENGTH = 1024 * 1024;

    /** From this length on a batch is appended straight from where it is: its own system call is well used. */
    static final int DIRECT_LENGTH = 64 * 1024;

    /** At recovery frames are gathered up to this length before they are appended. */
    static final int STAGING_LENGTH = 8 * 1024 * 1024;

    /** Write-back is started in steps of this length: the journal's write waits behind one step at most. */
    static final int WRITE_BACK_STEP_LENGTH = 256 * 1024;

    /** A drain group is never larger than this, however long the ring: a round must end soon. */
    static final int MAX_DRAIN_LENGTH = 16 * 1024 * 1024;

    /** Files unlinked in one duty cycle: unlinking a large file takes milliseconds on ext4. */
    static final int DELETES_PER_CYCLE = 8;

    /** Logs closed in one duty cycle: each writes a snapshot and truncates two index files. */
    static final int CLOSES_PER_CYCLE = 8;

    /** A segment's file outlives by this the moment when no new read finds it: reads that found it must have ended. */
    static final long MIN_FILE_DELETE_DELAY_MS = 10_000L;

    /** Directories looked at for retention in one duty cycle: each costs a listing and a stat of every segment. */
    static final int RETENTION_CHECKS_PER_CYCLE = 16;

    /** And in a second, with the default interval; more where it is shorter. */
    static final int RETENTION_CHECKS_PER_SECOND = 1_000;

    /** Up to so many logs are flushed one by one; more of them by one flush of the file system. */
    static final int MAX_SINGLE_FLUSHES = 64;

    /** No flush of the file system when more than this is dirty on the machine: it would take long. */
    static final long MAX_DIRTY_KIB = 256 * 1024;

    /** What starting the write-back of one small log counts for in the pace: an own access to the device. */
    static final int MIN_WRITE_BACK_LENGTH = 16 * 1024;

    /** Logs opened on request of readers in one duty cycle. */
    static final int OPENS_PER_CYCLE = 8;

    /** What opening a log counts for in the pace of drains: five files are looked for or made. */
    static final int OPEN_COST = 4;

    /** At a stop logs are closed in order for so long; the others are let go of, and looked at when opened again. */
    static final long CLOSE_TIME_MS = 1_000L;

    /** How often idle and surplus logs are looked for. */
    static final long EVICTION_INTERVAL_MS = 1_000L;

    /** Kafka's defaults; producers of closed partitions cost nothing, those of open ones a hundred bytes each. */
    static final int PRODUCER_EXPIRATION_MS = 24 * 60 * 60_000;

    /** Kafka's {@code transaction.max.timeout.ms}. */
    static final int MAX_TRANSACTION_TIMEOUT_MS = 15 * 60_000;

    /** As Kafka's {@code log.cleaner.backoff.ms}. */
    static final long DEFAULT_CLEANER_INTERVAL_MS = 15_000L;

    /** Some 600,000 keys a round; a log with more is cleaned in several. */
    static final int DEFAULT_CLEANER_MAP_LENGTH = 16 * 1024 * 1024;

    /** Room for a few thousand keys: with less, cleaning a large log would take a round for each segment. */
    static final int MIN_CLEANER_MAP_LENGTH = 64 * 1024;

    /** A few per cent of what a device does, so that the journal's writes do not notice. */
    static final long DEFAULT_CLEANER_LENGTH_PER_SECOND = 32L * 1024 * 1024;

    /** How full the map of keys may be; Kafka's {@code log.cleaner.io.buffer.load.factor}. */
    static final double CLEANER_MAP_LOAD = 0.9;

    /** One buffer to read, one to write; more where a batch is longer. */
    static final int CLEANER_BUFFER_LENGTH = 256 * 1024;

    /** Longest batch that cleaning can take when the topic's limit was lowered: that of Kafka's frames. */
    static final int CLEANER_MAX_BUFFER_LENGTH = 256 * 1024 * 1024;

    /** What flushes and renames of cleaning one log count for in its pace: no more than a dozen logs a second. */
    static final int CLEANING_COST_LENGTH = 2 * 1024 * 1024;

    /** A log that could not be cleaned is left alone for so long: most often the device is full. */
    static final long CLEANING_RETRY_MS = 10 * 60_000L;

    /** Logs looked at in one duty cycle for whether they need cleaning: each costs a listing, if it is not open. */
    static final int LOOKS_PER_CYCLE = 64;

    private PartitionLogLimits() {}

    /** As many logs as the process can well keep open. */
    static int defaultMaxOpenLogs() {
        final int byMappings = Math.min(MAX_OPEN_LOGS, MAX_MAPPINGS / MAPPING_SHARE);
        if (ManagementFactory.getOperatingSystemMXBean() instanceof UnixOperatingSystemMXBean system) {
            return Math.clamp(system.getMaxFileDescriptorCount() / DESCRIPTOR_SHARE, 64, byMappings);
        }
        return byMappings;
    }
}
