package io.epona.journal;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.epona.codec.FrameDescriptor;
import java.io.RandomAccessFile;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** The journal on real files with O_DIRECT: what is written is found again, whatever the sizes. */
@Timeout(240)
class JournalFilesTest {
    @TempDir
    Path directory;

    private JournalConfig config(final long segmentLength, final int segmentCount, final int maxWriteLength) {
        return new JournalConfig(directory, 0, 11, 12, 1, segmentLength, segmentCount, 4096, maxWriteLength);
    }

    @ParameterizedTest(name = "ring {0}, segment {1}")
    @CsvSource({"65536,262144", "65536,65536", "262144,65536", "16384,32768"})
    void shouldFindEveryFrameAgainWhateverRingAndSegmentLength(final int ringLength, final long segmentLength) {
        final JournalConfig config = config(segmentLength, 3, 16 * 1024);
        final Random random = new Random(ringLength + segmentLength);
        final int longest = (int) Math.min(ringLength, segmentLength) / 3 - FrameDescriptor.HEADER_LENGTH;
        final List<Long> written = new ArrayList<>();
        long from = 0;
        for (int life = 0; life < 6; life++) {
            try (TestLog log = TestLog.open(config, DirectSegmentStore.open(config), ringLength, from, from)) {
                final long start = from;
                written.removeIf(position -> position < start);
                assertEquals(written, log.recovered, "life " + life);
                for (int i = 0; i < 30; i++) {
                    written.add(log.append(TestLog.MIN_PAYLOAD + random.nextInt(longest - TestLog.MIN_PAYLOAD)));
                    log.flush();
                    if (random.nextInt(4) == 0) {
                        from = log.counters.durable().get();
                    }
                    // Without recycling the log could not go on.
                    if (log.end() - from > segmentLength) {
                        from = log.counters.durable().get();
                    }
                    log.counters.checkpointed().setRelease(from);
                }
                assertTrue(log.failures.isEmpty(), () -> log.failures.toString());
                assertEquals(log.end(), log.counters.durable().get());
            }
        }
        assertTrue(from > segmentLength * (segmentLength > 100_000 ? 1 : 3), "segments were recycled");
    }

    @Test
    void shouldReplayTheWholeLogWhenNothingWasRecycled() {
        final JournalConfig config = config(65536, 4, 8192);
        final List<Long> written = new ArrayList<>();
        for (int life = 0; life < 4; life++) {
            try (TestLog log = TestLog.open(config, DirectSegmentStore.open(config), 32768)) {
                assertEquals(written, log.recovered);
                for (int i = 0; i < 20; i++) {
                    written.add(log.append(1000 + i));
                    log.flush();
                }
            }
        }
    }

    @Test
    void shouldGroupWhatWaitsIntoOneWrite() {
        final JournalConfig config = config(1 << 20, 2, 1 << 20);
        try (TestLog log = TestLog.open(config, DirectSegmentStore.open(config), 1 << 20)) {
            log.append(200);
            log.flush();
            final long before = log.writer.writeCount();
            for (int i = 0; i < 500; i++) {
                log.append(1024);
            }
            log.writer.doWork();
            assertEquals(before + 1, log.writer.writeCount());
            assertEquals(log.end(), log.counters.durable().get());
        }
    }

    @Test
    void shouldRefuseWhenAnotherJournalOfThisProcessHasTheDirectory() {
        final JournalConfig config = config(65536, 2, 8192);
        try (TestLog log = TestLog.open(config, DirectSegmentStore.open(config), 32768)) {
            assertEquals(0, log.end());
            final JournalRefusedException ex =
                    assertThrows(JournalRefusedException.class, () -> DirectSegmentStore.open(config));
            assertTrue(ex.getMessage().contains("in use"), ex.getMessage());
            assertThrows(JournalRefusedException.class, () -> JournalTool.verify(config.laneDirectory()));
        }
        DirectSegmentStore.open(config).close();
    }

    @Test
    void shouldNameTheHolderWhenAnotherProcessHasTheDirectory() throws Exception {
        final JournalConfig config = config(65536, 2, 8192);
        DirectSegmentStore.open(config).close();
        final Process holder = LockHolder.start(config.laneDirectory().resolve(JournalLock.FILE_NAME));
        try {
            final JournalRefusedException ex =
                    assertThrows(JournalRefusedException.class, () -> DirectSegmentStore.open(config));
            assertTrue(ex.getMessage().contains("process " + holder.pid()), ex.getMessage());
        } finally {
            holder.destroyForcibly().waitFor();
        }
        DirectSegmentStore.open(config).close();
    }

    @Test
    void shouldVerifyAndDumpWhenTheNodeIsStopped() {
        final JournalConfig config = config(65536, 4, 8192);
        final List<Long> written = new ArrayList<>();
        try (TestLog log = TestLog.open(config, DirectSegmentStore.open(config), 32768)) {
            for (int i = 0; i < 100; i++) {
                written.add(log.append(1000 + i));
                log.flush();
            }
            log.writer.onClose();
        }
        final JournalReport report = JournalTool.verify(config.laneDirectory());
        assertEquals(JournalReport.Verdict.INTACT, report.verdict());
        assertEquals(100, report.recordsFrameCount());
        assertTrue(report.render().contains("intact"));
        final List<Long> dumped = new ArrayList<>();
        JournalTool.dump(config.laneDirectory(), written.get(10), (buffer, offset, length, position) -> {
            if (FrameDescriptor.type(buffer, offset) == FrameDescriptor.TYPE_RECORDS) {
                TestLog.checkFrame(buffer, offset, length, position);
                dumped.add(position);
            }
        });
        assertEquals(written.subList(10, 100), dumped);
    }

    @Test
    void shouldReportWhereItIsWhenTheMiddleIsDamaged() throws Exception {
        final JournalConfig config = config(65536, 4, 8192);
        final List<Long> written = new ArrayList<>();
        try (TestLog log = TestLog.open(config, DirectSegmentStore.open(config), 32768)) {
            for (int i = 0; i < 20; i++) {
                written.add(log.append(1000));
                log.flush();
            }
        }
        flip(config, written.get(5) + 100);
        final JournalReport report = JournalTool.verify(config.laneDirectory());
        assertEquals(JournalReport.Verdict.CORRUPT, report.verdict());
        assertEquals(written.get(5), report.endPosition());
        final JournalCorruptException ex = assertThrows(
                JournalCorruptException.class,
                () -> TestLog.open(config, DirectSegmentStore.open(config), 32768)
                        .close());
        assertEquals(written.get(5), ex.position());
        assertTrue(ex.getMessage().contains("what to do"), ex.getMessage());
    }

    private static void flip(final JournalConfig config, final long position) throws Exception {
        final Path path = SegmentFiles.path(config.laneDirectory(), config.fileIndex(config.segmentNumber(position)));
        try (RandomAccessFile file = new RandomAccessFile(path.toFile(), "rw")) {
            file.seek(config.fileOffset(position));
            final int old = file.read();
            file.seek(config.fileOffset(position));
            file.write(old ^ 4);
            file.getFD().sync();
        }
    }

    @Test
    void shouldMakeFilesOfTheirFullLengthOnce() throws Exception {
        final JournalConfig config = config(1 << 20, 3, 8192);
        DirectSegmentStore.open(config).close();
        for (int i = 0; i < 3; i++) {
            final Path path = SegmentFiles.path(config.laneDirectory(), i);
            assertEquals(config.fileLength(), Files.size(path));
            final Object blocks = Files.getAttribute(path, "unix:ino");
            DirectSegmentStore.open(config).close();
            assertEquals(blocks, Files.getAttribute(path, "unix:ino"));
        }
    }
}
