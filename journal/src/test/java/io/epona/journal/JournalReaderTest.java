package io.epona.journal;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.epona.codec.FrameCheck;
import io.epona.codec.FrameDescriptor;
import io.epona.journal.JournalReader.Status;
import io.epona.journal.testing.FaultySegmentStore;
import io.epona.journal.testing.SimulatedDevice;
import io.epona.runtime.testing.Allocation;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import org.agrona.BufferUtil;
import org.agrona.concurrent.UnsafeBuffer;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** What a reader of the journal hands out, and what it tells when there is nothing to be handed out. */
@Timeout(60)
class JournalReaderTest {
    private static final int RING = 32 * 1024;
    private static final int SEGMENT = 64 * 1024;

    private final JournalConfig config = new JournalConfig(Path.of("simulated"), 2, 21, 22, 4, SEGMENT, 4, 4096, 8192);
    private final SimulatedDevice device = new SimulatedDevice(config, 1);
    private final TestLog log = TestLog.open(config, device.segments(), RING);
    private final List<Long> written = new ArrayList<>();

    private static UnsafeBuffer target(final int length) {
        return new UnsafeBuffer(BufferUtil.allocateDirectAligned(length, 4096));
    }

    private void write(final int count, final int payloadLength) {
        for (int i = 0; i < count; i++) {
            written.add(log.append(payloadLength));
            log.flush();
        }
    }

    /** Checks each frame of the last read and adds its position; where the frames end. */
    private static void collect(final JournalReader reader, final UnsafeBuffer target, final List<Long> found) {
        int offset = reader.offset();
        final int end = offset + reader.length();
        long position = reader.position();
        while (offset < end) {
            final int frameLength = FrameDescriptor.frameLength(target, offset);
            assertEquals(position, FrameDescriptor.position(target, offset));
            if (FrameDescriptor.type(target, offset) == FrameDescriptor.TYPE_RECORDS) {
                TestLog.checkFrame(target, offset, frameLength, position);
                found.add(position);
            }
            offset += FrameDescriptor.alignedLength(frameLength);
            position += FrameDescriptor.alignedLength(frameLength);
        }
        assertEquals(end, offset, "whole frames only");
        assertTrue(
                reader.nextPosition() >= position && reader.nextPosition() - position < FrameDescriptor.HEADER_LENGTH);
    }

    private List<Long> readAll(final long from, final long limit, final UnsafeBuffer target) {
        final List<Long> found = new ArrayList<>();
        try (JournalReader reader = log.journal.openReader()) {
            long position = from;
            Status status = reader.read(position, limit, target);
            while (status == Status.OK) {
                assertTrue(reader.nextPosition() > position, "every read goes on");
                collect(reader, target, found);
                position = reader.nextPosition();
                status = reader.read(position, limit, target);
            }
            assertEquals(Status.END, status);
        }
        return found;
    }

    @Test
    void shouldReadEveryFrameWhateverTheTargetsLength() {
        final Random random = new Random(5);
        for (int i = 0; i < 120; i++) {
            write(1, TestLog.MIN_PAYLOAD + random.nextInt(3_000));
        }
        for (final int length : new int[] {12 * 1024, 16 * 1024, 64 * 1024, 1 << 20}) {
            assertEquals(written, readAll(0, log.end(), target(length)), "target " + length);
            assertEquals(written.subList(7, 120), readAll(written.get(7), log.end(), target(length)));
        }
    }

    @Test
    void shouldStopAtTheLastFrameThatEndsBelowTheLimit() {
        write(10, 1000);
        final long second = written.get(1);
        final UnsafeBuffer target = target(64 * 1024);
        for (long limit = second; limit <= written.get(2); limit += 8) {
            final int expected = limit >= second + FrameDescriptor.HEADER_LENGTH + 1000 ? 2 : 1;
            assertEquals(written.subList(0, expected), readAll(0, limit, target), "limit " + limit);
        }
        assertEquals(List.of(), readAll(0, 0, target));
        assertEquals(List.of(), readAll(0, 500, target));
        assertEquals(List.of(), readAll(log.end(), log.end(), target));
    }

    @Test
    void shouldReadOverPaddingAndSkippedBytesAtTheEndOfASpan() {
        written.add(log.fillSpan(8));
        log.flush();
        write(1, 100);
        written.add(log.fillSpan(0));
        log.flush();
        written.add(log.append(3000));
        log.pad(log.end(), log.remaining());
        log.publish();
        log.flush();
        write(3, 700);
        assertEquals(written, readAll(0, log.end(), target(64 * 1024)));
    }

    @Test
    void shouldGiveTheHeaderOfPaddingThatIsLongerThanTheTarget() {
        write(1, 500);
        final long padding = log.end();
        log.pad(padding, log.remaining());
        log.publish();
        log.flush();
        final UnsafeBuffer target = target(8192);
        try (JournalReader reader = log.journal.openReader()) {
            assertEquals(Status.OK, reader.read(padding, log.end(), target));
            assertEquals(FrameDescriptor.HEADER_LENGTH, reader.length());
            assertEquals(RING, reader.nextPosition());
            assertEquals(FrameDescriptor.TYPE_PADDING, FrameDescriptor.type(target, reader.offset()));
        }
    }

    @Test
    void shouldSayThatItIsRecycledWhenTheSegmentIsGone() {
        while (log.end() < 5L * SEGMENT) {
            log.appendAll(1, 1000);
        }
        final long oldest = log.journal.bounds().oldestPosition();
        assertEquals(2L * SEGMENT, oldest);
        final UnsafeBuffer target = target(64 * 1024);
        try (JournalReader reader = log.journal.openReader()) {
            assertEquals(Status.RECYCLED, reader.read(0, log.end(), target));
            assertEquals(Status.RECYCLED, reader.read(oldest - 64, log.end(), target));
            assertEquals(Status.OK, reader.read(oldest, log.end(), target));
            assertEquals(oldest, reader.position());
        }
    }

    @Test
    void shouldSayThatItIsRecycledWhenThatHappensDuringTheRead() {
        while (log.end() < 4L * SEGMENT - 2000) {
            log.appendAll(1, 1000);
        }
        final HookedStore hooked = new HookedStore(device.segments());
        final UnsafeBuffer target = target(64 * 1024);
        try (JournalReader reader = new JournalReader(config, hooked, log.journal.bounds(), RING)) {
            assertEquals(Status.OK, reader.read(0, log.end(), target));
            hooked.duringRead = () -> log.appendAll(4, 1000);
            assertEquals(Status.RECYCLED, reader.read(0, log.end(), target));
            assertEquals(0, reader.length());
        }
    }

    @Test
    void shouldSayThatItIsRecycledWhenTheLogIsCutDuringTheRead() {
        write(20, 1000);
        final HookedStore hooked = new HookedStore(device.segments());
        final UnsafeBuffer target = target(64 * 1024);
        try (JournalReader reader = new JournalReader(config, hooked, log.journal.bounds(), RING)) {
            hooked.duringRead = () -> assertTrue(log.truncate(written.get(3)));
            assertEquals(Status.RECYCLED, reader.read(0, written.get(10), target));
            hooked.duringRead = () -> {};
            assertEquals(Status.OK, reader.read(0, log.end(), target));
            assertEquals(written.get(3), reader.nextPosition());
        }
    }

    @Test
    void shouldSayThatItIsDamagedAndHandOutWhatIsBefore() {
        write(10, 1000);
        final long bad = written.get(4);
        device.flipBit(0, config.fileOffset(bad + 300), 2);
        final UnsafeBuffer target = target(64 * 1024);
        try (JournalReader reader = log.journal.openReader()) {
            assertEquals(Status.OK, reader.read(0, log.end(), target));
            assertEquals(bad, reader.nextPosition());
            assertEquals(0, log.journal.bounds().oldestReadablePosition());
            assertEquals(Status.DAMAGED, reader.read(bad, log.end(), target));
            assertEquals(FrameCheck.BAD_CRC, reader.endCheck());
            assertTrue(reader.place().contains("position=" + bad), reader.place());
            assertEquals(Status.OK, reader.read(written.get(5), log.end(), target));
            final long readable = log.journal.bounds().oldestReadablePosition();
            assertTrue(readable > bad && readable <= written.get(5), "who needs the damaged frame must be told");
        }
    }

    @Test
    void shouldNeverHandOutADamagedFrameWhicheverBitItIs() {
        write(3, 200);
        final long frame = written.get(1);
        final UnsafeBuffer target = target(64 * 1024);
        try (JournalReader reader = log.journal.openReader()) {
            for (int i = 0; i < FrameDescriptor.HEADER_LENGTH + 200; i++) {
                device.flipBit(0, config.fileOffset(frame + i), i & 7);
                final Status status = reader.read(frame, log.end(), target);
                assertTrue(status == Status.DAMAGED || status == Status.END && i < 4, "byte " + i + ": " + status);
                device.flipBit(0, config.fileOffset(frame + i), i & 7);
            }
        }
    }

    @Test
    void shouldEndWhenTheDeviceDoes() {
        write(3, 200);
        final FaultySegmentStore failing = new FaultySegmentStore(device.segments());
        failing.failRead(Errno.EIO);
        try (JournalReader reader = new JournalReader(config, failing, log.journal.bounds(), RING)) {
            assertThrows(JournalFailedException.class, () -> reader.read(0, log.end(), target(8192)));
        }
    }

    @Test
    void shouldAllocateNothingWhenItReads() {
        write(60, 1000);
        final UnsafeBuffer target = target(16 * 1024);
        try (JournalReader reader = log.journal.openReader()) {
            assertEquals(0, Allocation.bytesPerRun(3_000, () -> readOver(reader, target)));
        }
    }

    private void readOver(final JournalReader reader, final UnsafeBuffer target) {
        long position = 0;
        while (reader.read(position, log.end(), target) == Status.OK) {
            position = reader.nextPosition();
        }
    }
}
