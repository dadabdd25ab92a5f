package io.epona.partitionlog;

import java.io.IOException;
import java.nio.file.FileAlreadyExistsException;
import java.nio.file.Files;
import java.nio.file.Path;

/**
 * An empty file in the directory of each log that has or had records of transactions. Logs without them are opened
 * after a kill without reading their records; those with it are recovered as Kafka does, with the transactions in them.
 * Stateless.
 */
final class TransactionMark {
    private static final String NAME = "transactional";

    private TransactionMark() {}

    static boolean exists(final Path directory) {
        return Files.exists(directory.resolve(NAME));
    }

    /** Makes the mark; a flush of the directory makes it durable. */
    static void make(final Path directory) throws IOException {
        try {
            Files.createFile(directory.resolve(NAME));
        } catch (final FileAlreadyExistsException ex) {
            // As wanted.
            return;
        }
    }
}
