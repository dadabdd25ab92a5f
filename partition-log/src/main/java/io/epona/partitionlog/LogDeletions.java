package io.epona.partitionlog;

import java.io.File;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.function.Predicate;
import org.agrona.ErrorHandler;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.Uuid;
import org.apache.kafka.storage.internals.log.UnifiedLog;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Removes the directories of deleted partitions, a few files at a time, once nobody reads them any more. Renaming is
 * for any thread; removing for the maintenance agent.
 *
 * <p>Only what somebody asked to delete is removed, perhaps while this node was away. Any other directory that belongs
 * to no partition is set aside under a name that ends in {@code -stray}, as Kafka does, and left to the operator.
 */
final class LogDeletions {
    private static final Logger LOG = LoggerFactory.getLogger(LogDeletions.class);

    /** A directory to remove, and the slot of its log if that may be open still. */
    private record Deletion(LogSlot slot, Path directory) {}

    private final Path root;
    private final Predicate<Uuid> wasDeleted;
    private final ErrorHandler errors;
    private final ConcurrentLinkedQueue<Deletion> pending = new ConcurrentLinkedQueue<>();

    LogDeletions(final Path root, final Predicate<Uuid> wasDeleted, final ErrorHandler errors) {
        this.root = root;
        this.wasDeleted = wasDeleted;
        this.errors = errors;
    }

    /**
     * Renames the directory of a log that is not open, if it is the topic's own.
     *
     * @return whether there was something to rename
     */
    boolean rename(final Path directory, final Uuid topicId, final String newName) {
        try {
            if (!Files.isDirectory(directory)) {
                return false;
            }
            final Uuid found = KafkaLogOpener.topicId(directory);
            if (found != null && !found.equals(topicId)) {
                return false;
            }
            Files.move(directory, root.resolve(newName), StandardCopyOption.ATOMIC_MOVE);
            return true;
        } catch (final IOException e) {
            throw new PartitionLogException("cannot rename a deleted partition's directory: " + directory, e);
        }
    }

    /**
     * Gives a directory that belongs to no partition a name that no partition can have. It is removed when its topic is
     * known to be deleted, and kept otherwise.
     */
    void setAside(final Path directory, final String topic, final int partition) throws IOException {
        final Uuid topicId = KafkaLogOpener.topicId(directory);
        if (topicId != null && wasDeleted.test(topicId)) {
            final Path deleted = root.resolve(UnifiedLog.logDeleteDirName(new TopicPartition(topic, partition)));
            Files.move(directory, deleted, StandardCopyOption.ATOMIC_MOVE);
            add(null, deleted);
            LOG.info("{} is of a topic that was deleted while this node was away; it is removed", directory);
            return;
        }
        final Path stray = root.resolve(UnifiedLog.logStrayDirName(new TopicPartition(topic, partition)));
        Files.move(directory, stray, StandardCopyOption.ATOMIC_MOVE);
        LOG.warn(
                "{} belongs to no partition of this cluster; set aside as {}: remove it if it is not wanted",
                directory,
                stray);
    }

    void add(final LogSlot slot, final Path directory) {
        pending.add(new Deletion(slot, directory));
    }

    boolean isEmpty() {
        return pending.isEmpty();
    }

    /**
     * Removes a few files of the next directory.
     *
     * @return files removed
     */
    int removeNext(final PartitionLogs logs) {
        final Deletion next = pending.poll();
        if (next == null) {
            return 0;
        }
        try {
            if (next.slot() != null && next.slot().isOpen() && !logs.closeIfIdle(next.slot())) {
                pending.add(next); // a reader still sends from it
                return 0;
            }
            final int removed = removeFiles(next.directory());
            if (Files.exists(next.directory())) {
                pending.add(next);
            }
            return removed;
        } catch (final IOException e) {
            errors.onError(new PartitionLogException(
                    "cannot remove what is left of a deleted partition: directory=" + next.directory()
                            + "; remove it by hand",
                    e));
            return 0;
        }
    }

    private static int removeFiles(final Path directory) throws IOException {
        final File[] files = directory.toFile().listFiles();
        int removed = 0;
        if (files != null) {
            for (final File file : files) {
                if (removed == PartitionLogLimits.DELETES_PER_CYCLE) {
                    return removed;
                }
                Files.deleteIfExists(file.toPath());
                removed++;
            }
        }
        Files.deleteIfExists(directory);
        return removed;
    }
}
