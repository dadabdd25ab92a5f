package io.epona.partitionlog;

import java.io.IOException;
import java.util.List;
import org.apache.kafka.common.errors.KafkaStorageException;

/**
 * One flush of all logs that were dirty when it began. First write-back of all of them is started in small steps, then
 * each is flushed: by then little is left to write, and one commit of the file system's journal has done for most, so
 * that neither stalls the lane's journal on the same device. Owned by one shelf agent.
 */
final class FlushRound {
    private final PartitionLogs logs;
    private final long targetPosition;
    private final List<LogSlot> slots;
    private int nextToWriteBack;
    private int nextToFlush;

    /**
     * @param targetPosition frames below are in the logs; shelved once the round is complete
     * @param slots with a lease of each
     */
    FlushRound(final PartitionLogs logs, final long targetPosition, final List<LogSlot> slots) {
        this.logs = logs;
        this.targetPosition = targetPosition;
        this.slots = slots;
        this.nextToWriteBack = LinuxFiles.isAvailable() ? 0 : slots.size();
    }

    long targetPosition() {
        return targetPosition;
    }

    boolean isComplete() {
        return nextToFlush == slots.size();
    }

    /** Takes the next step: the start of one write-back, or one flush. At the end the names of new logs are flushed. */
    void step(final FlushPace writeBackPace, final FlushPace flushPace) throws IOException {
        if (nextToWriteBack < slots.size()) {
            writeBackPace.use(writeBack(slots.get(nextToWriteBack)));
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
        if (length == 0) {
            nextToWriteBack++;
        }
        return length;
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
