package io.epona.journal;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.epona.codec.FrameDescriptor;
import io.epona.journal.testing.SimulatedDevice;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** The ring's memory, its limits, and walking its frames. */
@Timeout(60)
class LogRingTest {
    @TempDir
    Path directory;

    @Test
    void shouldMapZeroedPageAlignedMemoryAndLeaveNoFile() throws IOException {
        try (LogRing ring = LogRing.map(directory, "ring-0", 128 * 1024)) {
            assertEquals(128 * 1024, ring.length());
            assertEquals(0, ring.buffer().addressOffset() % 4096);
            for (int i = 0; i < ring.length(); i += 8) {
                assertEquals(0, ring.buffer().getLong(i));
            }
            ring.buffer().putLong(64, 5);
            assertEquals(64, ring.offset(128 * 1024 + 64));
            assertEquals(64 * 1024, ring.spanLength(64 * 1024));
            assertEquals(128 * 1024, ring.spanLength(1 << 20));
        }
        try (Stream<Path> files = Files.list(directory)) {
            assertEquals(0, files.count());
        }
    }

    @Test
    void shouldReplaceAFileThatACrashLeft() throws IOException {
        Files.write(directory.resolve("ring-0"), new byte[] {1, 2, 3});
        try (LogRing ring = LogRing.map(directory, "ring-0", 4096)) {
            assertEquals(0, ring.buffer().getInt(0));
        }
    }

    @Test
    void shouldRefuseADirectoryThatIsNotThere() {
        final JournalRefusedException ex = assertThrows(
                JournalRefusedException.class, () -> LogRing.map(directory.resolve("nowhere"), "ring", 4096));
        assertTrue(ex.getMessage().contains("what to do"), ex.getMessage());
    }

    @Test
    void shouldRefuseLengthsThatAreNoPowerOfTwo() {
        assertThrows(IllegalArgumentException.class, () -> LogRing.allocate(5000));
        assertThrows(IllegalArgumentException.class, () -> LogRing.allocate(2048));
    }

    @Test
    void shouldKeepTheBlockThatIsWrittenAgain() {
        assertEquals(4096 + 65536, RingLimits.ringAppendLimit(5000, 9000, 65536, 4096));
        assertEquals(4000 + 65536, RingLimits.ringAppendLimit(5000, 4000, 65536, 4096));
        assertEquals(4 * 65536, RingLimits.journalAppendLimit(65536 + 5, 65536, 3));
    }

    @Test
    void shouldBoundWhatIsNotPublished() {
        assertEquals(16 * 1024, RingLimits.maxUnpublishedLength(64 * 1024));
        assertEquals(RingLimits.MAX_UNPUBLISHED_LENGTH, RingLimits.maxUnpublishedLength(1 << 30));
        assertEquals(100_000 - 65536 + 16384, RingLimits.oldestIntactPosition(100_000, 65536));
    }

    @Test
    void shouldWalkWholeFramesUpToTheLimit() {
        final JournalConfig config = JournalConfig.of(Path.of("simulated"), 0, 1, 2, 3, 16 * 1024, 8);
        final TestLog log = TestLog.open(config, new SimulatedDevice(config, 1).segments(), 64 * 1024);
        final List<Long> written = new ArrayList<>();
        for (int i = 0; i < 40; i++) {
            written.add(log.append(1000));
        }
        final RingReader reader = new RingReader(log.ring, log.spanLength);
        final List<Long> read = new ArrayList<>();
        int count = reader.read(0, written.get(5) + 8, (b, o, l, p) -> read.add(p), Integer.MAX_VALUE);
        assertEquals(5, count);
        assertEquals(written.get(5), reader.position());
        while (reader.position() < log.end()) {
            count = reader.read(reader.position(), log.end(), (b, o, l, p) -> read.add(p), 3000);
            assertTrue(count <= 3, "bounded by length: " + count);
        }
        assertEquals(written, read);
        assertEquals(FrameDescriptor.framePosition(log.end(), log.spanLength), reader.position());
        assertEquals(0, reader.read(log.end(), log.end(), (b, o, l, p) -> read.add(p), 1));
    }

    @Test
    void shouldStayAtTheFrameWhoseHandlerFailed() {
        final JournalConfig config = JournalConfig.of(Path.of("simulated"), 0, 1, 2, 3, 16 * 1024, 8);
        final TestLog log = TestLog.open(config, new SimulatedDevice(config, 1).segments(), 64 * 1024);
        log.append(100);
        final long second = log.append(100);
        final RingReader reader = new RingReader(log.ring, log.spanLength);
        assertThrows(
                IllegalArgumentException.class,
                () -> reader.read(
                        0,
                        log.end(),
                        (b, o, l, p) -> {
                            if (p == second) {
                                throw new IllegalArgumentException("no");
                            }
                        },
                        1000));
        assertEquals(second, reader.position());
    }

    @Test
    void shouldSayWhenThereIsNoFrameWhereOneMustBe() {
        final RingReader reader = new RingReader(LogRing.allocate(4096), 4096);
        assertThrows(IllegalStateException.class, () -> reader.read(0, 100, (b, o, l, p) -> {}, 100));
    }
}
