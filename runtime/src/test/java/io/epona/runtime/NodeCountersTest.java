package io.epona.runtime;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNotNull;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.epona.runtime.testing.SettableNodeClock;
import java.io.BufferedReader;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.StandardOpenOption;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;
import org.agrona.concurrent.status.AtomicCounter;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

@Timeout(120)
class NodeCountersTest {
    private static final NodeCounters.Settings SETTINGS = new NodeCounters.Settings(7, 64, 128 * 1024);

    private final SettableNodeClock clock = new SettableNodeClock(TimeUnit.SECONDS.toNanos(100));

    @TempDir
    Path directory;

    private Path path() {
        return directory.resolve("counters");
    }

    @Test
    void shouldShowCountersAndErrorsWhenReadWithinTheNode() {
        try (NodeCounters counters = NodeCounters.create(path(), SETTINGS, clock)) {
            final LaneCounters lane = counters.lane(3);
            lane.setAll(100);
            lane.appended().setRelease(4096);
            counters.errorHandler().onError(new IllegalStateException("seen"));
            counters.errorHandler().onError(new IllegalArgumentException("seen too"));

            final CountersView view = counters.view();
            assertEquals(4096, view.value(CounterType.LANE_APPENDED, 3));
            assertEquals(100, view.value(CounterType.LANE_SHELVED, 3));
            assertEquals(2, view.value(CounterType.ERRORS, 0));
            assertEquals(2, view.errors().size());
            assertTrue(view.errors().getFirst().text().contains("seen"));
            assertEquals(100_000, view.errors().getFirst().firstMs());
            final CountersView.Sample sample = view.samples().get(1);
            assertEquals("lane-appended: lane-3", sample.label());
            assertEquals("lane-3", sample.subject());
            assertEquals(CounterType.LANE_APPENDED, sample.type());
            assertThrows(IllegalArgumentException.class, () -> view.value(CounterType.LANE_APPENDED, 4));
        }
        assertFalse(Files.exists(path()), "a clean stop leaves nothing behind");
    }

    @Test
    void shouldKeepCountingWhenTheErrorLogIsFull() {
        try (NodeCounters counters = NodeCounters.create(path(), new NodeCounters.Settings(1, 8, 256), clock)) {
            for (int i = 0; i < 10; i++) {
                counters.errorHandler().onError(new IllegalStateException("error " + i));
            }
            assertEquals(10, counters.view().value(CounterType.ERRORS, 0));
        }
    }

    @Test
    void shouldBeUsableWhenWrittenAfterClose() {
        final NodeCounters counters = NodeCounters.create(path(), SETTINGS, clock);
        final AtomicCounter straggler = counters.counter(CounterType.BREACHES, 1, "agent-1");
        counters.close();
        counters.close();
        straggler.incrementRelease();
        assertEquals(1, straggler.get());
    }

    @Test
    void shouldRefuseToStartWhenANodeUsesTheFile() {
        try (NodeCounters counters = NodeCounters.create(path(), SETTINGS, clock)) {
            assertNotNull(counters.errorLog());
            final Exception ex =
                    assertThrows(CountersFileException.class, () -> NodeCounters.create(path(), SETTINGS, clock));
            assertTrue(ex.getMessage().contains("running node"), ex.getMessage());
            assertTrue(Files.exists(path()));
        }
        NodeCounters.create(path(), SETTINGS, clock).close();
    }

    /** A writer in another process is read while it lives and after it was killed, and its file is kept after that. */
    @Test
    void shouldBeReadableWhenTheNodeRunsInAnotherProcessAndWhenItCrashed() throws IOException, InterruptedException {
        final Process node = ChildJvm.start(List.of(), Writer.class, path().toString());
        try (BufferedReader output = node.inputReader()) {
            final StringBuilder seen = new StringBuilder();
            String line = output.readLine();
            while (null != line && !line.equals("ready")) {
                seen.append(line).append('\n');
                line = output.readLine();
            }
            assertEquals("ready", line, seen::toString);
            try (NodeCountersReader reader = NodeCountersReader.open(path())) {
                assertTrue(reader.isRunning());
                assertEquals(node.pid(), reader.pid());
                assertEquals(7, reader.nodeId());
                assertEquals(100_000, reader.startMs());
                assertEquals(101_000, reader.heartbeatMs());
                assertEquals(8192, reader.view().value(CounterType.LANE_DURABLE, 0));
                assertThrows(CountersFileException.class, () -> NodeCounters.create(path(), SETTINGS, clock));

                node.destroyForcibly();
                assertTrue(node.waitFor(10, TimeUnit.SECONDS));
                assertFalse(reader.isRunning());
                assertFalse(reader.isStoppedCleanly());
                assertEquals(8192, reader.view().value(CounterType.LANE_DURABLE, 0));
                assertTrue(reader.view().errors().getFirst().text().contains("last words"));
            }
        } finally {
            node.destroyForcibly();
        }
        try (NodeCounters next = NodeCounters.create(path(), SETTINGS, clock);
                NodeCountersReader crashed = NodeCountersReader.open(NodeCounters.previousPath(path()))) {
            assertEquals(0, next.view().value(CounterType.ERRORS, 0));
            assertEquals(1, crashed.view().value(CounterType.ERRORS, 0));
        }
        try (Stream<Path> left = Files.list(directory)) {
            assertEquals(List.of(), left.toList(), "after a clean stop");
        }
    }

    static final class Writer {
        private Writer() {}

        public static void main(final String[] args) throws IOException {
            final SettableNodeClock clock = new SettableNodeClock(TimeUnit.SECONDS.toNanos(100));
            final NodeCounters counters = NodeCounters.create(Path.of(args[0]), SETTINGS, clock);
            counters.lane(0).durable().setRelease(8192);
            counters.errorHandler().onError(new IllegalStateException("last words"));
            counters.heartbeat(101_000);
            System.out.println("ready");
            System.in.read();
        }
    }

    @Test
    void shouldSayWhatIsWrongWhenTheFileIsNotReadable() throws IOException {
        assertMessage("no counters file", path());
        Files.write(path(), new byte[10]);
        assertMessage("not a counters file", path());
        Files.write(path(), new byte[8192]);
        assertMessage("not a counters file", path());

        final Path node = directory.resolve("node");
        try (NodeCounters counters = NodeCounters.create(node, SETTINGS, clock)) {
            assertMessage("belongs to this process", counters.path());
            Files.copy(node, path(), StandardCopyOption.REPLACE_EXISTING);
        }
        final ByteBuffer version =
                ByteBuffer.allocate(4).order(ByteOrder.LITTLE_ENDIAN).putInt(99).flip();
        try (FileChannel channel = FileChannel.open(path(), StandardOpenOption.WRITE)) {
            channel.write(version, CountersFileDescriptor.FORMAT_VERSION_OFFSET);
        }
        assertMessage("another version", path());
        try (FileChannel channel = FileChannel.open(path(), StandardOpenOption.WRITE)) {
            channel.write(version.clear().putInt(1).flip(), CountersFileDescriptor.FORMAT_VERSION_OFFSET);
            channel.truncate(8192);
        }
        assertMessage("cut short", path());
    }

    private static void assertMessage(final String expected, final Path path) {
        final Exception ex = assertThrows(CountersFileException.class, () -> NodeCountersReader.open(path));
        assertTrue(ex.getMessage().contains(expected), ex.getMessage());
    }

    @Test
    void shouldHaveUniqueIdsAndNamesInTheCatalogue() {
        final Set<Integer> typeIds = new HashSet<>();
        final Set<String> metrics = new HashSet<>();
        for (final CounterType type : CounterType.values()) {
            assertTrue(typeIds.add(type.typeId()), type::name);
            assertTrue(metrics.add(type.metricName()), type::name);
            assertTrue(type.metricName().matches("epona_[a-z_]+"), type::metricName);
            assertFalse(type.doc().isEmpty());
            assertEquals(type, CounterType.ofTypeId(type.typeId()));
        }
        assertNull(CounterType.ofTypeId(-1));
        final String table = CounterType.toMarkdown();
        assertTrue(table.contains("| `epona_lane_durable_position` | gauge | `lane` | Frames below"), table);
        assertTrue(table.contains("| `epona_agent_max_cycle_ns` | gauge | `agent` |"), table);
    }

    @Test
    void shouldTrackLongestAndSlowCycles() throws Exception {
        try (NodeCounters counters = NodeCounters.create(path(), SETTINGS, clock)) {
            final DutyCycleTracker tracker = DutyCycleTracker.create(counters, 1, "lane-0", 1_000_000);
            final long[] cycleMs = {1, 5, 2};
            final int[] cycle = new int[1];
            final org.agrona.concurrent.Agent agent = tracker.track(
                    new org.agrona.concurrent.Agent() {
                        @Override
                        public int doWork() {
                            clock.advanceMs(cycleMs[cycle[0]]);
                            return cycle[0]++;
                        }

                        @Override
                        public String roleName() {
                            return "lane-0";
                        }
                    },
                    clock);
            for (final long ignored : cycleMs) {
                assertTrue(agent.doWork() >= 0);
                clock.advanceMs(1_000); // idle time does not count
            }
            assertEquals("lane-0", agent.roleName());
            final CountersView view = counters.view();
            assertEquals(5_000_000, view.value(CounterType.AGENT_MAX_CYCLE, 1));
            assertEquals(2, view.value(CounterType.AGENT_SLOW_CYCLES, 1));
            assertTrue(view.samples().getLast().label().contains("threshold=1000us"));
        }
    }

    @Test
    void shouldStartAtZeroWhenLaneCountersAreOnHeap() {
        final LaneCounters lane = LaneCounters.onHeap();
        assertEquals(0, lane.appended().get());
        lane.setAll(64);
        assertEquals(64, lane.checkpointApplied().get());
        lane.drained().setRelease(128);
        assertEquals(64, lane.shelved().get());
    }
}
