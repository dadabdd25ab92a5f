package io.epona.partitionlog;

import java.io.IOException;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;

/** Flushes files and directories to the device. Blocking; any thread. */
final class FileFlush {
    private FileFlush() {}

    static void file(final Path file) throws IOException {
        try (FileChannel channel = FileChannel.open(file, StandardOpenOption.WRITE)) {
            channel.force(true);
        }
    }

    /** An index file of a segment that has not yet needed one is not there. */
    static void fileIfExists(final Path file) throws IOException {
        if (Files.exists(file)) {
            file(file);
        }
    }

    /** Makes the names in a directory durable. */
    static void directory(final Path directory) throws IOException {
        try (FileChannel channel = FileChannel.open(directory, StandardOpenOption.READ)) {
            channel.force(true);
        }
    }
}
