package io.epona.benchmarks;

import io.epona.journal.DirectSegmentStore;
import io.epona.journal.JournalConfig;
import io.epona.journal.LogRing;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.concurrent.TimeUnit;
import org.agrona.CloseHelper;
import org.agrona.IoUtil;
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
import org.openjdk.jmh.annotations.TearDown;
import org.openjdk.jmh.annotations.Warmup;

/**
 * One write of the journal's device writer, durable when it returns: sequential, from a log ring, into pre-zeroed
 * segment files. They are made beside the benchmarks' own jars, or in the directory that the system property
 * {@code epona.bench.dir} names; that device is what is measured.
 */
@BenchmarkMode({Mode.AverageTime, Mode.SampleTime})
@OutputTimeUnit(TimeUnit.NANOSECONDS)
@Fork(1)
@Warmup(iterations = 2, time = 500, timeUnit = TimeUnit.MILLISECONDS)
@Measurement(iterations = 3, time = 800, timeUnit = TimeUnit.MILLISECONDS)
@State(Scope.Thread)
public class DeviceWriteBenchmark {
    private static final int RING_LENGTH = 16 << 20;
    private static final int SEGMENT_COUNT = 2;
    private static final int HEADER_LENGTH = 4096;

    @Param({"4096", "65536", "1048576"})
    public int length;

    private Path directory;
    private DirectSegmentStore store;
    private LogRing ring;
    private long position;

    @Setup
    public void open() throws IOException {
        directory = Files.createTempDirectory(parentDirectory(), "device-write-");
        store = DirectSegmentStore.open(JournalConfig.of(directory, 0, 1, 2, 1, RING_LENGTH, SEGMENT_COUNT));
        ring = LogRing.map(
                Path.of("/dev/shm"), "epona-bench-" + ProcessHandle.current().pid(), RING_LENGTH);
        for (int i = 0; i < RING_LENGTH; i += Long.BYTES) {
            ring.buffer().putLong(i, i);
        }
    }

    @TearDown
    public void close() {
        CloseHelper.closeAll(store, ring);
        IoUtil.delete(directory.toFile(), false);
    }

    @Benchmark
    public long write() {
        final int offset = ring.offset(position);
        final int fileIndex = (int) (position / RING_LENGTH) % SEGMENT_COUNT;
        store.write(fileIndex, HEADER_LENGTH + offset, ring.buffer(), offset, length);
        position += length;
        return position;
    }

    private static Path parentDirectory() {
        final String configured = System.getProperty("epona.bench.dir");
        if (configured != null) {
            return Path.of(configured);
        }
        final String ownJar = DeviceWriteBenchmark.class
                .getProtectionDomain()
                .getCodeSource()
                .getLocation()
                .getPath();
        return Path.of(ownJar).getParent();
    }
}
