package io.epona.benchmarks;

import io.epona.journal.LogRing;
import io.epona.runtime.LaneCounters;
import io.epona.runtime.LaneRole;
import io.epona.runtime.Signal;
import io.epona.runtime.SystemNodeClock;
import io.epona.runtime.budget.BreachLog;
import io.epona.runtime.budget.Stage;
import io.epona.runtime.budget.StageRecorder;
import io.epona.sequencer.Lane;
import io.epona.sequencer.LaneConfig;
import io.epona.sequencer.LaneContext;
import io.epona.sequencer.LaneGateway;
import io.epona.sequencer.LaneMeters;
import io.epona.sequencer.LaneProxy;
import io.epona.sequencer.LaneReplication;
import io.epona.sequencer.LaneState;
import io.epona.sequencer.LaneStateConfig;
import java.util.List;
import java.util.concurrent.TimeUnit;
import org.agrona.concurrent.MessageHandler;
import org.agrona.concurrent.UnsafeBuffer;
import org.agrona.concurrent.ringbuffer.ManyToOneRingBuffer;
import org.agrona.concurrent.ringbuffer.RingBufferDescriptor;
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
 * A record batch's way through a whole lane on one thread: offered by the gateway, taken, decided, framed, published,
 * answered, and (its readers' counters being moved at once) committed and recorded.
 */
@BenchmarkMode(Mode.AverageTime)
@OutputTimeUnit(TimeUnit.NANOSECONDS)
@Fork(1)
@Warmup(iterations = 2, time = 500, timeUnit = TimeUnit.MILLISECONDS)
@Measurement(iterations = 3, time = 800, timeUnit = TimeUnit.MILLISECONDS)
@State(Scope.Thread)
public class LaneBenchmark {
    private static final int RING_LENGTH = 16 << 20;
    private static final int COMMAND_RING_LENGTH = 4 << 20;
    private static final int REPLY_RING_LENGTH = 1 << 16;
    private static final int MAX_BATCH_LENGTH = 64 << 10;
    private static final int BREACH_CAPACITY = 128;
    private static final int PARTITION_INDEX = 2;

    @Param({"1024", "16384"})
    public int valueLength;

    private final LaneCounters counters = LaneCounters.onHeap();
    private final ManyToOneRingBuffer commands = ring(COMMAND_RING_LENGTH);
    private final ManyToOneRingBuffer replies = ring(REPLY_RING_LENGTH);
    private final MessageHandler handler = (msgTypeId, buffer, index, length) -> this.replyCount++;
    private final LaneProxy proxy =
            new LaneProxy(0, commands, Signal.NONE, LaneCounters.onHeap().appended());
    private final SystemNodeClock clock = new SystemNodeClock();
    private final LaneMeters meters = LaneMeters.onHeap();
    private UnsafeBuffer batch;
    private Lane lane;
    private long replyCount;

    @Setup
    public void start() {
        batch = Batches.of(1, valueLength);
        lane = new Lane(new LaneContext(
                new LaneConfig(0, RING_LENGTH, 2, Memory.BLOCK_LENGTH, MAX_BATCH_LENGTH),
                new LaneState(LaneStateConfig.withSpan(RING_LENGTH)),
                LogRing.allocate(RING_LENGTH),
                commands,
                List.of(new LaneGateway(replies, Signal.NONE)),
                counters,
                LaneReplication.alone(0, 1, LaneRole.onHeap()),
                clock,
                Signal.NONE,
                Signal.NONE,
                new StageRecorder("lane-0", Stage.SEQUENCE, Stage.JOURNAL, Stage.COMMIT),
                new BreachLog(BREACH_CAPACITY),
                meters,
                error -> {
                    throw new IllegalStateException("the lane reported an error", error);
                }));
        lane.onStart();
        proxy.offerOpenPartition(0, PARTITION_INDEX);
        finish(0);
        append();
        if (meters.batches().get() != 1) {
            throw new IllegalStateException("the lane refused the batch to measure with");
        }
    }

    @Benchmark
    public long append() {
        final long before = replyCount;
        if (!proxy.offerAppend(before, PARTITION_INDEX, 1, clock.epochNs(), batch, 0, batch.capacity())) {
            throw new IllegalStateException("an empty command ring has no room: correlationId=" + before);
        }
        finish(before);
        return counters.committed().get();
    }

    private void finish(final long before) {
        while (replyCount == before) { // a cycle that meets the ring's end takes only the padding there
            moveReaders();
            lane.doWork();
            replies.read(handler);
        }
    }

    /** Whoever reads the log has read all of it. */
    private void moveReaders() {
        final long appended = counters.appended().get();
        move(counters.durable(), appended);
        move(counters.drained(), appended);
        move(counters.checkpointApplied(), appended);
        move(counters.checkpointed(), appended);
    }

    private static void move(final AtomicCounter counter, final long position) {
        counter.setRelease(position);
    }

    private static ManyToOneRingBuffer ring(final int length) {
        return new ManyToOneRingBuffer(Memory.offHeap(length + RingBufferDescriptor.TRAILER_LENGTH));
    }
}
