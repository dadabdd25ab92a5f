package io.epona.sequencer;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.Set;
import org.junit.jupiter.api.Test;

/** A lane that cannot follow its leader, and is held while its partition logs are fetched. */
class InstallGateTest {
    private static final int LAGGARD = 2;

    /** A cell of which one node has missed more than the others' journals and rings have. */
    private static LaneCell outrun() {
        final LaneCell cell = LaneCell.led(3, 0);
        cell.isolate(LAGGARD);
        cell.decide(Set.of(0, 1));
        for (int i = 0; i < 400; i++) {
            cell.offer(0, i % CellNode.PARTITIONS, Batches.plain(1, 800));
            cell.run(2);
            cell.nodes[0].replies();
        }
        cell.settle();
        for (final CellNode node : cell.nodes) {
            node.journalStart = cell.nodes[0].committed();
        }
        cell.heal();
        cell.run(600);
        return cell;
    }

    @Test
    void shouldSayThatItCannotFollowWhenTheLeadersJournalBeginsBehindItsEnd() {
        final LaneCell cell = outrun();
        final InstallGate gate = cell.nodes[LAGGARD].install;
        assertTrue(gate.isNeeded());
        assertFalse(gate.isHeld());
        assertFalse(cell.nodes[1].install.isNeeded());
        assertEquals(
                ReplicaTooOldException.class,
                cell.nodes[LAGGARD].errors.removeFirst().getClass());
    }

    @Test
    void shouldFollowAfterAllWhenANewLeadersJournalReachesBackToIt() {
        final LaneCell cell = outrun();
        cell.nodes[1].journalStart = 0;
        cell.elect(1);
        cell.run(600);
        assertFalse(cell.nodes[LAGGARD].install.isNeeded());
        assertEquals(cell.nodes[1].appended(), cell.nodes[LAGGARD].appended());
        cell.nodes[LAGGARD].errors.clear();
    }

    @Test
    void shouldFollowNobodyAndCommitNothingWhenItIsHeld() {
        final LaneCell cell = outrun();
        final CellNode laggard = cell.nodes[LAGGARD];
        laggard.install.hold();
        cell.run(2);
        assertTrue(laggard.install.isHeld());
        final long end = laggard.appended();
        final long committed = laggard.committed();
        cell.nodes[1].journalStart = 0;
        cell.elect(1);
        cell.run(600);
        cell.elect(LAGGARD);
        cell.run(600);
        assertEquals(end, laggard.appended());
        assertEquals(committed, laggard.committed());
        assertFalse(laggard.isLeading());
        laggard.errors.clear();
    }

    @Test
    void shouldGoOnLeadingWhenSomebodyWantsItHeld() {
        final LaneCell cell = LaneCell.led(3, 0);
        cell.nodes[0].install.hold();
        cell.run(10);
        assertFalse(cell.nodes[0].install.isHeld());
        assertTrue(cell.nodes[0].isLeading());
    }
}
