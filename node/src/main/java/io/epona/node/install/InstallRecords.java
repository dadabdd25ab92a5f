package io.epona.node.install;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.StandardOpenOption;
import java.util.Optional;
import org.agrona.concurrent.UnsafeBuffer;

/**
 * How far the installation of each lane is, in the data directory, so that a start after a crash knows it:
 *
 * <table>
 * <caption>files of lane N</caption>
 * <tr><td>{@code install-lane-N}</td><td>the copy is half made: what journal and partition logs hold does not belong
 * together</td></tr>
 * <tr><td>{@code install-lane-N.checkpoint}, too</td><td>the partition logs are complete up to this checkpoint; its
 * journal is to be begun there</td></tr>
 * <tr><td>neither</td><td>the lane is not being installed</td></tr>
 * </table>
 *
 * {@code install-lane-N.tries} tells how often the node has started anew for the lane since it last followed. A
 * checkpoint without the first file is left over and means nothing. Each change is durable when the method returns.
 * Used by one thread at a time: the installer's, and the one that assembles the node.
 */
public final class InstallRecords {
    private static final String PREFIX = "install-lane-";
    private static final String CHECKPOINT = ".checkpoint";
    private static final String TRIES = ".tries";
    private static final String TEMPORARY = ".new";

    private final Path directory;

    /**
     * The records in a directory.
     *
     * @param directory the node's data directory
     */
    public InstallRecords(final Path directory) {
        this.directory = directory;
    }

    private Path mark(final int laneId) {
        return directory.resolve(PREFIX + laneId);
    }

    private Path checkpoint(final int laneId) {
        return directory.resolve(PREFIX + laneId + CHECKPOINT);
    }

    /** Whether the lane's copy is half made. */
    public boolean isBegun(final int laneId) {
        return Files.exists(mark(laneId));
    }

    /** The lane's copy is about to be changed. */
    public void begin(final int laneId) {
        try {
            discardCheckpoint(laneId);
            if (!isBegun(laneId)) {
                write(mark(laneId), ByteBuffer.wrap("begun\n".getBytes(StandardCharsets.US_ASCII)));
            }
        } catch (final IOException ex) {
            throw new UncheckedIOException("cannot note that a lane is being installed: laneId=" + laneId, ex);
        }
    }

    /** The lane's partition logs have all that the checkpoint has, and no more. */
    public void complete(final int laneId, final ByteBuffer content) {
        try {
            write(checkpoint(laneId), content.duplicate());
        } catch (final IOException ex) {
            throw new UncheckedIOException("cannot note that a lane's logs are complete: laneId=" + laneId, ex);
        }
    }

    /** The checkpoint where the lane's journal is to begin; empty while the partition logs are not complete. */
    public Optional<UnsafeBuffer> completed(final int laneId) {
        if (!isBegun(laneId)) {
            return Optional.empty();
        }
        try {
            return Optional.of(new UnsafeBuffer(Files.readAllBytes(checkpoint(laneId))));
        } catch (final NoSuchFileException ex) {
            return Optional.empty();
        } catch (final IOException ex) {
            throw new UncheckedIOException("cannot read the checkpoint of an installation: laneId=" + laneId, ex);
        }
    }

    /** How often the node has started anew to follow with the lane, and could not. */
    public int tries(final int laneId) {
        try {
            return Integer.parseInt(
                    Files.readString(tryFile(laneId), StandardCharsets.US_ASCII).trim());
        } catch (final NoSuchFileException ex) {
            return 0;
        } catch (final IOException | NumberFormatException ex) {
            throw new IllegalStateException("cannot read how often a lane was installed: " + tryFile(laneId), ex);
        }
    }

    /** The node is about to start anew for the lane. */
    public void countTry(final int laneId) {
        try {
            final String count = tries(laneId) + 1 + "\n";
            write(tryFile(laneId), ByteBuffer.wrap(count.getBytes(StandardCharsets.US_ASCII)));
        } catch (final IOException ex) {
            throw new UncheckedIOException("cannot note that a lane is installed: laneId=" + laneId, ex);
        }
    }

    /** The lane follows. */
    public void forgetTries(final int laneId) {
        try {
            if (Files.deleteIfExists(tryFile(laneId))) {
                sync();
            }
        } catch (final IOException ex) {
            throw new UncheckedIOException("cannot note that a lane follows: laneId=" + laneId, ex);
        }
    }

    private Path tryFile(final int laneId) {
        return directory.resolve(PREFIX + laneId + TRIES);
    }

    /** What the partition logs have is not what the checkpoint says, or not any more. */
    public void discard(final int laneId) {
        try {
            discardCheckpoint(laneId);
        } catch (final IOException ex) {
            throw new UncheckedIOException("cannot remove the checkpoint of an installation: laneId=" + laneId, ex);
        }
    }

    private void discardCheckpoint(final int laneId) throws IOException {
        if (Files.deleteIfExists(checkpoint(laneId))) {
            sync();
        }
    }

    /** Journal and checkpoint are in their places. */
    public void end(final int laneId) {
        try {
            Files.deleteIfExists(mark(laneId));
            sync();
            discardCheckpoint(laneId);
        } catch (final IOException ex) {
            throw new UncheckedIOException("cannot note that a lane is installed: laneId=" + laneId, ex);
        }
    }

    private void write(final Path file, final ByteBuffer content) throws IOException {
        final Path temporary = file.resolveSibling(file.getFileName() + TEMPORARY);
        try (FileChannel channel = FileChannel.open(
                temporary, StandardOpenOption.CREATE, StandardOpenOption.TRUNCATE_EXISTING, StandardOpenOption.WRITE)) {
            while (content.hasRemaining()) {
                channel.write(content);
            }
            channel.force(true);
        }
        Files.move(temporary, file, StandardCopyOption.ATOMIC_MOVE);
        sync();
    }

    private void sync() throws IOException {
        try (FileChannel channel = FileChannel.open(directory, StandardOpenOption.READ)) {
            channel.force(true);
        }
    }
}
