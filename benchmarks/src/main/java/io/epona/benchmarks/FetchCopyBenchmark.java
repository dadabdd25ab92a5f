package io.epona.benchmarks;

import io.epona.codec.FrameDescriptor;
import io.epona.codec.FrameEncoder;
import io.epona.codec.FrameHandler;
import io.epona.journal.LogRing;
import io.epona.journal.RingLimits;
import io.epona.journal.RingReader;
import java.lang.invoke.VarHandle;
import java.util.concurrent.TimeUnit;
import org.agrona.DirectBuffer;
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

    private final LogRing ring = LogRing.allocate(RING_LENGTH);
    private final RingReader reader = new RingReader(ring, RING_LENGTH);
    private final FrameHandler handler = this::onFrame;
    private UnsafeBuffer response;
    private long appended;
    private long position;
    private int fetchLength;
    private int copied;

    @Setup
    public void fillRing() {
        final FrameEncoder encoder = new FrameEncoder();
        final UnsafeBuffer batch = Batches.of(1, 1024);
        final int frameLength = FrameDescriptor.alignedLength(FrameDescriptor.HEADER_LENGTH + batch.capacity());
        fetchLength = batchCount * frameLength;
        while (appended + frameLength <= RING_LENGTH) {
            final int offset = ring.offset(appended);
            ring.buffer().putBytes(offset + FrameDescriptor.HEADER_LENGTH, batch, 0, batch.capacity());
            encoder.encodeRecords(ring.buffer(), offset, appended, batch.capacity(), 1, 2, 0, 0, 0, 0, 0);
            appended += frameLength;
        }
        response = Memory.offHeap(batchCount * batch.capacity());
    }

    @Benchmark
    public int copy() {
        if (position + fetchLength > appended) {
            position = 0;
        }
        copied = 0;
        final int frameCount = reader.read(position, appended, handler, fetchLength);
        VarHandle.loadLoadFence();
        if (frameCount != batchCount || position < RingLimits.oldestIntactPosition(appended, 2 * RING_LENGTH)) {
            throw new IllegalStateException("frames lost: position=" + position + ", frameCount=" + frameCount);
        }
        position = reader.position();
        return copied;
    }

    private void onFrame(final DirectBuffer buffer, final int offset, final int frameLength, final long framePosition) {
        final int batchLength = FrameDescriptor.payloadLength(frameLength);
        response.putBytes(copied, buffer, offset + FrameDescriptor.HEADER_LENGTH, batchLength);
        copied += batchLength;
    }
}
