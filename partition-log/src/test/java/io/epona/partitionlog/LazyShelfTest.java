package io.epona.partitionlog;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.epona.runtime.testing.SettableNodeClock;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Random;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** Many partitions with little each: nobody waits for their logs, neither records nor a start nor a stop. */
@Timeout(120)
class LazyShelfTest {
    private static final int RING_LENGTH = 1 << 20;
    private static final int PARTITION_COUNT = 200;
    private static final int VALUE_LENGTH = 300;
    private static final String MARK = "epona-shelf-0";

    @TempDir
    Path directory;

    private final FakePartitions partitions = new FakePartitions();
    private final SettableNodeClock clock = new SettableNodeClock(1_700_000_000_000_000_000L);

    @BeforeEach
    void addPartitions() {
        for (int i = 0; i < PARTITION_COUNT; i++) {
            partitions.add(i, "sparse", i, FakePartitions.config());
        }
    }

    private static ShelfConfig config(final int drainsPerSecond, final long closeMs) {
        final ShelfConfig standard = ShelfConfig.defaults(RING_LENGTH, 1 << 30);
        return new ShelfConfig(
                standard.drainLength(),
                standard.maxAgeMs(),
                standard.latestDrainLength(),
                standard.maxAgeLimitMs(),
                drainsPerSecond,
                standard.shelveLength(),
                standard.shelveIntervalMs(),
                standard.urgentLength(),
                standard.writeBackLengthPerSecond(),
                standard.flushesPerSecond(),
                standard.cycleNs(),
                closeMs);
    }

    private TestShelf shelf(final TestLane lane, final ShelfConfig config, final String bootId) {
        return new TestShelf(lane, PartitionLogsConfig.defaults(directory), partitions, clock, config, bootId);
    }

    private TestShelf shelf(final TestLane lane) {
        return shelf(lane, config(2_000, 0), "boot");
    }

    /** One small batch for each partition. */
    private static void appendToAll(final TestLane lane) {
        for (int i = 0; i < PARTITION_COUNT; i++) {
            lane.append(i, 1, VALUE_LENGTH);
        }
    }

    private static void appendUntilPressing(final TestLane lane) {
        for (int i = 0; lane.position() - lane.counters.drained().get() < RING_LENGTH / 2; i++) {
            lane.append(i % PARTITION_COUNT, 1, VALUE_LENGTH);
        }
    }

    private void assertAllEqual(final TestLane lane) {
        DrainTest.assertEqualToJournal(lane, directory, partitions);
    }

    private static void cycles(final TestShelf shelf, final int count) throws Exception {
        for (int i = 0; i < count; i++) {
            shelf.agent.doWork();
            shelf.clock.advanceMs(1);
        }
    }

    @Test
    void shouldMakeNoLogsBeforeTheRingNeedsTheRoomWhenManyPartitionsHaveLittle() throws Exception {
        try (TestLane lane = new TestLane(RING_LENGTH)) {
            final TestShelf shelf = shelf(lane);
            appendToAll(lane);
            cycles(shelf, 100_000);
            assertEquals(0, shelf.logs.openCount());
            assertEquals(0, lane.counters.drained().get());
            appendUntilPressing(lane);
            shelf.drive(() -> lane.counters.drained().get() > 0);
            assertEquals(lane.position(), lane.counters.drained().get());
            shelf.failOnUnexpected();
            assertAllEqual(lane);
        }
    }

    @Test
    void shouldDrainInTheEndWhenNothingElseComes() throws Exception {
        try (TestLane lane = new TestLane(RING_LENGTH)) {
            final TestShelf shelf = shelf(lane);
            appendToAll(lane);
            cycles(shelf, 310_000);
            assertEquals(lane.position(), lane.counters.drained().get());
            assertAllEqual(lane);
        }
    }

    @Test
    void shouldNotWaitWhenFewPartitionsGetMost() throws Exception {
        try (TestLane lane = new TestLane(RING_LENGTH)) {
            final TestShelf shelf = shelf(lane);
            for (int i = 0; i < PARTITION_COUNT; i++) {
                lane.append(i % 60, 1, VALUE_LENGTH);
            }
            cycles(shelf, 1_002);
            assertEquals(lane.position(), lane.counters.drained().get());
        }
    }

    @Test
    void shouldOpenLogsAtThePaceWhenTheRingHasRoom() throws Exception {
        try (TestLane lane = new TestLane(RING_LENGTH)) {
            final TestShelf shelf = shelf(lane, config(40, 0), "boot");
            appendUntilPressing(lane);
            final int waitingMs = 1_000;
            cycles(shelf, waitingMs);
            // 40 a second, a new log counts for four, and half of a full ring more than doubles it.
            final int opened = shelf.logs.openCount();
            assertTrue(opened >= 10 && opened <= 40 * 5 / 2 / PartitionLogLimits.OPEN_COST + 10, "opened=" + opened);
            while (lane.room() > RING_LENGTH / 8) {
                lane.append(0, 1, VALUE_LENGTH);
            }
            cycles(shelf, 1);
            assertEquals(PARTITION_COUNT, shelf.logs.openCount());
        }
    }

    @Test
    void shouldOpenNoLogAtTheStartWhenKilledInTheMiddleOfADrain() throws Exception {
        final Random random = new Random(11);
        try (TestLane lane = new TestLane(RING_LENGTH)) {
            int partial = 0;
            for (int run = 0; run < 12; run++) {
                final TestShelf shelf =
                        shelf(lane).recover(lane.counters.shelved().get());
                assertEquals(0, shelf.logs.openCount());
                appendUntilPressing(lane);
                cycles(shelf, random.nextInt(400));
                shelf.failOnUnexpected();
                partial += lane.counters.drained().get() < lane.position() && shelf.logs.openCount() > 0 ? 1 : 0;
                // Killed: nothing is closed.
            }
            assertTrue(partial > 2, "drains that were cut short=" + partial);
            final TestShelf last = shelf(lane).recover(lane.counters.shelved().get());
            last.shelveAll();
            last.failOnUnexpected();
            assertAllEqual(lane);
        }
    }

    @Test
    void shouldNeitherDrainAtTheStopNorAtTheNextStartEvenOfTheMachine() throws Exception {
        try (TestLane lane = new TestLane(RING_LENGTH)) {
            final TestShelf first = shelf(lane).recover(0);
            appendUntilPressing(lane);
            first.drainAll();
            final long drained = lane.position();
            appendToAll(lane);
            first.close();
            assertEquals(drained, lane.counters.drained().get());
            assertEquals(drained, lane.counters.shelved().get());

            final TestShelf second = shelf(lane, config(2_000, 0), "later boot").recover(drained);
            assertEquals(0, second.logs.openCount());
            assertEquals(drained, lane.counters.drained().get());
            second.shelveAll();
            second.close();
            assertAllEqual(lane);
        }
    }

    @Test
    void shouldDrainWhatTheStopHasTimeFor() throws Exception {
        try (TestLane lane = new TestLane(RING_LENGTH)) {
            final TestShelf shelf = shelf(lane, config(2_000, 1_000), "boot").recover(0);
            appendToAll(lane);
            shelf.close();
            assertEquals(lane.position(), lane.counters.shelved().get());
            assertAllEqual(lane);
        }
    }

    @Test
    void shouldDrainBeforeTheNodeServesWhenTheMachineHasStartedSinceAKill() throws Exception {
        try (TestLane lane = new TestLane(RING_LENGTH)) {
            final TestShelf killed = shelf(lane).recover(0);
            appendUntilPressing(lane);
            cycles(killed, 50);
            assertTrue(killed.logs.openCount() > 0);
            final TestShelf next = shelf(lane, config(2_000, 0), "later boot");
            assertEquals(Long.MAX_VALUE, next.agent.beginRecovery(0));
            lane.replay(0, next.agent);
            next.agent.completeRecovery(lane.position(), lane.position());
            assertEquals(lane.position(), lane.counters.drained().get());
            assertAllEqual(lane);
        }
    }

    @Test
    void shouldDrainBeforeTheNodeServesWhenTheMarkIsOfNoUse() throws Exception {
        final Path base = directory;
        for (final String damage : new String[] {"gone", "cut", "flipped", "other ring"}) {
            try (TestLane lane = new TestLane(RING_LENGTH);
                    TestLane other = new TestLane(2 * RING_LENGTH)) {
                directory = base.resolve(damage);
                final TestShelf killed = shelf(lane).recover(0);
                appendUntilPressing(lane);
                cycles(killed, 50);
                damage(damage);
                final TestLane ring = damage.equals("other ring") ? other : lane;
                final TestShelf next = shelf(ring);
                assertEquals(Long.MAX_VALUE, next.agent.beginRecovery(0), damage);
                lane.replay(0, next.agent);
                next.agent.completeRecovery(lane.position(), lane.position());
                assertEquals(lane.position(), ring.counters.drained().get(), damage);
                assertAllEqual(lane);
            }
        }
    }

    private void damage(final String damage) throws Exception {
        final Path mark = directory.resolve(MARK);
        final String line = Files.readString(mark, StandardCharsets.ISO_8859_1);
        switch (damage) {
            case "gone" -> Files.delete(mark);
            case "cut" -> Files.writeString(mark, line.substring(0, line.length() / 2));
            case "flipped" -> {
                final int at = line.length() / 2;
                final char other = line.charAt(at) == '0' ? '8' : '0';
                Files.writeString(mark, line.substring(0, at) + other + line.substring(at + 1));
            }
            default -> assertFalse(line.isEmpty());
        }
    }

    @Test
    void shouldTellWhatIsCommittedByWhatWasDrained() throws Exception {
        try (TestLane lane = new TestLane(RING_LENGTH)) {
            final TestShelf killed = shelf(lane).recover(0);
            appendUntilPressing(lane);
            final long committed = lane.position();
            cycles(killed, 50);
            final TestShelf next = shelf(lane);
            next.agent.beginRecovery(0);
            assertEquals(committed, next.agent.knownCommitted());
        }
    }

    @Test
    void shouldRefuseWhenTheRingLacksWhatIsNotDrained() throws Exception {
        try (TestLane lane = new TestLane(RING_LENGTH)) {
            shelf(lane).recover(0);
            appendToAll(lane);
            final TestShelf next = shelf(lane);
            assertEquals(0, next.agent.beginRecovery(0));
            assertThrows(
                    IllegalStateException.class, () -> next.agent.completeRecovery(lane.position(), lane.position()));
        }
    }

    @Test
    void shouldReadNoMarkThatIsDamagedOrOfAnotherLane() throws Exception {
        try (ShelfMark mark = new ShelfMark(directory, "boot", 0, RING_LENGTH)) {
            assertNull(mark.load());
            mark.note(8, 16);
            assertEquals(new ShelfMark.State(true, RING_LENGTH, 8, 16, false), mark.load());
            mark.settle(16, 24);
            assertEquals(new ShelfMark.State(true, RING_LENGTH, 16, 24, true), mark.load());
        }
        assertFalse(new ShelfMark(directory, "other", 0, RING_LENGTH).load().isSameBoot());
        assertFalse(new ShelfMark(directory, "", 0, RING_LENGTH).load().isSameBoot());
        Files.copy(directory.resolve(MARK), directory.resolve("epona-shelf-1"));
        assertNull(new ShelfMark(directory, "boot", 1, RING_LENGTH).load());
        final String line = Files.readString(directory.resolve(MARK));
        for (int length = 0; length < line.strip().length(); length++) {
            Files.writeString(directory.resolve(MARK), line.substring(0, length));
            assertNull(new ShelfMark(directory, "boot", 0, RING_LENGTH).load(), "length=" + length);
        }
    }
}
