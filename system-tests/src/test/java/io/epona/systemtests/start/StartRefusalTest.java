package io.epona.systemtests.start;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.epona.codec.frame.SegmentHeaderDecoder;
import io.epona.systemtests.harness.DiskFiles;
import io.epona.systemtests.harness.EponaProcess;
import io.epona.systemtests.harness.NodeSettings;
import io.epona.systemtests.harness.TestBench;
import java.io.IOException;
import java.io.RandomAccessFile;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.extension.RegisterExtension;

/** A node that cannot keep its promises does not start, and says what is wrong, where, and what to do. */
@Timeout(240)
class StartRefusalTest {
    private static final int REFUSED = 1;
    private static final int BAD_CONFIGURATION = 2;
    private static final int END_TIMEOUT_S = 60;

    @RegisterExtension
    private final TestBench bench = new TestBench();

    /** Made by a node that has started and stopped. */
    private NodeSettings used() {
        final NodeSettings settings = bench.settings();
        final EponaProcess node = bench.start(settings);
        assertEquals(0, node.stop());
        return settings;
    }

    /** The last line is what the user sees; it has all of these in it. */
    private void assertRefused(final int status, final NodeSettings settings, final String... words) {
        final EponaProcess node = bench.launch(settings);
        assertEquals(status, node.awaitExit(END_TIMEOUT_S, TimeUnit.SECONDS), node::err);
        for (final String word : words) {
            assertTrue(node.err().contains(word), () -> "expected '" + word + "' in: " + node.err());
        }
        assertFalse(node.err().contains("\tat "), () -> "a stack trace for the user: " + node.err());
        assertFalse(node.out().contains("ready"), node::out);
    }

    private static List<Path> segmentFiles(final NodeSettings settings) throws IOException {
        try (Stream<Path> files = Files.list(settings.directory().resolve("journal/lane-0"))) {
            return files.filter(file -> file.getFileName().toString().matches("segment.*[0-9]{3}.*"))
                    .sorted()
                    .toList();
        }
    }

    @Test
    void shouldRefuseWhenAnotherNodeUsesTheDirectory() throws Exception {
        final NodeSettings settings = bench.settings();
        final EponaProcess first = bench.start(settings);
        assertRefused(
                REFUSED,
                settings,
                "in use by another node",
                settings.directory().toString());
        final String counters = settings.get("counters.dir");
        final Path elsewhere = Files.createDirectories(bench.directory());
        assertRefused(
                REFUSED,
                settings.set("counters.dir", elsewhere.toString()),
                "in use",
                settings.directory().toString());
        settings.set("counters.dir", counters);
        assertTrue(first.isAlive());
        assertEquals(200, first.http("/health").statusCode());
        final EponaProcess verify = bench.command(
                settings, "journal", "verify", "--dir", settings.directory().toString());
        assertEquals(1, verify.awaitExit(END_TIMEOUT_S, TimeUnit.SECONDS));
        assertTrue(verify.err().contains("in use"), verify::err);
        assertEquals(0, first.stop());
        bench.start(settings);
    }

    @Test
    void shouldRefuseWhenTheJournalHasOtherSizes() {
        final NodeSettings settings = used();
        assertRefused(
                REFUSED, settings.set("journal.segment.count", "8"), "segmentCount=4", "configured 8", "configure");
        settings.set("journal.segment.count", "4");
        assertRefused(REFUSED, settings.set("journal.segment.length", "2MiB"), "1048576", "2097152");
        settings.set("journal.segment.length", "1MiB");
        assertEquals(0, bench.start(settings).stop());
    }

    @Test
    void shouldRefuseTheJournalOfAnotherCluster() throws Exception {
        final NodeSettings one = used();
        final NodeSettings other = used();
        final Path journal = other.directory().resolve("journal");
        DiskFiles.deleteTree(journal);
        DiskFiles.copyTree(one.directory().resolve("journal"), journal);
        assertRefused(REFUSED, other, "cluster", journal.toString());
        assertEquals(0, bench.start(one).stop());
    }

    @Test
    void shouldRefuseAnotherNodeIdThanTheDirectoryWasMadeWith() {
        final NodeSettings settings = used();
        assertRefused(REFUSED, settings.set("node.id", "2"), "node");
        assertEquals(0, bench.start(settings.set("node.id", "1")).stop());
    }

    @Test
    void shouldRefuseAJournalOfANewerFormat() throws Exception {
        final NodeSettings settings = used();
        final Path segment = segmentFiles(settings).getFirst();
        try (RandomAccessFile file = new RandomAccessFile(segment.toFile(), "rw")) {
            file.seek(SegmentHeaderDecoder.formatVersionEncodingOffset());
            file.write(2);
        }
        assertRefused(REFUSED, settings, "newer", segment.toString(), "formatVersion=2");
    }

    @Test
    void shouldRefuseWhenASegmentFileIsMissingOrCutOrDamaged() throws Exception {
        final NodeSettings settings = used();
        final Path segment = segmentFiles(settings).get(1);
        final Path kept = segment.resolveSibling("kept");
        Files.move(segment, kept);
        assertRefused(REFUSED, settings, segment.toString());
        Files.copy(kept, segment);
        try (RandomAccessFile file = new RandomAccessFile(segment.toFile(), "rw")) {
            file.setLength(file.length() / 2);
        }
        assertRefused(REFUSED, settings, segment.toString());
        Files.delete(segment);
        Files.copy(kept, segment);
        try (RandomAccessFile file = new RandomAccessFile(segment.toFile(), "rw")) {
            file.seek(SegmentHeaderDecoder.laneIdEncodingOffset());
            file.write(0x55);
        }
        assertRefused(REFUSED, settings, segment.toString());
        Files.delete(segment);
        Files.move(kept, segment);
        assertEquals(0, bench.start(settings).stop());
    }

    @Test
    void shouldNameAllProblemsAtOnceWhenTheConfigurationIsBad() {
        final NodeSettings settings = bench.settings()
                .set("lane.count", "-1")
                .set("journal.segment.length", "3MiB")
                .set("lane.ring.lenght", "1MiB")
                .set("checkpoint.idle", "soon");
        assertRefused(
                BAD_CONFIGURATION,
                settings,
                "lane.count",
                "journal.segment.length",
                "lane.ring.lenght",
                "lane.ring.length",
                "checkpoint.idle");
        assertFalse(Files.exists(settings.directory()), "a refused configuration has left files");
    }

    @Test
    void shouldRefuseWhenAPortIsTaken() throws Exception {
        try (ServerSocket taken = new ServerSocket(0, 1, InetAddress.getLoopbackAddress())) {
            final NodeSettings settings = bench.settings().port(taken.getLocalPort());
            assertRefused(REFUSED, settings, Integer.toString(taken.getLocalPort()));
            assertEquals(0, bench.start(settings.port(0)).stop());
        }
    }

    @Test
    void shouldRefuseDirectoriesThatItCannotUse() throws Exception {
        final Path directory = Files.createDirectories(bench.directory());
        final Path file = Files.writeString(directory.resolve("file"), "");
        for (final Path unusable : List.of(file.resolve("data"), file, Path.of("/proc/epona"))) {
            final NodeSettings settings = NodeSettings.small(unusable).set("counters.dir", directory.toString());
            assertRefused(REFUSED, settings, unusable.toString());
        }
    }

    @Test
    void shouldRefuseAJournalInMemory() throws Exception {
        final Path shared = Files.createTempDirectory(Path.of("/dev/shm"), "epona-system-test-");
        try {
            final NodeSettings settings = bench.settings();
            assertRefused(REFUSED, settings.set("journal.dir", shared.toString()), "memory", "ext4 or xfs");
            assertEquals(
                    0,
                    bench.start(settings.unset("journal.dir").set("log.dir", shared.toString()))
                            .stop());
        } finally {
            DiskFiles.deleteTree(shared);
        }
    }

    @Test
    void shouldRefuseWhenRingsFindNoRoomOrPlace() {
        final NodeSettings settings = bench.settings().set("ring.dir", "/nowhere");
        assertRefused(REFUSED, settings, "/nowhere");
        assertEquals(0, bench.start(settings.unset("ring.dir")).stop());
    }

    @Test
    void shouldStartAgainWhenAStartWasInterrupted() throws Exception {
        final NodeSettings settings = bench.settings();
        for (final int afterMs : new int[] {50, 200, 400, 600}) {
            final EponaProcess node = bench.launch(settings);
            TimeUnit.MILLISECONDS.sleep(afterMs);
            if (afterMs % 400 == 0) {
                node.terminate();
            } else {
                node.kill();
            }
            node.awaitExit(END_TIMEOUT_S, TimeUnit.SECONDS);
        }
        assertEquals(0, bench.start(settings).stop());
    }
}
