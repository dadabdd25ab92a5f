package io.epona.benchmarks;

import io.epona.codec.lane.AppendCommandDecoder;
import io.epona.runtime.LaneCounters;
import io.epona.runtime.Signal;
import io.epona.sequencer.LaneProxy;
import java.util.concurrent.TimeUnit;
import org.agrona.MutableDirectBuffer;
import org.agrona.concurrent.ControlledMessageHandler;
import org.agrona.concurrent.UnsafeBuffer;
import org.agrona.concurrent.ringbuffer.ManyToOneRingBuffer;
import org.agrona.concurrent.ringbuffer.RingBufferDescriptor;
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

/** A batch through a lane's command ring: the gateway's offer with its copy, and the lane's poll, on one thread. */
@BenchmarkMode(Mode.AverageTime)
@OutputTimeUnit(TimeUnit.NANOSECONDS)
@Fork(1)
@Warmup(iterations = 2, time = 500, timeUnit = TimeUnit.MILLISECONDS)
@Measurement(iterations = 3, time = 800, timeUnit = TimeUnit.MILLISECONDS)
@State(Scope.Thread)
public class CommandRingBenchmark {
    private static final int RING_LENGTH = 4 << 20;

    @Param({"1024", "16384"})
    public int valueLength;

    private final ManyToOneRingBuffer commands =
            new ManyToOneRingBuffer(Memory.offHeap(RING_LENGTH + RingBufferDescriptor.TRAILER_LENGTH));
    private final LaneProxy lane =
            new LaneProxy(0, commands, Signal.NONE, LaneCounters.onHeap().appended());
    private final AppendCommandDecoder command = new AppendCommandDecoder();
    private final ControlledMessageHandler handler = this::onCommand;
    private UnsafeBuffer batch;
    private long correlationId;
    private long taken;

    @Setup
    public void encodeBatch() {
        batch = Batches.of(1, valueLength);
    }

    @Benchmark
    public long offerAndPoll() {
        if (!lane.offerAppend(correlationId++, 2, 1, correlationId, batch, 0, batch.capacity())) {
            throw new IllegalStateException("an empty command ring has no room: correlationId=" + correlationId);
        }
        final long before = taken;
        while (taken == before) { // a poll that meets the ring's end takes only the padding there
            commands.controlledRead(handler, 1);
        }
        return taken;
    }

    private ControlledMessageHandler.Action onCommand(
            final int msgTypeId, final MutableDirectBuffer buffer, final int index, final int length) {
        command.wrap(buffer, index, AppendCommandDecoder.BLOCK_LENGTH, AppendCommandDecoder.SCHEMA_VERSION);
        taken += command.batchLength() + command.correlationId();
        return ControlledMessageHandler.Action.CONTINUE;
    }
}
