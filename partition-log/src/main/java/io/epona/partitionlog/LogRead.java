package io.epona.partitionlog;

import java.nio.channels.FileChannel;
import java.util.List;
import java.util.concurrent.atomic.AtomicBoolean;
import org.apache.kafka.common.message.FetchResponseData;
import org.apache.kafka.common.record.internal.FileRecords;

/**
 * Outcome of a read from a partition log. {@link Status#RECORDS} comes with a slice of a segment's file that may be
 * sent without a copy; the log stays open until {@link #close()}, so whoever has read must close, on any thread, once
 * the bytes have left (or will never leave). Every other status holds nothing; closing it does no harm.
 *
 * <p>Retention may unlink the file while it is sent (a minute after its end, {@code file.delete.delay.ms}); the sender
 * then sees a closed channel, never other bytes.
 */
public final class LogRead implements AutoCloseable {
    /** What the caller does now. */
    public enum Status {
        /** Send {@link #length()} bytes from {@link #filePosition()} of {@link #channel()}, then close. */
        RECORDS,
        /** Nothing at this offset yet: look in the log ring, or wait. */
        EMPTY,
        /** Answer OFFSET_OUT_OF_RANGE: below {@link #logStartOffset()} or above {@link #logEndOffset()}. */
        OFFSET_OUT_OF_RANGE,
        /** Answer UNKNOWN_TOPIC_OR_PARTITION. */
        UNKNOWN_PARTITION,
        /** The log is being opened in the background: ask again in a moment. Only from {@code tryRead}. */
        OPENING
    }

    static final LogRead UNKNOWN = new LogRead(Status.UNKNOWN_PARTITION, null, 0, -1, -1, -1, null);
    static final LogRead BEING_OPENED = new LogRead(Status.OPENING, null, 0, -1, -1, -1, null);

    private final Status status;
    private final FileRecords records;
    private final long filePosition;
    private final long baseOffset;
    private final long logStartOffset;
    private final long logEndOffset;
    private final LogSlot slot;
    private List<FetchResponseData.AbortedTransaction> aborted = List.of();
    private final AtomicBoolean released = new AtomicBoolean();

    LogRead(
            final Status status,
            final FileRecords records,
            final long filePosition,
            final long baseOffset,
            final long logStartOffset,
            final long logEndOffset,
            final LogSlot slot) {
        this.status = status;
        this.records = records;
        this.filePosition = filePosition;
        this.baseOffset = baseOffset;
        this.logStartOffset = logStartOffset;
        this.logEndOffset = logEndOffset;
        this.slot = slot;
    }

    /** What came of the read. */
    public Status status() {
        return status;
    }

    /** The slice, for callers that speak Kafka's {@code Records}; null unless {@link Status#RECORDS}. */
    public FileRecords records() {
        return records;
    }

    /** The segment's file; null unless {@link Status#RECORDS}. Not to be closed, moved or written by the caller. */
    public FileChannel channel() {
        return records == null ? null : records.channel();
    }

    /** Where in the file the slice starts. */
    public long filePosition() {
        return filePosition;
    }

    /** Bytes of the slice: whole batches, except that the last may be cut, as Kafka's fetch allows. */
    public int length() {
        return records == null ? 0 : records.sizeInBytes();
    }

    /** Offset of the first record of the slice's first batch; at or below the offset that was asked for. */
    public long baseOffset() {
        return baseOffset;
    }

    /** First offset of the log when it was read, -1 when not known. */
    public long logStartOffset() {
        return logStartOffset;
    }

    /** End of the drained part of the log when it was read, -1 when not known. */
    public long logEndOffset() {
        return logEndOffset;
    }

    /** Aborted transactions with records in the slice, as far as the log knows; only of a read of committed records. */
    public List<FetchResponseData.AbortedTransaction> aborted() {
        return aborted;
    }

    /** Before it is handed on. */
    LogRead withAborted(final List<FetchResponseData.AbortedTransaction> transactions) {
        aborted = transactions;
        return this;
    }

    /** Gives the log back; only the first call counts. */
    @Override
    public void close() {
        if (slot != null && released.compareAndSet(false, true)) {
            slot.release();
        }
    }
}
