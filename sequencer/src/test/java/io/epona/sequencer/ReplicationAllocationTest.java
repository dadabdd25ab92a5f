package io.epona.sequencer;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.epona.codec.FrameDescriptor;
import io.epona.codec.replication.FollowerAckEncoder;
import io.epona.codec.replication.FramesEncoder;
import io.epona.runtime.testing.Allocation;
import org.agrona.concurrent.MessageHandler;
import org.agrona.concurrent.UnsafeBuffer;
import org.junit.jupiter.api.Test;

/** A leader with two followers, and a follower: no byte allocated in steady state. */
class ReplicationAllocationTest {
    private static final int RUNS = 20_000;
    private static final int MAX_ROUNDS = 6;

    private final LaneCell cell = LaneCell.led(3, 0);
    private final CellNode leader = cell.nodes[0];
    private final UnsafeBuffer batch = Batches.plain(1, 200);
    private final UnsafeBuffer message = new UnsafeBuffer(new byte[64 * 1024]);
    private final FollowerAckEncoder ack = new FollowerAckEncoder();
    private final FramesEncoder frames = new FramesEncoder();
    private final MessageHandler ignore = (type, buffer, offset, length) -> {};

    /** The compiler allocates now and then when it gives up an assumption; what the code allocates shows each time. */
    private static long leastAllocated(final Runnable body) {
        long least = Long.MAX_VALUE;
        for (int round = 0; round < MAX_ROUNDS && least > 0; round++) {
            least = Math.min(least, Allocation.bytesPerRun(RUNS, body));
        }
        return least;
    }

    private void acknowledge(final int from) {
        ack.wrap(message, 0)
                .laneId(CellNode.LANE_ID)
                .fromNode(from)
                .toNode(0)
                .hasGap((short) 0)
                .hearsMulticast((short) 0)
                .leaderEpoch(1)
                .incarnation(cell.nodes[from].incarnation)
                .receivedPosition(leader.appended())
                .durablePosition(leader.appended());
        leader.peers.write(FollowerAckEncoder.TEMPLATE_ID, message, 0, FollowerAckEncoder.BLOCK_LENGTH);
    }

    private static void catchUp(final CellNode node) {
        final long appended = node.appended();
        node.counters.durable().setRelease(appended);
        node.counters.drained().setRelease(appended);
        node.counters.checkpointApplied().setRelease(appended);
        node.counters.checkpointed().setRelease(appended);
    }

    private void lead() {
        leader.proxy.offerAppend(1, 0, 1, cell.clock.epochNs(), 2, batch, 0, batch.capacity());
        cell.clock.advanceNs(1_000_000);
        leader.step();
        catchUp(leader);
        acknowledge(1);
        acknowledge(2);
        leader.step();
        leader.replies.read(ignore);
        leader.outbox.read(ignore);
        leader.proposals.read(ignore);
    }

    @Test
    void shouldAllocateNothingWhenItLeads() {
        assertEquals(0, leastAllocated(this::lead));
        assertEquals(leader.appended(), leader.committed());
        assertTrue(leader.appended() > 10L * CellNode.RING_LENGTH);
        assertEquals(0, leader.meters.ignored().get());
    }

    /** The leader's next frames, straight from its ring into the follower's peers ring. */
    private void follow() {
        final CellNode follower = cell.nodes[1];
        leader.proxy.offerAppend(1, 0, 1, cell.clock.epochNs(), 0, batch, 0, batch.capacity());
        cell.clock.advanceNs(1_000_000);
        leader.step();
        catchUp(leader);
        acknowledge(1);
        acknowledge(2);
        leader.step();
        leader.replies.read(ignore);
        leader.outbox.read(ignore);
        leader.proposals.read(ignore);
        long position = follower.appended();
        while (position < leader.appended()) {
            final int at = leader.ring.offset(position);
            final int length = FrameDescriptor.alignedLength(FrameDescriptor.frameLength(leader.ring.buffer(), at));
            frames.wrap(message, 0)
                    .laneId(CellNode.LANE_ID)
                    .fromNode(0)
                    .toNode(1)
                    .cellKey(0)
                    .leaderEpoch(1)
                    .framesLength(length)
                    .position(position)
                    .committedPosition(leader.committed());
            message.putBytes(FramesEncoder.BLOCK_LENGTH, leader.ring.buffer(), at, length);
            follower.peers.write(FramesEncoder.TEMPLATE_ID, message, 0, FramesEncoder.BLOCK_LENGTH + length);
            position = FrameDescriptor.nextFramePosition(position, length, leader.spanLength);
        }
        follower.step();
        catchUp(follower);
        follower.step();
        follower.outbox.read(ignore);
    }

    @Test
    void shouldAllocateNothingWhenItFollows() {
        assertEquals(0, leastAllocated(this::follow));
        final CellNode follower = cell.nodes[1];
        assertEquals(leader.appended(), follower.appended());
        assertEquals(follower.appended(), follower.committed());
        assertTrue(follower.appended() > 10L * CellNode.RING_LENGTH);
        assertEquals(0, follower.meters.ignored().get());
    }
}
