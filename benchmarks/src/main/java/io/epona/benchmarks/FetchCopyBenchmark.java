package io.epona.benchmarks;

import io.epona.codec.FrameDescriptor;
import io.epona.codec.FrameEncoder;
import java.lang.invoke.VarHandle;
import java.util.concurrent.TimeUnit;
import org.agrona.concurrent.UnsafeBuffer;
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
 * What a fetch from memory does: walk committed frames in the log ring, copy their batches into a response, check that
 * they were not overwritten meanwhile.
 */
@BenchmarkMode(Mode.AverageTime)
@OutputTimeUnit(TimeUnit.NANOSECONDS)
@Fork(1)
@Warmup(iterations = 2, time = 500, timeUnit = TimeUnit.MILLISECONDS)
@Measurement(iterations = 3, time = 800, timeUnit = TimeUnit.MILLISECONDS)
@State(Scope.Thread)
public class FetchCopyBenchmark {
    private static final int RING_LENGTH = 16 << 20;

    @Param({"1", "16", "256"})
    public int batchCount;

    private final UnsafeBuffer ring = Memory.offHeap(RING_LENGTH);
    private UnsafeBuffer response;
    private int frameLength;
    private int frameCount;
    private int next;

    @Setup
    public void fillRing() {
        final FrameEncoder encoder = new FrameEncoder();
        final UnsafeBuffer batch = Batches.of(1, 1024);
        frameLength = FrameDescriptor.HEADER_LENGTH + batch.capacity();
        frameCount = RING_LENGTH / FrameDescriptor.alignedLength(frameLength);
        for (int i = 0; i < frameCount; i++) {
            final int offset = i * FrameDescriptor.alignedLength(frameLength);
            ring.putBytes(offset + FrameDescriptor.HEADER_LENGTH, batch, 0, batch.capacity());
            encoder.encodeRecords(ring, offset, offset, batch.capacity(), 1, 2, i, 0, i, i, i);
        }
        response = Memory.offHeap(batchCount * batch.capacity());
    }

    @Benchmark
    public int copy() {
        if (next + batchCount > frameCount) {
            next = 0;
        }
        long position = (long) next * FrameDescriptor.alignedLength(frameLength);
        final long first = position;
        int copied = 0;
        for (int i = 0; i < batchCount; i++) {
            final int offset = (int) position;
            final int length = FrameDescriptor.frameLengthAcquire(ring, offset);
            final int batchLength = FrameDescriptor.payloadLength(length);
            response.putBytes(copied, ring, offset + FrameDescriptor.HEADER_LENGTH, batchLength);
            copied += batchLength;
            position = FrameDescriptor.nextFramePosition(position, length, RING_LENGTH);
        }
        VarHandle.loadLoadFence();
        if (FrameDescriptor.position(ring, (int) first) != first) {
            throw new IllegalStateException("overwritten: position=" + first);
        }
        next += batchCount;
        return copied;
    }
}
