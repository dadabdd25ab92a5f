package io.epona.systemtests.cell.live;

import io.epona.systemtests.harness.TestBench;
import io.epona.systemtests.load.LoadPlan;
import java.util.List;
import org.junit.jupiter.api.Assumptions;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.extension.RegisterExtension;

/**
 * Nodes in network namespaces of their own are cut off from each other under load, while clients still reach all of
 * them: the one that is alone acknowledges nothing that the others do not have.
 */
@Timeout(600)
class NetworkCutTest {
    private static final long SEED = Long.getLong("epona.seed", System.nanoTime());
    private static final LoadPlan PLAN = new LoadPlan(SEED, 3, 300_000, 32 * 1024);

    @RegisterExtension
    private final TestBench bench = new TestBench();

    @BeforeEach
    void needNamespaces() {
        final String obstacle = NetworkNamespaces.obstacle().orElse("");
        Assumptions.assumeTrue(obstacle.isEmpty(), () -> "not tested: nodes that are cut off; " + obstacle);
        CellErrors.expectIn(bench);
    }

    @Test
    void shouldKeepEveryAcknowledgedRecordWhenNodesAreCutOff() throws Exception {
        try (NetworkNamespaces network = NetworkNamespaces.make();
                LiveCell cell = new LiveCell(bench, network).startAll();
                CellLoad load = new CellLoad(cell, PLAN, 2)) {
            load.awaitProgress("the start");

            final int alone = cell.leaderOf(0);
            for (final int other : others(alone)) {
                network.cut(alone, other);
                network.cut(other, alone);
            }
            note("cut off " + alone + ", all partitions after " + load.awaitProgress("the cut of " + alone) + " ms");
            network.heal();
            cell.awaitInSync();
            load.awaitProgress("the return of " + alone);

            final int mute = cell.quorumLeader();
            others(mute).forEach(other -> network.cut(mute, other));
            note("muted " + mute + ", all partitions after " + load.awaitProgress("the cut from " + mute) + " ms");
            network.heal();
            cell.awaitInSync();
            load.awaitProgress("the return of " + mute);
            note("records=" + load.finish());
        }
    }

    private static List<Integer> others(final int nodeId) {
        return LiveCell.NODE_IDS.stream().filter(id -> id != nodeId).toList();
    }

    private static void note(final String text) {
        System.out.println("seed " + SEED + ": " + text);
    }
}
