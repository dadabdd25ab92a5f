package io.epona.journal;

import java.util.List;
import org.agrona.DirectBuffer;

/**
 * The storage seam of checkpoints: small files in one directory, by name. Used by one thread at a time. A call that
 * fails throws {@link JournalFailedException}.
 */
public interface CheckpointFiles {
    /** Where a file is, for messages. */
    default String path(final String name) {
        return name;
    }

    /** Names of the files that are there, in no order. */
    List<String> list();

    /**
     * Writes a file, replacing one that exists, and makes its bytes durable; its name need not be.
     *
     * @param name of the file.
     * @param buffer with the bytes, from offset 0.
     * @param length in bytes.
     */
    void write(String name, DirectBuffer buffer, int length);

    /** Gives a file another name, at once and wholly; durable after {@link #syncDirectory()}. */
    void rename(String from, String to);

    /** Makes names durable: renamed files, removed files. */
    void syncDirectory();

    /** Bytes of a file, all of them. */
    DirectBuffer read(String name);

    /** Removes a file; durable after {@link #syncDirectory()}. */
    void delete(String name);
}
