package io.epona.coordinator;

import io.epona.codec.FrameDescriptor;
import io.epona.codec.FrameHandler;
import io.epona.journal.RingReader;
import io.epona.partitionlog.LogRead;
import io.epona.partitionlog.PartitionLogs;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.ByteBuffer;
import java.util.function.Consumer;
import org.agrona.DirectBuffer;
import org.apache.kafka.common.record.internal.MemoryRecords;
import org.apache.kafka.common.record.internal.MutableRecordBatch;

/**
 * Reads all records of a partition up to a position of its lane: first what the partition log has, then the rest out of
 * the lane's ring. The lane overwrites only what the partition logs have, so when it was faster than this reader the
 * partition log has more, and both are read on from there. Used by one thread; may wait for the device.
 */
final class CommittedRecords implements FrameHandler {
    private static final int MAX_SCAN_LENGTH = 4 * 1024 * 1024;
    private static final int MIN_BUFFER_LENGTH = 64 * 1024;

    private final CoordinatorLane lane;
    private final PartitionLogs logs;
    private final int partitionIndex;
    private final int readLength;
    private final Consumer<MutableRecordBatch> consumer;
    private final RingReader ringReader;
    private ByteBuffer fileBuffer = ByteBuffer.allocate(0);
    private ByteBuffer ringBuffer = ByteBuffer.allocate(0);
    private boolean isOverrun;
    private long nextOffset;
    private long length;

    /**
     * A reader.
     *
     * @param lane that carries the partition.
     * @param logs that have its older records.
     * @param partitionIndex of the partition.
     * @param readLength bytes read from files at a time.
     * @param consumer gets each batch once, in order; valid during the call only.
     */
    CommittedRecords(
            final CoordinatorLane lane,
            final PartitionLogs logs,
            final int partitionIndex,
            final int readLength,
            final Consumer<MutableRecordBatch> consumer) {
        this.lane = lane;
        this.logs = logs;
        this.partitionIndex = partitionIndex;
        this.readLength = readLength;
        this.consumer = consumer;
        this.ringReader = new RingReader(lane.ring(), lane.spanLength());
    }

    /** Bytes of the batches that were handed on. */
    long length() {
        return length;
    }

    /**
     * Reads.
     *
     * @param limitPosition of the lane; committed.
     * @return offset after the last record below the position.
     */
    long read(final long limitPosition) {
        while (true) {
            final long drained = lane.counters().drained().getAcquire();
            readLog();
            if (drained >= limitPosition || readRing(drained, limitPosition)) {
                // A log whose last records are gone ends above them all the same.
                return Math.max(nextOffset, logs.openLogEndOffset(partitionIndex));
            }
        }
    }

    private void readLog() {
        while (true) {
            try (LogRead read = logs.read(partitionIndex, nextOffset, readLength, true)) {
                switch (read.status()) {
                    case RECORDS -> {
                        if (!handOn(load(read))) {
                            return;
                        }
                    }
                    case OFFSET_OUT_OF_RANGE -> {
                        if (read.logStartOffset() <= nextOffset) {
                            return;
                        }
                        nextOffset = read.logStartOffset();
                    }
                    case EMPTY -> {
                        return;
                    }
                    default ->
                        throw new IllegalStateException("cannot read a coordinator's partition: partitionIndex="
                                + partitionIndex + ", status=" + read.status());
                }
            }
        }
    }

    private MemoryRecords load(final LogRead read) {
        try {
            if (fileBuffer.capacity() < read.length()) {
                fileBuffer = ByteBuffer.allocate(read.length());
            }
            fileBuffer.clear().limit(read.length());
            read.records().readInto(fileBuffer, 0);
            return MemoryRecords.readableRecords(fileBuffer);
        } catch (final IOException ex) {
            throw new UncheckedIOException("cannot read the log of partitionIndex " + partitionIndex, ex);
        }
    }

    /** Hands on what was not handed on before; false when there was nothing of that. */
    private boolean handOn(final MemoryRecords records) {
        boolean isAny = false;
        for (final MutableRecordBatch batch : records.batches()) {
            if (batch.lastOffset() >= nextOffset) {
                consumer.accept(batch);
                nextOffset = batch.nextOffset();
                length += batch.sizeInBytes();
                isAny = true;
            }
        }
        return isAny;
    }

    /** False when the lane has overwritten some of it meanwhile. */
    private boolean readRing(final long fromPosition, final long limitPosition) {
        long position = fromPosition;
        while (position < limitPosition) {
            ringBuffer.clear();
            isOverrun = false;
            try {
                ringReader.read(position, limitPosition, this, MAX_SCAN_LENGTH);
            } catch (final IllegalStateException ex) {
                if (isIntact(position)) {
                    throw ex;
                }
                isOverrun = true;
            }
            if (isOverrun || !isIntact(position)) {
                return false;
            }
            if (ringReader.position() == position) {
                throw new IllegalStateException("a frame straddles the position to read up to: laneId=" + lane.laneId()
                        + ", position=" + position + ", limitPosition=" + limitPosition);
            }
            position = ringReader.position();
            handOn(MemoryRecords.readableRecords(ringBuffer.flip()));
        }
        return true;
    }

    @Override
    public void onFrame(final DirectBuffer buffer, final int offset, final int frameLength, final long framePosition) {
        if (FrameDescriptor.type(buffer, offset) != FrameDescriptor.TYPE_RECORDS
                || FrameDescriptor.partitionIndex(buffer, offset) != partitionIndex) {
            return;
        }
        if (!isIntact(framePosition)) {
            isOverrun = true;
            return;
        }
        final int payloadLength = FrameDescriptor.payloadLength(frameLength);
        if (ringBuffer.remaining() < payloadLength) {
            final ByteBuffer larger =
                    ByteBuffer.allocate(Math.max(MIN_BUFFER_LENGTH, 2 * (ringBuffer.position() + payloadLength)));
            ringBuffer = larger.put(ringBuffer.flip());
        }
        buffer.getBytes(offset + FrameDescriptor.PAYLOAD_OFFSET, ringBuffer, payloadLength);
    }

    private boolean isIntact(final long position) {
        return lane.ring().isIntact(position, lane.counters());
    }
}
