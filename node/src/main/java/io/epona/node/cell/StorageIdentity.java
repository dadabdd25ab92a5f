package io.epona.node.cell;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.channels.FileChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.StandardOpenOption;
import java.util.List;
import org.apache.kafka.common.Uuid;

/**
 * Which directories belong together, and whether the last start that used them stopped cleanly. A directory that was
 * lost and made anew has another identity than the rest, or none. Used by the thread that assembles and closes the
 * node.
 */
public final class StorageIdentity {
    /** Name of the file that holds the identity, in each of the directories. */
    public static final String FILE_NAME = "storage.id";

    private static final String CLEAN_STOP_NAME = "clean.stop";
    private static final String LOST_PREFIX = "lost-lane-";
    private static final String DAMAGED_PREFIX = "damaged-lane-";

    private final Path data;
    private final Uuid storageId;
    private final Uuid cleanStopOf;
    private final boolean isWhole;

    private StorageIdentity(final Path data, final Uuid storageId, final Uuid cleanStopOf, final boolean isWhole) {
        this.data = data;
        this.storageId = storageId;
        this.cleanStopOf = cleanStopOf;
        this.isWhole = isWhole;
    }

    /**
     * Reads the identity, or makes a new one where there is none; takes the mark of a clean stop away, so that it is
     * there again only if this start stops cleanly, too.
     *
     * @param data the data directory, whose identity counts
     * @param others directories that hold parts of the same data, perhaps on other devices
     * @throws UncheckedIOException when a file cannot be read, written or is not an identity
     */
    public static StorageIdentity open(final Path data, final List<Path> others) {
        try {
            final Uuid found = read(data.resolve(FILE_NAME));
            final Uuid storageId = found == null ? Uuid.randomUuid() : found;
            boolean isWhole = true;
            if (found == null) {
                write(data, FILE_NAME, storageId);
            }
            for (final Path other : others) {
                final Uuid otherId = read(other.resolve(FILE_NAME));
                isWhole = isWhole && (found == null ? otherId == null : found.equals(otherId));
            }
            final Uuid cleanStopOf = read(data.resolve(CLEAN_STOP_NAME));
            if (Files.deleteIfExists(data.resolve(CLEAN_STOP_NAME))) {
                sync(data);
            }
            return new StorageIdentity(data, storageId, cleanStopOf == null ? Uuid.ZERO_UUID : cleanStopOf, isWhole);
        } catch (final IOException ex) {
            throw new UncheckedIOException(
                    "the identity of the data directory cannot be read: directory=" + data + ": " + ex.getMessage(),
                    ex);
        }
    }

    /** Identity of the data directory. */
    public Uuid storageId() {
        return storageId;
    }

    /** The incarnation that stopped cleanly last, {@link Uuid#ZERO_UUID} when the last one did not. */
    public Uuid cleanStopOf() {
        return cleanStopOf;
    }

    /** False when one of the other directories was lost or belongs to other data. */
    public boolean isWhole() {
        return isWhole;
    }

    /** Notes in the other directories that they belong to these data, once what they hold fits. */
    public void adopt(final List<Path> others) {
        try {
            for (final Path other : others) {
                if (!storageId.equals(read(other.resolve(FILE_NAME)))) {
                    write(other, FILE_NAME, storageId);
                }
            }
        } catch (final IOException ex) {
            throw new UncheckedIOException("cannot mark a directory as belonging to this node: " + ex.getMessage(), ex);
        }
    }

    /**
     * Notes that this node has lost its copy of a lane. To be done before the copy is touched, so that a start after a
     * crash knows it too.
     *
     * @param laneId of the lane
     */
    public void markLost(final int laneId) {
        try {
            write(data, LOST_PREFIX + laneId, storageId);
        } catch (final IOException ex) {
            throw new UncheckedIOException("cannot note that a lane is lost: laneId=" + laneId, ex);
        }
    }

    /** Whether this node has lost its copy of a lane, and the controller may not know it yet. */
    public boolean isLost(final int laneId) {
        return Files.exists(data.resolve(LOST_PREFIX + laneId));
    }

    /** The controller knows that this node has lost its copy of a lane, and will not forget it. */
    public void forgetLost(final int laneId) {
        forget(LOST_PREFIX + laneId);
    }

    /** Notes that a lane's journal could not be read where another node needed it. Any thread. */
    public void markDamaged(final int laneId) {
        try {
            write(data, DAMAGED_PREFIX + laneId, storageId);
        } catch (final IOException ex) {
            throw new UncheckedIOException("cannot note that a lane is damaged: laneId=" + laneId, ex);
        }
    }

    /** Whether a lane's journal is the one that could not be read. */
    public boolean isDamaged(final int laneId) {
        return Files.exists(data.resolve(DAMAGED_PREFIX + laneId));
    }

    /** The lane's damaged journal is out of the way. */
    public void forgetDamaged(final int laneId) {
        forget(DAMAGED_PREFIX + laneId);
    }

    private void forget(final String name) {
        try {
            if (Files.deleteIfExists(data.resolve(name))) {
                sync(data);
            }
        } catch (final IOException ex) {
            throw new UncheckedIOException("cannot remove a note: " + data.resolve(name), ex);
        }
    }

    /** Notes that an incarnation stopped cleanly; the last thing that it does. */
    public void markCleanStop(final Uuid incarnationId) {
        try {
            write(data, CLEAN_STOP_NAME, incarnationId);
        } catch (final IOException ex) {
            throw new UncheckedIOException("cannot note the clean stop: " + ex.getMessage(), ex);
        }
    }

    private static Uuid read(final Path file) throws IOException {
        try {
            return Uuid.fromString(
                    Files.readString(file, StandardCharsets.US_ASCII).trim());
        } catch (final NoSuchFileException ex) {
            return null;
        } catch (final IllegalArgumentException ex) {
            throw new IOException("not an identity: file=" + file + "; restore the file or remove the directory", ex);
        }
    }

    private static void write(final Path directory, final String name, final Uuid id) throws IOException {
        final Path temporary = directory.resolve(name + ".new");
        try (FileChannel channel = FileChannel.open(
                temporary, StandardOpenOption.CREATE, StandardOpenOption.TRUNCATE_EXISTING, StandardOpenOption.WRITE)) {
            channel.write(StandardCharsets.US_ASCII.encode(id + "\n"));
            channel.force(true);
        }
        Files.move(temporary, directory.resolve(name), StandardCopyOption.ATOMIC_MOVE);
        sync(directory);
    }

    private static void sync(final Path directory) throws IOException {
        try (FileChannel channel = FileChannel.open(directory, StandardOpenOption.READ)) {
            channel.force(true);
        }
    }
}
