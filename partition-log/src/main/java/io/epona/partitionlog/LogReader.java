package io.epona.partitionlog;

import java.io.IOException;
import java.nio.file.Files;
import java.util.Optional;

/**
 * Reads partition logs for whoever asks, opening them when needed; makes none for a partition without data. Any thread.
 */
final class LogReader {
    private final LogSlots slots;
    private final SavedLogStates states;
    private final PartitionDirectory directory;

    LogReader(final LogSlots slots, final SavedLogStates states, final PartitionDirectory directory) {
        this.slots = slots;
        this.states = states;
        this.directory = directory;
    }

    /** Whether the partition exists and nothing was ever drained for it: readers make no directories. */
    boolean hasNoLog(final int partitionIndex) {
        if (slots.isOpen(partitionIndex)) {
            return false;
        }
        final PartitionDescription partition = directory.partition(partitionIndex);
        return partition != null
                && states.get(partition) == SavedLogState.NOTHING
                && !Files.isDirectory(slots.path(partition));
    }

    /** What a read of a partition finds of which nothing was ever drained. */
    static LogRead readNothing(final long offset) {
        final LogRead.Status status = offset == 0 ? LogRead.Status.EMPTY : LogRead.Status.OFFSET_OUT_OF_RANGE;
        return new LogRead(status, null, 0, -1, 0, 0, null);
    }

    /** As {@link PartitionLogs#read}. */
    LogRead read(final int partitionIndex, final long offset, final int maxLength, final boolean minOneMessage) {
        if (hasNoLog(partitionIndex)) {
            return readNothing(offset);
        }
        final LogSlot slot = slots.acquire(partitionIndex);
        return slot == null ? LogRead.UNKNOWN : readLeased(slot, offset, maxLength, minOneMessage);
    }

    /** Reads from a log of which the caller has a lease, and takes the lease. */
    LogRead readLeased(final LogSlot slot, final long offset, final int maxLength, final boolean minOneMessage) {
        return readLeased(slot, () -> slot.log().read(slot, offset, maxLength, minOneMessage));
    }

    private LogRead readLeased(final LogSlot slot, final Reading reading) {
        LogRead.Status status = null;
        try {
            slot.applyLogStartOffset();
            final LogRead read = reading.read();
            status = read.status();
            return read;
        } catch (final IOException e) {
            throw failure(slot, e);
        } finally {
            if (status != LogRead.Status.RECORDS) {
                slot.release();
            }
        }
    }

    /** As {@link PartitionLogs#readCommitted}. */
    LogRead readCommitted(
            final int partitionIndex,
            final long offset,
            final long limitOffset,
            final int maxLength,
            final boolean minOneMessage) {
        if (hasNoLog(partitionIndex)) {
            return readNothing(offset);
        }
        final LogSlot slot = slots.acquire(partitionIndex);
        return slot == null
                ? LogRead.UNKNOWN
                : readLeased(slot, () -> slot.log().readCommitted(slot, offset, limitOffset, maxLength, minOneMessage));
    }

    /** As {@link PartitionLogs#transactions}. */
    LogTransactions transactions(final int partitionIndex, final long markersFrom) {
        if (!slots.isOpen(partitionIndex)) {
            final PartitionDescription partition = directory.partition(partitionIndex);
            if (partition == null || !TransactionMark.exists(slots.path(partition))) {
                return LogTransactions.NONE;
            }
        }
        return query(partitionIndex, log -> Optional.of(log.transactions().transactions(markersFrom)))
                .orElse(LogTransactions.NONE);
    }

    private interface Reading {
        LogRead read() throws IOException;
    }

    /** A question to a log. */
    interface Query<T> {
        Optional<T> ask(KafkaLog log) throws IOException;
    }

    /** The answer of a partition's log; empty when there is no log to ask. */
    <T> Optional<T> query(final int partitionIndex, final Query<T> query) {
        if (hasNoLog(partitionIndex)) {
            return Optional.empty();
        }
        final LogSlot slot = slots.acquire(partitionIndex);
        if (slot == null) {
            return Optional.empty();
        }
        try {
            slot.applyLogStartOffset();
            return query.ask(slot.log());
        } catch (final IOException e) {
            throw failure(slot, e);
        } finally {
            slot.release();
        }
    }

    private static PartitionLogException failure(final LogSlot slot, final IOException cause) {
        return new PartitionLogException(
                "cannot read partition log " + slot.description().directoryName(), cause);
    }
}
