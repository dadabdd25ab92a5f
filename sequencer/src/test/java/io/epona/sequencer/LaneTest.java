package io.epona.sequencer;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.epona.codec.FrameDescriptor;
import io.epona.codec.RecordBatchDescriptor;
import io.epona.codec.lane.LaneResult;
import java.util.List;
import org.agrona.concurrent.AgentTerminationException;
import org.agrona.concurrent.UnsafeBuffer;
import org.junit.jupiter.api.Test;

/** What a lane decides and writes when there is room for everything. */
class LaneTest {
    private final LaneHarness harness = LaneHarness.started();

    @Test
    void shouldBeginTheLogWithAnEpochStartWhenItIsEmpty() {
        final LogScript.Frame first = harness.frames(0).get(0);
        assertEquals(FrameDescriptor.TYPE_EPOCH_START, FrameDescriptor.type(first.buffer(), 0));
        assertEquals(LaneHarness.LEADER_EPOCH, FrameDescriptor.leaderEpoch(first.buffer(), 0));
        assertEquals(64, harness.counters.appended().get());
        assertEquals(1, harness.onAppended.count);
        assertEquals(64, harness.state.position());
    }

    @Test
    void shouldGoOnWithoutAnEpochStartWhenTheLogWasRecovered() {
        final LaneHarness recovered = new LaneHarness(LaneHarness.Sizes.DEFAULT, 8192);
        recovered.lane.onStart();
        recovered.lane.doWork();
        assertEquals(8192, recovered.counters.appended().get());
        assertEquals(0, recovered.onAppended.count);
    }

    @Test
    void shouldAppendTheBatchVerbatimWhenItIsAccepted() {
        final UnsafeBuffer batch = Batches.plain(3, 100);
        final long correlationId = harness.offer(1, 2, batch);
        harness.runUntilIdle();

        final LogScript.Frame frame = harness.frames(64).get(0);
        final UnsafeBuffer buffer = frame.buffer();
        assertEquals(FrameDescriptor.TYPE_RECORDS, FrameDescriptor.type(buffer, 0));
        assertEquals(2, FrameDescriptor.partitionIndex(buffer, 0));
        assertEquals(0, FrameDescriptor.baseOffset(buffer, 0));
        assertEquals(2, FrameDescriptor.lastOffsetDelta(buffer, 0));
        assertEquals(harness.clock.epochNs(), FrameDescriptor.ingressTimeNs(buffer, 0));
        assertEquals(harness.clock.epochNs(), FrameDescriptor.sequencedTimeNs(buffer, 0));
        RecordBatchDescriptor.stampPartitionLeaderEpoch(batch, 0, LaneHarness.LEADER_EPOCH);
        final byte[] payload = new byte[batch.capacity()];
        buffer.getBytes(FrameDescriptor.PAYLOAD_OFFSET, payload);
        assertArrayEquals(batch.byteArray(), payload);

        final Reply reply = harness.onlyReply(1);
        assertEquals(correlationId, reply.correlationId());
        assertEquals(LaneResult.OK, reply.result());
        assertEquals(2, reply.partitionIndex());
        assertEquals(0, reply.baseOffset());
        assertEquals(harness.counters.appended().get(), reply.endPosition());
        assertEquals(LaneHarness.LANE_ID, reply.laneId());
        assertEquals(LaneHarness.LEADER_EPOCH, reply.leaderEpoch());
        assertEquals(0, harness.replies(0).size());
        assertEquals(1, harness.meters.batches().get());
        assertEquals(3, harness.meters.records().get());
    }

    @Test
    void shouldAssignOffsetsOfEachPartitionWhenBatchesAlternate() {
        for (int i = 0; i < 4; i++) {
            harness.offer(0, i % 2, Batches.plain(i + 1, 10));
        }
        harness.runUntilIdle();
        final List<Reply> replies = harness.replies(0);
        assertEquals(
                List.of(0L, 0L, 1L, 2L), replies.stream().map(Reply::baseOffset).toList());
        final List<LogScript.Frame> frames = harness.frames(64);
        assertEquals(2, FrameDescriptor.baseOffset(frames.get(3).buffer(), 0));
        assertEquals(2, RecordBatchDescriptor.baseOffset(frames.get(3).buffer(), FrameDescriptor.PAYLOAD_OFFSET));
    }

    @Test
    void shouldPublishOnceWhenACycleTakesSeveralCommands() {
        harness.onAppended.count = 0;
        for (int i = 0; i < 10; i++) {
            harness.offer(0, 0, Batches.plain(1, 10));
        }
        assertEquals(10, harness.lane.doWork());
        assertEquals(1, harness.onAppended.count);
        assertEquals(10, harness.frames(64).size());
        assertEquals(0, harness.lane.doWork());
        assertEquals(1, harness.onAppended.count);
    }

    @Test
    void shouldStopTakingCommandsWhenACycleHasTakenItsShare() {
        final LaneHarness large =
                LaneHarness.started(new LaneHarness.Sizes(1 << 21, 1 << 21, 4, 100_000, 1 << 20, 65536, 1));
        for (int i = 0; i < 8; i++) {
            large.offer(0, 0, Batches.plain(1, 90_000));
        }
        assertEquals(3, large.lane.doWork(), "256 KiB and what goes above");
        assertEquals(3, large.lane.doWork());
        assertEquals(2, large.lane.doWork());
    }

    @Test
    void shouldFenceWhenTheCommandIsOfAnotherEpoch() {
        harness.offer(0, 0, LaneHarness.LEADER_EPOCH + 1, Batches.plain(1, 10));
        harness.offer(0, 0, LaneHarness.LEADER_EPOCH - 1, Batches.plain(1, 10));
        harness.runUntilIdle();
        for (final Reply reply : harness.replies(0)) {
            assertEquals(LaneResult.FENCED, reply.result());
            assertEquals(-1, reply.baseOffset());
        }
        assertEquals(2, harness.meters.refused().get());
        assertEquals(0, harness.state.nextOffset(0));
    }

    @Test
    void shouldRefuseWhenThePartitionIsNotItsOwn() {
        harness.offer(0, 99, Batches.plain(1, 10));
        harness.runUntilIdle();
        assertEquals(LaneResult.UNKNOWN_PARTITION, harness.onlyReply(0).result());
        assertEquals(1, harness.gatewaySignals.get(0).count);
        assertEquals(0, harness.gatewaySignals.get(1).count);
    }

    @Test
    void shouldAnswerTheFirstOffsetWhenABatchIsRepeated() {
        harness.offer(0, 0, Batches.plain(7, 10));
        harness.offer(0, 0, Batches.idempotent(5, 0, 0, 2));
        harness.offer(0, 1, Batches.plain(1, 10));
        harness.offer(1, 0, Batches.idempotent(5, 0, 0, 2));
        harness.offer(1, 0, Batches.of(5, 0, 0, 2, "other", 0));
        harness.runUntilIdle();
        final List<Reply> replies = harness.replies(1);
        for (final Reply reply : replies) {
            assertEquals(LaneResult.DUPLICATE, reply.result());
            assertEquals(7, reply.baseOffset());
            assertEquals(harness.counters.appended().get(), reply.endPosition());
        }
        assertEquals(2, replies.size());
        assertEquals(2, harness.meters.duplicates().get());
        assertEquals(1, harness.meters.differingDuplicates().get());
        assertEquals(9, harness.state.nextOffset(0));
        assertEquals(1, harness.meters.producers().get());
    }

    @Test
    void shouldAnswerWithoutAnOffsetWhenABatchIsRepeatedThatIsNotRemembered() {
        for (int sequence = 0; sequence < 6; sequence++) {
            harness.offer(0, 0, Batches.idempotent(5, 0, sequence, 1));
        }
        harness.offer(1, 0, Batches.idempotent(5, 0, 0, 1));
        harness.runUntilIdle();
        final Reply reply = harness.onlyReply(1);
        assertEquals(LaneResult.DUPLICATE_SEQUENCE, reply.result());
        assertEquals(LaneReplies.NONE, reply.baseOffset());
        assertEquals(harness.counters.appended().get(), reply.endPosition(), "it waits for what was appended");
        assertEquals(1, harness.meters.duplicates().get());
        assertEquals(0, harness.meters.refused().get());
        assertEquals(6, harness.state.nextOffset(0));
    }

    @Test
    void shouldRefuseWhenSequencesOrEpochsDoNotFit() {
        harness.offer(0, 0, Batches.idempotent(5, 1, 0, 2));
        harness.offer(0, 0, Batches.idempotent(5, 1, 3, 1));
        harness.offer(0, 0, Batches.idempotent(5, 0, 2, 1));
        harness.offer(0, 0, Batches.idempotent(5, 1, 2, 1));
        harness.runUntilIdle();
        assertEquals(
                List.of(
                        LaneResult.OK,
                        LaneResult.OUT_OF_ORDER_SEQUENCE,
                        LaneResult.INVALID_PRODUCER_EPOCH,
                        LaneResult.OK),
                harness.replies(0).stream().map(Reply::result).toList());
        assertEquals(2, harness.meters.refused().get());
    }

    @Test
    void shouldCarryAPartitionWhenItIsOpenedAndNoMoreWhenItIsClosed() {
        final LaneProxy proxy = harness.proxies.get(0);
        assertTrue(proxy.offerOpenPartition(1, 50));
        harness.offer(0, 50, Batches.plain(4, 10));
        assertTrue(proxy.offerOpenPartition(2, 50));
        assertTrue(proxy.offerClosePartition(3, 50));
        assertTrue(proxy.offerClosePartition(4, 50));
        harness.offer(0, 50, Batches.plain(4, 10));
        harness.runUntilIdle();
        final List<Reply> replies = harness.replies(0);
        assertEquals(
                List.of(
                        LaneResult.OK,
                        LaneResult.OK,
                        LaneResult.OK,
                        LaneResult.OK,
                        LaneResult.OK,
                        LaneResult.UNKNOWN_PARTITION),
                replies.stream().map(Reply::result).toList());
        assertEquals(0, replies.get(0).baseOffset());
        assertEquals(4, replies.get(2).baseOffset(), "opening again tells the next offset");
        assertFalse(harness.state.isOpen(50));
        assertEquals(1, harness.gatewaySignals.get(0).count, "once a cycle");
    }

    @Test
    void shouldNeverGoBackInTimeWhenTheClockDoes() {
        harness.offer(0, 0, Batches.plain(1, 10));
        harness.runUntilIdle();
        final long before = harness.clock.epochNs();
        harness.clock.epochNs(before - 3_600_000_000_000L);
        harness.offer(0, 0, Batches.plain(1, 10));
        harness.runUntilIdle();
        final List<Reply> replies = harness.replies(0);
        assertEquals(before, replies.get(0).sequencedTimeNs());
        assertEquals(before, replies.get(1).sequencedTimeNs());
    }

    @Test
    void shouldNotWakeGatewaysBeforeTheCommitWhenBatchesAreAppended() {
        harness.offer(0, 0, Batches.plain(1, 10));
        harness.runUntilIdle();
        assertEquals(0, harness.gatewaySignals.get(0).count);
        harness.catchUp();
        harness.runUntilIdle();
        assertEquals(1, harness.gatewaySignals.get(0).count);
        assertEquals(1, harness.gatewaySignals.get(1).count, "fetches wait there");
        assertEquals(1, harness.onCommitted.count);
    }

    @Test
    void shouldLeadRecoveryToItsOwnStateWhenFramesAreApplied() {
        for (int i = 0; i < 20; i++) {
            harness.offer(0, i % 4, Batches.idempotent(i % 3, 0, i / 12, 1));
        }
        harness.runUntilIdle();
        final LaneState recovered = new LaneState(harness.state.config());
        recovered.openPartition(0);
        recovered.openPartition(1);
        recovered.openPartition(2);
        recovered.openPartition(3);
        harness.frames(0).forEach(frame -> frame.applyTo(recovered));
        assertArrayEquals(LogScript.bytesOf(harness.state), LogScript.bytesOf(recovered));
    }

    @Test
    void shouldTakeACommandAtOnceWhenTheCommandRingWraps() {
        for (int i = 0; i < 2000; i++) {
            harness.offer(0, 0, Batches.plain(1, i % 997));
            assertEquals(1, harness.lane.doWork(), "an idle strategy would wait");
            harness.catchUp();
            harness.runUntilIdle();
            assertEquals(1, harness.replies(0).size());
        }
        assertTrue(harness.commands.producerPosition() > 5L * harness.commands.capacity());
    }

    @Test
    void shouldEndForGoodWhenAnInvariantIsBroken() {
        harness.offer(0, 0, Batches.plain(1, 10));
        harness.runUntilIdle();
        final long appended = harness.counters.appended().get();
        harness.offer(0, 0, Batches.plain(1, 10));
        // The state is not what this lane's frames lead to any more: it would give the same offset twice.
        harness.state.restored(appended + 4096, LaneHarness.LEADER_EPOCH, 0);
        assertThrows(AgentTerminationException.class, harness.lane::doWork);
        assertTrue(harness.lane.isFenced());
        assertEquals(0, harness.lane.doWork());
        assertEquals(appended, harness.counters.appended().get(), "nothing more is published");
        assertEquals(1, harness.replies(0).size(), "nor answered");
    }

    @Test
    void shouldNameAllProblemsWhenSizesContradictEachOther() {
        final LaneHarness.Sizes sizes = new LaneHarness.Sizes(8192, 4096, 1, 64 * 1024, 8192, 128, 1);
        final IllegalArgumentException ex =
                assertThrows(IllegalArgumentException.class, () -> new LaneHarness(sizes, 0));
        assertTrue(ex.getMessage().contains("two of the longest frames"), ex.getMessage());
        assertTrue(ex.getMessage().contains("at least two segments"), ex.getMessage());
        assertTrue(ex.getMessage().contains("publish in the middle of a frame"), ex.getMessage());
        assertTrue(ex.getMessage().contains("command ring"), ex.getMessage());
        assertTrue(ex.getMessage().contains("reply ring too short"), ex.getMessage());
    }
}
