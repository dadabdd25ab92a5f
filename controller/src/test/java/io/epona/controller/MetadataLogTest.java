package io.epona.controller;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Random;
import java.util.zip.CRC32C;
import org.apache.kafka.common.Uuid;
import org.apache.kafka.common.metadata.TopicRecord;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class MetadataLogTest {
    private static final int FIRST_GROUP_LENGTH = 72;

    @TempDir
    Path directory;

    @Test
    void shouldGiveBackGroupsWhenLoaded() throws IOException {
        writeGroups(3);
        assertEquals(List.of(identityGroup(), group(0), group(1), group(2)), load());
    }

    @Test
    void shouldContinueWhenAppendedAfterLoad() throws IOException {
        writeGroups(2);
        try (MetadataLog log = MetadataLog.open(directory, MetadataFile::open)) {
            log.load(records -> {});
            log.append(group(2));
        }
        assertEquals(List.of(identityGroup(), group(0), group(1), group(2)), load());
    }

    @Test
    void shouldCutTornTailWhenLastGroupEndsAtAnyByte() throws IOException {
        long before = writeGroups(2);
        byte[] whole = appendOneMore();
        for (int length = (int) before; length < whole.length; length++) {
            Files.write(logFile(), Arrays.copyOf(whole, length));
            assertEquals(List.of(identityGroup(), group(0), group(1)), load(), "length=" + length);
            assertEquals(before, Files.size(logFile()), "length=" + length);
        }
    }

    @Test
    void shouldCutTornTailWhenAnyByteOfLastGroupIsWrong() throws IOException {
        long before = writeGroups(2);
        byte[] whole = appendOneMore();
        for (int i = (int) before; i < whole.length; i++) {
            byte[] damaged = whole.clone();
            damaged[i] ^= 0x40;
            Files.write(logFile(), damaged);
            List<List<MetadataRecord>> loaded = load();
            if (loaded.size() == 3) {
                assertEquals(before, Files.size(logFile()), "byte=" + i);
            } else {
                assertArrayEquals(damaged, Files.readAllBytes(logFile()), "only padding may be ignored: byte=" + i);
            }
        }
    }

    @Test
    void shouldCutTornTailWhenLastGroupIsZerosOrRubbish() throws IOException {
        long before = writeGroups(2);
        byte[] whole = Arrays.copyOf(Files.readAllBytes(logFile()), (int) before + 4096);
        Files.write(logFile(), whole);
        assertEquals(3, load().size());
        byte[] rubbish = new byte[5000];
        new Random(3).nextBytes(rubbish);
        System.arraycopy(rubbish, 0, whole, (int) before, 4096);
        Files.write(logFile(), whole);
        assertEquals(3, load().size());
        assertEquals(before, Files.size(logFile()));
    }

    @Test
    void shouldRefuseWhenAnyByteBeforeLastGroupIsWrong() throws IOException {
        long before = writeGroups(2);
        byte[] whole = appendOneMore();
        int ignored = 0;
        for (int i = 0; i < before; i++) {
            byte[] damaged = whole.clone();
            damaged[i] ^= 0x40;
            Files.write(logFile(), damaged);
            try {
                assertEquals(4, load().size(), "byte=" + i);
                ignored++;
            } catch (MetadataLogException e) {
                assertTrue(e.getMessage().contains(logFile().toString()), e.getMessage());
                assertTrue(e.getMessage().contains("offset=") || i < FIRST_GROUP_LENGTH, e.getMessage());
            }
            assertArrayEquals(damaged, Files.readAllBytes(logFile()), "nothing may be changed: byte=" + i);
        }
        assertTrue(ignored < 8 * 4, "only padding may be ignored: ignored=" + ignored);
    }

    @Test
    void shouldRefuseWhenFirstGroupIsCutOff() throws IOException {
        writeGroups(0);
        byte[] whole = Files.readAllBytes(logFile());
        for (int length = 0; length < whole.length; length++) {
            Files.write(logFile(), Arrays.copyOf(whole, length));
            MetadataLogException refused = assertThrows(MetadataLogException.class, this::load);
            assertTrue(refused.getMessage().contains("no complete group"), refused.getMessage());
        }
    }

    @Test
    void shouldRefuseWhenGroupIsMissingInTheMiddle() throws IOException {
        long start = writeGroups(1);
        byte[] one = Files.readAllBytes(logFile());
        byte[] two = appendOneMore();
        byte[] three = appendOneMore();
        byte[] hole = Arrays.copyOf(one, one.length + three.length - two.length);
        System.arraycopy(three, two.length, hole, one.length, three.length - two.length);
        Files.write(logFile(), hole);
        MetadataLogException refused = assertThrows(MetadataLogException.class, this::load);
        assertTrue(refused.getMessage().contains("offset=" + start), refused.getMessage());
    }

    @Test
    void shouldRefuseWhenFormatIsNewer() throws IOException {
        long start = writeGroups(1);
        byte[] bytes = Arrays.copyOf(Files.readAllBytes(logFile()), (int) start + 24);
        ByteBuffer entry = ByteBuffer.wrap(bytes).order(ByteOrder.LITTLE_ENDIAN);
        entry.putLong((int) start + 8, 5).put((int) start + 16, (byte) 3).putShort((int) start + 18, (short) 2);
        CRC32C crc = new CRC32C();
        crc.update(bytes, (int) start + 8, 16);
        entry.putInt((int) start + 4, (int) crc.getValue());
        Files.write(logFile(), bytes);
        MetadataLogException refused = assertThrows(MetadataLogException.class, this::load);
        assertTrue(refused.getMessage().contains("formatVersion=2"), refused.getMessage());
    }

    @Test
    void shouldRefuseWhenDirectoryIsInUse() {
        try (MetadataLog first = MetadataLog.open(directory, MetadataFile::open)) {
            assertFalse(first.exists());
            MetadataLogException refused =
                    assertThrows(MetadataLogException.class, () -> MetadataLog.open(directory, MetadataFile::open));
            assertTrue(refused.getMessage().contains("in use"), refused.getMessage());
        }
        MetadataLog.open(directory, MetadataFile::open).close();
    }

    @Test
    void shouldKeepOldLogWhenRewriteWasNotFinished() throws IOException {
        writeGroups(2);
        Files.write(directory.resolve(MetadataLog.TEMPORARY_NAME), new byte[100]);
        assertEquals(3, load().size());
        assertFalse(Files.exists(directory.resolve(MetadataLog.TEMPORARY_NAME)));
    }

    private List<MetadataRecord> identityGroup() {
        return List.of(new MetadataRecord.Identity(new ClusterIdentity(new Uuid(11, 12), 1)));
    }

    private static List<MetadataRecord> group(int number) {
        Uuid topicId = new Uuid(number + 1, 99);
        return List.of(
                MetadataRecord.kafka(
                        new TopicRecord().setName("topic-" + number).setTopicId(topicId), (short) 0),
                new MetadataRecord.Placement(topicId, 0, number, 0),
                new MetadataRecord.PlacementLimit(number + 1));
    }

    /** Makes a new log and returns its length. */
    private long writeGroups(int count) throws IOException {
        Files.deleteIfExists(logFile());
        try (MetadataLog log = MetadataLog.open(directory, MetadataFile::open)) {
            log.rewrite(identityGroup());
            for (int i = 0; i < count; i++) {
                log.append(group(i));
            }
            return log.length();
        }
    }

    private byte[] appendOneMore() throws IOException {
        try (MetadataLog log = MetadataLog.open(directory, MetadataFile::open)) {
            List<List<MetadataRecord>> groups = new ArrayList<>();
            log.load(records -> groups.add(List.copyOf(records)));
            log.append(group(groups.size() - 1));
        }
        return Files.readAllBytes(logFile());
    }

    private List<List<MetadataRecord>> load() {
        List<List<MetadataRecord>> groups = new ArrayList<>();
        try (MetadataLog log = MetadataLog.open(directory, MetadataFile::open)) {
            log.load(records -> groups.add(List.copyOf(records)));
        }
        return groups;
    }

    private Path logFile() {
        return directory.resolve(MetadataLog.FILE_NAME);
    }
}
