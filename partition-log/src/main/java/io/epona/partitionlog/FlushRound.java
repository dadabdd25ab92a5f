package io.epona.partitionlog;

import java.io.IOException;
import java.util.List;
import org.apache.kafka.common.errors.KafkaStorageException;

/**
 * One flush of all logs that were dirty when it began. First write-back of all of them is started in small steps, then
 * each is flushed, or all with one flush of the file system when they are many: by then little is left to write, so
 * that neither stalls the lane's journal on the same device. Owned by one shelf agent.
 */
final class FlushRound {
    private final PartitionLogs logs;
    private final long targetPosition;
    private final List<LogSlot> slots;
    private boolean mustFlushTogether;
    private int nextToWriteBack;
    private int nextToFlush;

    /**
     * @param targetPosition frames below are in the logs; shelved once the round is complete
     * @param slots with a lease of each
     * @param mustFlushTogether whether logs that are not open are to be flushed too
     * @param isAtOnce whether to start no write-back before: somebody waits for the flush
     */
    FlushRound(
            final PartitionLogs logs,
            final long targetPosition,
            final List<LogSlot> slots,
            final boolean mustFlushTogether,
            final boolean isAtOnce) {
        this.logs = logs;
        this.targetPosition = targetPosition;
        this.slots = slots;
        this.mustFlushTogether = mustFlushTogether;
        this.nextToWriteBack = LinuxFiles.isAvailable() && !isAtOnce ? 0 : slots.size();
    }

    long targetPosition() {
        return targetPosition;
    }

    /** Logs still to be flushed. */
    int remainingCount() {
        return slots.size() - nextToFlush;
    }

    boolean isComplete() {
        return !mustFlushTogether && nextToFlush == slots.size();
    }

    /** Takes the next step: the start of one write-back, or one flush. At the end the names of new logs are flushed. */
    void step(final FlushPace writeBackPace, final FlushPace flushPace) throws IOException {
        if (nextToWriteBack < slots.size()) {
            writeBackPace.use(writeBack(slots.get(nextToWriteBack)));
        } else if (mustFlushTogether || isBetterTogether()) {
            flushTogether();
        } else if (nextToFlush < slots.size()) {
            flush(slots.get(nextToFlush));
            nextToFlush++;
            flushPace.use(1);
        }
        if (isComplete()) {
            logs.flushNames();
        }
    }

    /** Whether the pace of the present phase allows a step. */
    boolean isAllowed(final FlushPace writeBackPace, final FlushPace flushPace) {
        return nextToWriteBack < slots.size() ? writeBackPace.allows() : flushPace.allows();
    }

    private int writeBack(final LogSlot slot) throws IOException {
        int length = 0;
        if (!slot.isDeleted()) {
            try {
                length = slot.log().startWriteBack(PartitionLogLimits.WRITE_BACK_STEP_LENGTH);
            } catch (final IOException e) {
                throwUnlessDeleted(slot, e);
            }
        }
        if (length < PartitionLogLimits.WRITE_BACK_STEP_LENGTH) {
            nextToWriteBack++;
        }
        return Math.max(length, PartitionLogLimits.MIN_WRITE_BACK_LENGTH);
    }

    private boolean isBetterTogether() throws IOException {
        return nextToFlush == 0
                && slots.size() > PartitionLogLimits.MAX_SINGLE_FLUSHES
                && logs.fileSystemFlush().isAdvisable();
    }

    private void flushTogether() throws IOException {
        logs.fileSystemFlush().flush();
        mustFlushTogether = false;
        while (nextToFlush < slots.size()) {
            final LogSlot slot = slots.get(nextToFlush++);
            try {
                if (!slot.isDeleted()) {
                    slot.log().flushedTogether();
                }
            } catch (final KafkaStorageException e) {
                if (!slot.isDeleted()) {
                    throw e;
                }
            } finally {
                slot.release();
            }
        }
    }

    private static void flush(final LogSlot slot) throws IOException {
        try {
            if (!slot.isDeleted()) {
                slot.log().flush();
            }
        } catch (final IOException e) {
            throwUnlessDeleted(slot, e);
        } catch (final KafkaStorageException e) {
            if (!slot.isDeleted()) {
                throw e;
            }
        } finally {
            slot.release();
        }
    }

    /** A deleted log's files may vanish under the flush. */
    private static void throwUnlessDeleted(final LogSlot slot, final IOException failure) throws IOException {
        if (!slot.isDeleted()) {
            throw failure;
        }
    }
}
