package io.epona.node;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.channels.FileLock;
import java.nio.channels.OverlappingFileLockException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;

/**
 * Keeps a second node out of a data directory before it touches anything there: a lock of the operating system on a
 * file that names the holder. The lock ends with the process, however that ends; the file stays.
 */
final class DirectoryLock implements AutoCloseable {
    static final String FILE_NAME = "node.lock";

    private static final int MAX_PID_LENGTH = 32;

    private final FileChannel channel;

    private DirectoryLock(final FileChannel channel) {
        this.channel = channel;
    }

    /**
     * Takes the lock.
     *
     * @throws IllegalStateException when another node has it; the message names its process and says what to do
     * @throws IOException when the directory cannot be written
     */
    static DirectoryLock acquire(final Path directory) throws IOException {
        final FileChannel channel = open(directory);
        try {
            if (tryLock(channel) == null) {
                throw new IllegalStateException("the data directory is in use by another node: data.dir=" + directory
                        + ", process=" + holder(channel) + "; stop that node, or give this one a directory of its own");
            }
            channel.truncate(0);
            channel.write(
                    ByteBuffer.wrap(Long.toString(ProcessHandle.current().pid()).getBytes(StandardCharsets.US_ASCII)),
                    0);
            return new DirectoryLock(channel);
        } catch (final IOException | RuntimeException ex) {
            channel.close();
            throw ex;
        }
    }

    private static FileChannel open(final Path directory) throws IOException {
        try {
            return FileChannel.open(
                    directory.resolve(FILE_NAME),
                    StandardOpenOption.CREATE,
                    StandardOpenOption.READ,
                    StandardOpenOption.WRITE);
        } catch (final IOException ex) {
            throw new IOException(
                    "cannot write in the data directory: data.dir=" + directory + ", reason=" + ex
                            + "; what to do: check its owner and its rights",
                    ex);
        }
    }

    private static FileLock tryLock(final FileChannel channel) throws IOException {
        try {
            return channel.tryLock();
        } catch (final OverlappingFileLockException ex) {
            return null; // a node of this very process
        }
    }

    private static String holder(final FileChannel channel) throws IOException {
        final ByteBuffer text = ByteBuffer.allocate(MAX_PID_LENGTH);
        channel.read(text, 0);
        final String pid = new String(text.array(), 0, text.position(), StandardCharsets.US_ASCII).strip();
        return pid.isEmpty() ? "unknown" : pid;
    }

    @Override
    public void close() throws IOException {
        channel.close();
    }
}
