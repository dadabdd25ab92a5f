package io.epona.sequencer.powercut;

import io.epona.codec.FrameDescriptor;
import io.epona.codec.RecordBatchDescriptor;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.SplittableRandom;
import org.agrona.DirectBuffer;
import org.agrona.concurrent.UnsafeBuffer;

/**
 * The partition logs, in small: committed batches by partition, in a page cache that a power cut takes away down to
 * what was flushed.
 */
final class Shelf {
    private final List<List<UnsafeBuffer>> batches = new ArrayList<>();
    private final long[] nextOffsets = new long[Plan.PARTITIONS];
    private final int[] flushedCounts = new int[Plan.PARTITIONS];
    private long drainedPosition;
    private long flushedPosition;

    Shelf() {
        for (int i = 0; i < Plan.PARTITIONS; i++) {
            batches.add(new ArrayList<>());
        }
    }

    /** A committed frame, or one that recovery hands on again. */
    void onFrame(final DirectBuffer buffer, final int offset, final int frameLength, final long position) {
        if (FrameDescriptor.type(buffer, offset) != FrameDescriptor.TYPE_RECORDS) {
            return;
        }
        final int partition = FrameDescriptor.partitionIndex(buffer, offset);
        final long baseOffset = FrameDescriptor.baseOffset(buffer, offset);
        if (baseOffset < nextOffsets[partition]) {
            return;
        }
        if (baseOffset != nextOffsets[partition]) {
            throw new Violation("a partition has a gap: partition=" + partition + ", expected offset "
                    + nextOffsets[partition] + ", found " + baseOffset + " at position " + position);
        }
        final UnsafeBuffer batch = new UnsafeBuffer(new byte[frameLength - FrameDescriptor.HEADER_LENGTH]);
        batch.putBytes(0, buffer, offset + FrameDescriptor.PAYLOAD_OFFSET, batch.capacity());
        batches.get(partition).add(batch);
        nextOffsets[partition] = baseOffset + RecordBatchDescriptor.recordCount(batch, 0);
    }

    void drainedTo(final long position) {
        drainedPosition = position;
    }

    long flush() {
        for (int i = 0; i < Plan.PARTITIONS; i++) {
            flushedCounts[i] = batches.get(i).size();
        }
        flushedPosition = drainedPosition;
        return flushedPosition;
    }

    long flushedPosition() {
        return flushedPosition;
    }

    /** The power fails: of what was not flushed, a first part of any length is left in each partition. */
    void cutPower(final SplittableRandom random) {
        for (int i = 0; i < Plan.PARTITIONS; i++) {
            final List<UnsafeBuffer> log = batches.get(i);
            final int kept = flushedCounts[i] + random.nextInt(log.size() - flushedCounts[i] + 1);
            log.subList(kept, log.size()).clear();
            final UnsafeBuffer last = log.isEmpty() ? null : log.get(log.size() - 1);
            nextOffsets[i] = null == last
                    ? 0
                    : RecordBatchDescriptor.baseOffset(last, 0) + RecordBatchDescriptor.recordCount(last, 0);
        }
        drainedPosition = flushedPosition;
    }

    /** Everything acknowledged is here once, at its offset, with its bytes; each producer's sequences are in order. */
    void check(final Ledger ledger) {
        final List<Map<Long, UnsafeBuffer>> byOffset = new ArrayList<>();
        for (int partition = 0; partition < Plan.PARTITIONS; partition++) {
            byOffset.add(checkOrder(partition));
        }
        for (final Batch batch : ledger.acknowledged()) {
            final UnsafeBuffer stored = byOffset.get(batch.partitionIndex).get(batch.baseOffset);
            if (null == stored) {
                throw new Violation("an acknowledged batch is lost: " + batch);
            }
            if (!batch.isStoredAs(stored)) {
                throw new Violation("an acknowledged batch has other bytes: " + batch);
            }
        }
    }

    private Map<Long, UnsafeBuffer> checkOrder(final int partition) {
        final Map<Long, UnsafeBuffer> byOffset = new HashMap<>();
        final Map<Long, Integer> nextSequences = new HashMap<>();
        for (final UnsafeBuffer batch : batches.get(partition)) {
            byOffset.put(RecordBatchDescriptor.baseOffset(batch, 0), batch);
            final long producerId = RecordBatchDescriptor.producerId(batch, 0);
            if (producerId >= 0) {
                final int sequence = RecordBatchDescriptor.baseSequence(batch, 0);
                final int expected = nextSequences.getOrDefault(producerId, 0);
                if (sequence != expected) {
                    throw new Violation("a producer's batches are repeated, lost or out of order: partition="
                            + partition + ", producer=" + producerId + ", expected sequence " + expected + ", found "
                            + sequence);
                }
                nextSequences.put(producerId, sequence + RecordBatchDescriptor.recordCount(batch, 0));
            }
        }
        return byOffset;
    }
}
