package io.epona.benchmarks.cell;

import io.epona.runtime.CounterType;
import java.io.PrintStream;
import java.util.Locale;

/**
 * Kills a node, writes what it then misses, starts it again, and tells when it is an in-sync replica of all lanes. What
 * the journals of the leaders still have comes from there, all else from their partition logs: with many partitions a
 * cell's journals (1.5 GiB unless configured) hold a gibibyte, with one partition they do not.
 */
final class CatchUpTime implements CellBenchmarks.Measurement {
    private static final String TOPIC = "catch-up";
    private static final long MIB = 1024 * 1024;
    private static final int BEFORE_MIB = 16;
    private static final double NS_PER_S = 1e9;

    @Override
    public void run(final RunningCell cell, final CellBenchmarks.Arguments arguments, final PrintStream out)
            throws Exception {
        final int nodeId = RunningCell.SIZE;
        Records.createTopic(cell, TOPIC, arguments.partitions());
        for (int run = 0; run < arguments.runsOr(1); run++) {
            Records.write(cell, TOPIC, arguments.partitions(), BEFORE_MIB * MIB);
            cell.awaitWhole();
            cell.kill(nodeId);
            Records.write(cell, TOPIC, arguments.partitions(), arguments.mib() * MIB);
            final long caughtUp = cell.sum(CounterType.REPLICATION_CATCH_UP);
            final long installed = cell.sum(CounterType.INSTALL_SENT);
            final long startNs = System.nanoTime();
            cell.restart(nodeId);
            final long servingNs = System.nanoTime();
            cell.awaitWhole();
            final long inSyncNs = System.nanoTime();
            out.printf(
                    Locale.ROOT,
                    "missed %d MiB in %d partitions: in sync %.1f s after its start, serving after %.1f s;"
                            + " %d MiB from journals, %d MiB from partition logs%n",
                    arguments.mib(),
                    arguments.partitions(),
                    (inSyncNs - startNs) / NS_PER_S,
                    (servingNs - startNs) / NS_PER_S,
                    (cell.sum(CounterType.REPLICATION_CATCH_UP) - caughtUp) / MIB,
                    (cell.sum(CounterType.INSTALL_SENT) - installed) / MIB);
        }
    }
}
