package io.epona.systemtests.cell.live;

import static org.junit.jupiter.api.Assertions.assertEquals;

import io.epona.node.cell.CellView;
import io.epona.systemtests.harness.Await;
import io.epona.systemtests.harness.DiskFiles;
import io.epona.systemtests.harness.EponaProcess;
import io.epona.systemtests.harness.FreePorts;
import io.epona.systemtests.harness.NodeSettings;
import io.epona.systemtests.harness.TestBench;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.concurrent.TimeUnit;
import java.util.function.ToIntFunction;
import java.util.stream.Collectors;
import java.util.stream.IntStream;

/**
 * A cell of three nodes, or another number, each a process, on ports that they keep. Rings and journals are small, so
 * that the log comes round; the quorum is patient, because the machine may be busy with other tests. Used by the test's
 * thread.
 */
public final class LiveCell implements AutoCloseable {
    /** Long enough for an election, a start and a catch-up on a busy machine. */
    static final Duration PATIENCE = Duration.ofSeconds(240);

    public static final List<Integer> NODE_IDS = List.of(1, 2, 3);

    private static final int EXIT_TIMEOUT_S = 60;

    /** A node does not say how it is. */
    private static final class SilentNodeException extends RuntimeException {
        private static final long serialVersionUID = 1L;

        SilentNodeException(final int nodeId, final IOException cause) {
            super("node " + nodeId + " does not answer", cause);
        }
    }

    private final TestBench bench;
    private final Path directory;
    private final Path shared;
    private final List<Integer> nodeIds;
    private final Map<Integer, NodeSettings> settings = new TreeMap<>();
    private final Map<Integer, EponaProcess> running = new TreeMap<>();

    /** A cell on the loopback address that is not started yet. */
    public static LiveCell of(final TestBench bench) throws IOException {
        return new LiveCell(bench, CellHosts.LOOPBACK);
    }

    /** A cell of nodes 1 to a number on the loopback address that is not started yet. */
    static LiveCell of(final TestBench bench, final int nodeCount) throws IOException {
        return new LiveCell(
                bench,
                CellHosts.LOOPBACK,
                IntStream.rangeClosed(1, nodeCount).boxed().toList());
    }

    /**
     * A cell that is not started yet.
     *
     * @param hosts where its nodes run
     */
    LiveCell(final TestBench bench, final CellHosts hosts) throws IOException {
        this(bench, hosts, NODE_IDS);
    }

    private LiveCell(final TestBench bench, final CellHosts hosts, final List<Integer> nodeIds) throws IOException {
        this.bench = bench;
        this.nodeIds = nodeIds;
        directory = Files.createDirectories(bench.directory());
        shared = Files.createTempDirectory(Path.of("/dev/shm"), "epona-test-");
        final List<Integer> ports = UdpBlocks.free(nodeIds.size());
        final String members = nodeIds.stream()
                .map(id -> id + "@" + hosts.address(id) + ":" + ports.get(id - 1))
                .collect(Collectors.joining(","));
        for (final int nodeId : nodeIds) {
            final NodeSettings node = NodeSettings.small(directory.resolve("node-" + nodeId))
                    .host(hosts.address(nodeId))
                    .port(FreePorts.next())
                    .set("counters.dir", shared.toString())
                    .set("node.id", Integer.toString(nodeId))
                    .set("cell.members", members)
                    .set("topic.auto-create", "false")
                    .set("lane.ring.length", "512KiB")
                    .set("lane.command-ring.length", "512KiB")
                    .set("journal.segment.length", "512KiB")
                    .set("journal.segment.count", "20")
                    .set("checkpoint.interval.length", "256KiB")
                    .set("gateway.max-request.length", "1MiB")
                    .set("replication.term.length", "1MiB")
                    .set("replication.mtu", hosts.mtu())
                    .set("replication.max-lag", "2s")
                    .set("controller.leader-timeout", "3s")
                    .set("controller.session-timeout", "4s");
            hosts.runner(nodeId).ifPresent(node::runBy);
            settings.put(nodeId, node);
        }
    }

    /** Changes a key on all nodes, before they start. */
    public LiveCell set(final String key, final String value) {
        settings.values().forEach(node -> node.set(key, value));
        return this;
    }

    /** Changes a key of a node, before it starts. */
    public LiveCell set(final int nodeId, final String key, final String value) {
        settings.get(nodeId).set(key, value);
        return this;
    }

    /** Starts all nodes that do not run and waits until all replicas are in sync. */
    public LiveCell startAll() throws Exception {
        try {
            nodeIds.stream().filter(id -> !running.containsKey(id)).forEach(this::launch);
            for (final EponaProcess node : running.values()) {
                node.awaitReady();
            }
            awaitInSync();
            return this;
        } catch (final Exception | AssertionError ex) {
            close(); // nobody holds it yet who would
            throw ex;
        }
    }

    /** Starts a node without waiting for it. */
    public EponaProcess launch(final int nodeId) {
        final EponaProcess node = bench.launch(settings.get(nodeId));
        running.put(nodeId, node);
        return node;
    }

    /** Starts a node and waits until all its replicas are in sync. */
    public void restart(final int nodeId) throws Exception {
        launch(nodeId).awaitReady();
        awaitInSync();
    }

    /** SIGKILL. */
    public void kill(final int nodeId) {
        running.remove(nodeId).kill();
    }

    /** A node has ended by itself. */
    public void forget(final int nodeId) {
        running.remove(nodeId);
    }

    /** SIGKILL to all at once. */
    public void killAll() {
        running.values().forEach(node -> node.signal("KILL"));
        running.values().forEach(EponaProcess::kill);
        running.clear();
    }

    /** SIGTERM, and a clean end. */
    void stop(final int nodeId) {
        final EponaProcess node = running.remove(nodeId);
        node.terminate();
        assertEquals(0, node.awaitExit(EXIT_TIMEOUT_S, TimeUnit.SECONDS), () -> "node " + nodeId + ": " + node.err());
    }

    /** All nodes, whether they run or not. */
    List<Integer> nodeIds() {
        return nodeIds;
    }

    public EponaProcess node(final int nodeId) {
        return running.get(nodeId);
    }

    public Path dataDirectory(final int nodeId) {
        return settings.get(nodeId).directory();
    }

    /** Kafka addresses of all nodes, whether they run or not. */
    public String bootstrap() {
        return nodeIds.stream().map(id -> settings.get(id).listenAddress()).collect(Collectors.joining(","));
    }

    /** What a node tells of the cell. */
    public CellView view(final int nodeId) {
        try {
            return CellView.decode(running.get(nodeId).http("/cell").body());
        } catch (final IOException ex) {
            throw new SilentNodeException(nodeId, ex);
        } catch (final InterruptedException ex) {
            throw new IllegalStateException(ex);
        }
    }

    /** Who leads a lane; waits while nobody does. */
    public int leaderOf(final int laneId) throws Exception {
        return await(
                "a leader of lane " + laneId, view -> view.lanes().get(laneId).leader());
    }

    /** Who leads the metadata quorum; waits while nobody does. */
    int quorumLeader() throws Exception {
        return await("a leader of the quorum", CellView::quorumLeader);
    }

    private int await(final String what, final ToIntFunction<CellView> idOf) throws Exception {
        final int[] found = {-1};
        Await.until(() -> what + ": " + describe(), PATIENCE, () -> {
            found[0] = views().stream()
                    .mapToInt(idOf)
                    .filter(id -> id >= 0)
                    .findFirst()
                    .orElse(-1);
            return found[0] >= 0;
        });
        return found[0];
    }

    /** Of all nodes that run and answer. */
    private List<CellView> views() {
        final List<CellView> views = new ArrayList<>();
        for (final int nodeId : running.keySet()) {
            try {
                views.add(view(nodeId));
            } catch (final SilentNodeException ex) {
                continue; // asked again until the caller's patience ends, and named in the failure then
            }
        }
        return views;
    }

    /** Waits until each running node knows all replicas of all lanes to be in sync, and all nodes to be online. */
    public void awaitInSync() throws Exception {
        awaitInSync(nodeIds);
    }

    /** Waits until each running node knows exactly these nodes to be in sync, for all lanes. */
    void awaitInSync(final List<Integer> expected) throws Exception {
        Await.until(() -> "in-sync replicas " + expected + ": " + describe(), PATIENCE, () -> {
            final List<CellView> views = views();
            return views.size() == running.size() && views.stream().allMatch(view -> isInSync(view, expected));
        });
    }

    private static boolean isInSync(final CellView view, final List<Integer> expected) {
        return !view.lanes().isEmpty()
                && view.lanes().stream()
                        .allMatch(lane -> lane.leader() >= 0
                                && lane.inSync().stream().sorted().toList().equals(expected))
                && view.nodes().stream()
                        .filter(node -> expected.contains(node.nodeId()))
                        .allMatch(node -> node.state().equals("online"));
    }

    /** All that the nodes say, for a failure's message. */
    String describe() {
        final List<String> parts = new ArrayList<>();
        running.forEach((id, node) -> {
            try {
                parts.add("node " + id + ":\n" + view(id).encode());
            } catch (final RuntimeException ex) {
                parts.add("node " + id + ": " + ex + ", alive=" + node.isAlive());
            }
        });
        return String.join("\n", parts);
    }

    /** Runs {@code epona cell status} on the cell's directory until it ends. */
    public EponaProcess status() {
        final EponaProcess status =
                bench.command(NodeSettings.small(bench.directory()), "cell", "status", "--dir", directory.toString());
        status.awaitExit(EXIT_TIMEOUT_S, TimeUnit.SECONDS);
        return status;
    }

    /** Kills what runs; nothing is left in shared memory. */
    @Override
    public void close() throws IOException {
        try {
            running.values().forEach(EponaProcess::kill);
            running.clear();
        } finally {
            DiskFiles.deleteTree(shared);
        }
    }
}
