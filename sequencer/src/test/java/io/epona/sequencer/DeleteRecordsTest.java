package io.epona.sequencer;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.epona.codec.FrameDescriptor;
import io.epona.codec.lane.LaneResult;
import java.util.List;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** Deleting the records of a partition below an offset, as a command to its lane. */
class DeleteRecordsTest {
    private final LaneHarness harness = LaneHarness.started();

    @BeforeEach
    void appendTen() {
        harness.offer(0, 2, Batches.plain(10, 10));
        harness.runUntilIdle();
        harness.replies(0);
    }

    private void offer(final int leaderEpoch, final int partitionIndex, final long startOffset) {
        assertTrue(harness.proxies.getFirst().offerDeleteRecords(77, partitionIndex, leaderEpoch, startOffset));
    }

    private Reply ask(final long startOffset) {
        offer(LaneHarness.LEADER_EPOCH, 2, startOffset);
        harness.runUntilIdle();
        return harness.onlyReply(0);
    }

    @Test
    void shouldWriteAFrameAndMoveTheStartWhenAsked() {
        final Reply reply = ask(4);
        assertEquals(LaneResult.OK, reply.result());
        assertEquals(77, reply.correlationId());
        assertEquals(4, reply.baseOffset());
        assertEquals(harness.counters.appended().get(), reply.endPosition());
        final LogScript.Frame frame = harness.frames(64).getLast();
        assertEquals(FrameDescriptor.TYPE_TRIM, FrameDescriptor.type(frame.buffer(), 0));
        assertEquals(2, FrameDescriptor.partitionIndex(frame.buffer(), 0));
        assertEquals(4, FrameDescriptor.baseOffset(frame.buffer(), 0));
        assertEquals(4, harness.state.startOffset(2));
        assertEquals(10, harness.state.nextOffset(2));
        harness.offer(0, 2, Batches.plain(1, 10));
        harness.runUntilIdle();
        assertEquals(10, harness.onlyReply(0).baseOffset());
    }

    @Test
    void shouldWriteNothingWhenItWasDeletedBefore() {
        ask(4);
        final long appended = harness.counters.appended().get();
        for (final long offset : List.of(4L, 3L, 0L)) {
            final Reply reply = ask(offset);
            assertEquals(LaneResult.DUPLICATE, reply.result());
            assertEquals(4, reply.baseOffset());
            assertEquals(appended, reply.endPosition(), "not before the first deletion is committed");
        }
        assertEquals(appended, harness.counters.appended().get());
    }

    @Test
    void shouldRefuseWhenThePartitionDoesNotReachThatFar() {
        assertEquals(LaneResult.OFFSET_OUT_OF_RANGE, ask(11).result());
        assertEquals(LaneResult.OFFSET_OUT_OF_RANGE, ask(-1).result());
        assertEquals(LaneResult.OK, ask(10).result());
    }

    @Test
    void shouldRefuseWhenTheEpochOrThePartitionIsAnotherOne() {
        offer(LaneHarness.LEADER_EPOCH + 1, 2, 4);
        harness.runUntilIdle();
        assertEquals(LaneResult.FENCED, harness.onlyReply(0).result());
        offer(LaneHarness.LEADER_EPOCH, 99, 0);
        harness.runUntilIdle();
        assertEquals(LaneResult.UNKNOWN_PARTITION, harness.onlyReply(0).result());
        assertEquals(0, harness.state.startOffset(2));
    }

    @Test
    void shouldWaitInTheCommandRingWhenTheLogIsFull() {
        long sent = 0;
        while (harness.meters.logFull().get() == 0) {
            harness.offer(0, 0, Batches.plain(1, 1_000));
            harness.runUntilIdle();
            harness.replies(0);
            sent++;
        }
        assertTrue(sent > 10);
        offer(LaneHarness.LEADER_EPOCH, 2, 5);
        harness.runUntilIdle();
        assertEquals(0, harness.state.startOffset(2));
        harness.catchUp();
        harness.runUntilIdle();
        assertEquals(5, harness.state.startOffset(2));
        assertEquals(LaneResult.OK, harness.replies(0).getLast().result());
    }
}
