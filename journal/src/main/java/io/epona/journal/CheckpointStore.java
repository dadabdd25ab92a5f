package io.epona.journal;

import java.util.Comparator;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.regex.Pattern;
import org.agrona.DirectBuffer;
import org.agrona.ErrorHandler;

/**
 * Keeps the newest checkpoints of a lane. Each is written under a temporary name, synced, renamed, and the directory
 * synced, so that after a crash there is either the whole new one or the one before it; two are kept.
 *
 * <p>Used by one thread at a time: first by the one that recovers, then by the checkpoint agent. When {@link #store}
 * throws, the checkpoint before is still the newest, and {@code checkpointed} must not advance.
 */
public final class CheckpointStore {
    private static final String PREFIX = "checkpoint-";
    private static final String SUFFIX = ".epc";
    private static final Pattern NAME = Pattern.compile(PREFIX + "[0-9]{1,18}\\" + SUFFIX);
    private static final String TEMPORARY = "checkpoint.tmp";

    private final CheckpointFiles files;
    private final CheckpointValidator validator;
    private final ErrorHandler errorHandler;
    private long lastSequence = -1;

    /**
     * @param files where they are kept.
     * @param validator that judges what is read back.
     * @param errorHandler told of each checkpoint that was found damaged and passed over.
     */
    public CheckpointStore(
            final CheckpointFiles files, final CheckpointValidator validator, final ErrorHandler errorHandler) {
        this.files = files;
        this.validator = validator;
        this.errorHandler = errorHandler;
    }

    /** The checkpoints beside a journal's segment files; open those first, they make the directory. */
    public static CheckpointStore open(final JournalConfig config, final ErrorHandler errorHandler) {
        return new CheckpointStore(
                new DirectoryCheckpointFiles(config.laneDirectory()),
                new CheckpointHeaderValidator(config),
                errorHandler);
    }

    static boolean existsIn(final java.nio.file.Path laneDirectory) {
        return new DirectoryCheckpointFiles(laneDirectory).list().stream().anyMatch(CheckpointStore::isCheckpoint);
    }

    /**
     * Keeps a checkpoint; durable when the call returns.
     *
     * @param buffer with the checkpoint, from offset 0.
     * @param length in bytes.
     * @throws JournalFailedException when the device fails; not to be tried again.
     */
    public void store(final DirectBuffer buffer, final int length) {
        final String damage = validator.check(buffer, length);
        if (null != damage) {
            throw new IllegalArgumentException("this is no checkpoint that could be read back: " + damage);
        }
        if (lastSequence < 0) {
            lastSequence = newestSequence();
        }
        final long sequence = lastSequence + 1;
        files.write(TEMPORARY, buffer, length);
        files.rename(TEMPORARY, name(sequence));
        files.syncDirectory();
        lastSequence = sequence;
        deleteBefore(sequence - JournalLimits.CHECKPOINTS_KEPT + 1);
    }

    /**
     * Reads the newest checkpoint that is valid. Those that are damaged are reported and passed over: recovery then
     * finds out whether the journal still has the frames that the older one needs.
     *
     * @return empty when there is none.
     */
    public Optional<StoredCheckpoint> loadNewest() {
        final List<Long> sequences = sequences();
        for (final long sequence : sequences) {
            final DirectBuffer buffer = files.read(name(sequence));
            final String damage = validator.check(buffer, buffer.capacity());
            if (null == damage) {
                return Optional.of(new StoredCheckpoint(buffer, buffer.capacity(), sequence));
            }
            errorHandler.onError(new JournalCorruptException(
                    JournalDamage.ofFile(-1, files.path(name(sequence)), -1),
                    "a checkpoint is damaged and was passed over: " + damage));
        }
        return Optional.empty();
    }

    /**
     * Removes all checkpoints, durably: those of the old log when a journal was begun anew at a position. They must not
     * be fallen back on when the first one of the new log should be damaged.
     *
     * @throws JournalFailedException when the device fails.
     */
    public void removeAll() {
        lastSequence = Math.max(lastSequence, newestSequence());
        for (final long sequence : sequences()) {
            files.delete(name(sequence));
        }
        files.syncDirectory();
    }

    private long newestSequence() {
        final List<Long> sequences = sequences();
        return sequences.isEmpty() ? 0 : sequences.get(0);
    }

    private void deleteBefore(final long sequence) {
        for (final long older : sequences()) {
            if (older < sequence) {
                files.delete(name(older));
            }
        }
    }

    private List<Long> sequences() {
        return files.list().stream()
                .filter(CheckpointStore::isCheckpoint)
                .map(name -> Long.parseLong(name.substring(PREFIX.length(), name.length() - SUFFIX.length())))
                .sorted(Comparator.reverseOrder())
                .toList();
    }

    private static boolean isCheckpoint(final String name) {
        return NAME.matcher(name).matches();
    }

    private static String name(final long sequence) {
        return String.format(Locale.ROOT, "%s%012d%s", PREFIX, sequence, SUFFIX);
    }
}
