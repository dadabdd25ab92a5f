package io.epona.sequencer;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.epona.codec.FrameDescriptor;
import io.epona.journal.CheckpointHeaderValidator;
import io.epona.journal.CheckpointStore;
import io.epona.journal.JournalConfig;
import io.epona.journal.JournalFailedException;
import io.epona.journal.StoredCheckpoint;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.TreeSet;
import java.util.concurrent.CompletableFuture;
import org.agrona.concurrent.UnsafeBuffer;
import org.junit.jupiter.api.Test;

class CheckpointAgentTest {
    private static final LaneIdentity IDENTITY = new LaneIdentity(LaneHarness.LANE_ID, 11, 22);
    private static final long INTERVAL_LENGTH = 16 * 1024;
    private static final long IDLE_MS = 50;

    private final ShadowHandOver handOver = ShadowHandOver.silent();
    private final LaneHarness harness = LaneHarness.started();
    private final MemoryCheckpointFiles files = new MemoryCheckpointFiles();
    private final JournalConfig journal = JournalConfig.of(
            Path.of("."),
            LaneHarness.LANE_ID,
            IDENTITY.clusterIdHigh(),
            IDENTITY.clusterIdLow(),
            1,
            harness.sizes.segmentLength(),
            harness.sizes.segmentCount());
    private final List<Throwable> fatal = new ArrayList<>();
    private final List<Throwable> passedOver = new ArrayList<>();
    private final CheckpointStore store =
            new CheckpointStore(files, new CheckpointHeaderValidator(journal), passedOver::add);
    private final Set<Integer> partitions = new TreeSet<>(Set.of(0, 1, 2, 3));
    private final LaneHarness.CountingSignal onProgress = new LaneHarness.CountingSignal();
    private final CheckpointContext.Meters meters = CheckpointContext.Meters.onHeap();
    private CheckpointAgent agent = agent(CheckpointContext.Start.NONE);

    private CheckpointAgent agent(final CheckpointContext.Start start) {
        return new CheckpointAgent(new CheckpointContext(
                IDENTITY,
                new CheckpointConfig(INTERVAL_LENGTH, IDLE_MS * 1_000_000L),
                new LaneState(harness.state.config()),
                handOver,
                harness.ring,
                harness.context.spanLength(),
                harness.counters,
                start,
                store,
                harness.clock,
                partitions::contains,
                onProgress,
                (component, reason) -> fatal.add(reason),
                meters));
    }

    /** Appends, and makes durable and committed. */
    private void append(final int partitionIndex, final int count, final int valueLength) {
        for (int i = 0; i < count; i++) {
            harness.offer(0, partitionIndex, Batches.plain(1, valueLength));
            harness.runUntilIdle();
            commit(harness.counters.appended().get());
        }
        harness.replies(0);
    }

    private void commit(final long position) {
        harness.counters.durable().setRelease(position);
        harness.runUntilIdle();
    }

    private void shelve(final long position) {
        harness.counters.drained().setRelease(position);
        harness.counters.shelved().setRelease(position);
    }

    private Optional<Checkpoint> stored() {
        return store.loadNewest().map(this::decode);
    }

    private Checkpoint decode(final StoredCheckpoint found) {
        return CheckpointCodec.decode(found.buffer(), found.length(), IDENTITY, harness.state.config());
    }

    private void runIdle() {
        while (agent.doWork() > 0) {
            Thread.onSpinWait();
        }
        harness.clock.advanceMs(IDLE_MS);
        agent.doWork();
    }

    @Test
    void shouldApplyOnlyWhatIsCommittedWhenFramesAreAppended() {
        harness.offer(0, 0, Batches.plain(1, 10));
        harness.runUntilIdle();
        assertEquals(0, agent.doWork());
        commit(64);
        assertEquals(1, agent.doWork());
        assertEquals(64, harness.counters.checkpointApplied().get());
        commit(harness.counters.appended().get());
        agent.doWork();
        assertEquals(
                harness.counters.appended().get(),
                harness.counters.checkpointApplied().get());
    }

    @Test
    void shouldStoreWhenTheIntervalIsFull() {
        append(0, 20, 1000);
        agent.doWork();
        assertEquals(1, files.writeCount);
        final Checkpoint checkpoint = stored().orElseThrow();
        assertEquals(harness.counters.committed().get(), checkpoint.position());
        assertEquals(0, checkpoint.shelvedPosition());
        assertFalse(checkpoint.cleanShutdown());
        assertEquals(20, checkpoint.state().nextOffset(0));
        assertEquals(0, harness.counters.checkpointed().get(), "nothing is shelved yet");
        assertEquals(1, meters.checkpoints().get());
        assertTrue(meters.length().get() > 0);
        append(0, 1, 1000);
        agent.doWork();
        assertEquals(1, files.writeCount, "far from the next one");
    }

    @Test
    void shouldStoreWhatChangedWhenItIsIdle() {
        append(0, 1, 10);
        agent.doWork();
        assertEquals(0, files.writeCount);
        harness.clock.advanceMs(IDLE_MS - 1);
        agent.doWork();
        assertEquals(0, files.writeCount);
        harness.clock.advanceMs(1);
        assertEquals(1, agent.doWork());
        assertEquals(1, files.writeCount);
        harness.clock.advanceMs(10 * IDLE_MS);
        assertEquals(0, agent.doWork(), "nothing changed");
        assertEquals(1, files.writeCount);
    }

    @Test
    void shouldLetTheJournalRecycleWhenMoreIsShelved() {
        append(0, 10, 1000);
        runIdle();
        final long position = harness.counters.committed().get();
        shelve(position - 500);
        runIdle();
        assertEquals(position - 500, stored().orElseThrow().shelvedPosition());
        assertEquals(position - 500, harness.counters.checkpointed().get());
        shelve(position);
        runIdle();
        assertEquals(position, harness.counters.checkpointed().get());
        assertEquals(position, stored().orElseThrow().position());
    }

    @Test
    void shouldStoreWithoutIdlingWhenAnIntervalIsShelvedLate() {
        append(0, 20, 1000);
        agent.doWork();
        assertEquals(1, files.writeCount);
        shelve(harness.counters.committed().get());
        agent.doWork();
        assertEquals(2, files.writeCount);
        assertEquals(
                harness.counters.committed().get(),
                harness.counters.checkpointed().get());
    }

    @Test
    void shouldNotShelveBeyondItsPositionWhenTheShelfIsAhead() {
        append(0, 1, 10);
        shelve(1 << 20);
        runIdle();
        final Checkpoint checkpoint = stored().orElseThrow();
        assertEquals(checkpoint.position(), checkpoint.shelvedPosition());
        assertEquals(checkpoint.position(), harness.counters.checkpointed().get());
    }

    @Test
    void shouldHoldRecyclingBackWhenItStartsFromAnOlderCheckpoint() {
        harness.counters.checkpointed().setRelease(5000);
        agent = agent(new CheckpointContext.Start(4096, 1024));
        assertEquals(1024, harness.counters.checkpointed().get());
    }

    @Test
    void shouldLeaveOutPartitionsWhenTheyWereDeleted() {
        append(0, 1, 10);
        append(1, 2, 10);
        partitions.remove(0);
        runIdle();
        final LaneState state = stored().orElseThrow().state();
        assertFalse(state.isOpen(0));
        assertEquals(2, state.nextOffset(1));
    }

    @Test
    void shouldEndForGoodWhenACheckpointCannotBeStored() {
        append(0, 10, 1000);
        shelve(harness.counters.committed().get());
        runIdle();
        final long checkpointed = harness.counters.checkpointed().get();
        append(0, 20, 1000);
        shelve(harness.counters.committed().get());
        files.failsNext = true;
        agent.doWork();
        assertEquals(1, fatal.size());
        assertTrue(fatal.get(0) instanceof JournalFailedException, () -> fatal.toString());
        assertTrue(agent.isFenced());
        assertEquals(checkpointed, harness.counters.checkpointed().get());
        assertEquals(0, agent.doWork());
        agent.markCleanStop();
        agent.onClose();
        assertEquals(1, files.writeCount);
        assertEquals(1, fatal.size());
    }

    @Test
    void shouldSayThatTheLogEndsHereWhenItIsClosedAfterACleanStop() {
        append(2, 5, 10);
        shelve(harness.counters.committed().get());
        agent.markCleanStop();
        agent.onClose();
        final Checkpoint checkpoint = stored().orElseThrow();
        assertTrue(checkpoint.cleanShutdown());
        assertEquals(harness.counters.appended().get(), checkpoint.position());
        assertEquals(checkpoint.position(), checkpoint.shelvedPosition());
        assertEquals(5, checkpoint.state().nextOffset(2));
    }

    @Test
    void shouldNotSayThatTheLogEndsHereWhenSomethingIsNotCommitted() {
        append(2, 5, 10);
        harness.offer(0, 2, Batches.plain(1, 1));
        harness.runUntilIdle();
        agent.markCleanStop();
        agent.onClose();
        final Checkpoint checkpoint = stored().orElseThrow();
        assertFalse(checkpoint.cleanShutdown());
        assertEquals(harness.counters.committed().get(), checkpoint.position());
    }

    @Test
    void shouldNotSayThatTheLogEndsHereWhenTheStopIsNotClean() {
        append(2, 5, 10);
        agent.onClose();
        assertFalse(stored().orElseThrow().cleanShutdown());
        final int writeCount = files.writeCount;
        agent.onClose();
        assertEquals(writeCount, files.writeCount, "nothing changed");
    }

    @Test
    void shouldLeadToTheLanesStateWhenFramesBehindTheCheckpointAreApplied() {
        for (int i = 0; i < 40; i++) {
            harness.offer(0, i % 4, Batches.idempotent(i % 3, 0, i / 12, 1));
            harness.runUntilIdle();
            commit(harness.counters.appended().get());
            if (i == 20) {
                runIdle();
            }
            agent.doWork();
        }
        final LaneState recovered = stored().orElseThrow().state();
        assertTrue(recovered.position() < harness.state.position());
        harness.frames(0).forEach(frame -> frame.applyTo(recovered));
        assertArrayEquals(LogScript.bytesOf(harness.state), LogScript.bytesOf(recovered));
    }

    @Test
    void shouldKeepUpWhenTheRingWraps() {
        for (int i = 0; i < 1000; i++) {
            append(i % 4, 1, i % 3000);
            agent.doWork();
            shelve(harness.counters.committed().get());
        }
        runIdle();
        assertTrue(harness.counters.appended().get() > 5L * harness.ring.length());
        final LaneState state = stored().orElseThrow().state();
        for (int partition = 0; partition < 4; partition++) {
            assertEquals(250, state.nextOffset(partition));
        }
        assertEquals(0, harness.meters.logFull().get());
        assertTrue(fatal.isEmpty());
    }

    @Test
    void shouldWakeTheLaneWhenTheRingIsMoreThanHalfFull() {
        append(0, 1, 10);
        agent.doWork();
        assertEquals(0, onProgress.count);
        append(0, 6, 6000);
        agent.doWork();
        assertTrue(onProgress.count > 0);
    }

    @Test
    void shouldEndForGoodWhenTheLogHasAGap() {
        append(0, 2, 10);
        agent = agent(CheckpointContext.Start.NONE);
        harness.counters.checkpointApplied().setRelease(0);
        append(0, 1, 10);
        final long second = harness.frames(64).get(1).position();
        harness.counters.checkpointApplied().setRelease(0);
        agent = agent(CheckpointContext.Start.NONE);
        harness.ring.buffer().putLong(harness.ring.offset(second) + FrameDescriptor.BASE_OFFSET_OFFSET, 77);
        agent.doWork();
        assertTrue(agent.isFenced());
        assertTrue(fatal.get(0).getMessage().contains("does not continue its partition"), () -> fatal.toString());
        assertEquals(0, harness.counters.checkpointApplied().get());
    }

    @Test
    void shouldHandOverACopyOfWhatItHasAppliedWhenALaneAsks() {
        append(1, 3, 10);
        agent.doWork();
        assertEquals(null, handOver.take(1), "nobody has asked");
        handOver.request();
        final long second = handOver.request();
        assertTrue(agent.doWork() > 0);
        assertEquals(null, handOver.take(second - 1), "that question was replaced");
        final LaneState copy = handOver.take(second);
        assertEquals(harness.counters.checkpointApplied().get(), copy.position());
        assertEquals(harness.state.nextOffset(1), copy.nextOffset(1));
        assertEquals(null, handOver.take(second), "given away");
        assertFalse(handOver.isPending());
        copy.closePartition(1);
        append(1, 2, 10);
        agent.doWork();
        assertEquals(
                harness.counters.committed().get(),
                harness.counters.checkpointApplied().get());
    }

    @Test
    void shouldGiveACopyOfTheCommittedStateWhenAnotherNodeAsksForIt() throws Exception {
        append(1, 5, 100);
        agent.doWork();
        final CompletableFuture<CheckpointCopy> request = agent.requestCopy();
        assertFalse(request.isDone());
        agent.doWork();
        final CheckpointCopy copy = request.get();
        final UnsafeBuffer bytes = new UnsafeBuffer(copy.bytes());
        final Checkpoint checkpoint = CheckpointCodec.decode(bytes, bytes.capacity(), IDENTITY, harness.state.config());
        assertEquals(harness.counters.committed().get(), copy.position());
        assertEquals(copy.position(), checkpoint.position());
        assertEquals(copy.position(), checkpoint.shelvedPosition());
        assertEquals(5, checkpoint.state().nextOffset(1));
        assertTrue(stored().isEmpty(), "nothing of it is stored here");
    }

    @Test
    void shouldAnswerWhoWaitsForACopyWhenItEnds() {
        final CompletableFuture<CheckpointCopy> request = agent.requestCopy();
        agent.onClose();
        assertTrue(request.isCompletedExceptionally());
        assertTrue(agent.requestCopy().isCompletedExceptionally());
    }
}
