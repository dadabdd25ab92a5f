package io.epona.systemtests.cell.live;

import io.epona.systemtests.harness.DiskFiles;
import io.epona.systemtests.harness.TestBench;
import io.epona.systemtests.load.LoadPlan;
import java.util.Random;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.extension.RegisterExtension;

/**
 * Nodes of a cell are killed, paused, stopped and emptied under load: each acknowledged record is there exactly once,
 * at the offset that was told, in the order of its producer; producers give nothing up, and a consumer reads on without
 * a gap or a repetition.
 *
 * <p>To run a failing seed again: {@code -Depona.seed=SEED}. Who is hit comes from it; the machine's timing does not.
 */
@Timeout(600)
class CellFaultsTest {
    private static final long SEED = Long.getLong("epona.seed", System.nanoTime());
    private static final LoadPlan PLAN = new LoadPlan(SEED, 3, 300_000, 32 * 1024);
    private static final int KILL_COUNT = 2;

    @RegisterExtension
    private final TestBench bench = new TestBench();

    private final Random random = new Random(SEED);

    @BeforeEach
    void expectErrors() {
        CellErrors.expectIn(bench);
    }

    @Test
    void shouldKeepEveryAcknowledgedRecordWhenNodesAreKilled() throws Exception {
        try (LiveCell cell = LiveCell.of(bench).startAll();
                CellLoad load = new CellLoad(cell, PLAN, 2)) {
            load.awaitProgress("the start");
            for (int kill = 0; kill < KILL_COUNT; kill++) {
                final int victim = kill % 2 == 0 ? cell.leaderOf(random.nextInt(3)) : cell.quorumLeader();
                cell.kill(victim);
                note("killed " + victim + ", all partitions after " + load.awaitProgress("the kill of " + victim)
                        + " ms");
                cell.restart(victim);
                load.awaitProgress("the return of " + victim);
            }
            cell.killAll();
            cell.startAll();
            note("killed all, after the start " + load.awaitProgress("the kill of all") + " ms");
            note("records=" + load.finish());
        }
    }

    @Test
    void shouldKeepEveryAcknowledgedRecordWhenNodesArePaused() throws Exception {
        try (LiveCell cell = LiveCell.of(bench).startAll();
                CellLoad load = new CellLoad(cell, PLAN, 2)) {
            load.awaitProgress("the start");
            for (int pause = 0; pause < 2; pause++) {
                final int victim = pause == 0 ? cell.leaderOf(random.nextInt(3)) : cell.quorumLeader();
                cell.node(victim).signal("STOP");
                note("paused " + victim + ", all partitions after " + load.awaitProgress("the pause of " + victim)
                        + " ms");
                cell.node(victim).signal("CONT");
                cell.awaitInSync();
                load.awaitProgress("the return of " + victim);
            }
            note("records=" + load.finish());
        }
    }

    @Test
    void shouldFailNoProduceWhenNodesAreRestartedOneByOne() throws Exception {
        try (LiveCell cell = LiveCell.of(bench).startAll();
                CellLoad load = new CellLoad(cell, PLAN, 2)) {
            load.awaitProgress("the start");
            for (final int nodeId : LiveCell.NODE_IDS) {
                cell.stop(nodeId);
                note("stopped " + nodeId + ", all partitions after " + load.awaitProgress("the stop of " + nodeId)
                        + " ms");
                cell.restart(nodeId);
                load.awaitProgress("the return of " + nodeId);
            }
            note("records=" + load.finish());
        }
    }

    @Test
    void shouldGoOnWhileTwoOfFiveNodesAreAway() throws Exception {
        try (LiveCell cell = LiveCell.of(bench, 5).startAll();
                CellLoad load = new CellLoad(cell, PLAN, 3)) {
            load.awaitProgress("the start");
            final int first = cell.leaderOf(random.nextInt(5));
            cell.kill(first);
            note("killed " + first + ", all partitions after " + load.awaitProgress("the kill of " + first) + " ms");
            final int second = cell.quorumLeader();
            cell.kill(second);
            note("killed " + second + ", all partitions after " + load.awaitProgress("the kill of " + second) + " ms");
            cell.startAll();
            load.awaitProgress("the return of " + first + " and " + second);
            note("records=" + load.finish());
        }
    }

    @Test
    void shouldReplicateAnewWhenDirectoriesAreLost() throws Exception {
        bench.expectError("a directory of this node was lost or exchanged");
        bench.expectError("set aside: ");
        // Journals that still begin with the first record: whoever was emptied follows from there.
        try (LiveCell cell =
                        LiveCell.of(bench).set("journal.segment.count", "48").startAll();
                CellLoad load = new CellLoad(cell, PLAN, 2)) {
            load.awaitProgress("the start");
            final int follower = 1 + random.nextInt(3);
            cell.kill(follower);
            DiskFiles.deleteTree(cell.dataDirectory(follower).resolve("journal"));
            load.awaitProgress("the kill of " + follower);
            cell.restart(follower);
            load.awaitProgress("the loss of the journals of " + follower);

            final int emptied = cell.leaderOf(random.nextInt(3));
            cell.kill(emptied);
            DiskFiles.deleteTree(cell.dataDirectory(emptied));
            load.awaitProgress("the kill of " + emptied);
            cell.restart(emptied);
            load.awaitProgress("the loss of all data of " + emptied);

            // Whoever was emptied must know enough to go on with either of the others alone.
            final int other = 1 + random.nextInt(3);
            cell.kill(other);
            load.awaitProgress("the kill of " + other);
            cell.restart(other);
            note("records=" + load.finish());
        }
    }

    private static void note(final String text) {
        System.out.println("seed " + SEED + ": " + text);
    }
}
