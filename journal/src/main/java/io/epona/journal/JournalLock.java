package io.epona.journal;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.channels.FileLock;
import java.nio.channels.OverlappingFileLockException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;

/**
 * Keeps a second process out of a lane's directory: a lock of the operating system on a file that names the holder. The
 * lock ends with the process, however that ends; the file stays.
 */
final class JournalLock implements AutoCloseable {
    static final String FILE_NAME = "journal.lock";

    private static final int PID_LENGTH = 32;

    private final FileChannel channel;

    private JournalLock(final FileChannel channel) {
        this.channel = channel;
    }

    /**
     * Takes the lock.
     *
     * @throws JournalRefusedException when another process, or this one, holds it.
     */
    static JournalLock acquire(final Path laneDirectory) {
        final Path path = laneDirectory.resolve(FILE_NAME);
        try {
            final FileChannel channel = FileChannel.open(
                    path, StandardOpenOption.CREATE, StandardOpenOption.READ, StandardOpenOption.WRITE);
            lock(channel, path, false);
            channel.truncate(0);
            channel.write(
                    ByteBuffer.wrap(Long.toString(ProcessHandle.current().pid()).getBytes(StandardCharsets.US_ASCII)),
                    0);
            return new JournalLock(channel);
        } catch (final IOException ex) {
            throw new JournalRefusedException(
                    "the journal's directory cannot be locked: file=" + path + ", error=" + ex,
                    "make the directory readable and writable for this user",
                    ex);
        }
    }

    /** Keeps a node from starting while a tool reads; null when there is no lock file, so that no node ever ran. */
    static JournalLock acquireShared(final Path laneDirectory) {
        final Path path = laneDirectory.resolve(FILE_NAME);
        if (!Files.exists(path)) {
            return null;
        }
        try {
            final FileChannel channel = FileChannel.open(path, StandardOpenOption.READ);
            lock(channel, path, true);
            return new JournalLock(channel);
        } catch (final IOException ex) {
            throw new JournalRefusedException(
                    "the journal's lock file cannot be read: file=" + path + ", error=" + ex,
                    "run as the user that the node runs as",
                    ex);
        }
    }

    private static void lock(final FileChannel channel, final Path path, final boolean isShared) throws IOException {
        FileLock lock = null;
        String holder = "";
        try {
            lock = channel.tryLock(0, Long.MAX_VALUE, isShared);
            if (null == lock) {
                holder = "process " + holder(channel);
            }
        } catch (final OverlappingFileLockException ex) {
            // Another part of this process has it.
            holder = "this process";
        }
        if (null == lock) {
            channel.close();
            throw new JournalRefusedException(
                    "the journal's directory is in use: file=" + path + ", holder=" + holder,
                    "stop the node that uses it, or configure another directory");
        }
    }

    private static String holder(final FileChannel channel) throws IOException {
        final ByteBuffer text = ByteBuffer.allocate(PID_LENGTH);
        channel.read(text, 0);
        final String pid = new String(text.array(), 0, text.position(), StandardCharsets.US_ASCII).trim();
        return pid.isEmpty() ? "unknown" : pid;
    }

    @Override
    public void close() {
        try {
            channel.close();
        } catch (final IOException ex) {
            throw new JournalFailedException("the journal's lock file could not be closed", ex);
        }
    }
}
