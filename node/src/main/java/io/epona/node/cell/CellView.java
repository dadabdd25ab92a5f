package io.epona.node.cell;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.stream.Collectors;

/**
 * A cell as one of its nodes sees it, and that node's own positions: what {@code GET /cell} answers. As text it is one
 * line for each record, with tab-separated cells of which the first names the kind; a reader passes over kinds that it
 * does not know.
 *
 * @param clusterId of the cluster
 * @param nodeId the node that says this
 * @param quorumLeader node that leads the metadata quorum, -1 when that is not known
 * @param nodes all nodes that ever registered
 * @param lanes as the controller has decided about them
 * @param logs this node's logs
 * @param followers what this node knows of the logs of others, for the lanes that it leads
 */
public record CellView(
        String clusterId,
        int nodeId,
        int quorumLeader,
        List<NodeLine> nodes,
        List<LaneLine> lanes,
        List<LogLine> logs,
        List<FollowerLine> followers) {
    private static final String CELL = "cell";
    private static final String NODE = "node";
    private static final String LANE = "lane";
    private static final String LOG = "log";
    private static final String FOLLOWER = "follower";

    /** Copies the lists. */
    public CellView {
        nodes = List.copyOf(nodes);
        lanes = List.copyOf(lanes);
        logs = List.copyOf(logs);
        followers = List.copyOf(followers);
    }

    /**
     * A node.
     *
     * @param nodeId its id
     * @param kafka {@code host:port} for clients
     * @param state online, fenced or stopping
     */
    public record NodeLine(int nodeId, String kafka, String state) {}

    /**
     * A lane.
     *
     * @param laneId its id
     * @param leader node id, -1 when nobody leads
     * @param leaderEpoch of the leader
     * @param version of leader and in-sync replicas
     * @param inSync node ids
     * @param replicas node ids, the preferred leader first
     */
    public record LaneLine(
            int laneId, int leader, int leaderEpoch, int version, List<Integer> inSync, List<Integer> replicas) {}

    /**
     * The node's own log of a lane.
     *
     * @param laneId its lane
     * @param appended its end
     * @param durable frames below are on the device
     * @param committed frames below are committed, as far as the node knows
     */
    public record LogLine(int laneId, long appended, long durable, long committed) {}

    /**
     * Another node's log, as the leader knows it.
     *
     * @param laneId its lane
     * @param nodeId its node
     * @param received its end
     * @param acked frames below are on its device
     * @param lagMs how long the oldest frame that is not yet there has been appended, milliseconds; 0 when there is
     *     none
     */
    public record FollowerLine(int laneId, int nodeId, long received, long acked, long lagMs) {}

    /** As text. */
    public String encode() {
        final StringBuilder text = new StringBuilder();
        line(text, CELL, clusterId, nodeId, quorumLeader);
        nodes.forEach(node -> line(text, NODE, node.nodeId, node.kafka, node.state));
        lanes.forEach(lane -> line(
                text,
                LANE,
                lane.laneId,
                lane.leader,
                lane.leaderEpoch,
                lane.version,
                join(lane.inSync),
                join(lane.replicas)));
        logs.forEach(log -> line(text, LOG, log.laneId, log.appended, log.durable, log.committed));
        followers.forEach(follower -> line(
                text, FOLLOWER, follower.laneId, follower.nodeId, follower.received, follower.acked, follower.lagMs));
        return text.toString();
    }

    private static void line(final StringBuilder text, final Object... cells) {
        text.append(Arrays.stream(cells).map(String::valueOf).collect(Collectors.joining("\t")))
                .append('\n');
    }

    private static String join(final List<Integer> ids) {
        return ids.stream().map(String::valueOf).collect(Collectors.joining(","));
    }

    private static List<Integer> split(final String ids) {
        return Arrays.stream(ids.split(",")).map(Integer::valueOf).toList();
    }

    /**
     * Reads what {@link #encode()} wrote.
     *
     * @throws IllegalArgumentException when it is something else
     */
    public static CellView decode(final String text) {
        String clusterId = null;
        int nodeId = -1;
        int quorumLeader = -1;
        final List<NodeLine> nodes = new ArrayList<>();
        final List<LaneLine> lanes = new ArrayList<>();
        final List<LogLine> logs = new ArrayList<>();
        final List<FollowerLine> followers = new ArrayList<>();
        for (final String line : text.split("\n")) {
            final String[] cells = line.split("\t", -1);
            try {
                switch (cells[0]) {
                    case CELL -> {
                        clusterId = cells[1];
                        nodeId = Integer.parseInt(cells[2]);
                        quorumLeader = Integer.parseInt(cells[3]);
                    }
                    case NODE -> nodes.add(new NodeLine(Integer.parseInt(cells[1]), cells[2], cells[3]));
                    case LANE -> lanes.add(laneLine(cells));
                    case LOG ->
                        logs.add(new LogLine(
                                Integer.parseInt(cells[1]),
                                Long.parseLong(cells[2]),
                                Long.parseLong(cells[3]),
                                Long.parseLong(cells[4])));
                    case FOLLOWER ->
                        followers.add(new FollowerLine(
                                Integer.parseInt(cells[1]),
                                Integer.parseInt(cells[2]),
                                Long.parseLong(cells[3]),
                                Long.parseLong(cells[4]),
                                Long.parseLong(cells[5])));
                    default -> {
                        // A later version says more.
                    }
                }
            } catch (final NumberFormatException | ArrayIndexOutOfBoundsException ex) {
                throw new IllegalArgumentException("not a node's view of its cell: line=" + line, ex);
            }
        }
        if (clusterId == null) {
            throw new IllegalArgumentException("not a node's view of its cell: there is no line of the cell");
        }
        return new CellView(clusterId, nodeId, quorumLeader, nodes, lanes, logs, followers);
    }

    private static LaneLine laneLine(final String[] cells) {
        return new LaneLine(
                Integer.parseInt(cells[1]),
                Integer.parseInt(cells[2]),
                Integer.parseInt(cells[3]),
                Integer.parseInt(cells[4]),
                split(cells[5]),
                split(cells[6]));
    }
}
