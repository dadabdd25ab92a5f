package io.epona.partitionlog;

import java.nio.file.Path;
import java.util.Objects;

/**
 * Configuration of a node's partition logs.
 *
 * @param directory holds one directory for each partition that has data; made when absent
 * @param maxOpenLogs logs kept open; soft: logs in use or not yet flushed stay open beyond it
 * @param idleCloseMs a log that nobody used for so long is closed
 * @param retentionIntervalMs time between two passes of retention over all logs
 * @param stateIntervalMs least time between two writes of the file that remembers closed logs
 * @param cleaner how logs of compacted topics are cleaned
 */
public record PartitionLogsConfig(
        Path directory,
        int maxOpenLogs,
        long idleCloseMs,
        long retentionIntervalMs,
        long stateIntervalMs,
        CleanerConfig cleaner) {
    /** Checks what is given. */
    public PartitionLogsConfig {
        Objects.requireNonNull(directory, "directory");
        Objects.requireNonNull(cleaner, "cleaner");
        if (maxOpenLogs < 1 || idleCloseMs < 1 || retentionIntervalMs < 1 || stateIntervalMs < 1) {
            throw new IllegalArgumentException("partition logs: all values must be positive: maxOpenLogs=" + maxOpenLogs
                    + ", idleCloseMs=" + idleCloseMs + ", retentionIntervalMs=" + retentionIntervalMs
                    + ", stateIntervalMs=" + stateIntervalMs);
        }
    }

    /** With the defaults of cleaning. */
    public PartitionLogsConfig(
            final Path directory,
            final int maxOpenLogs,
            final long idleCloseMs,
            final long retentionIntervalMs,
            final long stateIntervalMs) {
        this(directory, maxOpenLogs, idleCloseMs, retentionIntervalMs, stateIntervalMs, CleanerConfig.defaults());
    }

    /** The defaults, for logs in the given directory. */
    public static PartitionLogsConfig defaults(final Path directory) {
        return new PartitionLogsConfig(
                directory,
                PartitionLogLimits.defaultMaxOpenLogs(),
                PartitionLogLimits.DEFAULT_IDLE_CLOSE_MS,
                PartitionLogLimits.DEFAULT_RETENTION_INTERVAL_MS,
                PartitionLogLimits.DEFAULT_STATE_INTERVAL_MS);
    }
}
