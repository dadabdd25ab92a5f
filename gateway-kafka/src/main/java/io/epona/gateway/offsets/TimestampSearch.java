package io.epona.gateway.offsets;

import io.epona.gateway.log.FrameIndex;
import io.epona.gateway.log.PartitionTail;
import io.epona.partitionlog.PartitionLogs;
import io.epona.partitionlog.TimestampAndOffset;
import io.netty.buffer.ByteBuf;
import io.netty.buffer.ByteBufAllocator;
import java.util.Optional;
import org.apache.kafka.common.record.internal.MemoryRecords;
import org.apache.kafka.common.record.internal.MutableRecordBatch;
import org.apache.kafka.common.record.internal.Record;

/**
 * Finds records by their timestamps. What was drained is in the partition's log, which is asked on a thread that may
 * wait; what came after it is in memory, which is looked at on the gateway thread.
 */
final class TimestampSearch {
    private final FrameIndex index;
    private final PartitionLogs logs;
    private final ByteBufAllocator allocator;

    /**
     * What a log has.
     *
     * @param found in it.
     * @param endOffset up to which it was searched.
     * @param startOffset the partition's first offset: records in memory below it have been deleted.
     */
    record InLog(Optional<TimestampAndOffset> found, long endOffset, long startOffset) {
        long goOnFrom() {
            return Math.max(endOffset, startOffset);
        }
    }

    TimestampSearch(final FrameIndex index, final PartitionLogs logs, final ByteBufAllocator allocator) {
        this.index = index;
        this.logs = logs;
        this.allocator = allocator;
    }

    /** Searches the log. On a thread that may wait. */
    InLog inLog(final int partitionIndex, final long timestampMs, final boolean isMax) {
        while (true) {
            // Read first: the search then covers at least what is below.
            final long endOffset = logs.openLogEndOffset(partitionIndex);
            final Optional<TimestampAndOffset> found =
                    isMax ? logs.maxTimestamp(partitionIndex) : logs.offsetForTimestamp(partitionIndex, timestampMs);
            final long startOffset = logs.logStartOffset(partitionIndex);
            // A log that did not reach to where the partition begins now may have grown within the search. Of one that
            // does, Kafka tells the largest time stamp whether its record was deleted or not.
            if (found.isEmpty() || found.get().offset() >= startOffset || endOffset >= startOffset) {
                return new InLog(found, endOffset, startOffset);
            }
        }
    }

    /** Whether memory goes on where the log's search ended; else the log has more now and must be asked again. */
    boolean isComplete(final PartitionTail tail, final InLog inLog) {
        return tail.firstOffset() <= inLog.endOffset();
    }

    /** The first record with at least that timestamp. Gateway thread. */
    Optional<TimestampAndOffset> first(final PartitionTail tail, final InLog inLog, final long timestampMs) {
        if (inLog.found().isPresent()) {
            return inLog.found();
        }
        final long baseOffset = index.firstBatchSince(tail, inLog.goOnFrom(), timestampMs);
        if (baseOffset < 0) {
            return Optional.empty();
        }
        final Optional<TimestampAndOffset> found = inBatch(tail, baseOffset, inLog.goOnFrom(), timestampMs, false);
        if (found.isPresent() || baseOffset >= inLog.goOnFrom()) {
            return found;
        }
        // What matched in the first batch has been deleted.
        final long next = index.firstBatchSince(tail, index.batchAfter(tail, baseOffset), timestampMs);
        return next < 0 ? Optional.empty() : inBatch(tail, next, next, timestampMs, false);
    }

    /** The first record with the largest timestamp. Gateway thread. */
    Optional<TimestampAndOffset> latest(final PartitionTail tail, final InLog inLog) {
        final long baseOffset = index.latestBatch(tail, inLog.goOnFrom());
        final Optional<TimestampAndOffset> inMemory =
                baseOffset < 0 ? Optional.empty() : inBatch(tail, baseOffset, inLog.goOnFrom(), Long.MIN_VALUE, true);
        final boolean isLogFirst = inMemory.isEmpty()
                || inLog.found().isPresent()
                        && inLog.found().get().timestamp() >= inMemory.get().timestamp();
        return isLogFirst ? inLog.found() : inMemory;
    }

    private Optional<TimestampAndOffset> inBatch(
            final PartitionTail tail,
            final long baseOffset,
            final long minOffset,
            final long minTimestampMs,
            final boolean isMax) {
        final ByteBuf bytes = index.read(tail, baseOffset, Long.MAX_VALUE, 1, true, allocator);
        if (bytes == null) {
            return Optional.empty();
        }
        TimestampAndOffset found = null;
        try {
            final MutableRecordBatch batch = MemoryRecords.readableRecords(bytes.nioBuffer())
                    .batches()
                    .iterator()
                    .next();
            for (final Record record : batch) {
                final boolean isBetter = found == null || isMax && record.timestamp() > found.timestamp();
                if (record.offset() >= minOffset && record.timestamp() >= minTimestampMs && isBetter) {
                    found = new TimestampAndOffset(record.timestamp(), record.offset(), batch.partitionLeaderEpoch());
                }
            }
        } finally {
            bytes.release();
        }
        return Optional.ofNullable(found);
    }
}
