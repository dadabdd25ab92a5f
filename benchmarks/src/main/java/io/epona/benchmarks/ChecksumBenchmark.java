package io.epona.benchmarks;

import io.epona.codec.Crc32c;
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

/** CRC-32C of a batch's bytes off the heap, as on entry and in recovery. */
@BenchmarkMode(Mode.AverageTime)
@OutputTimeUnit(TimeUnit.NANOSECONDS)
@Fork(1)
@Warmup(iterations = 2, time = 500, timeUnit = TimeUnit.MILLISECONDS)
@Measurement(iterations = 3, time = 800, timeUnit = TimeUnit.MILLISECONDS)
@State(Scope.Thread)
public class ChecksumBenchmark {
    @Param({"1024", "16384", "131072"})
    public int length;

    private final Crc32c crc32c = new Crc32c();
    private UnsafeBuffer bytes;

    @Setup
    public void fillBytes() {
        bytes = Batches.of(1, length);
    }

    @Benchmark
    public int compute() {
        return crc32c.compute(bytes, 21, length);
    }
}
