package io.epona.benchmarks;

import io.epona.codec.FrameDescriptor;
import io.epona.codec.FrameEncoder;
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

/** A frame's header and checksum around a batch that is in place. */
@BenchmarkMode(Mode.AverageTime)
@OutputTimeUnit(TimeUnit.NANOSECONDS)
@Fork(1)
@Warmup(iterations = 2, time = 500, timeUnit = TimeUnit.MILLISECONDS)
@Measurement(iterations = 3, time = 800, timeUnit = TimeUnit.MILLISECONDS)
@State(Scope.Thread)
public class FrameEncodeBenchmark {
    @Param({"1024", "16384", "131072"})
    public int valueLength;

    private final FrameEncoder encoder = new FrameEncoder();
    private UnsafeBuffer ring;
    private int batchLength;
    private long position;

    @Setup
    public void fillRing() {
        final UnsafeBuffer batch = Batches.of(1, valueLength);
        batchLength = batch.capacity();
        ring = Memory.offHeap(FrameDescriptor.HEADER_LENGTH + batchLength);
        ring.putBytes(FrameDescriptor.HEADER_LENGTH, batch, 0, batchLength);
    }

    /** The checksum reads the batch. */
    @Benchmark
    public int encodeRecords() {
        position += FrameDescriptor.FRAME_ALIGNMENT;
        encoder.encodeRecords(ring, 0, position, batchLength, 1, 2, position, 0, position, position, position);
        return FrameDescriptor.crc(ring, 0);
    }

    /** The checksum is derived from the batch's own. */
    @Benchmark
    public int encodeVerifiedRecords() {
        position += FrameDescriptor.FRAME_ALIGNMENT;
        encoder.encodeVerifiedRecords(ring, 0, position, batchLength, 1, 2, position, 0, position, position, position);
        return FrameDescriptor.crc(ring, 0);
    }
}
