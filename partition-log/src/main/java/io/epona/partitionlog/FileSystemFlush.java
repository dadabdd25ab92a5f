package io.epona.partitionlog;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;

/**
 * Flushes all logs of a directory at once, by flushing their file system: with many small logs that costs a twentieth
 * of flushing each. The descriptor is held from before the first write, so that Linux reports every failed write-back
 * since (from 5.8 on; older ones do not report any, and this is not used).
 *
 * <p>A flush of the file system waits for what others have written to it too; when that is much, the logs are better
 * flushed one by one. Used by shelf agents and at the stop; thread-safe.
 */
final class FileSystemFlush implements AutoCloseable {
    private static final Path MEMORY_FIGURES = Path.of("/proc/meminfo");
    private static final int FIRST_MAJOR = 5;
    private static final int FIRST_MINOR = 8;

    private final Path directory;
    private int descriptor = LinuxFiles.NO_DESCRIPTOR;

    FileSystemFlush(final Path directory) {
        this.directory = directory;
    }

    /** Once the directory exists, before anything is written there. */
    synchronized void open() throws IOException {
        if (LinuxFiles.isAvailable() && reportsErrors(System.getProperty("os.version", ""))) {
            descriptor = LinuxFiles.open(directory);
        }
    }

    static boolean reportsErrors(final String kernelVersion) {
        final String[] parts = kernelVersion.split("[^0-9]+", 3);
        try {
            final int major = Integer.parseInt(parts[0]);
            return major > FIRST_MAJOR || major == FIRST_MAJOR && Integer.parseInt(parts[1]) >= FIRST_MINOR;
        } catch (final NumberFormatException | ArrayIndexOutOfBoundsException e) {
            return false; // not a Linux version
        }
    }

    boolean isAvailable() {
        return descriptor != LinuxFiles.NO_DESCRIPTOR;
    }

    /** Whether little enough waits to be written on this machine. */
    boolean isAdvisable() throws IOException {
        if (!isAvailable()) {
            return false;
        }
        long dirtyKib = 0;
        for (final String line : Files.readAllLines(MEMORY_FIGURES, StandardCharsets.US_ASCII)) {
            if (line.startsWith("Dirty:") || line.startsWith("Writeback:")) {
                dirtyKib += Long.parseLong(line.replaceAll("[^0-9]", ""));
            }
        }
        return dirtyKib <= PartitionLogLimits.MAX_DIRTY_KIB;
    }

    /** Blocks until everything written before is on the device. */
    synchronized void flush() throws IOException {
        LinuxFiles.flushFileSystem(descriptor, directory);
    }

    @Override
    public synchronized void close() {
        if (descriptor != LinuxFiles.NO_DESCRIPTOR) {
            LinuxFiles.close(descriptor);
            descriptor = LinuxFiles.NO_DESCRIPTOR;
        }
    }
}
