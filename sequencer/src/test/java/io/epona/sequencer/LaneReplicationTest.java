package io.epona.sequencer;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.epona.codec.FrameDescriptor;
import io.epona.codec.lane.LaneResult;
import io.epona.runtime.LaneRole;
import io.epona.runtime.budget.Breach;
import io.epona.runtime.budget.Stage;
import java.util.List;
import org.HdrHistogram.Histogram;
import org.agrona.concurrent.AgentTerminationException;
import org.agrona.concurrent.UnsafeBuffer;
import org.junit.jupiter.api.Test;

/** A lane as leader and as follower: what is copied, cut, committed and exposed. */
class LaneReplicationTest {
    private static UnsafeBuffer batch() {
        return Batches.plain(1, 100);
    }

    @Test
    void shouldBeginTheEpochAndCommitItWhenANodeIsElected() {
        final LaneCell cell = LaneCell.led(3, 1);
        final CellNode leader = cell.nodes[1];
        assertEquals(FrameDescriptor.HEADER_LENGTH, leader.committed());
        assertEquals(FrameDescriptor.HEADER_LENGTH, leader.role.readyPosition().get());
        assertEquals(3, leader.role.inSync().get());
        assertEquals(1, leader.role.leadingEpoch().get());
        assertEquals(LaneRole.NOT_LEADING, cell.nodes[0].role.leadingEpoch().get());
        assertEquals(64, leader.replicas.get(0).acked().get());
        cell.assertConverged();
    }

    @Test
    void shouldHaveTheSameBytesEverywhereWhenALogWrapsItsRingsManyTimes() {
        final LaneCell cell = LaneCell.led(3, 0);
        int answered = 0;
        for (int i = 0; i < 400; i++) {
            cell.offer(0, i % CellNode.PARTITIONS, Batches.plain(1 + i % 3, 10 + 37 * (i % 30)));
            cell.run(1 + i % 2);
            answered += cell.nodes[0].replies().size();
        }
        cell.settle();
        answered += cell.nodes[0].replies().size();
        assertEquals(400, answered);
        assertTrue(cell.nodes[0].appended() > 4L * CellNode.RING_LENGTH);
        cell.assertConverged();
    }

    @Test
    void shouldTimeJournalAndReplicationBesideEachOtherWhenABatchIsCommitted() {
        final LaneCell cell = LaneCell.led(3, 0);
        final long before = recorded(cell, Stage.REPLICATE).getTotalCount();
        cell.offer(0, 0, batch());
        cell.run(3);
        assertEquals(before + 1, recorded(cell, Stage.REPLICATE).getTotalCount());

        cell.nodes[2].isJournalStuck = true;
        cell.offer(0, 0, batch());
        cell.run(30);
        cell.nodes[2].isJournalStuck = false;
        cell.run(5);
        assertTrue(recorded(cell, Stage.JOURNAL).getMaxValue() < 5_000_000, "the own journal was not what took long");
        assertEquals(30e6, recorded(cell, Stage.REPLICATE).getMaxValue(), 3e6);
        assertEquals(30e6, recorded(cell, Stage.COMMIT).getMaxValue(), 3e6);
        final Breach breach = cell.nodes[0].breaches.newest(1).getFirst();
        assertEquals(Stage.REPLICATE, breach.culprit());

        cell.nodes[0].isJournalStuck = true;
        cell.offer(0, 0, batch());
        cell.run(50);
        cell.nodes[0].isJournalStuck = false;
        cell.run(5);
        assertEquals(50e6, recorded(cell, Stage.JOURNAL).getMaxValue(), 3e6);
        assertEquals(30e6, recorded(cell, Stage.REPLICATE).getMaxValue(), 3e6);
        assertEquals(Stage.JOURNAL, cell.nodes[0].breaches.newest(1).getFirst().culprit());
    }

    private static Histogram recorded(final LaneCell cell, final Stage stage) {
        final Histogram[] found = new Histogram[1];
        cell.nodes[0].budget.forEachTotal((tag, histogram) -> {
            if (tag.stage() == stage) {
                found[0] = histogram.copy();
            }
        });
        return found[0];
    }

    @Test
    void shouldCommitOnlyWhenEveryInSyncReplicaHasIt() {
        final LaneCell cell = LaneCell.led(3, 0);
        cell.nodes[2].isJournalStuck = true;
        cell.offer(0, 0, batch());
        cell.run(20);
        final long before = FrameDescriptor.HEADER_LENGTH;
        assertEquals(before, cell.nodes[0].committed(), "one replica has it in memory only");
        assertEquals(
                cell.nodes[0].appended(),
                cell.nodes[0].replicas.get(1).received().get());
        assertEquals(before, cell.nodes[0].replicas.get(1).acked().get());
        cell.nodes[2].isJournalStuck = false;
        cell.run(5);
        assertEquals(cell.nodes[0].appended(), cell.nodes[0].committed());
    }

    @Test
    void shouldRefuseToAppendWhenFewerAreInSyncThanTheCommandAsksFor() {
        final LaneCell cell = LaneCell.led(3, 0);
        cell.decide(java.util.Set.of(0, 1));
        cell.settle();
        cell.offer(0, 0, 3, batch());
        cell.offer(0, 0, 2, batch());
        cell.offer(0, 0, 0, batch());
        cell.run(1);
        assertEquals(
                List.of(LaneResult.NOT_ENOUGH_REPLICAS, LaneResult.OK, LaneResult.OK),
                cell.nodes[0].replies().stream().map(Reply::result).toList());
        assertEquals(2, cell.nodes[0].role.inSync().get());
    }

    @Test
    void shouldAnswerFencedWhenTheNodeDoesNotLead() {
        final LaneCell cell = LaneCell.led(3, 0);
        cell.offer(1, 0, batch());
        cell.run(2);
        final List<Reply> replies = cell.nodes[1].replies();
        assertEquals(LaneResult.FENCED, replies.get(0).result());
        assertEquals(1, replies.get(0).leaderEpoch());
        cell.elect(1);
        cell.run(30);
        cell.offer(0, 0, batch());
        cell.run(2);
        assertEquals(LaneResult.FENCED, cell.nodes[0].replies().get(0).result());
        assertFalse(cell.nodes[0].isLeading());
    }

    @Test
    void shouldCutWhatOnlyTheOldLeaderHadWhenItFollowsTheNewOne() {
        final LaneCell cell = LaneCell.led(3, 0);
        cell.offer(0, 0, batch());
        cell.settle();
        final long committed = cell.nodes[0].committed();
        cell.isolate(0);
        for (int i = 0; i < 30; i++) {
            cell.offer(0, 0, batch());
        }
        cell.run(10);
        assertEquals(committed, cell.nodes[0].committed());
        final long old = cell.nodes[0].appended();
        cell.elect(2);
        cell.run(20);
        cell.offer(2, 1, Batches.plain(3, 50));
        cell.run(20);
        assertTrue(cell.nodes[0].appended() == old, "cannot ask yet");
        cell.heal();
        cell.run(300);
        cell.assertConverged();
        assertEquals(1, cell.nodes[0].meters.truncations().get());
        assertEquals(old - committed, cell.nodes[0].meters.truncatedLength().get());
    }

    @Test
    void shouldFindTheCommonEpochWhenBothLogsHaveEpochsThatTheOtherLacks() {
        final LaneCell cell = LaneCell.led(3, 0);
        cell.decide(java.util.Set.of(0, 1, 2));
        cell.settle();
        // 0 and 1 lead one after the other, each alone: neither commits anything.
        cell.isolate(0);
        cell.isolate(1);
        cell.isolate(2);
        cell.offer(0, 0, batch());
        cell.run(2);
        cell.elect(1);
        cell.run(5);
        cell.offer(1, 0, Batches.plain(2, 60));
        cell.run(2);
        cell.elect(0);
        cell.run(5);
        cell.offer(0, 0, Batches.plain(5, 60));
        cell.run(2);
        assertEquals(3, cell.leaderEpoch);
        cell.elect(1);
        cell.run(5);
        cell.heal();
        cell.run(300);
        cell.assertConverged();
    }

    @Test
    void shouldExposeNothingWhenTheEpochStartIsNotCommitted() {
        final LaneCell cell = LaneCell.led(3, 0);
        cell.nodes[1].isJournalStuck = true;
        cell.offer(0, 0, batch());
        cell.run(10);
        final CellNode next = cell.nodes[2];
        final long old = next.committed();
        assertTrue(next.appended() > old);
        cell.nodes[1].isJournalStuck = false;
        cell.isolate(0);
        cell.decide(java.util.Set.of(1, 2));
        cell.nodes[1].write();
        cell.cut(2, 1);
        cell.cut(1, 2);
        cell.elect(2);
        cell.run(30);
        assertTrue(next.isLeading());
        assertEquals(next.appended(), next.role.readyPosition().get());
        assertEquals(old, next.committed());
        cell.heal();
        cell.isolate(0);
        cell.run(200);
        assertEquals(next.role.readyPosition().get(), next.committed());
    }

    @Test
    void shouldLeadFromTheStateOfAllFramesWhenItIsPromoted() {
        final LaneCell cell = LaneCell.led(3, 0);
        for (int i = 0; i < 60; i++) {
            cell.offer(0, i % 7 % 2, Batches.idempotent(i % 7, 0, i / 7, 1));
            cell.run(1);
        }
        cell.nodes[1].isJournalStuck = true;
        for (int i = 60; i < 70; i++) {
            cell.offer(0, i % 2, Batches.plain(2, 10));
        }
        cell.run(10);
        final CellNode next = cell.nodes[2];
        assertTrue(next.appended() > next.committed(), "the state to lead from is beyond what is committed");
        cell.nodes[2].controller.offerClosePartition(1, 2);
        cell.nodes[2].controller.offerOpenPartition(2, 9);
        cell.elect(2);
        cell.run(20);
        final LaneState replayed = new LaneState(next.shadow.config());
        for (int partition = 0; partition < CellNode.PARTITIONS; partition++) {
            replayed.openPartition(partition);
        }
        final UnsafeBuffer log = new UnsafeBuffer(next.log(0, next.appended()));
        long position = 0;
        while (position < log.capacity()) {
            final int length = FrameDescriptor.frameLength(log, (int) position);
            replayed.onFrame(log, (int) position, length, position);
            position = FrameDescriptor.nextFramePosition(position, length, next.spanLength);
        }
        cell.offer(2, 0, batch());
        cell.offer(2, 1, batch());
        cell.offer(2, 9, batch());
        cell.offer(2, 2, batch());
        cell.offer(2, 0, Batches.idempotent(4, 0, 7, 1));
        cell.run(1);
        final List<Reply> replies = next.replies();
        assertEquals(replayed.nextOffset(0), replies.get(2).baseOffset());
        assertEquals(replayed.nextOffset(1), replies.get(3).baseOffset());
        assertEquals(0, replies.get(4).baseOffset(), "opened meanwhile");
        assertEquals(LaneResult.UNKNOWN_PARTITION, replies.get(5).result(), "closed meanwhile");
        assertEquals(LaneResult.DUPLICATE, replies.get(6).result());
        assertEquals(2, replies.get(2).leaderEpoch());
    }

    @Test
    void shouldEndBeforeAnythingChangesWhenItWouldHaveToCutWhatIsCommitted() {
        final LaneCell cell = LaneCell.led(3, 0);
        cell.offer(0, 0, batch());
        cell.settle();
        final CellNode follower = cell.nodes[1];
        final long committed = follower.committed();
        final byte[] log = follower.log(0, committed);
        // A node with an empty log is made leader, which no sound controller does.
        cell.restart(2, CellNode.newDevice());
        cell.isolate(0);
        cell.elect(2);
        assertThrows(AgentTerminationException.class, () -> cell.run(30));
        assertEquals(committed, follower.committed());
        assertEquals(committed, follower.appended());
        assertArrayEquals(log, follower.log(0, committed));
        assertFalse(follower.truncation.isPending());
        assertTrue(follower.lane.isFenced());
        assertEquals(0, follower.step());
    }

    @Test
    void shouldTakeNoDurablePositionFromBeforeTheCutWhenTheJournalIsSlow() {
        final LaneCell cell = LaneCell.led(3, 0);
        final CellNode old = cell.nodes[0];
        cell.isolate(0);
        for (int i = 0; i < 10; i++) {
            cell.offer(0, 0, batch());
        }
        cell.run(3);
        old.isJournalStuck = true;
        cell.elect(1);
        cell.run(20);
        cell.heal();
        for (int i = 0; i < 20; i++) {
            cell.offer(1, 0, Batches.plain(1, 300));
        }
        cell.run(30);
        assertTrue(old.truncation.isPending());
        assertEquals(64, old.committed());
        assertEquals(64, cell.nodes[1].committed(), "not without the replica that is being cut");
        old.isJournalStuck = false;
        cell.run(60);
        cell.assertConverged();
    }

    @Test
    void shouldNotLeadWhenItsLogHasThatEpochAlready() {
        final LaneCell cell = LaneCell.led(3, 0);
        cell.restart(0, cell.nodes[0].device);
        cell.tell(0);
        cell.run(20);
        assertFalse(cell.nodes[0].isLeading());
        assertEquals(1, cell.nodes[0].errors.size());
        cell.nodes[0].errors.clear();
        cell.elect(0);
        cell.run(100);
        assertTrue(cell.nodes[0].isLeading());
        cell.assertConverged();
    }

    @Test
    void shouldGoOnFromItsUncommittedEndWhenAFollowerStartsAgain() {
        final LaneCell cell = LaneCell.led(3, 0);
        for (int i = 0; i < 20; i++) {
            cell.offer(0, 0, batch());
        }
        cell.settle();
        cell.restart(1, cell.nodes[1].device);
        assertTrue(cell.nodes[1].committed() < cell.nodes[1].appended());
        cell.tellAll();
        cell.offer(0, 0, batch());
        cell.run(100);
        cell.assertConverged();
        assertEquals(0, cell.nodes[1].meters.truncations().get());
    }

    @Test
    void shouldAskForWhatIsMissingWhenFramesWereLost() {
        final LaneCell cell = LaneCell.led(3, 0);
        cell.cut(0, 1);
        cell.offer(0, 0, batch());
        cell.run(3);
        cell.heal();
        cell.offer(0, 0, batch());
        cell.run(40);
        assertTrue(cell.nodes[1].meters.gaps().get() > 0);
        cell.assertConverged();
    }

    @Test
    void shouldAskAgainWhenTheLeaderFallsSilent() {
        final LaneCell cell = LaneCell.led(2, 0);
        final long silenceMs = ReplicationLimits.DEDICATED.silenceNs() / 1_000_000;
        cell.cut(0, 1);
        cell.run((int) silenceMs + 200);
        cell.proposals.clear();
        cell.decide(java.util.Set.of(0));
        cell.run(5);
        cell.heal();
        cell.offer(0, 0, batch());
        cell.run(300);
        assertEquals(cell.nodes[0].appended(), cell.nodes[1].appended());
    }
}
