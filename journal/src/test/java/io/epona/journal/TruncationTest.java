package io.epona.journal;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertInstanceOf;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.epona.codec.FrameDescriptor;
import io.epona.journal.testing.FaultySegmentStore;
import io.epona.journal.testing.PowerCutException;
import io.epona.journal.testing.SimulatedDevice;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** What is on the device and in the ring when a log was cut, and when the power failed while it was. Row 17. */
@Timeout(120)
class TruncationTest {
    private static final int RING = 128 * 1024;
    private static final int SHORT_RING = 32 * 1024;
    private static final int SEGMENT = 16 * 1024;
    private static final int FRAME = 1024;
    private static final int PAYLOAD = FRAME - FrameDescriptor.HEADER_LENGTH;

    private final JournalConfig config =
            new JournalConfig(Path.of("simulated"), 2, 21, 22, 4, SEGMENT, 6, 4096, 8 * 1024);
    private final SimulatedDevice device = new SimulatedDevice(config, 1);
    private final List<Long> written = new ArrayList<>();

    private TestLog open() {
        return open(config, 0);
    }

    private TestLog open(final JournalConfig journal, final long from) {
        final TestLog log = TestLog.openReplica(journal, device.segments(), RING, from, from);
        log.claimedDurable = 0;
        return log;
    }

    private TestLog openWithShortRing() {
        final TestLog log = TestLog.openReplica(config, device.segments(), SHORT_RING, 0, 0);
        log.claimedDurable = 0;
        return log;
    }

    /** Frames of 1,024 bytes, so that new ones end exactly where old ones began. */
    private void write(final TestLog log, final int count) {
        for (int i = 0; i < count; i++) {
            written.add(log.append(PAYLOAD));
            log.flush();
        }
    }

    private void cut(final TestLog log, final long position) {
        assertTrue(log.truncate(position), () -> log.failures.toString());
        written.removeIf(frame -> frame >= position);
    }

    private void assertFound() {
        final TestLog log = open();
        assertEquals(written, log.recovered);
        assertEquals(written.isEmpty() ? 0 : written.getLast() + FRAME, log.tail.position());
        assertEquals(0, log.tail.discardedFrameCount(), "nothing of the old end is left");
        log.close();
    }

    @ParameterizedTest
    @ValueSource(ints = {0, 1, 3, 4, 7, 15, 16, 17, 20, 31, 32, 39, 40})
    void shouldKeepWhatIsBelowTheCutAndNothingElse(final int kept) {
        final TestLog log = open();
        write(log, 40);
        cut(log, (long) kept * FRAME);
        assertEquals((long) kept * FRAME, log.counters.durable().get());
        assertFound();
        log.epoch = TestLog.EPOCH;
        write(log, 1);
        assertFound();
        write(log, 20);
        assertFound();
        assertEquals(List.of(), log.failures);
    }

    @Test
    void shouldNotBringBackCutFramesBehindNewerOnesOfALowerEpoch() {
        final TestLog log = open();
        write(log, 3);
        log.epoch = 5;
        write(log, 9);
        cut(log, 3 * FRAME);
        // Sequenced by the leader of an epoch that this replica had not heard of, before the one that was cut.
        log.epoch = 4;
        write(log, 1);
        assertFound();
        write(log, 1);
        assertFound();
    }

    @Test
    void shouldNotWriteOldFramesFromTheRingIntoTheLastBlock() {
        final TestLog log = open();
        for (int i = 0; i < 4; i++) {
            written.add(log.append(PAYLOAD));
        }
        log.flush();
        cut(log, FRAME);
        written.add(log.append(PAYLOAD));
        log.flush();
        final byte[] bytes = device.segmentBytes(0);
        for (int i = JournalLimits.HEADER_BLOCK_LENGTH + 2 * FRAME; i < bytes.length; i++) {
            assertEquals(0, bytes[i], "byte " + i);
        }
        assertFound();
    }

    @Test
    void shouldTakeBackMarksBeyondTheCut() {
        final TestLog log = open();
        write(log, 20);
        log.writer.onClose();
        final TestLog second = open();
        cut(second, 2 * FRAME);
        assertFound();
        final TestLog third = open();
        assertEquals(2 * FRAME, third.tail.position());
        write(third, 1);
        assertFound();
    }

    @Test
    void shouldEnterSegmentsAgainThatWereLeft() {
        final TestLog log = open();
        write(log, 45);
        cut(log, 10 * FRAME);
        log.counters.checkpointed().setRelease(5 * FRAME);
        for (int round = 0; round < 20; round++) {
            write(log, 20);
            log.counters.checkpointed().setRelease(log.end() - 10 * FRAME);
            cut(log, log.end() - 5 * FRAME);
        }
        assertEquals(List.of(), log.failures);
        final long from = log.counters.checkpointed().get();
        final TestLog next = open(config, from);
        written.removeIf(frame -> frame < from);
        assertEquals(written, next.recovered);
    }

    @Test
    void shouldGoOnWhenASegmentWasLeftThatHadTakenTheOldestOnesFile() {
        final TestLog log = open();
        log.counters.checkpointed().setRelease(0);
        write(log, 90);
        log.counters.checkpointed().setRelease(50 * FRAME);
        write(log, 25);
        // Segment 7 is there now, and 0 and 1 are gone.
        cut(log, 80 * FRAME);
        assertEquals(2 * SEGMENT, log.journal.bounds().oldestPosition());
        final TestLog next = open(config, 50 * FRAME);
        assertEquals(2 * SEGMENT, next.tail.oldestPosition());
        assertEquals(written.subList(50, 80), next.recovered);
        write(next, 30);
        assertEquals(List.of(), next.failures);
        assertEquals(written.subList(50, 110), open(config, 50 * FRAME).recovered);
    }

    @Test
    void shouldCutWhatIsNotWrittenYetWhereItIs() {
        final TestLog log = open();
        write(log, 2);
        for (int i = 0; i < 4; i++) {
            written.add(log.append(PAYLOAD));
        }
        cut(log, 4 * FRAME);
        assertEquals(2 * FRAME, log.counters.durable().get(), "what the cut kept is still to be written");
        log.flush();
        assertEquals(4 * FRAME, log.counters.durable().get());
        assertFound();
    }

    @Test
    void shouldNotCountAWriteThatWasUnderWayWhenTheLaneAsked() {
        final TestLog log = open();
        write(log, 3);
        final long[] generation = new long[1];
        log.append(PAYLOAD);
        device.onBusy(() -> {
            if (generation[0] == 0) {
                generation[0] = log.journal.truncation().request(3 * FRAME);
            }
        });
        log.writer.doWork();
        assertEquals(3 * FRAME, log.counters.durable().get(), "the write was of the old generation");
        assertTrue(log.finishTruncation(generation[0], 3 * FRAME));
        log.epoch = 2;
        log.append(PAYLOAD);
        assertEquals(3 * FRAME, log.counters.durable().get(), "the new frame is not written yet");
        log.writer.doWork();
        assertEquals(4 * FRAME, log.counters.durable().get());
    }

    @Test
    void shouldCountTheOldGenerationWhenThatMistakeIsPlanted() {
        final TestLog log = TestLog.openReplica(
                config,
                device.segments(),
                RING,
                0,
                0,
                PlantedRecovery.rules(PlantedRecovery.Fault.OLD_GENERATION_COUNTS));
        log.claimedDurable = 0;
        write(log, 5);
        final long generation = log.journal.truncation().request(2 * FRAME);
        log.writer.doWork();
        assertTrue(log.journal.truncation().isDone(generation));
        assertEquals(5 * FRAME, log.counters.durable().get());
    }

    @Test
    void shouldWriteNothingBetweenTheCutAndTheLanesAnswer() {
        final TestLog log = open();
        write(log, 5);
        final long generation = log.journal.truncation().request(2 * FRAME);
        log.writer.doWork();
        assertTrue(log.journal.truncation().isDone(generation));
        assertEquals(5 * FRAME, log.counters.appended().get());
        log.writer.onClose();
        assertEquals(2 * FRAME, log.counters.durable().get());
        assertEquals(List.of(), log.failures);
        written.removeIf(frame -> frame >= 2 * FRAME);
        assertFound();
    }

    @Test
    void shouldEndInsteadOfCuttingWhereTheLogIsNot() {
        final TestLog beyond = open();
        write(beyond, 3);
        assertFalse(beyond.truncate(4 * FRAME));
        assertInstanceOf(IllegalStateException.class, beyond.failures.get(0));
        assertFound();
        final TestLog below = open();
        below.counters.checkpointed().setRelease(60 * FRAME);
        write(below, 120);
        assertFalse(below.truncate(FRAME));
        assertTrue(below.failures.get(0).getMessage().contains("oldest=" + 2 * SEGMENT), below.failures::toString);
    }

    @Test
    void shouldEndWithoutAnAnswerWhenTheDeviceFailsDuringTheCut() {
        for (int write = 1; write < 12; write++) {
            final FaultySegmentStore failing = new FaultySegmentStore(new SimulatedDevice(config, 3).segments());
            final TestLog log = TestLog.openReplica(config, failing, RING, 0, 0);
            log.claimedDurable = 0;
            for (int i = 0; i < 40; i++) {
                log.append(PAYLOAD);
                log.flush();
            }
            failing.failWrite(write, Errno.EIO);
            final long generation = log.journal.truncation().request(FRAME);
            log.writer.doWork();
            if (!log.writer.isFenced()) {
                assertTrue(write > 6, "the cut took fewer writes than expected: " + write);
                break;
            }
            assertFalse(log.journal.truncation().isDone(generation));
        }
    }

    @Test
    void shouldLeaveABeginningOfTheOldLogWhereverThePowerFailsDuringTheCut() {
        int cuts = 0;
        for (long seed = 0; seed < 60; seed++) {
            for (int operation = 1; ; operation++) {
                final SimulatedDevice torn = new SimulatedDevice(config, seed);
                if (!cutWithPowerCut(torn, operation)) {
                    break;
                }
                cuts++;
            }
        }
        assertTrue(cuts > 300, "cuts=" + cuts);
    }

    /** False when the cut was done before the power failed. */
    private boolean cutWithPowerCut(final SimulatedDevice torn, final int operation) {
        final TestLog log = TestLog.openReplica(config, torn.segments(), RING, 0, 0);
        log.claimedDurable = 0;
        final List<Long> frames = new ArrayList<>();
        for (int i = 0; i < 40; i++) {
            frames.add(log.append(PAYLOAD));
            log.flush();
        }
        log.writer.onClose();
        final int kept = 5;
        torn.cutPowerDuring(operation);
        if (log.truncate((long) kept * FRAME)) {
            return false;
        }
        assertInstanceOf(PowerCutException.class, log.failures.get(0));
        torn.restorePower();
        final TestLog next = TestLog.openReplica(config, torn.segments(), RING, 0, 0);
        final int found = next.recovered.size();
        assertTrue(found >= kept, "found=" + found);
        assertEquals(frames.subList(0, found), next.recovered);
        next.claimedDurable = 0;
        assertTrue(next.truncate((long) kept * FRAME), () -> next.failures.toString());
        next.append(PAYLOAD);
        next.flush();
        assertEquals(
                kept + 1,
                TestLog.openReplica(config, torn.segments(), RING, 0, 0)
                        .recovered
                        .size());
        return true;
    }

    @Test
    void shouldRaiseTheRingsFloorByWhatTheOldEndHadOverwritten() {
        final TestLog log = openWithShortRing();
        write(log, 40);
        assertEquals(0, log.ring.floorPosition());
        cut(log, 20 * FRAME);
        assertEquals(40 * FRAME - SHORT_RING, log.ring.floorPosition());
        assertEquals(40 * FRAME - SHORT_RING, log.ring.oldestIntactPosition(20 * FRAME));
    }

    @Test
    void shouldReloadTheLastBlockWhenTheOldEndHadOverwrittenItInTheRing() {
        final TestLog log = openWithShortRing();
        write(log, 2);
        for (int i = 2; i < 34; i++) {
            written.add(log.append(PAYLOAD));
            log.writer.doWork();
            log.flush();
        }
        // The ring holds frames 2 to 33: those in the block of the cut are gone.
        cut(log, 2 * FRAME);
        write(log, 1);
        assertFound();
    }
}
