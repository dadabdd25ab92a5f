package io.epona.journal;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.stream.Stream;
import org.agrona.CloseHelper;
import org.agrona.DirectBuffer;
import org.agrona.MutableDirectBuffer;

/**
 * Segment files on a device, opened with {@code O_DIRECT|O_DSYNC}: a write has reached the device when it returns, and
 * the page cache is never used. A write costs one system call and allocates nothing.
 *
 * <p>Holds the lock on the lane's directory until it is closed. Used by one thread at a time.
 */
public final class DirectSegmentStore implements SegmentStore {
    private final Path directory;
    private final JournalLock lock;
    private final Path[] paths;
    private final NativeFile[] files;

    private DirectSegmentStore(final Path directory, final JournalLock lock, final int segmentCount) {
        this.directory = directory;
        this.lock = lock;
        this.paths = new Path[segmentCount];
        this.files = new NativeFile[segmentCount];
        for (int i = 0; i < segmentCount; i++) {
            paths[i] = SegmentFiles.path(directory, i);
        }
    }

    /**
     * Opens the segment files of a lane, making them first when there are none.
     *
     * @param config of the journal.
     * @return the open store.
     * @throws JournalRefusedException when directory, file system, space, files and configuration do not fit.
     * @throws JournalCorruptException when a file is missing, cut or without its header though the journal was used.
     * @throws JournalFailedException when the device fails.
     */
    public static DirectSegmentStore open(final JournalConfig config) {
        final Path laneDirectory = prepareDirectory(config);
        final JournalLock lock = JournalLock.acquire(laneDirectory);
        DirectSegmentStore store = null;
        try {
            new SegmentFiles(config).prepare();
            store = new DirectSegmentStore(laneDirectory, lock, config.segmentCount());
            store.openFiles(NativeFile.O_RDWR | NativeFile.O_DSYNC);
            return store;
        } catch (final RuntimeException ex) {
            CloseHelper.closeAll(null == store ? lock : store);
            throw ex;
        }
    }

    /**
     * Opens what segment files there are to look at them; while it is open no node can start on them.
     *
     * @param laneDirectory that holds the files.
     * @return the open store; writing to it fails.
     * @throws JournalRefusedException when there are none, or a node uses them.
     */
    public static DirectSegmentStore openReadOnly(final Path laneDirectory) {
        final int segmentCount = count(laneDirectory);
        if (segmentCount == 0) {
            throw new JournalRefusedException(
                    "there are no segment files: directory=" + laneDirectory, "name the directory of a lane");
        }
        final JournalLock lock = JournalLock.acquireShared(laneDirectory);
        final DirectSegmentStore store = new DirectSegmentStore(laneDirectory, lock, segmentCount);
        try {
            store.openFiles(NativeFile.O_RDONLY);
            return store;
        } catch (final RuntimeException ex) {
            CloseHelper.close(store);
            throw ex;
        }
    }

    private static Path prepareDirectory(final JournalConfig config) {
        final Path directory = config.directory();
        if (!Files.isDirectory(directory)) {
            throw new JournalRefusedException(
                    "the journal's directory does not exist: directory=" + directory,
                    "create it, or configure another one");
        }
        if (!Files.isWritable(directory)) {
            throw new JournalRefusedException(
                    "the journal's directory is not writable: directory=" + directory,
                    "make it writable for this user, or configure another one");
        }
        final FileSystemType type = FileSystemType.of(directory);
        if (type.checksumsData()) {
            throw new JournalRefusedException(
                    "the file system keeps checksums of data, which direct writes from a ring in use would break:"
                            + " directory=" + directory + ", fileSystem=" + type.description(),
                    "put journal.dir on ext4 or xfs");
        }
        if (type.isMemory()) {
            throw new JournalRefusedException(
                    "the file system is in memory, nothing on it is durable: directory=" + directory + ", fileSystem="
                            + type.description(),
                    "put journal.dir on ext4 or xfs on a local device");
        }
        try {
            return Files.createDirectories(config.laneDirectory());
        } catch (final IOException ex) {
            throw new JournalRefusedException(
                    "the lane's directory cannot be made: directory=" + config.laneDirectory() + ", error=" + ex,
                    "make " + directory + " writable for this user",
                    ex);
        }
    }

    private static int count(final Path laneDirectory) {
        try (Stream<Path> paths = Files.list(laneDirectory)) {
            final List<Path> names = paths.filter(SegmentFiles::isSegmentFile).toList();
            return names.size();
        } catch (final IOException ex) {
            throw new JournalRefusedException(
                    "the directory cannot be read: directory=" + laneDirectory + ", error=" + ex,
                    "name the directory of a lane, and run as the user that the node runs as",
                    ex);
        }
    }

    private void openFiles(final int flags) {
        for (int i = 0; i < files.length; i++) {
            if (!Files.exists(paths[i])) {
                throw new JournalCorruptException(
                        JournalDamage.ofFile(-1, paths[i].toString(), -1), "a segment file is missing");
            }
            files[i] = SegmentFiles.openDirect(paths[i], flags);
        }
    }

    /** Descriptors of its own, no lock: the store that they belong to holds it. */
    @Override
    public SegmentStore openReader() {
        final DirectSegmentStore reader = new DirectSegmentStore(directory, null, files.length);
        try {
            reader.openFiles(NativeFile.O_RDONLY);
            return reader;
        } catch (final RuntimeException ex) {
            CloseHelper.close(reader);
            throw ex;
        }
    }

    @Override
    public int segmentCount() {
        return files.length;
    }

    @Override
    public String fileName(final int fileIndex) {
        return paths[fileIndex].toString();
    }

    @Override
    public void write(
            final int fileIndex,
            final long fileOffset,
            final DirectBuffer source,
            final int sourceOffset,
            final int length) {
        source.boundsCheck(sourceOffset, length);
        final long count = files[fileIndex].write(source.addressOffset() + sourceOffset, length, fileOffset);
        if (count != length) {
            throw SegmentFiles.transferFailed("write", paths[fileIndex], fileOffset, length, count);
        }
    }

    @Override
    public void read(
            final int fileIndex,
            final long fileOffset,
            final MutableDirectBuffer target,
            final int targetOffset,
            final int length) {
        target.boundsCheck(targetOffset, length);
        final long count = files[fileIndex].read(target.addressOffset() + targetOffset, length, fileOffset);
        if (count != length) {
            throw SegmentFiles.transferFailed("read", paths[fileIndex], fileOffset, length, count);
        }
    }

    @Override
    public void sync() {
        for (int i = 0; i < files.length; i++) {
            final int result = files[i].sync();
            if (result < 0) {
                throw new JournalFailedException("fsync failed: file=" + paths[i], -result);
            }
        }
        NativeFile.syncPath(directory);
    }

    @Override
    public void close() {
        CloseHelper.closeAll(files);
        CloseHelper.close(lock);
    }
}
