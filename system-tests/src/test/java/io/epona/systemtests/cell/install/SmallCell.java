package io.epona.systemtests.cell.install;

import io.epona.node.cell.CellView;
import io.epona.node.config.CellMember;
import io.epona.systemtests.harness.Await;
import io.epona.systemtests.harness.DiskFiles;
import io.epona.systemtests.harness.EponaProcess;
import io.epona.systemtests.harness.FreePorts;
import io.epona.systemtests.harness.NodeSettings;
import io.epona.systemtests.harness.TestBench;
import java.io.IOException;
import java.net.DatagramSocket;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.SocketException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.concurrent.ThreadLocalRandom;
import java.util.stream.Collectors;
import java.util.stream.IntStream;

/** Three processes with journals of 4 MiB for each of three lanes. Used by the test's thread. */
final class SmallCell implements AutoCloseable {
    static final List<Integer> NODE_IDS = List.of(1, 2, 3);

    private static final Duration PATIENCE = Duration.ofSeconds(150);
    private static final int LOWEST_PORT = 10_000;
    private static final int BLOCKS = 1_600;

    private final TestBench bench;
    private final Path shared;
    private final List<Integer> kafkaPorts = new ArrayList<>();
    private final Map<Integer, NodeSettings> settings = new TreeMap<>();
    private final Map<Integer, EponaProcess> running = new TreeMap<>();

    SmallCell(final TestBench bench) throws IOException {
        this.bench = bench;
        shared = Files.createTempDirectory(Path.of("/dev/shm"), "epona-test-");
        final List<Integer> ports = udpBlocks();
        final String members = NODE_IDS.stream()
                .map(id -> id + "@127.0.0.1:" + ports.get(id - 1))
                .collect(Collectors.joining(","));
        for (final int nodeId : NODE_IDS) {
            final int kafkaPort = FreePorts.next();
            kafkaPorts.add(kafkaPort);
            settings.put(
                    nodeId,
                    bench.settings()
                            .port(kafkaPort)
                            .set("counters.dir", shared.toString())
                            .set("node.id", Integer.toString(nodeId))
                            .set("cell.members", members)
                            .set("topic.auto-create", "false")
                            .set("lane.ring.length", "512KiB")
                            .set("lane.command-ring.length", "512KiB")
                            .set("journal.segment.length", "512KiB")
                            .set("journal.segment.count", "8")
                            .set("checkpoint.interval.length", "256KiB")
                            .set("gateway.max-request.length", "1MiB")
                            .set("log.drain.age", "100ms")
                            .set("replication.term.length", "1MiB")
                            .set("replication.mtu", "65504")
                            .set("replication.max-lag", "2s")
                            .set("controller.leader-timeout", "3s")
                            .set("controller.session-timeout", "4s"));
        }
    }

    private static List<Integer> udpBlocks() {
        final List<Integer> blocks = new ArrayList<>();
        while (blocks.size() < NODE_IDS.size()) {
            final int port = LOWEST_PORT
                    + CellMember.PORT_COUNT * ThreadLocalRandom.current().nextInt(BLOCKS);
            if (!blocks.contains(port)
                    && IntStream.range(port, port + CellMember.PORT_COUNT).allMatch(SmallCell::isFree)) {
                blocks.add(port);
            }
        }
        return blocks;
    }

    private static boolean isFree(final int port) {
        try (DatagramSocket socket = new DatagramSocket(null)) {
            socket.bind(new InetSocketAddress(InetAddress.getLoopbackAddress(), port));
            return true;
        } catch (final SocketException ex) {
            return false;
        }
    }

    /** Changes a key of a node, before it starts. */
    SmallCell set(final int nodeId, final String key, final String value) {
        settings.get(nodeId).set(key, value);
        return this;
    }

    void startAll() throws Exception {
        NODE_IDS.forEach(this::launch);
        running.values().forEach(EponaProcess::awaitReady);
        awaitInSync();
    }

    EponaProcess launch(final int nodeId) {
        final EponaProcess node = bench.launch(settings.get(nodeId));
        running.put(nodeId, node);
        return node;
    }

    /** Starts a node and waits until it is in sync. */
    void restart(final int nodeId) throws Exception {
        launch(nodeId).awaitReady();
        awaitInSync();
    }

    /** SIGKILL. */
    void kill(final int nodeId) {
        running.remove(nodeId).kill();
    }

    EponaProcess node(final int nodeId) {
        return running.get(nodeId);
    }

    Path directory(final int nodeId) {
        return settings.get(nodeId).directory();
    }

    /** Kafka addresses of all nodes, whether they run or not. */
    String bootstrap() {
        return kafkaPorts.stream().map(port -> "127.0.0.1:" + port).collect(Collectors.joining(","));
    }

    /** Value of a metric without labels. */
    double metric(final int nodeId, final String name) throws Exception {
        return running.get(nodeId)
                .http("/metrics")
                .body()
                .lines()
                .filter(line -> line.startsWith(name + ' '))
                .mapToDouble(line -> Double.parseDouble(line.substring(name.length() + 1)))
                .findFirst()
                .orElseThrow();
    }

    /** Waits until each running node knows all replicas of all lanes to be in sync. */
    void awaitInSync() throws Exception {
        Await.until(this::describe, PATIENCE, () -> running.values().stream().allMatch(node -> isInSync(viewOf(node))));
    }

    private static boolean isInSync(final CellView view) {
        return view != null
                && !view.lanes().isEmpty()
                && view.lanes().stream()
                        .allMatch(lane -> lane.leader() >= 0
                                && lane.inSync().stream().sorted().toList().equals(NODE_IDS));
    }

    /** Null while a node says nothing, as when it starts anew. */
    private static CellView viewOf(final EponaProcess node) {
        try {
            return CellView.decode(node.http("/cell").body());
        } catch (final IOException ex) {
            return null;
        } catch (final InterruptedException ex) {
            throw new IllegalStateException(ex);
        }
    }

    private String describe() {
        return running.entrySet().stream()
                .map(entry -> {
                    final CellView view = viewOf(entry.getValue());
                    return "node " + entry.getKey() + ":\n" + (view == null ? "silent" : view.encode());
                })
                .collect(Collectors.joining("\n"));
    }

    @Override
    public void close() throws IOException {
        running.values().forEach(EponaProcess::kill);
        running.clear();
        DiskFiles.deleteTree(shared);
    }
}
