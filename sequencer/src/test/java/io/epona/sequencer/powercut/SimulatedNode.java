package io.epona.sequencer.powercut;

import io.epona.journal.CheckpointFiles;
import io.epona.journal.CheckpointHeaderValidator;
import io.epona.journal.CheckpointStore;
import io.epona.journal.Journal;
import io.epona.journal.JournalConfig;
import io.epona.journal.JournalWriter;
import io.epona.journal.LogRing;
import io.epona.journal.PlantedRecovery;
import io.epona.journal.RecoveredTail;
import io.epona.journal.RingReader;
import io.epona.journal.StoredCheckpoint;
import io.epona.journal.testing.SimulatedDevice;
import io.epona.runtime.LaneCounters;
import io.epona.runtime.LaneRole;
import io.epona.runtime.Signal;
import io.epona.runtime.budget.BreachLog;
import io.epona.runtime.budget.Stage;
import io.epona.runtime.budget.StageRecorder;
import io.epona.runtime.testing.SettableNodeClock;
import io.epona.sequencer.Checkpoint;
import io.epona.sequencer.CheckpointAgent;
import io.epona.sequencer.CheckpointCodec;
import io.epona.sequencer.CheckpointConfig;
import io.epona.sequencer.CheckpointContext;
import io.epona.sequencer.Lane;
import io.epona.sequencer.LaneConfig;
import io.epona.sequencer.LaneContext;
import io.epona.sequencer.LaneGateway;
import io.epona.sequencer.LaneIdentity;
import io.epona.sequencer.LaneMeters;
import io.epona.sequencer.LaneProxy;
import io.epona.sequencer.LaneReplication;
import io.epona.sequencer.LaneState;
import io.epona.sequencer.LaneStateConfig;
import io.epona.sequencer.ShadowHandOver;
import io.epona.sequencer.testing.ReplicationFault;
import java.nio.ByteBuffer;
import java.util.List;
import java.util.Set;
import org.agrona.concurrent.UnsafeBuffer;
import org.agrona.concurrent.ringbuffer.ManyToOneRingBuffer;
import org.agrona.concurrent.ringbuffer.OneToOneRingBuffer;
import org.agrona.concurrent.ringbuffer.RingBufferDescriptor;

/** One life of a node: recovers, then its parts are driven one step at a time by the simulation. */
final class SimulatedNode {
    private static final LaneIdentity IDENTITY = new LaneIdentity(Plan.LANE_ID, Plan.CLUSTER_HIGH, Plan.CLUSTER_LOW);
    // Measured by nobody here, and costly to make anew for each life.
    private static final StageRecorder LANE_STAGES =
            new StageRecorder("lane", Stage.SEQUENCE, Stage.JOURNAL, Stage.COMMIT);
    private static final StageRecorder JOURNAL_STAGES = new StageRecorder("journal", Stage.DEVICE_WRITE);
    private static final BreachLog BREACHES = new BreachLog(16);
    private static final int COMMAND_RING_LENGTH = 256 * 1024;
    private static final int REPLY_RING_LENGTH = 16 * 1024;
    private static final int MAX_READ_LENGTH = 16 * 1024;

    final LaneCounters counters = LaneCounters.onHeap();
    private final Plan plan;
    private final Ledger ledger;
    private final Shelf shelf;
    private final SettableNodeClock clock;
    private final RingReader appendedReader;
    private final RingReader shelfReader;
    private final JournalWriter writer;
    private final CheckpointAgent checkpoints;
    private final Lane lane;
    private final LaneProxy proxy;
    private final OneToOneRingBuffer replies;
    private long capturedPosition;
    private long drainedPosition;
    private Throwable fatal;

    SimulatedNode(
            final Plan plan,
            final int ringLength,
            final SimulatedDevice device,
            final Ledger ledger,
            final Shelf shelf,
            final SettableNodeClock clock,
            final PlantedBug bug) {
        this.plan = plan;
        this.ledger = ledger;
        this.shelf = shelf;
        this.clock = clock;
        final JournalConfig config = plan.journal();
        final LogRing ring = LogRing.allocate(ringLength);
        final int spanLength = ring.spanLength(config.segmentLength());
        final LaneStateConfig stateConfig = new LaneStateConfig(spanLength, 64, 1_000_000_000L);
        final CheckpointStore store =
                new CheckpointStore(files(device, bug), new CheckpointHeaderValidator(config), error -> {});
        final Journal journal = PlantedRecovery.open(config, device.segments(), ring, bug.recoveryFault);
        final Checkpoint start = load(store, stateConfig);
        final LaneState state = null == start ? emptyState(stateConfig) : start.state();
        final long from = null == start ? 0 : start.shelvedPosition();
        ledger.onRecoveryFrom(from);
        final RecoveredTail tail =
                journal.recover(from, null == start ? 0 : start.position(), (buffer, offset, length, position) -> {
                    ledger.onRecovered(buffer, offset, length, position);
                    state.onFrame(buffer, offset, length, position);
                    shelf.onFrame(buffer, offset, length, position);
                });
        ledger.onTail(tail.position());
        ledger.onMarked(tail.position());
        ledger.checkState(state, stateConfig, IDENTITY, tail.position());
        shelf.drainedTo(tail.position());
        counters.setAll(tail.position());
        counters.shelved().setRelease(Math.min(shelf.flushedPosition(), tail.position()));
        this.capturedPosition = tail.position();
        this.drainedPosition = tail.position();
        this.appendedReader = new RingReader(ring, spanLength);
        this.shelfReader = new RingReader(ring, spanLength);
        this.writer = journal.writer(counters(bug, false), JOURNAL_STAGES, Signal.NONE, this::onFatal, clock::nanoTime);
        this.checkpoints = new CheckpointAgent(new CheckpointContext(
                IDENTITY,
                new CheckpointConfig(Math.max(1, config.capacity() / 6), 2_000_000),
                state.copy(),
                ShadowHandOver.silent(),
                ring,
                spanLength,
                counters(bug, true),
                null == start ? CheckpointContext.Start.NONE : CheckpointContext.Start.of(start),
                store,
                clock,
                partition -> true,
                Signal.NONE,
                this::onFatal,
                CheckpointContext.Meters.onHeap()));
        final ManyToOneRingBuffer commands = new ManyToOneRingBuffer(memory(COMMAND_RING_LENGTH));
        this.replies = new OneToOneRingBuffer(memory(REPLY_RING_LENGTH));
        this.proxy =
                new LaneProxy(0, commands, Signal.NONE, LaneCounters.onHeap().appended());
        this.lane = new Lane(laneContext(bug, state, ring, commands));
        lane.onStart();
        capture();
    }

    private LaneContext laneContext(
            final PlantedBug bug, final LaneState state, final LogRing ring, final ManyToOneRingBuffer commands) {
        final JournalConfig config = plan.journal();
        final int blockLength = bug == PlantedBug.LAST_BLOCK_OVERWRITTEN ? 8 : config.blockLength();
        final Set<ReplicationFault> faults = bug == PlantedBug.ACKNOWLEDGE_BEFORE_DURABLE
                ? Set.of(ReplicationFault.COMMIT_BEFORE_DURABLE)
                : Set.of();
        return new LaneContext(
                new LaneConfig(
                        Plan.LANE_ID,
                        config.segmentLength(),
                        config.segmentCount(),
                        blockLength,
                        plan.maxBatchLength()),
                state,
                ring,
                commands,
                List.of(new LaneGateway(replies, Signal.NONE)),
                counters(bug, false),
                LaneReplication.alone(1, Producers.LEADER_EPOCH, LaneRole.onHeap(), faults),
                clock,
                Signal.NONE,
                Signal.NONE,
                LANE_STAGES,
                BREACHES,
                LaneMeters.onHeap(),
                error -> onFatal("lane", error));
    }

    /** The lane's counters, as a part with a planted bug sees them. */
    private LaneCounters counters(final PlantedBug bug, final boolean isCheckpointAgent) {
        final boolean isAhead = isCheckpointAgent && bug == PlantedBug.CHECKPOINT_AHEAD_OF_DURABLE;
        final boolean recyclesEarly = !isCheckpointAgent && bug == PlantedBug.RECYCLED_BEFORE_SHELVED;
        return new LaneCounters(
                counters.appended(),
                counters.durable(),
                isAhead ? counters.appended() : counters.committed(),
                counters.checkpointApplied(),
                recyclesEarly ? counters.checkpointApplied() : counters.checkpointed(),
                counters.drained(),
                isAhead ? counters.checkpointApplied() : counters.shelved());
    }

    private static CheckpointFiles files(final SimulatedDevice device, final PlantedBug bug) {
        final CheckpointFiles files = device.checkpoints();
        return bug == PlantedBug.CHECKPOINT_NAME_NOT_SYNCED ? new UnsyncedNames(files) : files;
    }

    private static Checkpoint load(final CheckpointStore store, final LaneStateConfig config) {
        final StoredCheckpoint stored = store.loadNewest().orElse(null);
        return null == stored ? null : CheckpointCodec.decode(stored.buffer(), stored.length(), IDENTITY, config);
    }

    private static LaneState emptyState(final LaneStateConfig config) {
        final LaneState state = new LaneState(config);
        for (int i = 0; i < Plan.PARTITIONS; i++) {
            state.openPartition(i);
        }
        return state;
    }

    private static UnsafeBuffer memory(final int length) {
        return new UnsafeBuffer(ByteBuffer.allocateDirect(length + RingBufferDescriptor.TRAILER_LENGTH));
    }

    private void onFatal(final String component, final Throwable reason) {
        fatal = reason;
    }

    /** Why the node ended itself; null while it lives. */
    Throwable fatal() {
        return fatal;
    }

    LaneProxy proxy() {
        return proxy;
    }

    OneToOneRingBuffer replies() {
        return replies;
    }

    void laneStep() {
        lane.doWork();
        capture();
    }

    /** Remembers what the lane appended, before anything overwrites it. */
    private void capture() {
        final long appended = counters.appended().get();
        while (capturedPosition < appended) {
            appendedReader.read(capturedPosition, appended, ledger::onAppended, Integer.MAX_VALUE);
            capturedPosition = appendedReader.position();
        }
    }

    void writerStep() {
        writer.doWork();
        ledger.onDurable(counters.durable().get());
    }

    void checkpointStep() {
        checkpoints.doWork();
    }

    void drainStep() {
        shelfReader.read(drainedPosition, counters.committed().get(), shelf::onFrame, MAX_READ_LENGTH);
        drainedPosition = Math.max(drainedPosition, shelfReader.position());
        shelf.drainedTo(drainedPosition);
        counters.drained().setRelease(drainedPosition);
    }

    void flushStep() {
        counters.shelved().setRelease(shelf.flush());
    }

    /** The order of a clean stop: lane first, then the writer, then what follows it. */
    void stop() {
        writer.onClose();
        ledger.onDurable(counters.durable().get());
        if (null == fatal) {
            ledger.onMarked(counters.durable().get());
        }
        for (int i = 0; i < 64; i++) {
            laneStep();
        }
        while (null == fatal && drainedPosition < counters.committed().get()) {
            final long before = drainedPosition;
            drainStep();
            if (before == drainedPosition) {
                break;
            }
        }
        flushStep();
        checkpoints.markCleanStop();
        checkpoints.onClose();
    }
}
