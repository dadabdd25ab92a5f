package io.epona.sequencer;

import static org.junit.jupiter.api.Assertions.assertEquals;

import io.epona.codec.FrameCheck;
import io.epona.codec.FrameDescriptor;
import io.epona.codec.FrameValidator;
import io.epona.journal.LogRing;
import io.epona.runtime.LaneCounters;
import io.epona.runtime.LaneRole;
import io.epona.runtime.Signal;
import io.epona.runtime.budget.BreachLog;
import io.epona.runtime.budget.BudgetRecorders;
import io.epona.runtime.budget.Stage;
import io.epona.runtime.testing.SettableNodeClock;
import java.util.ArrayList;
import java.util.List;
import org.HdrHistogram.Histogram;
import org.agrona.DirectBuffer;
import org.agrona.concurrent.UnsafeBuffer;
import org.agrona.concurrent.ringbuffer.ManyToOneRingBuffer;
import org.agrona.concurrent.ringbuffer.OneToOneRingBuffer;
import org.agrona.concurrent.ringbuffer.RingBuffer;
import org.agrona.concurrent.ringbuffer.RingBufferDescriptor;
import org.agrona.concurrent.status.AtomicCounter;

/**
 * A lane with everything around it made by hand: the test writes commands, calls duty cycles and moves the counters
 * that other components would move.
 */
final class LaneHarness {
    static final int LANE_ID = 2;
    static final int LEADER_EPOCH = 1;
    static final int BLOCK_LENGTH = 4096;

    /** Sizes of a harness; the defaults are small enough to wrap often. */
    record Sizes(
            int ringLength,
            long segmentLength,
            int segmentCount,
            int maxBatchLength,
            int commandRingLength,
            int replyRingLength,
            int gatewayCount) {
        static final Sizes DEFAULT = new Sizes(64 * 1024, 128 * 1024, 4, 8 * 1024, 128 * 1024, 64 * 1024, 2);

        Sizes withReplyRing(final int length) {
            return new Sizes(
                    ringLength, segmentLength, segmentCount, maxBatchLength, commandRingLength, length, gatewayCount);
        }

        Sizes withRing(final int ring, final long segment, final int count) {
            return new Sizes(ring, segment, count, maxBatchLength, commandRingLength, replyRingLength, gatewayCount);
        }
    }

    /** Counts how often it was raised. */
    static final class CountingSignal implements Signal {
        int count;

        @Override
        public void signal() {
            count++;
        }
    }

    final Sizes sizes;
    final LogRing ring;
    final LaneCounters counters;
    final LaneState state;
    final ManyToOneRingBuffer commands;
    final List<RingBuffer> replyRings = new ArrayList<>();
    final List<CountingSignal> gatewaySignals = new ArrayList<>();
    final List<LaneProxy> proxies = new ArrayList<>();
    final CountingSignal onAppended = new CountingSignal();
    final CountingSignal onCommitted = new CountingSignal();
    final SettableNodeClock clock = new SettableNodeClock(1_700_000_000_000_000_000L);
    final BudgetRecorders recorders = new BudgetRecorders(clock);
    final BreachLog breaches = new BreachLog(16);
    final LaneRole role = LaneRole.onHeap();
    final LaneMeters meters = LaneMeters.onHeap();
    final AtomicCounter refusedOffers = LaneCounters.onHeap().appended();
    final List<Throwable> errors = new ArrayList<>();
    final LaneContext context;
    final Lane lane;
    private long nextCorrelationId = 100;

    LaneHarness() {
        this(Sizes.DEFAULT, 0);
    }

    LaneHarness(final Sizes sizes, final long startPosition) {
        this(sizes, startPosition, LaneCounters.onHeap());
    }

    LaneHarness(final Sizes sizes, final long startPosition, final LaneCounters counters) {
        this.sizes = sizes;
        this.counters = counters;
        this.ring = LogRing.allocate(sizes.ringLength());
        this.commands = new ManyToOneRingBuffer(ringMemory(sizes.commandRingLength()));
        this.state = new LaneState(new LaneStateConfig(
                ring.spanLength(sizes.segmentLength()), 1000, LaneLimits.DEFAULT_PRODUCER_EXPIRATION_MS));
        counters.setAll(startPosition);
        final List<LaneGateway> gateways = new ArrayList<>();
        for (int id = 0; id < sizes.gatewayCount(); id++) {
            final OneToOneRingBuffer replies = new OneToOneRingBuffer(ringMemory(sizes.replyRingLength()));
            replyRings.add(replies);
            gatewaySignals.add(new CountingSignal());
            gateways.add(new LaneGateway(replies, gatewaySignals.get(id)));
            proxies.add(new LaneProxy(id, commands, Signal.NONE, refusedOffers));
        }
        this.context = new LaneContext(
                new LaneConfig(
                        LANE_ID, sizes.segmentLength(), sizes.segmentCount(), BLOCK_LENGTH, sizes.maxBatchLength()),
                state,
                ring,
                commands,
                gateways,
                counters,
                LaneReplication.alone(1, LEADER_EPOCH, role),
                clock,
                onAppended,
                onCommitted,
                recorders.recorder("lane-2", Stage.SEQUENCE, Stage.JOURNAL, Stage.COMMIT),
                breaches,
                meters,
                errors::add);
        this.lane = new Lane(context);
    }

    static UnsafeBuffer ringMemory(final int length) {
        return new UnsafeBuffer(java.nio.ByteBuffer.allocateDirect(length + RingBufferDescriptor.TRAILER_LENGTH));
    }

    /** A lane that has begun its log and carries the partitions 0 to 3. */
    static LaneHarness started() {
        return started(Sizes.DEFAULT);
    }

    static LaneHarness started(final Sizes sizes) {
        final LaneHarness harness = new LaneHarness(sizes, 0);
        harness.lane.onStart();
        harness.openPartitions(4);
        return harness;
    }

    void openPartitions(final int count) {
        for (int partition = 0; partition < count; partition++) {
            state.openPartition(partition);
        }
    }

    long offer(final int gatewayId, final int partitionIndex, final DirectBuffer batch) {
        return offer(gatewayId, partitionIndex, LEADER_EPOCH, batch);
    }

    long offer(final int gatewayId, final int partitionIndex, final int leaderEpoch, final DirectBuffer batch) {
        final long correlationId = nextCorrelationId++;
        final boolean isOffered = proxies.get(gatewayId)
                .offerAppend(correlationId, partitionIndex, leaderEpoch, clock.epochNs(), batch, 0, batch.capacity());
        assertEquals(true, isOffered, "command ring is full");
        return correlationId;
    }

    /** Duty cycles until one has nothing to do. */
    void runUntilIdle() {
        for (int cycle = 0; cycle < 10_000; cycle++) {
            if (lane.doWork() == 0) {
                return;
            }
        }
        throw new IllegalStateException("lane never comes to rest");
    }

    List<Reply> replies(final int gatewayId) {
        final List<Reply> replies = new ArrayList<>();
        final RingBuffer ring = replyRings.get(gatewayId);
        for (int part = 0; part < 2; part++) { // a read ends where the ring does
            ring.read((type, buffer, offset, length) -> replies.add(Reply.of(buffer, offset)));
        }
        return replies;
    }

    Reply onlyReply(final int gatewayId) {
        final List<Reply> replies = replies(gatewayId);
        assertEquals(1, replies.size(), () -> "replies: " + replies);
        return replies.get(0);
    }

    /** Journal writer, shelf and checkpoint agent in one: everything appended is done with. */
    void catchUp() {
        final long appended = counters.appended().get();
        counters.durable().setRelease(appended);
        counters.drained().setRelease(appended);
        counters.shelved().setRelease(appended);
        counters.checkpointApplied().setRelease(appended);
        counters.checkpointed().setRelease(appended);
    }

    /** Valid frames, padding left out, from a position to what is published. */
    List<LogScript.Frame> frames(final long fromPosition) {
        final List<LogScript.Frame> frames = new ArrayList<>();
        final FrameValidator validator = new FrameValidator();
        final int spanLength = context.spanLength();
        long position = FrameDescriptor.framePosition(fromPosition, spanLength);
        while (position < counters.appended().get()) {
            final int offset = ring.offset(position);
            final int available = FrameDescriptor.remainingInSpan(position, spanLength);
            assertEquals(FrameCheck.VALID, validator.check(ring.buffer(), offset, available, position));
            final int length = FrameDescriptor.frameLength(ring.buffer(), offset);
            if (FrameDescriptor.type(ring.buffer(), offset) != FrameDescriptor.TYPE_PADDING) {
                final UnsafeBuffer copy = new UnsafeBuffer(new byte[length]);
                copy.putBytes(0, ring.buffer(), offset, length);
                frames.add(new LogScript.Frame(copy, length, position));
            }
            position = FrameDescriptor.nextFramePosition(position, length, spanLength);
        }
        assertEquals(counters.appended().get(), position, "published position is not where a frame may start");
        return frames;
    }

    Histogram recorded(final Stage stage) {
        final Histogram[] found = new Histogram[1];
        recorders.forEachTotal((tag, histogram) -> {
            if (tag.stage() == stage) {
                found[0] = histogram.copy();
            }
        });
        return found[0];
    }
}
