package io.epona.node.cell;

import io.epona.node.cell.CellView.FollowerLine;
import io.epona.node.cell.CellView.LaneLine;
import io.epona.node.cell.CellView.LogLine;
import io.epona.node.cell.CellView.NodeLine;
import java.util.Comparator;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;
import java.util.stream.Collectors;

/** Draws what the nodes of a cell say, for people. */
public final class CellTable {
    private CellTable() {}

    /**
     * The table.
     *
     * @param views of the nodes that answered, at least one
     * @param silent addresses that did not answer, with the reason
     */
    public static String render(final List<CellView> views, final Map<String, String> silent) {
        // Who has seen the latest decisions tells of the cell; each tells of its own logs.
        final CellView newest = views.stream()
                .max(Comparator.comparingLong(view -> view.lanes().stream()
                        .mapToLong(lane -> (long) lane.leaderEpoch() + lane.version())
                        .sum()))
                .orElseThrow();
        final StringBuilder text = new StringBuilder();
        text.append(String.format(
                Locale.ROOT,
                "cell %s: %d nodes, %d lanes, %d under-replicated, %d offline; metadata led by %s%n",
                newest.clusterId(),
                newest.nodes().size(),
                newest.lanes().size(),
                count(newest, lane -> lane.inSync().size() < lane.replicas().size()),
                count(newest, lane -> lane.leader() < 0),
                views.stream()
                        .map(CellView::quorumLeader)
                        .filter(leader -> leader >= 0)
                        .findFirst()
                        .map(leader -> "node " + leader)
                        .orElse("nobody that is known")));
        text.append(String.format(Locale.ROOT, "%-5s %-22s %-10s %s%n", "node", "kafka", "state", "leads"));
        for (final NodeLine node : newest.nodes()) {
            text.append(String.format(
                    Locale.ROOT,
                    "%-5d %-22s %-10s %s%n",
                    node.nodeId(),
                    node.kafka(),
                    node.state(),
                    newest.lanes().stream()
                            .filter(lane -> lane.leader() == node.nodeId())
                            .map(lane -> "lane " + lane.laneId())
                            .collect(Collectors.joining(", "))));
        }
        text.append(String.format(
                Locale.ROOT,
                "%-5s %-7s %-6s %-9s %-5s %15s %15s %15s %12s %8s%n",
                "lane",
                "leader",
                "epoch",
                "in sync",
                "node",
                "appended",
                "durable",
                "committed",
                "lag bytes",
                "lag ms"));
        newest.lanes().forEach(lane -> appendLane(text, lane, views));
        silent.forEach((address, reason) -> text.append("no answer from ")
                .append(address)
                .append(": ")
                .append(reason)
                .append('\n'));
        return text.toString();
    }

    private static long count(final CellView view, final java.util.function.Predicate<LaneLine> predicate) {
        return view.lanes().stream().filter(predicate).count();
    }

    private static void appendLane(final StringBuilder text, final LaneLine lane, final List<CellView> views) {
        final Map<Integer, CellView> byNode =
                views.stream().collect(Collectors.toMap(CellView::nodeId, view -> view, (a, b) -> b, TreeMap::new));
        final CellView leading = byNode.get(lane.leader());
        String head = String.format(
                Locale.ROOT,
                "%-5d %-7s %-6d %-9s",
                lane.laneId(),
                lane.leader() < 0 ? "offline" : Integer.toString(lane.leader()),
                lane.leaderEpoch(),
                lane.inSync().stream().map(Object::toString).collect(Collectors.joining(",")));
        for (final int nodeId : lane.replicas().stream().sorted().toList()) {
            final Optional<LogLine> own =
                    Optional.ofNullable(byNode.get(nodeId)).flatMap(view -> logOf(view, lane));
            final Optional<FollowerLine> followed =
                    Optional.ofNullable(leading).flatMap(view -> followerOf(view, lane, nodeId));
            final Optional<LogLine> ahead = Optional.ofNullable(leading).flatMap(view -> logOf(view, lane));
            final String lagBytes = nodeId == lane.leader() || ahead.isEmpty() || followed.isEmpty()
                    ? "-"
                    : number(Math.max(0, ahead.get().appended() - followed.get().acked()));
            text.append(String.format(
                    Locale.ROOT,
                    "%s %-5d %15s %15s %15s %12s %8s%n",
                    head,
                    nodeId,
                    own.map(log -> number(log.appended())).orElse("?"),
                    own.map(log -> number(log.durable())).orElse("?"),
                    own.map(log -> number(log.committed())).orElse("?"),
                    lagBytes,
                    followed.map(follower -> number(follower.lagMs())).orElse("-")));
            head = " ".repeat(head.length());
        }
    }

    private static Optional<LogLine> logOf(final CellView view, final LaneLine lane) {
        return view.logs().stream().filter(log -> log.laneId() == lane.laneId()).findFirst();
    }

    private static Optional<FollowerLine> followerOf(final CellView view, final LaneLine lane, final int nodeId) {
        return view.followers().stream()
                .filter(follower -> follower.laneId() == lane.laneId() && follower.nodeId() == nodeId)
                .findFirst();
    }

    private static String number(final long value) {
        return String.format(Locale.ROOT, "%,d", value);
    }
}
