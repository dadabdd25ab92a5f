package io.epona.sequencer;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.epona.codec.replication.StartFeedDecoder;
import io.epona.codec.replication.StopFeedsDecoder;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import org.agrona.concurrent.UnsafeBuffer;
import org.agrona.concurrent.ringbuffer.RingBuffer;
import org.junit.jupiter.api.Test;

/** What replicas do when a ring has no room: nothing is lost, nothing counts that was not said. */
class ReplicationBackPressureTest {
    private static final int FILLER = 1000;

    private static UnsafeBuffer batch() {
        return Batches.plain(1, 100);
    }

    private static void fill(final RingBuffer ring) {
        final UnsafeBuffer bytes = new UnsafeBuffer(new byte[8]);
        while (ring.write(FILLER, bytes, 0, bytes.capacity())) {
            // until there is no room
        }
    }

    private static List<Integer> drain(final RingBuffer ring) {
        final List<Integer> types = new ArrayList<>();
        for (int part = 0; part < 2; part++) {
            ring.read((type, buffer, offset, length) -> types.add(type));
        }
        types.removeIf(type -> type == FILLER);
        return types;
    }

    @Test
    void shouldSayItLaterWhenTheOutboxIsFull() {
        final LaneCell cell = LaneCell.led(3, 0);
        final CellNode follower = cell.nodes[1];
        fill(follower.outbox);
        cell.elect(2);
        for (int i = 0; i < 20; i++) {
            cell.nodes[0].step();
            follower.step();
            cell.clock.advanceMs(1);
        }
        assertTrue(follower.meters.outboxFull().get() > 0);
        assertEquals(List.of(), drain(follower.outbox));
        cell.run(200);
        cell.assertConverged();
    }

    @Test
    void shouldStopItsFeedsBeforeItStartsNewOnesWhenTheOutboxWasFull() {
        final LaneCell cell = LaneCell.led(2, 0);
        final CellNode node = cell.nodes[0];
        cell.readOutbox(node);
        fill(node.outbox);
        cell.elect(1);
        node.step();
        cell.elect(0);
        for (int i = 0; i < 10; i++) {
            node.step();
            node.follow();
        }
        assertTrue(node.isLeading());
        assertEquals(List.of(), drain(node.outbox));
        cell.nodes[1].step();
        cell.nodes[1].step();
        cell.readOutbox(cell.nodes[1]);
        cell.deliver(1, 0, 10);
        node.step();
        final List<Integer> types = drain(node.outbox);
        assertTrue(types.contains(StartFeedDecoder.TEMPLATE_ID), types::toString);
        assertEquals(StopFeedsDecoder.TEMPLATE_ID, types.get(0));
    }

    @Test
    void shouldNotWaitForAReplicaWhoseProposalFoundNoRoom() {
        final LaneCell cell = LaneCell.led(3, 0);
        cell.decide(Set.of(0, 1));
        fill(cell.nodes[0].proposals);
        for (int round = 0; round < 300; round++) {
            for (final CellNode node : cell.nodes) {
                node.step();
                cell.readOutbox(node);
                for (int other = 0; other < 3; other++) {
                    cell.feed(node, other);
                    cell.deliver(node.nodeId, other, 100);
                }
                node.write();
                node.follow();
            }
            cell.clock.advanceMs(1);
        }
        assertEquals(0, cell.nodes[0].meters.proposals().get());
        cell.nodes[2].isJournalStuck = true;
        cell.offer(0, 0, batch());
        for (int round = 0; round < 10; round++) {
            for (final CellNode node : cell.nodes) {
                node.step();
                cell.readOutbox(node);
                cell.feed(node, 1);
                cell.deliver(node.nodeId, 0, 100);
                cell.deliver(node.nodeId, 1, 100);
                node.write();
            }
        }
        assertEquals(cell.nodes[0].appended(), cell.nodes[0].committed());
    }

    @Test
    void shouldLeaveFramesInTheRingWhenTheFollowersLogHasNoRoom() {
        final LaneCell cell = LaneCell.led(2, 0);
        final CellNode follower = cell.nodes[1];
        follower.isJournalStuck = true;
        cell.decide(Set.of(0));
        for (int i = 0; i < 300; i++) {
            cell.offer(0, 0, Batches.plain(1, 400));
            cell.nodes[0].replies();
            cell.run(1);
        }
        assertTrue(cell.nodes[0].appended() > 2L * CellNode.RING_LENGTH);
        assertTrue(follower.appended() <= CellNode.RING_LENGTH);
        assertTrue(follower.peers.size() > 0);
        follower.isJournalStuck = false;
        cell.run(300);
        cell.assertConverged();
    }

    @Test
    void shouldReadOnWhenAMessageFindsNoRoomForLong() {
        final LaneCell cell = LaneCell.led(2, 0);
        final CellNode follower = cell.nodes[1];
        cell.aliveBits = 1;
        cell.decide(Set.of(0));
        for (int i = 0; i < 400; i++) {
            cell.offer(0, 0, Batches.plain(1, 400));
            cell.nodes[0].replies();
            cell.step(cell.nodes[0]);
            // Its shelf stands still, so that nothing makes room.
            follower.step();
            cell.readOutbox(follower);
            cell.deliver(1, 0, 100);
            follower.write();
            cell.clock.advanceMs(1);
        }
        assertTrue(follower.peers.size() > 0);
        assertTrue(follower.committed() <= CellNode.RING_LENGTH);
        final long gaps = follower.meters.gaps().get();
        cell.clock.advanceNs(ReplicationLimits.DEDICATED.silenceNs());
        for (int i = 0; i < 10; i++) {
            follower.step();
        }
        assertTrue(follower.meters.gaps().get() > gaps);
        assertEquals(0, follower.peers.size());
        cell.run(300);
        cell.assertConverged();
    }

    @Test
    void shouldStillBeginItsEpochWhenThePredecessorFilledTheLog() {
        final LaneCell cell = LaneCell.led(3, 0);
        cell.nodes[1].isJournalStuck = true;
        cell.nodes[2].isJournalStuck = true;
        long appended = -1;
        while (appended != cell.nodes[0].appended()) {
            appended = cell.nodes[0].appended();
            for (int i = 0; i < 4; i++) {
                cell.nodes[0].proxy.offerAppend(1, 0, 1, cell.clock.epochNs(), batch(), 0, batch().capacity());
            }
            cell.run(8);
            cell.nodes[0].replies();
        }
        assertTrue(appended > CellNode.RING_LENGTH - 2 * LaneLimits.EPOCH_START_RESERVE_LENGTH);
        assertEquals(64, cell.nodes[0].committed());
        // One leader after the other fails before it commits anything.
        for (int failover = 1; failover <= 10; failover++) {
            cell.proposals.clear();
            cell.elect(failover % 3);
            cell.run(30);
            assertTrue(cell.nodes[failover % 3].isLeading(), "failover " + failover);
        }
        cell.nodes[1].isJournalStuck = false;
        cell.nodes[2].isJournalStuck = false;
        cell.run(300);
        cell.assertConverged();
    }
}
