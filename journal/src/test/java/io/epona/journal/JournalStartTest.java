package io.epona.journal;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.epona.codec.FrameDescriptor;
import io.epona.journal.testing.PowerCutException;
import io.epona.journal.testing.SimulatedDevice;
import java.io.RandomAccessFile;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** A journal that is begun at a position: for a replica that is installed from its leader. */
@Timeout(120)
class JournalStartTest {
    private static final int RING = 128 * 1024;
    private static final int SEGMENT = 16 * 1024;
    private static final int FRAME = 1024;
    private static final int PAYLOAD = FRAME - FrameDescriptor.HEADER_LENGTH;

    private final JournalConfig config = config(Path.of("simulated"));
    private final SimulatedDevice device = new SimulatedDevice(config, 1);
    private final List<Long> written = new ArrayList<>();

    @TempDir
    Path directory;

    private static JournalConfig config(final Path directory) {
        return new JournalConfig(directory, 2, 21, 22, 4, SEGMENT, 6, 4096, 8 * 1024);
    }

    private void write(final TestLog log, final int count) {
        for (int i = 0; i < count; i++) {
            written.add(log.append(PAYLOAD));
            log.flush();
        }
    }

    private TestLog open(final long from) {
        return TestLog.openReplica(config, device.segments(), RING, from, from);
    }

    @ParameterizedTest
    @ValueSource(
            longs = {0, 8, 1000, 4096, 5000, 16_384, 16_384 + 40, 100_000, 1_000_000, 16_384L * 7 - 8, (1L << 40) + 8})
    void shouldGoOnFromThePositionWherever(final long position) {
        try (TestLog log = TestLog.startAt(config, device.segments(), RING, position)) {
            assertEquals(position, log.journal.bounds().oldestPosition());
            assertEquals(List.of(), log.recovered);
            assertEquals(FrameDescriptor.framePosition(position, SEGMENT), log.tail.position());
            write(log, 30);
            assertEquals(List.of(), log.failures);
        }
        try (TestLog log = open(position)) {
            assertEquals(position, log.tail.oldestPosition());
            assertEquals(written, log.recovered);
            log.counters.checkpointed().setRelease(written.get(29));
            write(log, 120);
            assertEquals(
                    List.of(), log.failures.stream().filter(ex -> !isFull(ex)).toList());
        }
    }

    private static boolean isFull(final Throwable ex) {
        return ex.getMessage().contains("still needed");
    }

    @Test
    void shouldRecoverAnEmptyBeginningAgainAndAgain() {
        TestLog.startAt(config, device.segments(), RING, 33_000).close();
        for (int i = 0; i < 3; i++) {
            final TestLog log = open(33_000);
            assertEquals(33_000, log.tail.position());
            assertEquals(33_000, log.tail.committedBound());
            log.close();
        }
        final JournalCorruptException ex = assertThrows(JournalCorruptException.class, () -> open(0));
        assertTrue(ex.getMessage().contains("oldest in the journal=33000"), ex.getMessage());
        assertThrows(JournalCorruptException.class, () -> open(40_000), "a checkpoint of what is not there");
    }

    @Test
    void shouldNotBringBackFramesOfTheOldLogAtTheirOldPositions() {
        final TestLog old = open(0);
        old.claimedDurable = 0;
        for (int i = 0; i < 60; i++) {
            old.append(PAYLOAD);
            old.flush();
        }
        try (TestLog log = TestLog.startAt(config, device.segments(), RING, 10 * FRAME)) {
            assertEquals(10 * FRAME, log.tail.position());
            write(log, 12);
        }
        assertEquals(written, open(10 * FRAME).recovered);
    }

    @Test
    void shouldBeginBehindAndBeforeTheOldLog() {
        for (final long position : new long[] {400_000, 800, 90_000, 0}) {
            written.clear();
            try (TestLog log = TestLog.startAt(config, device.segments(), RING, position)) {
                write(log, 20);
                log.writer.onClose();
            }
            try (TestLog log = open(position)) {
                assertEquals(written, log.recovered);
            }
        }
    }

    @Test
    void shouldRepairWhateverIsDamaged() {
        final TestLog old = open(0);
        for (int i = 0; i < 60; i++) {
            old.append(PAYLOAD);
            old.flush();
        }
        device.flipBit(1, 20, 3);
        device.flipBit(2, 9000, 3);
        assertThrows(JournalCorruptException.class, () -> open(0));
        try (TestLog log = TestLog.startAt(config, device.segments(), RING, 5000)) {
            write(log, 5);
        }
        assertEquals(written, open(5000).recovered);
    }

    @Test
    void shouldLeaveTheOldTheNewOrARecognisedJournalWhereverThePowerFails() {
        int old = 0;
        int recognised = 0;
        for (long seed = 0; seed < 20; seed++) {
            for (int operation = 1; ; operation++) {
                final SimulatedDevice torn = new SimulatedDevice(config, seed);
                final TestLog log = TestLog.openReplica(config, torn.segments(), RING, 0, 0);
                for (int i = 0; i < 70; i++) {
                    log.append(PAYLOAD);
                    log.flush();
                }
                torn.cutPowerDuring(operation);
                try {
                    TestLog.startAt(config, torn.segments(), RING, 200_000).close();
                    break;
                } catch (final PowerCutException ex) {
                    torn.restorePower();
                }
                try {
                    final TestLog next = TestLog.openReplica(config, torn.segments(), RING, 0, 0);
                    assertEquals(70, next.recovered.size(), "the old one");
                    old++;
                } catch (final JournalCorruptException ex) {
                    assertTrue(isRecognised(ex), ex.getMessage());
                    recognised++;
                }
                try (TestLog again = TestLog.startAt(config, torn.segments(), RING, 200_000)) {
                    again.append(PAYLOAD);
                    again.flush();
                }
                assertEquals(
                        List.of(200_000L),
                        TestLog.openReplica(config, torn.segments(), RING, 200_000, 200_000).recovered);
            }
        }
        assertTrue(old > 0 && recognised > 100, "old=" + old + ", recognised=" + recognised);
    }

    /** Either it is told that the beginning did not end, or that what the old checkpoint needs is gone. */
    private static boolean isRecognised(final JournalCorruptException ex) {
        return ex.getMessage().contains("begun anew") || ex.getMessage().contains("begins behind what");
    }

    @Test
    void shouldRefuseAPositionWhereNoFrameCanStart() {
        assertThrows(IllegalArgumentException.class, () -> TestLog.startAt(config, device.segments(), RING, 1001));
        assertThrows(IllegalArgumentException.class, () -> TestLog.startAt(config, device.segments(), RING, -8));
    }

    @Test
    void shouldBeginOnRealFilesAndBeVerified() {
        final JournalConfig real = config(directory);
        try (TestLog log = TestLog.openReplica(real, DirectSegmentStore.open(real), RING, 0, 0)) {
            for (int i = 0; i < 60; i++) {
                log.append(PAYLOAD);
                log.flush();
            }
        }
        try (TestLog log = TestLog.startAt(real, DirectSegmentStore.open(real), RING, 50_000)) {
            write(log, 40);
            log.writer.onClose();
        }
        try (TestLog log = TestLog.openReplica(real, DirectSegmentStore.open(real), RING, 50_000, 50_000)) {
            assertEquals(written, log.recovered);
            assertNull(log.failures.stream().findFirst().orElse(null));
        }
        final JournalReport report = JournalTool.verify(real.laneDirectory());
        assertEquals(50_000, report.oldestPosition());
        assertEquals(40, report.recordsFrameCount());
    }

    @Test
    void shouldSetADamagedLaneAsideAndInstallItAnew() throws Exception {
        final JournalConfig real = config(directory);
        for (int round = 0; round < 2; round++) {
            try (TestLog log = TestLog.open(real, DirectSegmentStore.open(real), RING)) {
                log.append(PAYLOAD);
                log.flush();
            }
            final Path header = SegmentFiles.path(real.laneDirectory(), 1);
            try (RandomAccessFile file = new RandomAccessFile(header.toFile(), "rw")) {
                file.seek(30);
                file.write(99);
            }
            assertThrows(JournalCorruptException.class, () -> DirectSegmentStore.open(real));
            final Path aside = DamagedLane.setAside(real);
            assertTrue(Files.exists(SegmentFiles.path(aside, 1)));
            assertFalse(Files.exists(real.laneDirectory()));
            try (TestLog log = TestLog.startAt(real, DirectSegmentStore.open(real), RING, 77_000)) {
                assertEquals(77_000, log.tail.position());
                assertThrows(JournalRefusedException.class, () -> DamagedLane.setAside(real), "it is in use");
            }
            DamagedLane.setAside(real);
        }
        try (Stream<Path> left = Files.list(directory)) {
            assertEquals(1, left.count(), "one is kept");
        }
    }
}
