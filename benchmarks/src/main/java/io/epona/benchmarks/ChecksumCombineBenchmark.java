package io.epona.benchmarks;

import io.epona.codec.Crc32c;
import java.util.concurrent.TimeUnit;
import org.openjdk.jmh.annotations.Benchmark;
import org.openjdk.jmh.annotations.BenchmarkMode;
import org.openjdk.jmh.annotations.Fork;
import org.openjdk.jmh.annotations.Measurement;
import org.openjdk.jmh.annotations.Mode;
import org.openjdk.jmh.annotations.OutputTimeUnit;
import org.openjdk.jmh.annotations.Scope;
import org.openjdk.jmh.annotations.State;
import org.openjdk.jmh.annotations.Warmup;

/** Checksum of a whole from those of its parts, the second part up to 1 MiB long. */
@BenchmarkMode(Mode.AverageTime)
@OutputTimeUnit(TimeUnit.NANOSECONDS)
@Fork(1)
@Warmup(iterations = 2, time = 500, timeUnit = TimeUnit.MILLISECONDS)
@Measurement(iterations = 3, time = 800, timeUnit = TimeUnit.MILLISECONDS)
@State(Scope.Thread)
public class ChecksumCombineBenchmark {
    private static final int MAX_LENGTH = 1 << 20;

    private int length = 12_345;
    private int crc = 0x1234_5678;

    @Benchmark
    public int combine() {
        length = (length * 1_103_515_245 + 12_345) & (MAX_LENGTH - 1);
        crc = Crc32c.combine(crc, 0x0BAD_CAFE, length);
        return crc;
    }
}
