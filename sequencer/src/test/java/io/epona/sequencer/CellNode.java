package io.epona.sequencer;

import io.epona.codec.FrameDescriptor;
import io.epona.journal.JournalTruncation;
import io.epona.journal.LogRing;
import io.epona.journal.RingReader;
import io.epona.runtime.LaneCounters;
import io.epona.runtime.LaneRole;
import io.epona.runtime.ReplicaCounters;
import io.epona.runtime.Signal;
import io.epona.runtime.budget.BreachLog;
import io.epona.runtime.budget.BudgetRecorders;
import io.epona.runtime.budget.Stage;
import io.epona.runtime.testing.SettableNodeClock;
import io.epona.sequencer.testing.ReplicationFault;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Set;
import org.agrona.concurrent.UnsafeBuffer;
import org.agrona.concurrent.ringbuffer.OneToOneRingBuffer;
import org.agrona.concurrent.ringbuffer.RingBuffer;

/**
 * One node of a {@link LaneCell}: a lane with its rings and counters, and in place of the other agents a few methods: a
 * journal in memory that keeps every byte, and a shadow that follows what is committed.
 */
final class CellNode {
    static final int LANE_ID = 3;
    static final int RING_LENGTH = 64 * 1024;
    static final int SEGMENT_LENGTH = 64 * 1024;
    static final int MAX_BATCH_LENGTH = 4096;
    static final int PARTITIONS = 3;

    private static final int SEGMENT_COUNT = 1 << 20;
    private static final int BLOCK_LENGTH = 4096;
    private static final int LOG_LENGTH = 1 << 22;

    final int nodeId;
    final int incarnation;
    final SettableNodeClock clock;
    final LogRing ring = LogRing.allocate(RING_LENGTH);
    final int spanLength = ring.spanLength(SEGMENT_LENGTH);
    final LaneCounters counters = LaneCounters.onHeap();
    final LaneRole role = LaneRole.onHeap();
    final List<ReplicaCounters> replicas = new ArrayList<>();
    final RingBuffer control = ring(1 << 14);
    final RingBuffer peers = ring(1 << 17);
    final RingBuffer outbox = ring(1 << 14);
    final RingBuffer proposals = ring(1 << 14);
    final RingBuffer replies = ring(1 << 16);
    final RingBuffer commands = ring(1 << 16);
    final JournalTruncation truncation = new JournalTruncation();
    final ShadowHandOver handOver = ShadowHandOver.silent();
    final InstallGate install = new InstallGate();
    /** Oldest position that its journal has, as it tells others. */
    long journalStart;

    final ReplicationMeters meters = ReplicationMeters.onHeap();
    final List<Throwable> errors = new ArrayList<>();
    final LaneState shadow;
    final Lane lane;
    final LaneProxy proxy;
    final LaneControlProxy controller;

    /** What the device holds: survives a crash. */
    final byte[] device;

    final BudgetRecorders budget;
    final BreachLog breaches = new BreachLog(16);
    boolean isJournalStuck;
    private long writtenPosition;
    private final RingReader shadowReader;

    /** A node that starts with what a device holds. */
    CellNode(
            final int nodeId,
            final int incarnation,
            final int nodeCount,
            final SettableNodeClock clock,
            final byte[] device,
            final Set<ReplicationFault> faults) {
        this.nodeId = nodeId;
        this.budget = new BudgetRecorders(clock);
        this.incarnation = incarnation;
        this.clock = clock;
        this.device = device;
        this.shadow = new LaneState(new LaneStateConfig(spanLength, 1000, 1 << 30));
        this.shadowReader = new RingReader(ring, spanLength);
        recover();
        for (int other = 0; other < nodeCount; other++) {
            if (other != nodeId) {
                replicas.add(ReplicaCounters.onHeap(other));
            }
        }
        this.lane = new Lane(context(faults));
        this.proxy =
                new LaneProxy(0, commands, Signal.NONE, LaneCounters.onHeap().appended());
        this.controller = new LaneControlProxy(LANE_ID, 0, control, Signal.NONE);
        lane.onStart();
    }

    static byte[] newDevice() {
        return new byte[LOG_LENGTH];
    }

    private LaneContext context(final Set<ReplicationFault> faults) {
        return new LaneContext(
                new LaneConfig(LANE_ID, SEGMENT_LENGTH, SEGMENT_COUNT, BLOCK_LENGTH, MAX_BATCH_LENGTH),
                shadow,
                ring,
                commands,
                List.of(new LaneGateway(replies, Signal.NONE)),
                counters,
                new LaneReplication(
                        new LaneReplication.Node(nodeId, incarnation, 0),
                        replicas,
                        role,
                        new LaneReplication.Rings(control, peers, outbox, proposals, Signal.NONE, Signal.NONE),
                        truncation,
                        () -> journalStart,
                        handOver,
                        install,
                        ReplicationLimits.DEDICATED,
                        meters,
                        faults),
                clock,
                Signal.NONE,
                Signal.NONE,
                budget.recorder("lane", Stage.SEQUENCE, Stage.JOURNAL, Stage.REPLICATE, Stage.COMMIT),
                breaches,
                LaneMeters.onHeap(),
                errors::add);
    }

    static RingBuffer ring(final int length) {
        return new OneToOneRingBuffer(LaneHarness.ringMemory(length));
    }

    /** As recovery does: the log up to the first hole; what its frames know to be committed goes into the state. */
    private void recover() {
        final UnsafeBuffer log = new UnsafeBuffer(device);
        long tail = 0;
        long bound = 0;
        while (FrameDescriptor.frameLength(log, (int) tail) > 0) {
            final int frameLength = FrameDescriptor.frameLength(log, (int) tail);
            bound = Math.max(bound, FrameDescriptor.committedPosition(log, (int) tail));
            tail = FrameDescriptor.nextFramePosition(tail, frameLength, spanLength);
        }
        bound = Math.min(bound, tail);
        for (int partition = 0; partition < PARTITIONS; partition++) {
            shadow.openPartition(partition);
        }
        long position = 0;
        while (position < bound) {
            final int frameLength = FrameDescriptor.frameLength(log, (int) position);
            if (FrameDescriptor.type(log, (int) position) != FrameDescriptor.TYPE_PADDING) {
                shadow.onFrame(log, (int) position, frameLength, position);
            }
            position = FrameDescriptor.nextFramePosition(position, frameLength, spanLength);
        }
        final long ringStart = Math.max(0, tail - RING_LENGTH);
        for (long at = ringStart; at < tail; at++) {
            ring.buffer().putByte(ring.offset(at), device[(int) at]);
        }
        counters.setAll(bound);
        counters.appended().setRelease(tail);
        counters.durable().setRelease(tail);
        writtenPosition = tail;
    }

    /** One duty cycle of the lane. */
    int step() {
        return lane.doWork();
    }

    /** One duty cycle of the journal writer: all that is appended, or a cut. */
    void write() {
        if (isJournalStuck) {
            return;
        }
        if (truncation.isPending()) {
            final long position = truncation.pendingPosition();
            Arrays.fill(device, (int) position, (int) Math.max(position, writtenPosition), (byte) 0);
            writtenPosition = Math.min(writtenPosition, position);
            counters.durable().setRelease(writtenPosition);
            truncation.acknowledge(truncation.pendingGeneration());
        } else if (!truncation.isHeld()) {
            writeTo(counters.appended().get());
        }
    }

    void writeTo(final long position) {
        for (long at = writtenPosition; at < position; at++) {
            device[(int) at] = ring.buffer().getByte(ring.offset(at));
        }
        if (position > writtenPosition) {
            writtenPosition = position;
            counters.durable().setRelease(position);
        }
    }

    /** One duty cycle of shelf and checkpoint agent. */
    void follow() {
        if (handOver.isPending()) {
            handOver.answer(shadow);
        }
        final long committed = counters.committed().get();
        final long applied = counters.checkpointApplied().get();
        if (committed > applied) {
            shadowReader.read(applied, committed, shadow, Integer.MAX_VALUE);
            final long position = shadowReader.position();
            counters.checkpointApplied().setRelease(position);
            counters.drained().setRelease(position);
            counters.shelved().setRelease(position);
            counters.checkpointed().setRelease(position);
        }
    }

    long appended() {
        return counters.appended().get();
    }

    long committed() {
        return counters.committed().get();
    }

    boolean isLeading() {
        return role.leadingEpoch().get() != LaneRole.NOT_LEADING;
    }

    /** Bytes of the log, wherever they are; what the writer has not got yet is in the ring. */
    byte[] log(final long from, final long to) {
        final byte[] bytes = new byte[(int) (to - from)];
        for (int i = 0; i < bytes.length; i++) {
            final long at = from + i;
            bytes[i] = at < writtenPosition ? device[(int) at] : ring.buffer().getByte(ring.offset(at));
        }
        return bytes;
    }

    List<Reply> replies() {
        final List<Reply> read = new ArrayList<>();
        for (int part = 0; part < 2; part++) {
            replies.read((type, buffer, offset, length) -> read.add(Reply.of(buffer, offset)));
        }
        return read;
    }
}
