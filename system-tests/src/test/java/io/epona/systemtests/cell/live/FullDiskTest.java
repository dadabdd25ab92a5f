package io.epona.systemtests.cell.live;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import io.epona.systemtests.harness.EponaProcess;
import io.epona.systemtests.harness.SmallDisk;
import io.epona.systemtests.harness.TestBench;
import io.epona.systemtests.load.LoadPlan;
import java.nio.file.Files;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.extension.RegisterExtension;

/**
 * The disk of one node of a cell is full, under load: the node leads one lane and follows two. It ends itself, the
 * others go on without losing anything, and it is in sync again once it is started with space.
 *
 * <p>To send what a failing seed sent: {@code -Depona.seed=SEED}.
 */
@Timeout(600)
class FullDiskTest {
    private static final long SEED = Long.getLong("epona.seed", System.nanoTime());
    private static final LoadPlan PLAN = new LoadPlan(SEED, 2, 300_000, 32 * 1024);
    private static final int NODE = 2;
    private static final int ENDED_BY_ITSELF = 3;
    private static final long IMAGE_LENGTH = 96L << 20;
    private static final int END_TIMEOUT_S = 100;

    @RegisterExtension
    private final TestBench bench = new TestBench();

    @Test
    void shouldGoOnWithoutTheNodeAndTakeItBackWhenItsDiskIsFull() throws Exception {
        CellErrors.expectWithInstallationsIn(bench);
        System.out.println("seed " + SEED);
        bench.expectError("No space left on device");
        bench.expectError("stopped by itself");
        bench.expectError("control log (ended|cannot go on)");
        // Kafka's words for a directory that cannot be written.
        bench.expectError("o\\.a\\.k\\.s\\.i\\.log\\.");
        final LiveCell cell = LiveCell.of(bench).set("journal.segment.count", "12");
        final Optional<SmallDisk> mounted =
                SmallDisk.mount(Files.createDirectories(cell.dataDirectory(NODE)), IMAGE_LENGTH);
        if (mounted.isEmpty()) {
            cell.close();
        }
        assumeTrue(
                mounted.isPresent(), "skipped: a loop device cannot be mounted here (root and mkfs.ext4 are needed)");
        try (SmallDisk disk = mounted.orElseThrow();
                cell) {
            cell.startAll();
            run(cell, disk);
        }
    }

    private void run(final LiveCell cell, final SmallDisk disk) throws Exception {
        try (CellLoad load = new CellLoad(cell, PLAN, 2)) {
            load.awaitProgress("the start");
            final EponaProcess full = cell.node(NODE);
            disk.fill(0);
            assertEquals(ENDED_BY_ITSELF, full.awaitExit(END_TIMEOUT_S, TimeUnit.SECONDS), full::err);
            assertTrue(full.err().contains("stopped by itself"), full::err);
            assertTrue(full.err().contains("No space left on device"), full::err);
            cell.forget(NODE);
            load.awaitProgress("the end of node " + NODE);
            cell.awaitInSync(List.of(1, 3));

            final EponaProcess status = cell.status();
            assertEquals(3, status.exitStatus(), status::out);
            assertTrue(status.out().contains("No space left on device"), status::out);

            final EponaProcess again = cell.launch(NODE);
            assertNotEquals(0, again.awaitExit(END_TIMEOUT_S, TimeUnit.SECONDS), again::err);
            assertTrue(again.err().contains("No space left on device"), again::err);
            cell.forget(NODE);
            load.awaitProgress("a start without space");

            disk.free();
            cell.restart(NODE);
            load.awaitProgress("the return of node " + NODE);
            cell.kill(1);
            load.awaitProgress("the kill of node 1");
            load.finish();
        }
    }
}
