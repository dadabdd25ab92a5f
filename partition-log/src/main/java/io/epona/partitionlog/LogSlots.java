package io.epona.partitionlog;

import io.epona.runtime.NodeClock;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Collection;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.atomic.AtomicInteger;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.Uuid;
import org.apache.kafka.storage.internals.log.UnifiedLog;

/**
 * The slots of a node's partition logs: opens a log when somebody wants a lease of it, closes it when nobody has one,
 * deletes it. Thread-safe; what opens, closes or deletes a log holds its slot's monitor.
 */
final class LogSlots {
    private final PartitionLogsConfig config;
    private final PartitionDirectory directory;
    private final NodeClock clock;
    private final KafkaLogOpener opener;
    private final SavedLogStates states;
    private final LogDeletions deletions;
    private final ConcurrentHashMap<Integer, LogSlot> slots = new ConcurrentHashMap<>();
    private final AtomicInteger openCount = new AtomicInteger();
    private volatile boolean namesUnflushed;

    LogSlots(
            final PartitionLogsConfig config,
            final PartitionDirectory directory,
            final NodeClock clock,
            final KafkaLogOpener opener,
            final SavedLogStates states,
            final LogDeletions deletions) {
        this.config = config;
        this.directory = directory;
        this.clock = clock;
        this.opener = opener;
        this.states = states;
        this.deletions = deletions;
    }

    /** The slot of a partition; null when it never had one. */
    LogSlot get(final int partitionIndex) {
        return slots.get(partitionIndex);
    }

    LogSlot getOrMake(final int partitionIndex) {
        return slots.computeIfAbsent(partitionIndex, LogSlot::new);
    }

    Collection<LogSlot> all() {
        return slots.values();
    }

    void forget(final LogSlot slot) {
        slots.remove(slot.partitionIndex(), slot);
    }

    /** Logs open now. */
    int openCount() {
        return openCount.get();
    }

    boolean isOpen(final int partitionIndex) {
        final LogSlot slot = slots.get(partitionIndex);
        return slot != null && slot.isOpen();
    }

    /** A lease of a log that is open; null when it is not. The caller releases it. */
    LogSlot leaseIfOpen(final int partitionIndex) {
        final LogSlot slot = slots.get(partitionIndex);
        return slot != null && slot.tryLease(clock.nanoTime()) ? slot : null;
    }

    /**
     * Takes a lease of a partition's log, opening it when needed. The caller releases it.
     *
     * @return null when there is no such partition
     */
    LogSlot acquire(final int partitionIndex) {
        final LogSlot open = leaseIfOpen(partitionIndex);
        if (open != null) {
            return open.isDeleted() ? released(open) : open;
        }
        final PartitionDescription partition = directory.partition(partitionIndex);
        if (partition == null) {
            return null;
        }
        return openLeased(getOrMake(partitionIndex), partition);
    }

    private static LogSlot released(final LogSlot slot) {
        slot.release();
        return null;
    }

    private LogSlot openLeased(final LogSlot slot, final PartitionDescription partition) {
        synchronized (slot) {
            if (slot.isDeleted()) {
                return null;
            }
            if (slot.tryLease(clock.nanoTime())) {
                return slot;
            }
            final Path logDirectory = path(partition);
            try {
                freeName(partition, logDirectory);
                final boolean isNew = !Files.isDirectory(logDirectory);
                slot.opened(opener.open(partition, logDirectory, states.get(partition)), partition, clock.nanoTime());
                openCount.incrementAndGet();
                if (isNew) {
                    namesUnflushed = true;
                }
                return slot;
            } catch (final IOException e) {
                throw new PartitionLogException("cannot open partition log: directory=" + logDirectory, e);
            }
        }
    }

    /** Takes the directory's name from a deleted topic that had the same one, if it still has it. */
    private void freeName(final PartitionDescription partition, final Path logDirectory) throws IOException {
        final Uuid found = KafkaLogOpener.topicId(logDirectory);
        if (found == null || found.equals(partition.topicId())) {
            return;
        }
        for (final LogSlot other : slots.values()) {
            final PartitionDescription owner = other.description();
            if (owner != null && owner.topicId().equals(found) && owner.partition() == partition.partition()) {
                delete(owner.partitionIndex(), owner.topic(), owner.partition(), owner.topicId());
                return;
            }
        }
        deletions.setAside(logDirectory, partition.topic(), partition.partition());
    }

    /** As {@link PartitionLogs#delete}. */
    void delete(final int partitionIndex, final String topic, final int partition, final Uuid topicId) {
        final LogSlot slot = getOrMake(partitionIndex);
        final Path logDirectory = config.directory().resolve(topic + "-" + partition);
        synchronized (slot) {
            if (slot.isDeleted()) {
                return;
            }
            slot.markDeleted();
            states.remove(topicId, partition);
            final String newName = UnifiedLog.logDeleteDirName(new TopicPartition(topic, partition));
            if (slot.tryLease(clock.nanoTime())) {
                slot.log().renameDirectory(newName);
                slot.release();
            } else if (!deletions.rename(logDirectory, topicId, newName)) {
                return;
            }
            deletions.add(slot, config.directory().resolve(newName));
        }
    }

    /** How a log is closed. */
    enum Closing {
        /** In order; what was appended was flushed, or is going to be. */
        IN_ORDER,
        /** In order, flushing what a close changes. */
        DURABLY,
        /** Only let go of: the next one to open it looks at its last batches. */
        AS_IT_IS
    }

    /**
     * Closes a log if nobody uses it.
     *
     * @return false when somebody does, or it is not open
     */
    boolean closeIfIdle(final LogSlot slot, final Closing closing) throws IOException {
        synchronized (slot) {
            final KafkaLog log = slot.takeOut();
            if (log == null) {
                return false;
            }
            openCount.decrementAndGet();
            if (slot.isDeleted()) {
                log.abandon();
                return true;
            }
            switch (closing) {
                case IN_ORDER -> states.put(slot.description(), log.close());
                case DURABLY -> states.put(slot.description(), log.closeDurably());
                case AS_IT_IS -> {
                    states.put(slot.description(), log.openState());
                    log.abandon();
                }
            }
            return true;
        }
    }

    /** Lets go of a log if nobody uses it, and remembers nothing of it: something failed. */
    boolean abandonIfIdle(final LogSlot slot) {
        synchronized (slot) {
            final KafkaLog log = slot.takeOut();
            if (log == null) {
                return false;
            }
            openCount.decrementAndGet();
            log.abandon();
            return true;
        }
    }

    /** After logs were opened for the first time: makes their names in the directory durable. Shelf agents. */
    void flushNames() throws IOException {
        if (namesUnflushed) {
            namesUnflushed = false;
            FileFlush.directory(config.directory());
        }
    }

    Path path(final PartitionDescription partition) {
        return config.directory().resolve(partition.directoryName());
    }
}
