package io.epona.controller;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.channels.FileLock;
import java.nio.channels.OverlappingFileLockException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.StandardOpenOption;
import java.util.List;
import java.util.function.Consumer;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The durable log of a node's metadata: one append-only file of groups, each written and synced as a whole before the
 * next. Owned by the controller's thread. A write or sync that fails ends the log for good: nothing is retried, because
 * the kernel may have dropped the bytes that it could not write.
 *
 * <p>The directory holds {@code metadata.log}, {@code metadata.lock} (kept locked while the log is open), and, while a
 * rewrite is under way, {@code metadata.log.tmp}.
 */
final class MetadataLog implements AutoCloseable {
    static final String FILE_NAME = "metadata.log";
    static final String TEMPORARY_NAME = "metadata.log.tmp";
    static final String LOCK_NAME = "metadata.lock";

    private static final Logger LOG = LoggerFactory.getLogger(MetadataLog.class);

    private final Path directory;
    private final MetadataFile.Opener opener;
    private final FileChannel lockChannel;
    private final MetadataEntryCodec codec = new MetadataEntryCodec();
    private MetadataFile file;
    private long length;
    private long nextIndex;
    private IOException failure;

    private MetadataLog(Path directory, MetadataFile.Opener opener, FileChannel lockChannel) {
        this.directory = directory;
        this.opener = opener;
        this.lockChannel = lockChannel;
    }

    /**
     * Locks the directory, making it when absent. Then either {@link #load} or {@link #rewrite} must follow.
     *
     * @throws MetadataLogException when another process has the directory, or it cannot be used.
     */
    static MetadataLog open(Path directory, MetadataFile.Opener opener) {
        try {
            Files.createDirectories(directory);
            FileChannel channel =
                    FileChannel.open(directory.resolve(LOCK_NAME), StandardOpenOption.CREATE, StandardOpenOption.WRITE);
            if (!tryLock(channel)) {
                channel.close();
                throw new MetadataLogException("metadata directory is in use by another process: directory=" + directory
                        + "; stop that node, or give this one a directory of its own");
            }
            Files.deleteIfExists(directory.resolve(TEMPORARY_NAME));
            return new MetadataLog(directory, opener, channel);
        } catch (IOException e) {
            throw new MetadataLogException(
                    "metadata directory cannot be used: directory=" + directory + "; check that it is writable", e);
        }
    }

    /** Whether there is a log to be loaded. */
    boolean exists() {
        return Files.exists(directory.resolve(FILE_NAME));
    }

    /**
     * Reads the log and cuts a torn tail.
     *
     * @param sink gets the records of each complete group, in order.
     * @throws MetadataLogException when the log is damaged or cannot be read.
     */
    void load(Consumer<List<MetadataRecord>> sink) {
        Path path = directory.resolve(FILE_NAME);
        try {
            file = opener.open(path);
            file.sync(); // what is read now may not have been durable when the last process died
            MetadataLogScan scan = new MetadataLogScan(path.toString(), file.readAll()).run(sink);
            length = scan.validLength();
            nextIndex = scan.nextIndex();
            if (file.length() > length) {
                LOG.warn(
                        "metadata log had a torn tail, cut: file={}, offset={}, length={}, fault={}",
                        path,
                        length,
                        file.length() - length,
                        scan.tornTail());
                file.truncate(length);
                file.sync();
            }
        } catch (IOException e) {
            throw new MetadataLogException("metadata log cannot be read: file=" + path + "; check the device", e);
        }
    }

    /**
     * Appends a group and returns when it is durable.
     *
     * @throws IOException when it may not be durable; the log refuses everything from then on.
     */
    void append(List<MetadataRecord> group) throws IOException {
        if (failure != null) {
            throw new IOException("metadata log failed before: " + failure.getMessage(), failure);
        }
        try {
            ByteBuffer bytes = encode(group, nextIndex);
            int groupLength = bytes.remaining();
            file.write(bytes, length);
            file.sync();
            length += groupLength;
            nextIndex += group.size() + 1;
        } catch (IOException e) {
            failure = e;
            throw e;
        }
    }

    /**
     * Replaces the whole log by one group: a new file, synced, renamed into place, the directory synced. The old log is
     * there until then.
     */
    void rewrite(List<MetadataRecord> group) throws IOException {
        Path temporary = directory.resolve(TEMPORARY_NAME);
        ByteBuffer bytes = encode(group, 0);
        int newLength = bytes.remaining();
        MetadataFile rewritten = opener.open(temporary);
        try {
            rewritten.truncate(0);
            rewritten.write(bytes, 0);
            rewritten.sync();
            Files.move(
                    temporary,
                    directory.resolve(FILE_NAME),
                    StandardCopyOption.ATOMIC_MOVE,
                    StandardCopyOption.REPLACE_EXISTING);
            syncDirectory();
        } catch (IOException e) {
            rewritten.close();
            throw e;
        }
        if (file != null) {
            file.close();
        }
        file = rewritten;
        length = newLength;
        nextIndex = group.size() + 1L;
    }

    /** Bytes of complete groups. */
    long length() {
        return length;
    }

    /** Index of the newest entry, -1 when there is none. */
    long lastIndex() {
        return nextIndex - 1;
    }

    @Override
    public void close() {
        try (lockChannel) {
            if (file != null) {
                file.close();
            }
        } catch (IOException e) {
            LOG.warn("metadata log was not closed: directory={}", directory, e);
        }
    }

    private ByteBuffer encode(List<MetadataRecord> group, long firstIndex) throws IOException {
        long groupLength = MetadataEntryCodec.groupLength(group);
        if (groupLength > Integer.MAX_VALUE - 8) {
            throw new IOException("group of metadata records is too long: length=" + groupLength);
        }
        ByteBuffer bytes = ByteBuffer.allocate((int) groupLength);
        codec.encodeGroup(group, firstIndex, bytes);
        return bytes.flip();
    }

    private void syncDirectory() throws IOException {
        try (FileChannel channel = FileChannel.open(directory, StandardOpenOption.READ)) {
            channel.force(true);
        }
    }

    private static boolean tryLock(FileChannel channel) throws IOException {
        try {
            FileLock lock = channel.tryLock();
            return lock != null;
        } catch (OverlappingFileLockException e) {
            return false; // held within this process
        }
    }
}
