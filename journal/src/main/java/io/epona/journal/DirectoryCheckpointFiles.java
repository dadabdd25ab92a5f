package io.epona.journal;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.StandardOpenOption;
import java.util.List;
import java.util.stream.Stream;
import org.agrona.DirectBuffer;
import org.agrona.concurrent.UnsafeBuffer;

/** Checkpoints in a directory of the file system. Used by one thread at a time. */
public final class DirectoryCheckpointFiles implements CheckpointFiles {
    private final Path directory;

    /** @param directory that exists: {@link JournalConfig#laneDirectory()}. */
    public DirectoryCheckpointFiles(final Path directory) {
        this.directory = directory;
    }

    @Override
    public String path(final String name) {
        return directory.resolve(name).toString();
    }

    @Override
    public List<String> list() {
        try (Stream<Path> paths = Files.list(directory)) {
            return paths.map(path -> path.getFileName().toString()).toList();
        } catch (final IOException ex) {
            throw failed("list", directory, ex);
        }
    }

    /** Written and synced in steps, because one large flush stalls the journal on the same device. */
    @Override
    public void write(final String name, final DirectBuffer buffer, final int length) {
        final Path path = directory.resolve(name);
        try (FileChannel channel = FileChannel.open(
                path, StandardOpenOption.CREATE, StandardOpenOption.WRITE, StandardOpenOption.TRUNCATE_EXISTING)) {
            final ByteBuffer step = ByteBuffer.allocate(Math.min(length, JournalLimits.CHECKPOINT_STEP_LENGTH));
            int offset = 0;
            while (offset < length) {
                final int stepLength = Math.min(step.capacity(), length - offset);
                step.clear();
                buffer.getBytes(offset, step, 0, stepLength);
                step.limit(stepLength);
                while (step.hasRemaining()) {
                    channel.write(step);
                }
                channel.force(false);
                offset += stepLength;
            }
            channel.force(true);
        } catch (final IOException ex) {
            throw failed("write", path, ex);
        }
    }

    @Override
    public void rename(final String from, final String to) {
        final Path target = directory.resolve(to);
        try {
            Files.move(directory.resolve(from), target, StandardCopyOption.ATOMIC_MOVE);
        } catch (final IOException ex) {
            throw failed("rename", target, ex);
        }
    }

    @Override
    public void syncDirectory() {
        NativeFile.syncPath(directory);
    }

    @Override
    public DirectBuffer read(final String name) {
        final Path path = directory.resolve(name);
        try {
            final long length = Files.size(path);
            if (length > JournalLimits.MAX_CHECKPOINT_LENGTH) {
                throw new JournalFailedException("checkpoint is too long: file=" + path + ", length=" + length, 0);
            }
            return new UnsafeBuffer(Files.readAllBytes(path));
        } catch (final IOException ex) {
            throw failed("read", path, ex);
        }
    }

    @Override
    public void delete(final String name) {
        final Path path = directory.resolve(name);
        try {
            Files.deleteIfExists(path);
        } catch (final IOException ex) {
            throw failed("delete", path, ex);
        }
    }

    private static JournalFailedException failed(final String operation, final Path path, final IOException ex) {
        return new JournalFailedException("checkpoint " + operation + " failed: path=" + path + ", error=" + ex, ex);
    }
}
