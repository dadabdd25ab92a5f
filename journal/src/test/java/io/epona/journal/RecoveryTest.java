package io.epona.journal;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.epona.codec.Crc32c;
import io.epona.codec.FrameDescriptor;
import io.epona.journal.testing.SimulatedDevice;
import java.nio.ByteOrder;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.agrona.concurrent.UnsafeBuffer;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** What recovery takes for the end of the log, for a torn tail, and for damage. Rows 36 to 47 of the lessons. */
@Timeout(60)
class RecoveryTest {
    private static final int RING = 32 * 1024;
    private static final int MAX_WRITE = 8 * 1024;

    private final JournalConfig config = config(64 * 1024, MAX_WRITE);
    private final SimulatedDevice device = new SimulatedDevice(config, 1);
    private final List<Long> written = new ArrayList<>();

    private static JournalConfig config(final long segmentLength, final int maxWriteLength) {
        return new JournalConfig(Path.of("simulated"), 2, 21, 22, 4, segmentLength, 3, 4096, maxWriteLength);
    }

    private TestLog open() {
        return TestLog.open(config, device.segments(), RING);
    }

    private TestLog open(final long from, final long checkpoint) {
        return TestLog.open(config, device.segments(), RING, from, checkpoint);
    }

    /** Frames of 1,064 bytes, each durable before the next is appended. */
    private void writeOneByOne(final TestLog log, final int count) {
        for (int i = 0; i < count; i++) {
            written.add(log.append(1000));
            log.flush();
        }
    }

    private void flip(final long position) {
        device.flipBit(config.fileIndex(config.segmentNumber(position)), config.fileOffset(position), 3);
    }

    private byte[][] bytes() {
        final byte[][] bytes = new byte[config.segmentCount()][];
        for (int i = 0; i < bytes.length; i++) {
            bytes[i] = device.segmentBytes(i).clone();
        }
        return bytes;
    }

    private JournalCorruptException assertRefusedAndUntouched(final long from, final long checkpoint) {
        final byte[][] before = bytes();
        final JournalCorruptException ex = assertThrows(JournalCorruptException.class, () -> open(from, checkpoint));
        final byte[][] after = bytes();
        for (int i = 0; i < before.length; i++) {
            assertArrayEquals(before[i], after[i], "file " + i);
        }
        return ex;
    }

    @Test
    void shouldRefuseWhenAMiddleFrameIsDamagedAndALaterOneKnewThatItWasDurable() {
        writeOneByOne(open(), 10);
        flip(written.get(4) + 500);
        final JournalCorruptException ex = assertRefusedAndUntouched(0, 0);
        assertEquals(written.get(4), ex.position());
    }

    @Test
    void shouldRefuseWhicheverPartOfAMiddleFrameIsDamaged() {
        writeOneByOne(open(), 6);
        final long frame = written.get(2);
        for (int i = 0; i < FrameDescriptor.HEADER_LENGTH + 1000; i += 13) {
            flip(frame + i);
            assertEquals(frame, assertRefusedAndUntouched(0, 0).position(), "byte " + i);
            flip(frame + i);
        }
        assertEquals(written, open().recovered);
    }

    @Test
    void shouldCutWhenTheLastWriteIsTornInItsMiddle() {
        final TestLog log = open();
        writeOneByOne(log, 3);
        final long durable = log.end();
        log.claimedDurable = durable;
        for (int i = 0; i < 5; i++) {
            log.append(1000);
        }
        log.flush();
        flip(durable + 1064 + 200);
        final TestLog next = open();
        written.add(durable);
        assertEquals(written, next.recovered);
        assertEquals(durable + 1064, next.tail.position());
        assertEquals(3, next.tail.discardedFrameCount());
    }

    @Test
    void shouldNotBringBackFramesOfATornWriteWhenTheLogGrowsUpToThem() {
        final TestLog log = open();
        log.claimedDurable = 0;
        final long first = log.append(1000);
        log.append(1000);
        log.append(1000);
        log.flush();
        flip(first + 300);
        final TestLog second = open();
        assertEquals(0, second.tail.position());
        written.add(second.append(1000));
        second.flush();
        final TestLog third = open();
        assertEquals(written, third.recovered, "the old second and third frame stay dead");
    }

    @Test
    void shouldNotBringBackFramesWhenTheRingIsLongerThanOneWriteReaches() {
        // Two writes of frames that knew nothing durable; the first is damaged. Only distance tells that it was
        // durable.
        final TestLog log = open();
        log.claimedDurable = 0;
        for (int i = 0; i < 20; i++) {
            written.add(log.append(1000));
        }
        log.flush();
        flip(300);
        final JournalCorruptException ex = assertRefusedAndUntouched(0, 0);
        assertEquals(0, ex.position());
    }

    @Test
    void shouldRefuseWhenTheCheckpointIsBeyondTheBadFrame() {
        final TestLog log = open();
        writeOneByOne(log, 4);
        flip(written.get(3) + 500);
        assertEquals(written.get(3), assertRefusedAndUntouched(0, log.end()).position());
        assertEquals(
                written.get(3),
                assertRefusedAndUntouched(written.get(3), log.end()).position());
    }

    @Test
    void shouldStartWhenTheDamageIsBelowWhatRecoveryNeeds() {
        final TestLog log = open();
        writeOneByOne(log, 6);
        flip(written.get(1) + 500);
        assertEquals(written.subList(3, 6), open(written.get(3), written.get(5)).recovered);
    }

    @Test
    void shouldRefuseWhenTheNextSegmentWasEnteredBehindTheBadFrame() {
        final TestLog log = open();
        log.claimedDurable = 0;
        while (log.end() < config.segmentLength() + 2000) {
            written.add(log.append(1000));
            log.flush();
        }
        final long last = written.stream()
                .filter(position -> position < config.segmentLength())
                .reduce((one, two) -> two)
                .orElseThrow();
        flip(last + 200);
        assertEquals(last, assertRefusedAndUntouched(0, 0).position());
    }

    @Test
    void shouldRefuseDamageOfTheLastFrameWhenTheWriterWasClosed() {
        final TestLog log = open();
        writeOneByOne(log, 3);
        log.writer.onClose();
        flip(written.get(2) + 100);
        assertEquals(written.get(2), assertRefusedAndUntouched(0, 0).position());
    }

    @Test
    void shouldRefuseDamageOfTheLastFrameWhenTheWriterWasIdle() throws InterruptedException {
        final TestLog log = open();
        writeOneByOne(log, 3);
        final long deadlineNs = System.nanoTime() + 10_000_000_000L;
        while (log.writer.doWork() == 0) {
            assertTrue(System.nanoTime() < deadlineNs, "no mark was written");
            Thread.onSpinWait();
        }
        assertEquals(0, log.writer.doWork(), "marked once");
        flip(written.get(2) + 100);
        assertEquals(written.get(2), assertRefusedAndUntouched(0, 0).position());
    }

    @Test
    void shouldRefuseDamageOfTheLastFrameWhenARecoveryHasSeenIt() {
        writeOneByOne(open(), 3);
        open().close();
        flip(written.get(2) + 100);
        assertEquals(written.get(2), assertRefusedAndUntouched(0, 0).position());
    }

    @Test
    void shouldIgnoreStaleFramesOfEarlierUsesOfASegment() {
        final TestLog log = open();
        // Equal frames that fill segments exactly: stale frames lie precisely where new ones would.
        log.appendAll(500, 1024 - FrameDescriptor.HEADER_LENGTH);
        final long end = log.end();
        final long from = end - 3 * 1024;
        final TestLog next = open(from, from);
        assertEquals(3, next.recovered.size());
        assertEquals(end, next.tail.position());
        next.close();
    }

    @Test
    void shouldRefuseWhenTheCheckpointNeedsFramesThatAreGone() {
        final TestLog log = open();
        log.appendAll(500, 960);
        assertRefusedAndUntouched(0, 0);
        assertRefusedAndUntouched(0, log.end());
    }

    @Test
    void shouldRefuseWhenTheCheckpointIsAheadOfTheJournal() {
        final TestLog log = open();
        writeOneByOne(log, 2);
        assertRefusedAndUntouched(log.end() + 64, log.end() + 64);
        assertRefusedAndUntouched(10_000_000, 10_000_000);
    }

    @Test
    void shouldRefuseAFrameOfANewerVersionInsteadOfCuttingIt() {
        writeOneByOne(open(), 3);
        final long position = written.get(2);
        final UnsafeBuffer file = new UnsafeBuffer(device.segmentBytes(0));
        final int offset = (int) config.fileOffset(position);
        file.putShort(offset + FrameDescriptor.VERSION_OFFSET, (short) 2, ByteOrder.LITTLE_ENDIAN);
        final int length = FrameDescriptor.frameLength(file, offset) - FrameDescriptor.CRC_START_OFFSET;
        final int crc = new Crc32c().compute(file, offset + FrameDescriptor.CRC_START_OFFSET, length);
        file.putInt(offset + FrameDescriptor.CRC_OFFSET, crc, ByteOrder.LITTLE_ENDIAN);
        final JournalRefusedException ex = assertThrows(JournalRefusedException.class, this::open);
        assertTrue(ex.getMessage().contains("newer version"), ex.getMessage());
    }

    @Test
    void shouldRefuseADamagedHeader() {
        writeOneByOne(open(), 3);
        for (int i = 0; i < 96; i++) {
            device.flipBit(0, i, 0);
            assertThrows(JournalException.class, this::open, "byte " + i);
            device.flipBit(0, i, 0);
        }
        assertEquals(written, open().recovered);
    }

    @Test
    void shouldCallItDamageWhenAHeaderWasWrittenToAWrongFile() {
        open().appendAll(150, 960);
        final byte[] kept = device.segmentBytes(1).clone();
        System.arraycopy(device.segmentBytes(0), 0, device.segmentBytes(1), 0, config.blockLength());
        final JournalCorruptException ofJournal = assertRefusedAndUntouched(0, 0);
        assertTrue(ofJournal.getMessage().contains("belongs elsewhere"), ofJournal::getMessage);

        final SimulatedDevice other = otherLane();
        System.arraycopy(other.segmentBytes(1), 0, device.segmentBytes(1), 0, config.blockLength());
        final JournalCorruptException ofOther = assertRefusedAndUntouched(0, 0);
        assertTrue(ofOther.getMessage().contains("belongs elsewhere"), ofOther::getMessage);

        System.arraycopy(kept, 0, device.segmentBytes(1), 0, kept.length);
        assertEquals(150, open().recovered.size());
    }

    @Test
    void shouldRefuseTheDirectoryWhenNoHeaderIsOfThisJournal() {
        final SimulatedDevice other = otherLane();
        for (int i = 0; i < config.segmentCount(); i++) {
            System.arraycopy(other.segmentBytes(i), 0, device.segmentBytes(i), 0, config.blockLength());
        }
        assertThrows(JournalRefusedException.class, this::open);
    }

    private static SimulatedDevice otherLane() {
        final JournalConfig config =
                new JournalConfig(Path.of("simulated"), 3, 21, 22, 4, 64 * 1024, 3, 4096, MAX_WRITE);
        final SimulatedDevice device = new SimulatedDevice(config, 1);
        TestLog.open(config, device.segments(), RING).appendAll(100, 960);
        return device;
    }

    @Test
    void shouldRefuseWhenAFileIsOlderThanTheOthers() {
        final TestLog log = open();
        log.appendAll(30, 960);
        final byte[] old = device.segmentBytes(0).clone();
        log.appendAll(170, 960);
        System.arraycopy(old, 0, device.segmentBytes(0), 0, old.length);
        assertRefusedAndUntouched(log.end(), log.end());
    }

    @Test
    void shouldKeepReadingWhenTheRingLengthHasChanged() {
        final JournalConfig many = new JournalConfig(Path.of("simulated"), 2, 21, 22, 4, 64 * 1024, 8, 4096, MAX_WRITE);
        final SimulatedDevice own = new SimulatedDevice(many, 1);
        final int[] ringLengths = {32 * 1024, 128 * 1024, 16 * 1024, 64 * 1024, 16 * 1024};
        for (final int ringLength : ringLengths) {
            final TestLog log = TestLog.open(many, own.segments(), ringLength);
            assertEquals(written, log.recovered, "ring " + ringLength);
            for (int i = 0; i < 37; i++) {
                written.add(log.append(777 + i));
                log.flush();
            }
            assertTrue(log.failures.isEmpty(), () -> log.failures.toString());
            assertTrue(log.end() < many.capacity());
        }
        assertEquals(written, TestLog.open(many, own.segments(), 16 * 1024).recovered);
    }

    @Test
    void shouldWipeAsFarAsAnEarlierLongerWriteCouldReach() {
        final JournalConfig longer = config(64 * 1024, 32 * 1024);
        final TestLog log = TestLog.open(longer, device.segments(), RING);
        log.claimedDurable = 0;
        for (int i = 0; i < 25; i++) {
            log.append(1000);
        }
        log.flush();
        flip(300);
        final TestLog next = open();
        assertEquals(24, next.tail.discardedFrameCount());
        for (int i = 0; i < config.segmentLength(); i++) {
            assertEquals(0, device.segmentBytes(0)[4096 + i], "byte " + i);
        }
    }

    @Test
    void shouldHoldTheLastBlockInTheRingForTheNextWrite() {
        writeOneByOne(open(), 5);
        final TestLog next = open();
        writeOneByOne(next, 5);
        assertEquals(written, open().recovered);
    }
}
