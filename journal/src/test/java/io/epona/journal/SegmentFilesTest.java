package io.epona.journal;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNotNull;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.io.IOException;
import java.io.RandomAccessFile;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.nio.file.attribute.PosixFilePermissions;
import org.agrona.concurrent.UnsafeBuffer;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** Each state that a lane's files can be in at a start, and what the start makes of it. */
@Timeout(240)
class SegmentFilesTest {
    private static final int SEGMENT_LENGTH = 64 * 1024;
    private static final int RING = 32 * 1024;

    @TempDir
    Path directory;

    private JournalConfig config;

    @BeforeEach
    void configure() {
        config = config(3, 7, 1, SEGMENT_LENGTH, 3);
    }

    private JournalConfig config(
            final int laneId, final long clusterId, final int nodeId, final long segmentLength, final int count) {
        return JournalConfig.of(directory, laneId, 1, clusterId, nodeId, segmentLength, count);
    }

    private Path file(final int index) {
        return SegmentFiles.path(config.laneDirectory(), index);
    }

    private void open() {
        DirectSegmentStore.open(config).close();
    }

    /** Makes the files, and writes a little into the first when the journal is to be a used one. */
    private void make(final boolean isUsed) {
        try (TestLog log = TestLog.open(config, DirectSegmentStore.open(config), RING)) {
            if (isUsed) {
                log.append(1000);
                log.flush();
            }
        }
    }

    private void put(final int index, final long offset, final byte[] bytes) throws IOException {
        try (RandomAccessFile file = new RandomAccessFile(file(index).toFile(), "rw")) {
            file.seek(offset);
            file.write(bytes);
        }
    }

    private void cut(final int index, final long length) throws IOException {
        try (RandomAccessFile file = new RandomAccessFile(file(index).toFile(), "rw")) {
            file.setLength(length);
        }
    }

    private void assertWhole() {
        try (TestLog log = TestLog.open(config, DirectSegmentStore.open(config), RING)) {
            log.append(1000);
            log.flush();
            assertTrue(log.failures.isEmpty(), () -> log.failures.toString());
        }
    }

    private JournalRefusedException assertRefused(final String problem) {
        final JournalRefusedException ex = assertThrows(JournalRefusedException.class, this::open);
        assertTrue(ex.getMessage().contains(problem), ex.getMessage());
        assertFalse(ex.remedy().isEmpty());
        return ex;
    }

    private void assertCorrupt(final String problem) {
        final JournalCorruptException ex = assertThrows(JournalCorruptException.class, this::open);
        assertTrue(ex.getMessage().contains(problem), ex.getMessage());
    }

    @Test
    void shouldMakeFilesWhenThereAreNone() throws IOException {
        open();
        for (int i = 0; i < 3; i++) {
            final byte[] bytes = Files.readAllBytes(file(i));
            assertEquals(config.fileLength(), bytes.length);
            final SegmentHeader header = SegmentFormat.decode(new UnsafeBuffer(bytes));
            assertNotNull(header);
            assertFalse(header.isUsed());
            assertEquals(i, header.segmentIndex());
            for (int b = JournalLimits.HEADER_BLOCK_LENGTH; b < bytes.length; b++) {
                assertEquals(0, bytes[b]);
            }
        }
    }

    @Test
    void shouldMakeTheRestWhenTheFirstMakingEndedBetweenFiles() throws IOException {
        make(false);
        Files.delete(file(1));
        Files.delete(file(2));
        assertWhole();
    }

    @Test
    void shouldFillAgainWhenTheFirstMakingEndedWithinAFile() throws IOException {
        make(false);
        put(1, 0, new byte[JournalLimits.HEADER_BLOCK_LENGTH]);
        cut(1, 20_000);
        cut(2, 0);
        assertWhole();
        assertEquals(config.fileLength(), Files.size(file(1)));
    }

    @Test
    void shouldOnlyAddHeadersWhenTheFirstMakingEndedBeforeThem() throws IOException {
        make(false);
        put(0, 0, new byte[JournalLimits.HEADER_BLOCK_LENGTH]);
        put(2, 0, new byte[JournalLimits.HEADER_BLOCK_LENGTH]);
        assertWhole();
    }

    @Test
    void shouldRefuseAnUnfinishedFileThatHoldsData() throws IOException {
        make(false);
        put(1, 0, new byte[JournalLimits.HEADER_BLOCK_LENGTH]);
        put(1, 30_000, new byte[] {1});
        assertCorrupt("holds data");
    }

    @Test
    void shouldRefuseAMissingFileWhenTheJournalWasUsed() throws IOException {
        make(true);
        Files.delete(file(1));
        assertCorrupt("missing");
        assertFalse(Files.exists(file(1)), "nothing was made in its place");
    }

    @Test
    void shouldRefuseAMissingUsedFile() throws IOException {
        make(true);
        Files.delete(file(0));
        // The headers left say that nothing was used; a checkpoint knows better.
        Files.write(config.laneDirectory().resolve("checkpoint-000000000001.epc"), new byte[64]);
        assertCorrupt("missing");
    }

    @Test
    void shouldRefuseAFileWithoutItsHeaderWhenTheJournalWasUsed() throws IOException {
        make(true);
        put(1, 0, new byte[JournalLimits.HEADER_BLOCK_LENGTH]);
        assertCorrupt("without its header");
    }

    @Test
    void shouldRefuseATruncatedFileWhetherUsedOrNot() throws IOException {
        make(true);
        cut(0, config.fileLength() - 4096);
        assertCorrupt("another length");
        cut(0, config.fileLength());
        cut(1, 8192);
        assertCorrupt("another length");
    }

    @Test
    void shouldRefuseATruncatedFileOfAJournalThatWasNeverUsed() throws IOException {
        make(false);
        cut(1, 8192);
        assertCorrupt("another length");
    }

    @Test
    void shouldRefuseAnExtendedFile() throws IOException {
        make(true);
        cut(2, config.fileLength() + 4096);
        assertCorrupt("another length");
    }

    @Test
    void shouldRefuseADamagedHeader() throws IOException {
        make(true);
        put(1, 30, new byte[] {99});
        assertCorrupt("header of a segment file is damaged");
    }

    @Test
    void shouldRefuseAFileThatIsNotOurs() throws IOException {
        make(false);
        put(1, 0, "something else".getBytes(java.nio.charset.StandardCharsets.US_ASCII));
        assertRefused("no segment file of Epona");
    }

    @Test
    void shouldRefuseFilesOfAnotherClusterNodeOrLane() throws IOException {
        make(true);
        final JournalConfig ours = config;
        config = config(3, 8, 1, SEGMENT_LENGTH, 3);
        assertRefused("another cluster");
        config = config(3, 7, 2, SEGMENT_LENGTH, 3);
        assertRefused("node 1");
        config = config(4, 7, 1, SEGMENT_LENGTH, 3);
        Files.move(ours.laneDirectory(), config.laneDirectory());
        assertRefused("lane 3");
    }

    @Test
    void shouldRefuseFilesThatChangedPlaces() throws IOException {
        make(true);
        final Path other = directory.resolve("other");
        Files.move(file(0), other);
        Files.move(file(1), file(0));
        Files.move(other, file(1));
        assertRefused("was made as segment file");
    }

    @Test
    void shouldRefuseANewerFormat() throws IOException {
        make(true);
        put(1, 12, new byte[] {2});
        assertRefused("newer Epona");
    }

    @Test
    void shouldRefuseAnotherSegmentLengthOrCountInTheConfiguration() throws IOException {
        make(true);
        final byte[] before = Files.readAllBytes(file(0));
        config = config(3, 7, 1, 2 * SEGMENT_LENGTH, 3);
        assertRefused("segmentLength=65536 (configured 131072)");
        config = config(3, 7, 1, SEGMENT_LENGTH, 4);
        assertRefused("segmentCount=3 (configured 4)");
        config = config(3, 7, 1, SEGMENT_LENGTH, 2);
        assertRefused("other segments than configured");
        assertArrayEquals(before, Files.readAllBytes(file(0)));
    }

    @Test
    void shouldRefuseASegmentFileBeyondTheCount() throws IOException {
        make(false);
        Files.write(file(7), new byte[10]);
        assertRefused("beyond the configured count");
    }

    @Test
    void shouldRefuseWhenThereIsTooLittleSpace() {
        config = config(3, 7, 1, 1L << 45, 3);
        assertRefused("too little space");
        assertFalse(Files.exists(file(0)), "nothing was made");
    }

    @Test
    void shouldRefuseADirectoryThatDoesNotExist() {
        config = JournalConfig.of(directory.resolve("nowhere"), 0, 1, 1, 1, SEGMENT_LENGTH, 2);
        assertRefused("does not exist");
    }

    @Test
    void shouldRefuseADirectoryThatIsNotWritable() throws IOException {
        assumeTrue(!"root".equals(System.getProperty("user.name")), "root may write everywhere");
        Files.setPosixFilePermissions(directory, PosixFilePermissions.fromString("r-xr-xr-x"));
        assertRefused("not writable");
    }

    @Test
    void shouldRefuseMemoryFileSystems() {
        final Path memory = Path.of("/dev/shm");
        assumeTrue(Files.isDirectory(memory), "no /dev/shm");
        config = JournalConfig.of(memory, 9_999, 1, 1, 1, SEGMENT_LENGTH, 2);
        assertRefused("in memory");
        assertFalse(Files.exists(config.laneDirectory()));
    }

    @Test
    void shouldTellFileSystemsThatKeepChecksums() {
        assertTrue(new FileSystemType(0x9123683EL).checksumsData());
        assertTrue(new FileSystemType(0x2FC12FC1L).checksumsData());
        assertFalse(new FileSystemType(0xEF53L).checksumsData());
        assertFalse(FileSystemType.of(directory).checksumsData());
        assertEquals("btrfs", new FileSystemType(0x9123683EL).description());
    }

    @Test
    void shouldSayWhatToDoWhenTheFileSystemHasNoDirectWrites() {
        // procfs has no O_DIRECT: what open() says there is what it says on any such file system.
        final JournalRefusedException ex = assertThrows(
                JournalRefusedException.class,
                () -> SegmentFiles.openDirect(Path.of("/proc/self/status"), NativeFile.O_RDONLY));
        assertTrue(ex.getMessage().contains("O_DIRECT"), ex.getMessage());
    }

    @Test
    void shouldStartAgainWhenAStaleLockFileIsThere() throws IOException {
        make(true);
        Files.writeString(
                config.laneDirectory().resolve(JournalLock.FILE_NAME), "12345", StandardOpenOption.TRUNCATE_EXISTING);
        assertWhole();
    }

    @Test
    void shouldRefuseToVerifyWhatIsNoJournal() {
        assertThrows(JournalRefusedException.class, () -> JournalTool.verify(directory));
        assertThrows(JournalRefusedException.class, () -> JournalTool.verify(directory.resolve("nowhere")));
    }
}
