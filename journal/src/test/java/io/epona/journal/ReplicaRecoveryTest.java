package io.epona.journal;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.epona.codec.FrameCheck;
import io.epona.codec.FrameDescriptor;
import io.epona.journal.testing.SimulatedDevice;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** What a replica's recovery takes for committed, what it leaves in the ring, and what it calls damage. */
@Timeout(60)
class ReplicaRecoveryTest {
    private static final int RING = 32 * 1024;
    private static final int FRAME = 1024;
    private static final int PAYLOAD = FRAME - FrameDescriptor.HEADER_LENGTH;

    private final JournalConfig config = config(64 * 1024, 8 * 1024);
    private final SimulatedDevice device = new SimulatedDevice(config, 1);
    private final List<Long> written = new ArrayList<>();

    private static JournalConfig config(final long segmentLength, final int maxWriteLength) {
        return new JournalConfig(Path.of("simulated"), 2, 21, 22, 4, segmentLength, 3, 4096, maxWriteLength);
    }

    private TestLog open(final long from, final long checkpoint) {
        return TestLog.openReplica(config, device.segments(), RING, from, checkpoint);
    }

    private void write(final TestLog log, final int count, final long committed) {
        log.claimedDurable = committed;
        for (int i = 0; i < count; i++) {
            written.add(log.append(PAYLOAD));
            log.flush();
        }
    }

    /** All in one device write, as a replica gets them that is catching up. */
    private void writeTogether(final TestLog log, final int count, final long committed) {
        log.claimedDurable = committed;
        for (int i = 0; i < count; i++) {
            written.add(log.append(PAYLOAD));
        }
        log.writer.doWork();
        assertEquals(log.end(), log.counters.durable().get());
    }

    private void flip(final long position) {
        device.flipBit(config.fileIndex(config.segmentNumber(position)), config.fileOffset(position), 3);
    }

    @Test
    void shouldCallCommittedWhatTheHighestFrameNames() {
        final TestLog log = open(0, 0);
        write(log, 5, 0);
        write(log, 1, 3 * FRAME);
        write(log, 4, 2 * FRAME);
        final TestLog next = open(0, 0);
        assertEquals(3 * FRAME, next.tail.committedBound());
        assertEquals(10 * FRAME, next.tail.position());
        assertEquals(written, next.recovered);
        assertEquals(written.subList(3, 10), next.uncommitted);
        assertEquals(10, next.tail.frameCount());
    }

    @Test
    void shouldCallCommittedWhatTheCheckpointIsOf() {
        final TestLog log = open(0, 0);
        write(log, 10, FRAME);
        final TestLog next = open(2 * FRAME, 6 * FRAME);
        assertEquals(6 * FRAME, next.tail.committedBound());
        assertEquals(written.subList(2, 10), next.recovered);
        assertEquals(written.subList(6, 10), next.uncommitted);
    }

    @Test
    void shouldCallCommittedNoMoreThanThereIs() {
        final TestLog log = open(0, 0);
        write(log, 4, 100 * FRAME);
        final TestLog next = open(0, 0);
        assertEquals(4 * FRAME, next.tail.committedBound());
        assertEquals(List.of(), next.uncommitted);
    }

    @Test
    void shouldHoldUncommittedFramesInTheRingWhereverTheyWrap() {
        final TestLog log = open(0, 0);
        log.counters.checkpointed().setRelease(0);
        write(log, 50, 0);
        for (int committed = 30; committed < 50; committed++) {
            write(log, 1, committed * FRAME);
            final TestLog next = open(0, 0);
            assertEquals(committed * FRAME, next.tail.committedBound());
            assertTrue(next.ring.floorPosition() <= committed * FRAME);
            final List<Long> inRing = new ArrayList<>();
            new RingReader(next.ring, next.spanLength)
                    .read(
                            committed * FRAME,
                            next.tail.position(),
                            (buffer, offset, length, position) -> {
                                TestLog.checkFrame(buffer, offset, length, position);
                                inRing.add(position);
                            },
                            Integer.MAX_VALUE);
            assertEquals(next.uncommitted, inRing);
        }
    }

    @Test
    void shouldRefuseARingThatIsTooShortForWhatMayNotBeCommitted() {
        final TestLog log = open(0, 0);
        write(log, 30, 0);
        final byte[] before = device.segmentBytes(0).clone();
        final JournalConfig same = config;
        final JournalRefusedException ex = assertThrows(
                JournalRefusedException.class, () -> TestLog.openReplica(same, device.segments(), 16 * 1024, 0, 0));
        assertTrue(ex.getMessage().contains("cannot change in a cell"), ex.getMessage());
        assertArrayEquals(before, device.segmentBytes(0), "nothing was changed");
    }

    @Test
    void shouldRefuseARingThatWasShortenedBelowWhatMayNotBeCommitted() {
        final JournalConfig shortSegments =
                new JournalConfig(Path.of("simulated"), 2, 21, 22, 4, 8 * 1024, 8, 4096, 8 * 1024);
        final SimulatedDevice other = new SimulatedDevice(shortSegments, 2);
        final TestLog log = TestLog.openReplica(shortSegments, other.segments(), RING, 0, 0);
        write(log, 30, 0);
        final JournalRefusedException ex = assertThrows(
                JournalRefusedException.class,
                () -> TestLog.openReplica(shortSegments, other.segments(), 16 * 1024, 0, 0));
        assertTrue(ex.getMessage().contains("too short"), ex.getMessage());
        assertEquals(
                30,
                TestLog.openReplica(shortSegments, other.segments(), RING, 0, 0)
                        .recovered
                        .size());
    }

    @Test
    void shouldEndTheLogWhereALowerEpochFollows() {
        final TestLog log = open(0, 0);
        write(log, 3, 0);
        log.epoch = 7;
        write(log, 3, 0);
        log.epoch = 6;
        write(log, 2, 0);
        final TestLog next = open(0, 0);
        assertEquals(written.subList(0, 6), next.recovered);
        assertEquals(6 * FRAME, next.tail.position());
        assertEquals(FrameCheck.STALE_EPOCH, next.tail.endCheck());
        assertEquals(7, next.tail.leaderEpoch());
        assertEquals(6, open(0, 0).recovered.size(), "they are wiped");
    }

    @Test
    void shouldNotTakeManyStaleFramesForEvidence() {
        final TestLog log = open(0, 0);
        log.epoch = 7;
        write(log, 2, 0);
        log.epoch = 6;
        // Further than one device write reaches, and naming what they claim.
        write(log, 20, 15 * FRAME);
        final TestLog next = open(0, 0);
        assertEquals(2 * FRAME, next.tail.position());
        assertEquals(0, next.tail.committedBound());
    }

    @Test
    void shouldSayThatItMayBeTornWhenOnlyALeadersWordIsAgainstIt() {
        final TestLog log = open(0, 0);
        write(log, 4, 0);
        writeTogether(log, 4, 6 * FRAME);
        flip(written.get(5) + 100);
        final JournalCorruptException ex = assertThrows(JournalCorruptException.class, () -> open(0, 0));
        assertTrue(ex.damage().mayBeTorn());
        assertTrue(ex.damage().isBelowCommitted());
        assertEquals(5 * FRAME, ex.position());
        assertEquals(2, ex.damage().laneId());
        assertEquals(config.fileOffset(5 * FRAME), ex.damage().fileOffset());
        assertTrue(ex.getMessage().contains("simulated segment file 0"), ex.getMessage());
        final TestLog outOfSync = TestLog.openOutOfSync(config, device.segments(), RING, 0, 0);
        assertEquals(5 * FRAME, outOfSync.tail.position());
        assertEquals(5, outOfSync.recovered.size());
        assertEquals(5, open(0, 0).recovered.size(), "it was cut and wiped");
    }

    @Test
    void shouldNeverCallItTornWhenTheDistanceProvesIt() {
        final TestLog log = open(0, 0);
        write(log, 20, 0);
        flip(written.get(5) + 100);
        final JournalCorruptException ex = assertThrows(JournalCorruptException.class, () -> open(0, 0));
        assertFalse(ex.damage().mayBeTorn());
        assertFalse(ex.damage().isBelowCommitted(), "nobody said so, though it may have been committed");
        assertThrows(JournalCorruptException.class, () -> TestLog.openOutOfSync(config, device.segments(), RING, 0, 0));
    }

    @Test
    void shouldNeverCallItTornWhenAMarkOrTheCheckpointIsBeyond() {
        final TestLog log = open(0, 0);
        write(log, 6, 0);
        flip(written.get(4) + 100);
        final JournalCorruptException byCheckpoint =
                assertThrows(JournalCorruptException.class, () -> open(0, 6 * FRAME));
        assertFalse(byCheckpoint.damage().mayBeTorn());
        assertTrue(byCheckpoint.damage().isBelowCommitted());
        log.writer.onClose();
        final JournalCorruptException byMark = assertThrows(JournalCorruptException.class, () -> open(0, 0));
        assertFalse(byMark.damage().mayBeTorn());
    }

    @Test
    void shouldHandOnNothingWhenItRefuses() {
        final TestLog log = open(0, 0);
        write(log, 20, 10 * FRAME);
        flip(written.get(5) + 100);
        final LogRing ring = LogRing.allocate(RING);
        final List<Long> seen = new ArrayList<>();
        final Journal journal = Journal.open(config, device.segments(), ring);
        assertThrows(
                JournalCorruptException.class,
                () -> journal.recoverReplica(new ReplicaRecovery(
                        0,
                        0,
                        false,
                        (buffer, offset, length, position) -> seen.add(position),
                        (buffer, offset, length, position) -> seen.add(position))));
        assertEquals(List.of(), seen);
    }

    @Test
    void shouldTakeEverythingForCommittedWhenThatMistakeIsPlanted() {
        final TestLog log = open(0, 0);
        write(log, 5, FRAME);
        final TestLog next = TestLog.openReplica(
                config,
                device.segments(),
                RING,
                0,
                0,
                PlantedRecovery.rules(PlantedRecovery.Fault.UNCOMMITTED_TAKEN_FOR_COMMITTED));
        assertEquals(5 * FRAME, next.tail.committedBound());
    }

    @Test
    void shouldSyncBeforeItReadsWhatAnEarlierProcessMayHaveLeftInACache() {
        final List<String> calls = new ArrayList<>();
        Journal.open(config, new RecordingStore(device.segments(), calls), LogRing.allocate(RING));
        assertEquals("sync", calls.getFirst());
        assertTrue(calls.contains("read"));
    }
}
