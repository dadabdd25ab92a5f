package io.epona.benchmarks;

import io.epona.codec.FrameDescriptor;
import io.epona.codec.FrameEncoder;
import io.epona.codec.RecordBatchDescriptor;
import io.epona.journal.LogRing;
import io.epona.runtime.LaneCounters;
import java.util.concurrent.TimeUnit;
import org.agrona.concurrent.AtomicBuffer;
import org.agrona.concurrent.UnsafeBuffer;
import org.agrona.concurrent.status.AtomicCounter;
import org.openjdk.jmh.annotations.Benchmark;
import org.openjdk.jmh.annotations.BenchmarkMode;
import org.openjdk.jmh.annotations.Fork;
import org.openjdk.jmh.annotations.Measurement;
import org.openjdk.jmh.annotations.Mode;
import org.openjdk.jmh.annotations.OutputTimeUnit;
import org.openjdk.jmh.annotations.Param;
import org.openjdk.jmh.annotations.Scope;
import org.openjdk.jmh.annotations.Setup;
import org.openjdk.jmh.annotations.State;
import org.openjdk.jmh.annotations.Warmup;

/**
 * What a lane does with the log ring for each batch: place (with padding at the ring's end), copy, stamp, frame,
 * publish the position.
 */
@BenchmarkMode(Mode.AverageTime)
@OutputTimeUnit(TimeUnit.NANOSECONDS)
@Fork(1)
@Warmup(iterations = 2, time = 500, timeUnit = TimeUnit.MILLISECONDS)
@Measurement(iterations = 3, time = 800, timeUnit = TimeUnit.MILLISECONDS)
@State(Scope.Thread)
public class RingAppendBenchmark {
    private static final int RING_LENGTH = 16 << 20;

    @Param({"1024", "16384"})
    public int valueLength;

    private final FrameEncoder encoder = new FrameEncoder();
    private final AtomicCounter appended = LaneCounters.onHeap().appended();
    private final LogRing ring = LogRing.allocate(RING_LENGTH);
    private UnsafeBuffer batch;
    private long position;
    private long nextOffset;

    @Setup
    public void encodeBatch() {
        batch = Batches.of(1, valueLength);
    }

    @Benchmark
    public long append() {
        final AtomicBuffer buffer = ring.buffer();
        final int batchLength = batch.capacity();
        final int frameLength = FrameDescriptor.HEADER_LENGTH + batchLength;
        final int remaining = FrameDescriptor.remainingInSpan(position, RING_LENGTH);
        if (FrameDescriptor.alignedLength(frameLength) > remaining) {
            encoder.encodePadding(buffer, ring.offset(position), position, remaining, 1, position, position);
            position += remaining;
        }
        final int offset = ring.offset(position);
        final int batchOffset = offset + FrameDescriptor.HEADER_LENGTH;
        buffer.putBytes(batchOffset, batch, 0, batchLength);
        RecordBatchDescriptor.stampBaseOffset(buffer, batchOffset, nextOffset);
        RecordBatchDescriptor.stampPartitionLeaderEpoch(buffer, batchOffset, 1);
        encoder.encodeVerifiedRecords(
                buffer, offset, position, batchLength, 1, 2, nextOffset, 0, position, position, position);
        nextOffset++;
        position = FrameDescriptor.nextFramePosition(position, frameLength, RING_LENGTH);
        appended.setRelease(position);
        return position;
    }
}
