package io.epona.partitionlog;

import io.epona.codec.FrameDescriptor;
import io.epona.codec.FrameEncoder;
import io.epona.codec.FrameHandler;
import io.epona.codec.RecordBatchDescriptor;
import io.epona.codec.RecordBatchEncoder;
import io.epona.journal.LogRing;
import io.epona.runtime.LaneCounters;
import java.nio.charset.StandardCharsets;
import java.util.HashMap;
import java.util.Map;
import java.util.TreeMap;
import org.agrona.concurrent.UnsafeBuffer;
import org.apache.kafka.common.compress.Compression;
import org.apache.kafka.common.record.internal.MemoryRecords;
import org.apache.kafka.common.record.internal.SimpleRecord;

/**
 * What a lane and its journal do, as far as partition logs see it: frames in a ring, a committed position, and all
 * frames again for recovery.
 */
final class TestLane implements AutoCloseable {
    static final int LEADER_EPOCH = 1;

    final LogRing ring;
    final LaneCounters counters = LaneCounters.onHeap();
    private final FrameEncoder frames = new FrameEncoder();
    private final RecordBatchEncoder batches = new RecordBatchEncoder();
    private final TreeMap<Long, byte[]> journal = new TreeMap<>();
    private final Map<Integer, Long> nextOffsets = new HashMap<>();
    private long position;
    private boolean keepsJournal = true;

    TestLane(final int ringLength) {
        ring = LogRing.allocate(ringLength);
    }

    TestLane withoutJournal() {
        keepsJournal = false;
        return this;
    }

    int spanLength() {
        return ring.length();
    }

    long position() {
        return position;
    }

    long nextOffset(final int partitionIndex) {
        return nextOffsets.getOrDefault(partitionIndex, 0L);
    }

    /** Offset after the partition's last record in frames that start below a position. */
    long nextOffset(final int partitionIndex, final long belowPosition) {
        long next = 0;
        for (final byte[] frame : journal.headMap(belowPosition).values()) {
            final UnsafeBuffer buffer = new UnsafeBuffer(frame);
            if (FrameDescriptor.partitionIndex(buffer, 0) == partitionIndex) {
                next = FrameDescriptor.lastOffset(buffer, 0) + 1;
            }
        }
        return next;
    }

    /** Room in the ring before what is not drained would be overwritten. */
    int room() {
        return (int) (counters.drained().get() + ring.length() - position);
    }

    /** One committed frame with a batch of records, each of the given value length. */
    void append(final int partitionIndex, final int recordCount, final int valueLength) {
        append(partitionIndex, recordCount, valueLength, 1_000L + position);
    }

    void append(final int partitionIndex, final int recordCount, final int valueLength, final long timestampMs) {
        final UnsafeBuffer batch = new UnsafeBuffer(new byte[recordCount * (valueLength + 64) + 128]);
        final UnsafeBuffer value = new UnsafeBuffer(new byte[valueLength]);
        final long baseOffset = nextOffset(partitionIndex);
        batches.begin(batch, 0);
        for (int i = 0; i < recordCount; i++) {
            value.setMemory(0, valueLength, (byte) (baseOffset + i));
            batches.add(timestampMs + i, null, 0, RecordBatchEncoder.NULL_LENGTH, value, 0, valueLength);
        }
        final int length = batches.end();
        RecordBatchDescriptor.stampBaseOffset(batch, 0, baseOffset);
        RecordBatchDescriptor.stampPartitionLeaderEpoch(batch, 0, LEADER_EPOCH);
        appendBatch(partitionIndex, batch, length, baseOffset, recordCount);
    }

    /** One committed frame with a batch that is complete but for its offset. */
    long append(final int partitionIndex, final MemoryRecords records) {
        final UnsafeBuffer batch = new UnsafeBuffer(new byte[records.sizeInBytes()]);
        batch.putBytes(0, records.buffer(), 0, records.sizeInBytes());
        final long baseOffset = nextOffset(partitionIndex);
        RecordBatchDescriptor.stampBaseOffset(batch, 0, baseOffset);
        RecordBatchDescriptor.stampPartitionLeaderEpoch(batch, 0, LEADER_EPOCH);
        final int recordCount = RecordBatchDescriptor.lastOffsetDelta(batch, 0) + 1;
        appendBatch(partitionIndex, batch, batch.capacity(), baseOffset, recordCount);
        return baseOffset;
    }

    /** One committed frame with one record; a null value is a tombstone. */
    void appendKeyed(final int partitionIndex, final String key, final String value) {
        appendRecords(
                partitionIndex,
                MemoryRecords.withRecords(
                        Compression.NONE,
                        new SimpleRecord(
                                1_000L + position,
                                key.getBytes(StandardCharsets.US_ASCII),
                                value == null ? null : value.getBytes(StandardCharsets.US_ASCII))));
    }

    /** One committed frame with one batch, whose offsets are given here. */
    void appendRecords(final int partitionIndex, final MemoryRecords records) {
        final UnsafeBuffer batch = new UnsafeBuffer(records.buffer());
        final long baseOffset = nextOffset(partitionIndex);
        RecordBatchDescriptor.stampBaseOffset(batch, 0, baseOffset);
        RecordBatchDescriptor.stampPartitionLeaderEpoch(batch, 0, LEADER_EPOCH);
        appendBatch(
                partitionIndex,
                batch,
                batch.capacity(),
                baseOffset,
                RecordBatchDescriptor.lastOffsetDelta(batch, 0) + 1);
    }

    /** One committed frame that moves the partition's first offset. */
    void appendTrim(final int partitionIndex, final long startOffset) {
        final long at = FrameDescriptor.framePosition(position, spanLength());
        frames.encodeTrim(ring.buffer(), ring.offset(at), at, LEADER_EPOCH, partitionIndex, startOffset, 0, 0);
        final byte[] copy = new byte[FrameDescriptor.HEADER_LENGTH];
        ring.buffer().getBytes(ring.offset(at), copy);
        journal.put(at, copy);
        position = at + FrameDescriptor.HEADER_LENGTH;
        counters.appended().setRelease(position);
        counters.durable().setRelease(position);
        counters.committed().setRelease(position);
    }

    private void appendBatch(
            final int partitionIndex,
            final UnsafeBuffer batch,
            final int length,
            final long baseOffset,
            final int recordCount) {
        final int frameLength = FrameDescriptor.HEADER_LENGTH + length;
        long at = FrameDescriptor.framePosition(position, spanLength());
        final int remaining = FrameDescriptor.remainingInSpan(at, spanLength());
        if (FrameDescriptor.alignedLength(frameLength) > remaining) {
            frames.encodePadding(ring.buffer(), ring.offset(at), at, remaining, LEADER_EPOCH, 0, 0);
            at += remaining;
        }
        if (at + frameLength - counters.drained().get() > ring.length()) {
            throw new IllegalStateException(
                    "ring is full: drained=" + counters.drained().get() + ", at=" + at);
        }
        final int offset = ring.offset(at);
        ring.buffer().putBytes(offset + FrameDescriptor.PAYLOAD_OFFSET, batch, 0, length);
        frames.encodeRecords(
                ring.buffer(), offset, at, length, LEADER_EPOCH, partitionIndex, baseOffset, recordCount - 1, 0, 0, 0);
        if (keepsJournal) {
            final byte[] copy = new byte[frameLength];
            ring.buffer().getBytes(offset, copy);
            journal.put(at, copy);
        }
        nextOffsets.put(partitionIndex, baseOffset + recordCount);
        position = at + FrameDescriptor.alignedLength(frameLength);
        counters.appended().setRelease(position);
        counters.durable().setRelease(position);
        counters.committed().setRelease(position);
    }

    /** All frames from the position on, each in a buffer that holds nothing else. */
    void replay(final long fromPosition, final FrameHandler handler) {
        journal.tailMap(fromPosition)
                .forEach((at, bytes) -> handler.onFrame(new UnsafeBuffer(bytes), 0, bytes.length, at));
    }

    /** Forgets the frames between two positions, as a journal that lost them. */
    void lose(final long fromPosition, final long toPosition) {
        journal.subMap(fromPosition, toPosition).clear();
    }

    @Override
    public void close() {
        ring.close();
    }
}
