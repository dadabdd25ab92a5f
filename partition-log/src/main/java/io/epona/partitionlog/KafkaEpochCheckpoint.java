package io.epona.partitionlog;

import java.io.File;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.util.Collection;
import java.util.List;
import org.apache.kafka.common.errors.KafkaStorageException;
import org.apache.kafka.storage.internals.checkpoint.LeaderEpochCheckpointFile;
import org.apache.kafka.storage.internals.log.EpochEntry;
import org.apache.kafka.storage.internals.log.LogDirFailureChannel;

/**
 * Kafka's file of leader epochs, without its three flushes in the path of a log's first append. What was written is
 * flushed with the log, before anything is called shelved; until then recovery rebuilds it from the batches, for which
 * the journal vouches. A file that already holds flushed epochs is replaced by a flushed one, so they are never lost.
 */
final class KafkaEpochCheckpoint extends LeaderEpochCheckpointFile {
    private final Path file;
    private final boolean rebuilt;
    private boolean holdsFlushed;
    private volatile boolean unflushed;

    /** @param rebuilt whether nothing of the log has been flushed, so that an unreadable file is no loss */
    KafkaEpochCheckpoint(final File directory, final LogDirFailureChannel failures, final boolean rebuilt)
            throws IOException {
        super(newFile(directory), failures);
        this.file = newFile(directory).toPath();
        this.rebuilt = rebuilt;
    }

    @Override
    public List<EpochEntry> read() {
        if (!Files.exists(file)) {
            return List.of();
        }
        if (!rebuilt) {
            holdsFlushed = true;
            return super.read();
        }
        try {
            Files.delete(file);
        } catch (final IOException e) {
            throw new KafkaStorageException("cannot delete " + file, e);
        }
        return List.of();
    }

    @Override
    public void write(final Collection<EpochEntry> epochs) {
        if (holdsFlushed) {
            super.write(epochs);
            return;
        }
        final StringBuilder text =
                new StringBuilder("0\n").append(epochs.size()).append('\n');
        for (final EpochEntry entry : epochs) {
            text.append(entry.epoch()).append(' ').append(entry.startOffset()).append('\n');
        }
        final Path temporary = file.resolveSibling(file.getFileName() + ".tmp");
        try {
            Files.write(temporary, text.toString().getBytes(StandardCharsets.UTF_8));
            Files.move(temporary, file, StandardCopyOption.ATOMIC_MOVE, StandardCopyOption.REPLACE_EXISTING);
        } catch (final IOException e) {
            throw new KafkaStorageException("cannot write " + file, e);
        }
        unflushed = true;
    }

    @Override
    public void writeIfDirExists(final Collection<EpochEntry> epochs) {
        if (Files.isDirectory(file.getParent())) {
            write(epochs);
        }
    }

    /** Flushes what was written since the last call. */
    void flush() throws IOException {
        if (unflushed) {
            FileFlush.file(file);
            flushedTogether();
        }
    }

    /** What was written has been flushed by a flush of the whole file system. */
    void flushedTogether() {
        if (unflushed) {
            unflushed = false;
            holdsFlushed = true;
        }
    }
}
