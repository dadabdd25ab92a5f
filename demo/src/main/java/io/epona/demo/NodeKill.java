package io.epona.demo;

import io.epona.demo.load.Clients;
import io.epona.demo.load.LoadRun;
import io.epona.demo.node.CellNode;
import io.epona.demo.report.ConsoleView;
import io.epona.demo.report.Failover;
import io.epona.runtime.NodeClock;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.ExecutionException;

/** Kills the node that leads most of the demo's partitions, in the middle of a run. One thread. */
final class NodeKill {
    private final Target target;
    private final LoadRun run;
    private final NodeClock clock;
    private final long dueNs;
    private final ConsoleView view;
    private CellNode killed;
    private long killedNs;

    /**
     * A kill that is still to come.
     *
     * @param target whose nodes are processes of this machine
     * @param run in progress
     * @param durationNs of the run; the kill is due at half of it
     * @param clock that the run is timed with
     * @param view that is told
     */
    NodeKill(
            final Target target,
            final LoadRun run,
            final long durationNs,
            final NodeClock clock,
            final ConsoleView view) {
        this.target = target;
        this.run = run;
        this.clock = clock;
        this.dueNs = run.startNs() + durationNs / 2;
        this.view = view;
    }

    /**
     * Kills when it is time.
     *
     * @param nowNs nanoseconds since the Unix epoch
     * @throws DemoException when there is nobody to kill
     */
    void poll(final long nowNs) throws DemoException, InterruptedException {
        if (killed != null || nowNs < dueNs) {
            return;
        }
        run.reception().expectKill();
        final CellNode node = leader();
        killedNs = clock.epochNs();
        if (!node.kill()) {
            throw new DemoException(
                    ExitStatus.NO_VERDICT, "node " + node.nodeId() + " had ended before it was killed", null);
        }
        killed = node;
        view.note("killed node " + node.nodeId() + ", process " + node.pid() + ", which led most partitions");
    }

    private CellNode leader() throws DemoException, InterruptedException {
        try {
            final Map<Integer, Integer> leaders =
                    Clients.countLeaders(target.address().kafka());
            return target.cellNodes().stream()
                    .max((one, other) -> Integer.compare(
                            leaders.getOrDefault(one.nodeId(), 0), leaders.getOrDefault(other.nodeId(), 0)))
                    .orElseThrow(
                            () -> new DemoException(ExitStatus.NO_VERDICT, "the cell did not name its nodes", null));
        } catch (final ExecutionException ex) {
            throw new DemoException(ExitStatus.NO_VERDICT, "the cell does not tell who leads: " + ex.getCause(), ex);
        }
    }

    /** What it cost, once everything has come; empty when the run ended before. */
    Optional<Failover> result() {
        return killed == null
                ? Optional.empty()
                : Optional.of(Failover.of(
                        killed.nodeId(),
                        killedNs,
                        run.startNs(),
                        run.reception().overBudget()));
    }
}
