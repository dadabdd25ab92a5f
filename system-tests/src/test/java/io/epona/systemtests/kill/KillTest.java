package io.epona.systemtests.kill;

import io.epona.systemtests.harness.NodeSettings;
import io.epona.systemtests.harness.TestBench;
import io.epona.systemtests.kill.KillRun.Blow;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.extension.RegisterExtension;

/**
 * A node that is killed with SIGKILL at any moment has, when it is back, each acknowledged record exactly once, at the
 * offset that was told, in the order of its producer, with the bytes that were sent; what was not acknowledged is there
 * once or not at all; topics that were made are there and topics that were deleted are not.
 *
 * <p>To run a failing seed again: {@code -Depona.seed=SEED}. The moments of the kills come from it; what the machine
 * does between them does not. {@code -Depona.kills=N} kills that often in each test.
 */
class KillTest {
    private static final long SEED = Long.getLong("epona.seed", System.nanoTime());

    @RegisterExtension
    private final TestBench bench = new TestBench();

    private static int kills(final int otherwise) {
        return Integer.getInteger("epona.kills", otherwise);
    }

    @Test
    @Timeout(500)
    void shouldKeepEveryAcknowledgedRecordWhenKilledUnderLoad() throws Exception {
        kill(bench.settings(), new KillPlan(SEED, kills(20), 0.15, 500, 4, 6_000_000, 100_000, 64 * 1024));
    }

    @Test
    @Timeout(500)
    void shouldKeepEveryAcknowledgedRecordWhenSeveralLanesAndThreadsAreKilled() throws Exception {
        final NodeSettings settings = bench.settings()
                .set("lane.count", "2")
                .set("gateway.threads", "2")
                .set("lane.on-gateway", "false")
                .set("lane.ring.length", "2MiB")
                .set("journal.segment.length", "512KiB")
                .set("journal.segment.count", "8");
        kill(settings, new KillPlan(SEED + 1, kills(13), 0.1, 400, 3, 6_000_000, 50_000, 32 * 1024));
    }

    @Test
    @Timeout(500)
    void shouldKeepEveryAcknowledgedRecordWhenTheSmallestJournalIsKilled() throws Exception {
        final NodeSettings settings = bench.settings()
                .set("lane.ring.length", "128KiB")
                .set("lane.command-ring.length", "128KiB")
                .set("journal.segment.length", "64KiB")
                .set("journal.segment.count", "4")
                .set("journal.max-write.length", "16KiB")
                .set("checkpoint.interval.length", "32KiB")
                .set("checkpoint.idle", "20ms");
        kill(settings, new KillPlan(SEED + 2, kills(12), 0.1, 300, 3, 1_500_000, 6_000, 8 * 1024));
    }

    /** Threads find seconds gone, clients time out and come again; nobody may take that for more than a pause. */
    @Test
    @Timeout(500)
    void shouldKeepEveryAcknowledgedRecordWhenStoppedForSecondsUnderLoad() throws Exception {
        run(bench.settings(), new KillPlan(SEED + 3, 4, 0, 7_000, 4, 6_000_000, 100_000, 64 * 1024), Blow.PAUSE);
    }

    private void kill(final NodeSettings settings, final KillPlan plan) throws Exception {
        run(settings, plan, Blow.KILL);
    }

    private void run(final NodeSettings settings, final KillPlan plan, final Blow blow) throws Exception {
        try (KillRun run = new KillRun(bench, settings, plan, blow)) {
            System.out.println(plan + ": " + run.run());
        }
    }
}
