package io.epona.sequencer;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.epona.codec.replication.FollowResponseDecoder;
import io.epona.codec.replication.FollowerAckEncoder;
import java.util.List;
import java.util.Set;
import org.agrona.concurrent.UnsafeBuffer;
import org.junit.jupiter.api.Test;

/** Who is in sync: proposals to leave a replica out and to take it back, and whose acknowledgements count. */
class InSyncTest {
    private static final int MAX_LAG_MS = (int) (ReplicationLimits.DEDICATED.maxLagNs() / 1_000_000);
    private static final int RETRY_MS = (int) (ReplicationLimits.DEDICATED.proposalRetryNs() / 1_000_000);

    private static UnsafeBuffer batch() {
        return Batches.plain(1, 100);
    }

    private static UnsafeBuffer ack(
            final int from, final int leaderEpoch, final int incarnation, final long received, final long durable) {
        final UnsafeBuffer message = new UnsafeBuffer(new byte[FollowerAckEncoder.BLOCK_LENGTH]);
        new FollowerAckEncoder()
                .wrap(message, 0)
                .laneId(CellNode.LANE_ID)
                .fromNode(from)
                .toNode(0)
                .hasGap((short) 0)
                .hearsMulticast((short) 0)
                .leaderEpoch(leaderEpoch)
                .incarnation(incarnation)
                .receivedPosition(received)
                .durablePosition(durable);
        return message;
    }

    private static void send(final LaneCell cell, final UnsafeBuffer ack) {
        assertTrue(cell.putIntoRing(0, new LaneCell.Message(FollowerAckEncoder.TEMPLATE_ID, ack.byteArray())));
        cell.nodes[0].step();
    }

    @Test
    void shouldProposeNothingWhenAllKeepUp() {
        final LaneCell cell = LaneCell.led(3, 0);
        for (int i = 0; i < 3 * MAX_LAG_MS; i++) {
            cell.offer(0, 0, batch());
            cell.run(1);
            cell.nodes[0].replies();
        }
        cell.run(2 * MAX_LAG_MS);
        assertTrue(cell.proposals.isEmpty());
    }

    @Test
    void shouldLeaveASlowReplicaBehindOnlyWhenTheControllerHasSaidSo() {
        final LaneCell cell = LaneCell.led(3, 0);
        cell.nodes[2].isJournalStuck = true;
        cell.offer(0, 0, batch());
        cell.run(MAX_LAG_MS - 15);
        assertTrue(cell.proposals.isEmpty(), "not late yet");
        cell.run(40);
        assertEquals(Set.of(0, 1), cell.proposals.peek().inSync());
        assertEquals(64, cell.nodes[0].committed());
        assertEquals(3, cell.nodes[0].role.inSync().get());
        assertTrue(cell.accept(cell.proposals.remove()));
        cell.run(2);
        assertEquals(cell.nodes[0].appended(), cell.nodes[0].committed());
        assertEquals(2, cell.nodes[0].role.inSync().get());
    }

    @Test
    void shouldLeaveASilentReplicaBehindWhenNothingIsAppended() {
        final LaneCell cell = LaneCell.led(3, 0);
        cell.isolate(1);
        cell.run(MAX_LAG_MS + 60);
        assertEquals(Set.of(0, 2), cell.proposals.peek().inSync());
    }

    @Test
    void shouldProposeAgainWhenThereIsNoAnswer() {
        final LaneCell cell = LaneCell.led(3, 0);
        cell.isolate(1);
        cell.run(MAX_LAG_MS + 60);
        assertEquals(1, cell.proposals.size());
        cell.run(RETRY_MS);
        assertEquals(2, cell.proposals.size());
        assertEquals(cell.proposals.poll(), cell.proposals.poll());
    }

    @Test
    void shouldNotJudgeOthersWhenTheNodeItselfStoodStill() {
        final LaneCell cell = LaneCell.led(3, 0);
        cell.offer(0, 0, batch());
        cell.nodes[0].step();
        cell.clock.advanceMs(10 * MAX_LAG_MS);
        cell.run(50);
        assertTrue(cell.proposals.isEmpty());
        cell.assertConverged();
    }

    @Test
    void shouldTakeAReplicaBackWhenItHasCaughtUp() {
        final LaneCell cell = LaneCell.led(3, 0);
        cell.isolate(2);
        cell.decide(Set.of(0, 1));
        for (int i = 0; i < 50; i++) {
            cell.offer(0, 0, batch());
            cell.run(2);
            cell.nodes[0].replies();
        }
        cell.run(5);
        assertEquals(cell.nodes[0].appended(), cell.nodes[0].committed());
        cell.proposals.clear();
        cell.heal();
        cell.run(3 * MAX_LAG_MS);
        assertEquals(Set.of(0, 1, 2), cell.proposals.peek().inSync());
        assertEquals(2, cell.nodes[0].role.inSync().get(), "as the controller has committed it");
        assertTrue(cell.accept(cell.proposals.remove()));
        cell.run(20);
        assertEquals(3, cell.nodes[0].role.inSync().get());
        cell.assertConverged();
    }

    @Test
    void shouldWaitForAJoiningReplicaFromTheProposalOn() {
        final LaneCell cell = LaneCell.led(3, 0);
        cell.decide(Set.of(0, 1));
        while (cell.proposals.isEmpty()) {
            cell.run(1);
        }
        cell.nodes[2].isJournalStuck = true;
        final long committed = cell.nodes[0].committed();
        cell.offer(0, 0, batch());
        cell.run(20);
        assertEquals(committed, cell.nodes[0].committed(), "the controller may have accepted already");
        // It is dead before the controller decides: what was proposed is withdrawn, but counts until decided.
        cell.proposals.clear();
        cell.run(2 * MAX_LAG_MS);
        assertEquals(Set.of(0, 1), cell.proposals.peek().inSync());
        assertEquals(committed, cell.nodes[0].committed());
        assertTrue(cell.accept(cell.proposals.remove()));
        cell.run(2);
        assertEquals(cell.nodes[0].appended(), cell.nodes[0].committed());
    }

    @Test
    void shouldNotProposeAReplicaThatIsNotAlive() {
        final LaneCell cell = LaneCell.led(3, 0);
        cell.aliveBits &= ~(1 << 2);
        cell.decide(Set.of(0, 1));
        cell.run(5 * MAX_LAG_MS);
        assertTrue(cell.proposals.isEmpty());
        cell.aliveBits |= 1 << 2;
        cell.tellAll();
        cell.run(5 * MAX_LAG_MS);
        assertEquals(Set.of(0, 1, 2), cell.proposals.peek().inSync());
    }

    @Test
    void shouldNotTakeBackAReplicaThatLacksWhatIsCommitted() {
        final LaneCell cell = LaneCell.led(3, 0);
        cell.offer(0, 0, batch());
        cell.settle();
        cell.decide(Set.of(0, 1));
        // It starts again with an empty disk; acknowledgements from before are still on their way.
        final int before = cell.nodes[2].incarnation;
        cell.restart(2, CellNode.newDevice());
        cell.nodes[2].isJournalStuck = true;
        cell.tellAll();
        for (int i = 0; i < 4 * MAX_LAG_MS; i++) {
            cell.run(1);
            final long end = cell.nodes[0].appended();
            send(cell, ack(2, 1, before, end, end));
        }
        assertTrue(cell.proposals.isEmpty());
        assertTrue(cell.nodes[0].replicas.get(1).acked().get() < cell.nodes[0].committed());
        cell.nodes[2].isJournalStuck = false;
        cell.run(3 * MAX_LAG_MS);
        assertEquals(Set.of(0, 1, 2), cell.proposals.peek().inSync());
        cell.assertConverged();
    }

    @Test
    void shouldIgnoreAcknowledgementsOfAnotherEpochOrIncarnation() {
        final LaneCell cell = LaneCell.led(3, 0);
        cell.elect(1);
        cell.settle();
        cell.elect(0);
        cell.settle();
        cell.nodes[1].isJournalStuck = true;
        cell.offer(0, 0, batch());
        cell.run(5);
        final long committed = cell.nodes[0].committed();
        final long end = cell.nodes[0].appended();
        final int incarnation = cell.nodes[1].incarnation;
        send(cell, ack(1, 1, incarnation, end, end));
        send(cell, ack(1, 2, incarnation, end, end));
        send(cell, ack(1, 4, incarnation, end, end));
        send(cell, ack(1, 3, incarnation + 1, end, end));
        send(cell, ack(1, 3, incarnation, end, end + 8));
        send(cell, ack(1, 3, incarnation, end + 8, end));
        send(cell, ack(7, 3, incarnation, end, end));
        assertEquals(committed, cell.nodes[0].committed());
        assertEquals(7, cell.nodes[0].meters.ignored().get());
        send(cell, ack(1, 3, incarnation, end, end));
        assertEquals(end, cell.nodes[0].committed());
    }

    @Test
    void shouldHaveAReplicaAskAgainWhenItWasLeftOut() {
        final LaneCell cell = LaneCell.led(3, 0);
        cell.decide(Set.of(0, 1));
        cell.nodes[0].step();
        final long end = cell.nodes[0].appended();
        cell.readOutbox(cell.nodes[0]);
        cell.onLink(0, 2).clear();
        send(cell, ack(2, 1, cell.nodes[2].incarnation, end, end));
        cell.readOutbox(cell.nodes[0]);
        assertEquals(FollowResponseDecoder.TEMPLATE_ID, cell.onLink(0, 2).peek().typeId());
        cell.run(5 * MAX_LAG_MS);
        assertFalse(cell.proposals.isEmpty());
    }

    @Test
    void shouldResignWhenTheLeadersOwnJournalStandsStill() {
        final LaneCell cell = LaneCell.led(3, 0);
        final int stallMs = (int) (ReplicationLimits.DEDICATED.journalStallNs() / 1_000_000);
        cell.nodes[0].isJournalStuck = true;
        cell.offer(0, 0, batch());
        cell.run(stallMs - 10);
        assertEquals(List.of(), cell.resignations);
        cell.run(20);
        assertEquals(List.of(cell.leaderEpoch), cell.resignations);
        assertEquals(1, cell.nodes[0].meters.journalStalls().get());
        assertEquals(1, cell.nodes[0].errors.size());
        assertEquals(
                cell.nodes[0].appended(), cell.nodes[0].replicas.get(0).acked().get(), "others have it");
        assertEquals(64, cell.nodes[0].committed());
        cell.run(stallMs + 10);
        assertEquals(2, cell.resignations.size(), "nobody took over");
        assertEquals(1, cell.nodes[0].meters.journalStalls().get());

        cell.nodes[0].isJournalStuck = false;
        cell.run(10);
        cell.nodes[0].errors.clear();
        cell.assertConverged();
    }

    @Test
    void shouldNotResignWhenTheNodeItselfStoodStill() {
        final LaneCell cell = LaneCell.led(3, 0);
        cell.offer(0, 0, batch());
        cell.nodes[0].step();
        cell.clock.advanceNs(10 * ReplicationLimits.DEDICATED.journalStallNs());
        cell.nodes[0].step();
        cell.run(50);
        assertEquals(List.of(), cell.resignations);
        cell.assertConverged();
    }

    @Test
    void shouldGiveFollowersTheirTimeWhenTheLeaderRunsSeldom() {
        final LaneCell cell = LaneCell.led(3, 0);
        for (int i = 0; i < 3; i++) {
            cell.offer(0, 0, batch());
            cell.nodes[0].step();
            cell.clock.advanceMs(MAX_LAG_MS - 5); // never so long that all is forgotten
            cell.nodes[0].step();
        }
        assertTrue(cell.proposals.isEmpty(), "this node has hardly run, and could not hear them");
        cell.run(50);
        cell.assertConverged();
    }
}
