package io.epona.systemtests.cell;

import io.epona.codec.FrameDescriptor;
import io.epona.codec.RecordBatchDescriptor;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import org.agrona.DirectBuffer;
import org.agrona.concurrent.UnsafeBuffer;

/**
 * A node's partition logs, in small: committed batches by partition, in a page cache that a power cut takes away down
 * to what was flushed. It outlives the node's lives.
 */
final class Shelf {
    private final List<UnsafeBuffer>[] batches;
    private final long[] nextOffsets;
    private final int[] flushedCounts;
    private long drainedPosition;
    private long flushedPosition;

    @SuppressWarnings({"unchecked", "rawtypes"}) // an array of a generic type
    Shelf(final int partitions) {
        batches = new List[partitions];
        Arrays.setAll(batches, i -> new ArrayList<>());
        nextOffsets = new long[partitions];
        flushedCounts = new int[partitions];
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
            throw new Violation("a partition log has a gap: partition=" + partition + ", expected offset "
                    + nextOffsets[partition] + ", found " + baseOffset + " at position " + position);
        }
        final UnsafeBuffer batch = new UnsafeBuffer(new byte[frameLength - FrameDescriptor.HEADER_LENGTH]);
        batch.putBytes(0, buffer, offset + FrameDescriptor.PAYLOAD_OFFSET, batch.capacity());
        batches[partition].add(batch);
        nextOffsets[partition] = baseOffset + RecordBatchDescriptor.recordCount(batch, 0);
    }

    void drainedTo(final long position) {
        drainedPosition = position;
    }

    long drainedPosition() {
        return drainedPosition;
    }

    long flush() {
        for (int i = 0; i < batches.length; i++) {
            flushedCounts[i] = batches[i].size();
        }
        flushedPosition = drainedPosition;
        return flushedPosition;
    }

    long flushedPosition() {
        return flushedPosition;
    }

    /** The power fails: of what was not flushed, a first part of any length is left in each partition. */
    void cutPower(final Chance chance) {
        for (int i = 0; i < batches.length; i++) {
            final List<UnsafeBuffer> log = batches[i];
            final int kept = flushedCounts[i] + chance.below(log.size() - flushedCounts[i] + 1);
            log.subList(kept, log.size()).clear();
            final UnsafeBuffer last = log.isEmpty() ? null : log.get(log.size() - 1);
            nextOffsets[i] = null == last
                    ? 0
                    : RecordBatchDescriptor.baseOffset(last, 0) + RecordBatchDescriptor.recordCount(last, 0);
        }
        drainedPosition = flushedPosition;
    }

    /** The disk is empty. */
    void clear() {
        Arrays.stream(batches).forEach(List::clear);
        Arrays.fill(nextOffsets, 0);
        Arrays.fill(flushedCounts, 0);
        drainedPosition = 0;
        flushedPosition = 0;
    }

    /** Takes another node's partition logs over, flushed: how a replica is installed that no journal reaches. */
    void copyFrom(final Shelf other) {
        for (int i = 0; i < batches.length; i++) {
            batches[i].clear();
            batches[i].addAll(other.batches[i]);
            nextOffsets[i] = other.nextOffsets[i];
        }
        drainedPosition = other.drainedPosition;
        flush();
    }

    long nextOffset(final int partition) {
        return nextOffsets[partition];
    }

    /** Batches from the one with an offset on, at most so many. */
    List<UnsafeBuffer> read(final int partition, final long offset, final int most) {
        final List<UnsafeBuffer> log = batches[partition];
        int low = 0;
        int high = log.size();
        while (low < high) {
            final int middle = (low + high) >>> 1;
            final UnsafeBuffer batch = log.get(middle);
            if (RecordBatchDescriptor.baseOffset(batch, 0) + RecordBatchDescriptor.recordCount(batch, 0) <= offset) {
                low = middle + 1;
            } else {
                high = middle;
            }
        }
        return new ArrayList<>(log.subList(low, Math.min(log.size(), low + most)));
    }
}
