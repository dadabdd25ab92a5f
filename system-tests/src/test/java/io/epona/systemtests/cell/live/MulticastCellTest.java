package io.epona.systemtests.cell.live;

import static org.junit.jupiter.api.Assertions.assertEquals;

import io.epona.systemtests.harness.Await;
import io.epona.systemtests.harness.TestBench;
import io.epona.systemtests.load.LoadPlan;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.util.List;
import java.util.Set;
import java.util.TreeSet;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.extension.RegisterExtension;

/**
 * A cell whose leaders send to all followers at once, on the loopback interface: a leader is killed, and comes back
 * with another group than the others. Nothing that was acknowledged is lost, and who hears the group is served by it.
 */
@Timeout(600)
class MulticastCellTest {
    private static final long SEED = Long.getLong("epona.seed", System.nanoTime());
    private static final LoadPlan PLAN = new LoadPlan(SEED, 3, 300_000, 32 * 1024);
    private static final Pattern SERVED = Pattern.compile("(?m)^epona_replication_multicast_feeds (\\d+)");

    @RegisterExtension
    private final TestBench bench = new TestBench();

    @BeforeEach
    void expectErrors() {
        CellErrors.expectIn(bench);
    }

    @Test
    void shouldKeepEveryAcknowledgedRecordWhenLeadersSendToAllAndAreKilled() throws Exception {
        final String group = "239.192.7.1:" + UdpBlocks.freeAbove();
        try (LiveCell cell = LiveCell.of(bench)
                        .set("replication.multicast.group", group)
                        .startAll();
                CellLoad load = new CellLoad(cell, PLAN, 2)) {
            load.awaitProgress("the start");
            awaitServing(cell, LiveCell.NODE_IDS);

            final int victim = cell.leaderOf(0);
            cell.kill(victim);
            load.awaitProgress("the kill of " + victim);
            cell.set(victim, "replication.multicast.group", "239.192.7.3:" + UdpBlocks.freeAbove());
            cell.restart(victim);
            load.awaitProgress("the return of " + victim + " with another group");
            awaitServing(
                    cell, LiveCell.NODE_IDS.stream().filter(id -> id != victim).toList());
            assertEquals(0, served(cell, victim), "nobody listens where it sends");
            System.out.println("seed " + SEED + ": records=" + load.finish());
        }
    }

    /** Each of these nodes has followers that are served by multicast, at one time or another: some may be slow. */
    private static void awaitServing(final LiveCell cell, final List<Integer> nodeIds) throws Exception {
        final Set<Integer> missing = new TreeSet<>(nodeIds);
        Await.until(() -> "followers are served by multicast, but not those of " + missing, LiveCell.PATIENCE, () -> {
            missing.removeIf(nodeId -> served(cell, nodeId) > 0);
            return missing.isEmpty();
        });
    }

    private static int served(final LiveCell cell, final int nodeId) {
        try {
            final String metrics = cell.node(nodeId).http("/metrics").body();
            final Matcher matcher = SERVED.matcher(metrics);
            if (!matcher.find()) {
                throw new AssertionError("node " + nodeId + " does not tell " + SERVED + ": " + metrics);
            }
            return Integer.parseInt(matcher.group(1));
        } catch (final IOException ex) {
            throw new UncheckedIOException(ex);
        } catch (final InterruptedException ex) {
            throw new IllegalStateException(ex);
        }
    }
}
