package io.epona.systemtests.cell.install;

import static org.junit.jupiter.api.Assertions.assertEquals;

import io.epona.systemtests.cell.live.CellErrors;
import io.epona.systemtests.cell.live.LiveCell;
import io.epona.systemtests.harness.Await;
import io.epona.systemtests.harness.DiskFiles;
import io.epona.systemtests.harness.EponaProcess;
import io.epona.systemtests.harness.TestBench;
import java.io.IOException;
import java.nio.file.Files;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.extension.RegisterExtension;

/**
 * A cell of three processes that has written more than its journals hold, and a node that comes back with less than
 * they reach back to.
 */
@Timeout(600)
class ReplacedNodeTest {
    /** More than twice what the journals of the three lanes hold together. */
    private static final int MANY = 2_100;

    private static final int SOME = 300;

    @RegisterExtension
    private final TestBench bench = new TestBench();

    @BeforeEach
    void expectErrors() {
        CellErrors.expectWithInstallationsIn(bench);
        bench.expectError("failed to join (catchup|live) log");
        bench.expectError("the copy of lane \\d+ is half made");
    }

    /** Its journals hold little, and what is drained is drained soon. */
    private LiveCell cell() throws IOException {
        return LiveCell.of(bench)
                .set("journal.segment.count", "8")
                .set("log.drain.age", "100ms")
                .set("log.cleaner.interval", "100ms")
                .set("replication.mtu", "65504");
    }

    private static double installingLanes(final EponaProcess node) throws Exception {
        final String name = "epona_installing_lanes ";
        return node.http("/metrics")
                .body()
                .lines()
                .filter(line -> line.startsWith(name))
                .mapToDouble(line -> Double.parseDouble(line.substring(name.length())))
                .findFirst()
                .orElseThrow();
    }

    @Test
    void shouldBeInSyncAgainWithEveryRecordWhenANodeWasReplacedByAnEmptyOne() throws Exception {
        try (LiveCell cell = cell();
                SmallLoad load = new SmallLoad(cell)) {
            final KeyedLoad keyed = new KeyedLoad(cell);
            cell.startAll();
            load.createTopics();
            keyed.createTopics();
            keyed.produce();
            keyed.trim();
            load.produce(MANY);
            load.deleteTopic();
            keyed.awaitCompacted(1, 2);
            cell.kill(3);
            DiskFiles.deleteTree(cell.dataDirectory(3));
            load.produce(SOME);

            cell.set(3, "install.rate", "1MiB").launch(3).awaitReady();
            Await.until(
                    "an installation",
                    () -> Files.exists(cell.dataDirectory(3).resolve("install-lane-0"))
                            && Files.exists(
                                    cell.dataDirectory(3).resolve("logs").resolve(SmallLoad.TOPIC + "-0")));
            cell.kill(3);
            cell.set(3, "install.rate", "64MiB").launch(3).awaitReady();
            load.produce(SOME);
            cell.awaitInSync();
            // It says so when it is ready again, which may be after its lanes are.
            Await.until("the end of the new start", () -> cell.node(3).out().contains("epona: started anew"));
            assertEquals(0, installingLanes(cell.node(3)));

            cell.kill(1);
            load.produce(SOME);
            load.assertAllRead();
            keyed.assertAllRead();
            cell.restart(1);
            cell.kill(2);
            load.assertAllRead();
            keyed.assertAllRead();
        }
    }

    @Test
    void shouldFetchWhatItLacksFromWhoeverLeadsWhenANodeWasAwayForLong() throws Exception {
        try (LiveCell cell = cell();
                SmallLoad load = new SmallLoad(cell)) {
            final KeyedLoad keyed = new KeyedLoad(cell);
            cell.startAll();
            load.createTopics();
            keyed.createTopics();
            load.produce(SOME);
            cell.kill(2);
            // By the time at which node 2 comes back, what was deleted is gone, and so is the record that deleted it.
            keyed.trim();
            keyed.deleteTheDoomed();
            keyed.produce();
            keyed.awaitCompacted(1, 3);
            keyed.produce();
            keyed.awaitCompacted(1, 3);
            load.produce(MANY);
            cell.set(2, "install.rate", "2MiB").launch(2).awaitReady();
            Await.until(
                    "an installation", () -> Files.exists(cell.dataDirectory(2).resolve("install-lane-0")));
            // Who leads its lanes then has the same records: what was fetched from node 1 is kept.
            cell.kill(1);
            cell.launch(1).awaitReady();
            load.produce(SOME);
            cell.awaitInSync();
            cell.kill(3);
            load.assertAllRead();
            keyed.assertAllRead();
        }
    }
}
