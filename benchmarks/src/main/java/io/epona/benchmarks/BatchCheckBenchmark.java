package io.epona.benchmarks;

import io.epona.codec.RecordBatchCheck;
import io.epona.codec.RecordBatchValidator;
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

/** Judging a batch on entry: header, checksum and a walk over its records of 128 bytes. */
@BenchmarkMode(Mode.AverageTime)
@OutputTimeUnit(TimeUnit.NANOSECONDS)
@Fork(1)
@Warmup(iterations = 2, time = 500, timeUnit = TimeUnit.MILLISECONDS)
@Measurement(iterations = 3, time = 800, timeUnit = TimeUnit.MILLISECONDS)
@State(Scope.Thread)
public class BatchCheckBenchmark {
    @Param({"1", "8", "128"})
    public int recordCount;

    private final RecordBatchValidator validator = new RecordBatchValidator();
    private UnsafeBuffer batch;

    @Setup
    public void encodeBatch() {
        batch = Batches.of(recordCount, 128);
        if (check() != RecordBatchCheck.VALID) {
            throw new IllegalStateException("the batch to measure with is not valid");
        }
    }

    @Benchmark
    public RecordBatchCheck check() {
        return validator.check(batch, 0, batch.capacity());
    }
}
