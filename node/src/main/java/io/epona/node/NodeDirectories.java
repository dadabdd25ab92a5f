package io.epona.node;

import io.epona.node.config.StorageKeys;
import io.epona.runtime.config.ConfigKey;
import io.epona.runtime.config.EponaConfig;
import java.io.IOException;
import java.nio.file.AccessDeniedException;
import java.nio.file.FileAlreadyExistsException;
import java.nio.file.Files;
import java.nio.file.Path;

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
        makeDirectory(data, StorageKeys.DATA_DIR);
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
        makeDirectory(directories.metadata, StorageKeys.DATA_DIR);
        makeDirectory(directories.journals, StorageKeys.JOURNAL_DIR);
        makeDirectory(directories.logs, StorageKeys.LOG_DIR);
        return directories;
    }

    private static void makeDirectory(final Path directory, final ConfigKey<?> key) throws IOException {
        try {
            Files.createDirectories(directory);
        } catch (final AccessDeniedException ex) {
            throw cannotMake(directory, key, "no permission", ex);
        } catch (final FileAlreadyExistsException ex) {
            throw cannotMake(directory, key, "it is there and no directory", ex);
        } catch (final IOException ex) {
            throw cannotMake(directory, key, ex.toString(), ex);
        }
    }

    private static IOException cannotMake(
            final Path directory, final ConfigKey<?> key, final String reason, final IOException cause) {
        return new IOException(
                "cannot make the directory: directory=" + directory + ", reason=" + reason
                        + "; what to do: check the path, its owner and its rights, or set " + key.name(),
                cause);
    }

    /** Prefix of files in shared memory directories, unique to the data directory. */
    String ringName(final int laneId) {
        return SharedMemory.prefix(data) + ".lane-" + laneId + ".ring";
    }
}
