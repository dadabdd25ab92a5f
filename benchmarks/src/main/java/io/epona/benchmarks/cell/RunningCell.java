package io.epona.benchmarks.cell;

import io.epona.demo.node.CellNode;
import io.epona.demo.node.ChildNode;
import io.epona.demo.node.NodeFailedException;
import io.epona.node.RunFile;
import io.epona.runtime.CounterType;
import io.epona.runtime.CountersView.Sample;
import io.epona.runtime.NodeCountersReader;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ThreadFactory;
import java.util.concurrent.TimeUnit;
import java.util.function.BooleanSupplier;
import java.util.stream.Stream;

/**
 * A cell of three, each node a process of this machine, started by the launcher as an operator would, in a temporary
 * directory. Its counters are read from shared memory, which disturbs nothing. One thread.
 */
final class RunningCell implements AutoCloseable {
    static final int SIZE = 3;

    private static final ThreadFactory THREADS =
            Thread.ofPlatform().daemon().name("cell-output-", 0).factory();
    private static final long POLL_MS = 1;
    private static final long SYNC_TIMEOUT_S = 120;

    private final Path directory;
    private final List<String> settings;
    private final ChildNode cell;
    private final Map<Integer, Long> pids = new HashMap<>();
    private final Map<Integer, ChildNode> restarted = new HashMap<>();
    private final Map<Integer, NodeCountersReader> readers = new HashMap<>();

    private RunningCell(final Path directory, final List<String> settings, final ChildNode cell) {
        this.directory = directory;
        this.settings = settings;
        this.cell = cell;
    }

    static RunningCell start(final Path parent, final List<String> settings) throws IOException, InterruptedException {
        final Path directory = Files.createTempDirectory(parent, "epona-bench-cell-");
        final List<String> command = launcher(settings);
        command.addAll(List.of("--cell", Integer.toString(SIZE), "--dir", directory.toString()));
        command.addAll(List.of("--listen", "127.0.0.1:0", "--metrics", "127.0.0.1:0"));
        try {
            final RunningCell running = new RunningCell(directory, settings, ChildNode.start(command, THREADS));
            for (final CellNode node : running.cell.cellNodes()) {
                running.pids.put(node.nodeId(), node.pid());
            }
            return running;
        } catch (final NodeFailedException ex) {
            delete(directory);
            throw new IllegalStateException(ex.getMessage(), ex);
        }
    }

    private static List<String> launcher(final List<String> settings) {
        final List<String> command = new ArrayList<>(
                List.of(Path.of(System.getProperty("epona.home"), "epona").toString(), "start"));
        settings.forEach(setting -> command.addAll(List.of("--set", setting)));
        return command;
    }

    String bootstrap() {
        return cell.address().kafka();
    }

    /** Process ids of the nodes that run. */
    List<Long> pids() {
        return List.copyOf(pids.values());
    }

    /** Ids of the nodes that run. */
    List<Integer> nodeIds() {
        return pids.keySet().stream().sorted().toList();
    }

    /** SIGKILL. Returns when it was sent, {@code System.nanoTime}. */
    long kill(final int nodeId) {
        final ProcessHandle process = ProcessHandle.of(pids.remove(nodeId))
                .orElseThrow(() -> new IllegalStateException("node " + nodeId + " has ended by itself"));
        readers.remove(nodeId);
        final long nowNs = System.nanoTime();
        process.destroyForcibly();
        process.onExit().join();
        final ChildNode own = restarted.remove(nodeId);
        if (own != null) {
            own.close();
        }
        return nowNs;
    }

    /** Starts a node that was killed; returns when it serves. */
    void restart(final int nodeId) throws InterruptedException {
        final List<String> command = launcher(settings);
        command.addAll(List.of(
                "--config",
                directory.resolve("node-" + nodeId).resolve("node.conf").toString()));
        try {
            final ChildNode node = ChildNode.start(command, THREADS);
            restarted.put(nodeId, node);
            pids.put(nodeId, node.pid());
        } catch (final NodeFailedException ex) {
            throw new IllegalStateException(ex.getMessage(), ex);
        }
    }

    /** A counter of each of its subjects on a node; empty while the node has none. */
    Map<Integer, Long> counters(final int nodeId, final CounterType type) {
        final Map<Integer, Long> values = new HashMap<>();
        for (final Sample sample : reader(nodeId).view().samples()) {
            if (sample.typeId() == type.typeId()) {
                values.put(sample.subjectId(), sample.value());
            }
        }
        return values;
    }

    /** Sum of a counter over its subjects and the nodes that run. */
    long sum(final CounterType type) {
        return nodeIds().stream()
                .mapToLong(nodeId -> counters(nodeId, type).values().stream()
                        .mapToLong(Long::longValue)
                        .sum())
                .sum();
    }

    private NodeCountersReader reader(final int nodeId) {
        return readers.computeIfAbsent(nodeId, id -> {
            try {
                return NodeCountersReader.open(
                        RunFile.read(directory.resolve("node-" + id)).counters());
            } catch (final IOException ex) {
                throw new IllegalStateException("node " + id + " does not tell where its counters are", ex);
            }
        });
    }

    /** Which node leads each lane; without lanes that nobody leads now. */
    Map<Integer, Integer> leaders() {
        final Map<Integer, Integer> leaders = new HashMap<>();
        for (final int nodeId : nodeIds()) {
            counters(nodeId, CounterType.LANE_LEADING_EPOCH).forEach((laneId, epoch) -> {
                if (epoch >= 0) {
                    leaders.put(laneId, nodeId);
                }
            });
        }
        return leaders;
    }

    /** Whether each lane has a leader, and all nodes are in sync with it. */
    boolean isWhole() {
        final Map<Integer, Integer> leaders = leaders();
        return leaders.size() == SIZE
                && leaders.entrySet().stream()
                        .allMatch(lane -> counters(lane.getValue(), CounterType.LANE_IN_SYNC)
                                        .get(lane.getKey())
                                >= SIZE);
    }

    /** Waits until {@link #isWhole()}. */
    void awaitWhole() throws InterruptedException {
        await("all nodes in sync", this::isWhole);
    }

    static void await(final String what, final BooleanSupplier condition) throws InterruptedException {
        final long deadlineNs = System.nanoTime() + TimeUnit.SECONDS.toNanos(SYNC_TIMEOUT_S);
        while (!condition.getAsBoolean()) {
            if (System.nanoTime() - deadlineNs > 0) {
                throw new IllegalStateException("not within " + SYNC_TIMEOUT_S + " s: " + what);
            }
            Thread.sleep(POLL_MS);
        }
    }

    @Override
    public void close() throws IOException {
        readers.values().forEach(NodeCountersReader::close);
        restarted.values().forEach(ChildNode::close);
        cell.close();
        delete(directory);
    }

    private static void delete(final Path directory) throws IOException {
        try (Stream<Path> paths = Files.walk(directory)) {
            for (final Path path : paths.sorted(Comparator.reverseOrder()).toList()) {
                Files.delete(path);
            }
        }
    }
}
