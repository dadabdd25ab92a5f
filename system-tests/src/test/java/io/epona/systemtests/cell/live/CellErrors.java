package io.epona.systemtests.cell.live;

import io.epona.systemtests.harness.TestBench;

/** What nodes may note while others of their cell are started, killed, paused, cut off and emptied. */
public final class CellErrors {
    private CellErrors() {}

    /** Says so to the bench, which fails a test for anything else. */
    public static void expectIn(final TestBench bench) {
        bench.expectError("still waiting for a majority of the cell");
        bench.expectError("lane \\d+ has no leader");
        bench.expectError("nobody else can lead lanes of this node");
        bench.expectError("connection to the control log is lost");
        // The command that makes their topic was lost with the leader of the control log.
        bench.expectError("(groups|transactions) cannot be coordinated now");
        // Aeron's word for members and sessions that went away, or that were slow to come back.
        bench.expectError("LogErrorHandler: control log: ");
        bench.expectError("existing publication has clashing sessionId");
        bench.expectError("no connection established for replayChannel");
        // Machines that run other tests beside let a device, or a thread, wait for seconds.
        bench.expectError("the leader's own journal stands still");
        bench.expectError("this node asks for another leader of lane");
        bench.expectError("lane \\d+ keeps its leader");
        bench.expectError("proposal of smaller in-sync replicas has failed"); // not answered in a second, tried again
    }

    /** As {@link #expectIn}, where a node also installs lanes from their leaders' partition logs. */
    public static void expectWithInstallationsIn(final TestBench bench) {
        expectIn(bench);
        bench.expectError("this replica is too far behind to follow, and has to be installed anew");
        bench.expectError("lane \\d+ is installed anew from its leader's partition logs");
        bench.expectError("lane \\d+: the installation is interrupted, and goes on");
        // It starts anew on the port that clients know.
        bench.expectError("TCP port \\d+ is taken");
    }
}
