package io.epona.node;

import io.epona.node.config.StorageKeys;
import io.epona.runtime.config.EponaConfig;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;

/**
 * Where a node keeps what.
 *
 * @param data of the node
 * @param metadata the cluster's metadata log
 * @param journals the lanes' journals
 * @param logs partition logs
 * @param rings memory file system for log rings
 * @param counters the counters file, on a memory file system
 * @param driver directory of the media driver, on a memory file system; of a node of a cell of several
 */
record NodeDirectories(Path data, Path metadata, Path journals, Path logs, Path rings, Path counters, Path driver) {
    /** From the configuration; makes those that are absent below the data directory and those named. */
    static NodeDirectories make(final EponaConfig config) throws IOException {
        final Path data = config.get(StorageKeys.DATA_DIR).toAbsolutePath().normalize();
        Files.createDirectories(data);
        final Path realData = data.toRealPath();
        final NodeDirectories directories = new NodeDirectories(
                realData,
                realData.resolve("metadata"),
                config.get(StorageKeys.JOURNAL_DIR)
                        .orElse(realData.resolve("journal"))
                        .toAbsolutePath(),
                config.get(StorageKeys.LOG_DIR).orElse(realData.resolve("logs")).toAbsolutePath(),
                config.get(StorageKeys.RING_DIR),
                config.get(StorageKeys.COUNTERS_DIR).resolve(SharedMemory.prefix(realData) + ".counters"),
                config.get(StorageKeys.COUNTERS_DIR).resolve(SharedMemory.prefix(realData) + ".driver"));
        for (final Path directory : List.of(directories.metadata, directories.journals, directories.logs)) {
            Files.createDirectories(directory);
        }
        return directories;
    }

    /** Prefix of files in shared memory directories, unique to the data directory. */
    String ringName(final int laneId) {
        return SharedMemory.prefix(data) + ".lane-" + laneId + ".ring";
    }
}
