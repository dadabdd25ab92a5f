package io.epona.demo.node;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.channels.FileChannel;
import java.nio.channels.FileLock;
import java.nio.file.DirectoryStream;
import java.nio.file.FileVisitResult;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.SimpleFileVisitor;
import java.nio.file.StandardOpenOption;
import java.nio.file.attribute.BasicFileAttributes;
import java.util.List;

/**
 * A temporary directory for a node's data, removed when it is closed. A lock file in it tells whether the demo that
 * made it still runs; one that a killed demo left behind is removed by the next demo.
 */
public final class DataDirectory implements AutoCloseable {
    private static final String PREFIX = "epona-demo-";
    private static final String LOCK = "demo.lock";
    /** File systems in memory: no journal belongs there, and most refuse its way of writing. */
    private static final List<String> IN_MEMORY = List.of("tmpfs", "ramfs");

    private final Path directory;
    private final FileChannel lockFile;
    private final MemorySweep memory;

    /** Removes what nodes that were killed left in shared memory, where their own next start would have removed it. */
    @FunctionalInterface
    public interface MemorySweep {
        /**
         * Removes it.
         *
         * @param directory below which the nodes had their data; none of them runs any more
         */
        void sweep(Path directory) throws IOException;
    }

    private DataDirectory(final Path directory, final FileChannel lockFile, final MemorySweep memory) {
        this.directory = directory;
        this.lockFile = lockFile;
        this.memory = memory;
    }

    /**
     * Makes one.
     *
     * @param candidates parent directories; the first that exists, can be written to and is not in memory is taken
     * @param memory removes what nodes of the directory, and of others that are left, have in shared memory
     * @throws IOException when there is no such parent, or it refuses
     */
    public static DataDirectory create(final List<Path> candidates, final MemorySweep memory) throws IOException {
        for (final Path parent : candidates) {
            if (Files.isDirectory(parent)
                    && Files.isWritable(parent)
                    && !IN_MEMORY.contains(Files.getFileStore(parent).type())) {
                sweep(parent, memory);
                return createIn(parent, memory);
            }
        }
        throw new IOException("no directory for the node's data (it must exist, be writable and on a device): "
                + candidates + "; name one with --dir");
    }

    private static DataDirectory createIn(final Path parent, final MemorySweep memory) throws IOException {
        final Path directory = Files.createTempDirectory(parent, PREFIX);
        try {
            final FileChannel lockFile =
                    FileChannel.open(directory.resolve(LOCK), StandardOpenOption.CREATE_NEW, StandardOpenOption.WRITE);
            lockFile.lock();
            return new DataDirectory(directory, lockFile, memory);
        } catch (final IOException ex) {
            delete(directory);
            throw ex;
        }
    }

    /** Removes what killed demos left: directories whose lock nobody holds. */
    private static void sweep(final Path parent, final MemorySweep memory) throws IOException {
        try (DirectoryStream<Path> left = Files.newDirectoryStream(parent, PREFIX + "*")) {
            for (final Path directory : left) {
                if (isAbandoned(directory.resolve(LOCK))) {
                    memory.sweep(directory);
                    delete(directory);
                }
            }
        }
    }

    private static boolean isAbandoned(final Path lock) {
        try (FileChannel channel = FileChannel.open(lock, StandardOpenOption.WRITE);
                FileLock taken = channel.tryLock()) {
            return taken != null;
        } catch (final IOException | java.nio.channels.OverlappingFileLockException ex) {
            return false; // somebody else's, not whole yet, or this very process's
        }
    }

    /** Where the node's data go; made by the node. */
    public Path data() {
        return directory.resolve("data");
    }

    /** The directory itself. */
    public Path path() {
        return directory;
    }

    /** Removes it with all that is in it, and what killed nodes left in shared memory. */
    @Override
    public void close() {
        try (lockFile) {
            memory.sweep(directory);
            delete(directory);
        } catch (final IOException ex) {
            throw new UncheckedIOException("cannot remove " + directory, ex);
        }
    }

    private static void delete(final Path directory) throws IOException {
        Files.walkFileTree(directory, new SimpleFileVisitor<>() {
            @Override
            public FileVisitResult visitFile(final Path file, final BasicFileAttributes attributes) throws IOException {
                Files.deleteIfExists(file);
                return FileVisitResult.CONTINUE;
            }

            @Override
            public FileVisitResult visitFileFailed(final Path file, final IOException reason) throws IOException {
                if (reason instanceof NoSuchFileException) {
                    return FileVisitResult.CONTINUE;
                }
                throw reason;
            }

            @Override
            public FileVisitResult postVisitDirectory(final Path visited, final IOException reason) throws IOException {
                if (reason != null) {
                    throw reason;
                }
                Files.deleteIfExists(visited);
                return FileVisitResult.CONTINUE;
            }
        });
    }
}
