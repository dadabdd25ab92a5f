package io.epona.partitionlog;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.List;
import org.apache.kafka.storage.internals.log.LogConfig;
import org.junit.jupiter.api.Test;

/** Which part of a log is cleaned, and when. */
class CleaningPolicyTest {
    private static final long NOW_MS = 1_000_000;

    private static final List<RetentionPolicy.Segment> SEGMENTS = List.of(
            new RetentionPolicy.Segment(0, 100, 100_000),
            new RetentionPolicy.Segment(10, 100, 200_000),
            new RetentionPolicy.Segment(20, 200, 300_000),
            new RetentionPolicy.Segment(30, 50, 900_000));

    private static CleaningPolicy.Range range(final long firstDirty, final long limit, final String... config) {
        return CleaningPolicy.range(
                new CleaningPolicy.Log(SEGMENTS, 0, new CleanMark(firstDirty, firstDirty), limit),
                FakePartitions.config(config),
                NOW_MS,
                baseOffset -> -1);
    }

    @Test
    void shouldCleanAllButTheLastSegmentWhenEverythingIsFlushed() {
        assertEquals(new CleaningPolicy.Range(0, 30, 0, 400, false), range(0, 35));
        assertEquals(new CleaningPolicy.Range(10, 30, 100, 300, false), range(10, 35));
        assertEquals(new CleaningPolicy.Range(15, 30, 100, 300, false), range(15, 35));
        assertEquals(new CleaningPolicy.Range(30, 30, 400, 0, false), range(30, 35));
    }

    @Test
    void shouldStopAtWhatIsNotFlushedOrNotDecidedWhenThereIsSuch() {
        assertEquals(new CleaningPolicy.Range(0, 20, 0, 200, false), range(0, 25));
        assertEquals(new CleaningPolicy.Range(10, 10, 100, 0, false), range(10, 15));
        assertEquals(new CleaningPolicy.Range(0, 0, 0, 0, false), range(0, 0));
    }

    @Test
    void shouldLeaveYoungRecordsWhenThereIsALeastLag() {
        assertEquals(20, range(0, 35, "min.compaction.lag.ms", "750000").firstUncleanableOffset());
        assertEquals(0, range(0, 35, "min.compaction.lag.ms", "950000").dirtyLength());
    }

    @Test
    void shouldBeginAtTheStartWhenTheMarkIsOutsideOfTheLog() {
        assertEquals(0, range(99, 35).firstDirtyOffset());
        assertEquals(
                5,
                CleaningPolicy.range(
                                new CleaningPolicy.Log(SEGMENTS, 5, CleanMark.NONE, 35),
                                FakePartitions.config(),
                                NOW_MS,
                                baseOffset -> -1)
                        .firstDirtyOffset());
    }

    @Test
    void shouldBeDueWhenTheDirtyShareIsLargeOrRecordsWaitForTooLong() {
        final LogConfig half = FakePartitions.config("min.cleanable.dirty.ratio", "0.5");
        assertTrue(range(10, 35).isDue(half));
        assertFalse(range(20, 35).isDue(half)); // exactly half
        assertFalse(range(30, 35, "max.compaction.lag.ms", "1").isDue(half)); // nothing dirty
        assertTrue(range(20, 35, "max.compaction.lag.ms", "600000").isDue(half));
        assertFalse(range(20, 35, "max.compaction.lag.ms", "800000").isDue(half));
    }

    @Test
    void shouldCountFromTheFirstRecordWhenASegmentTookLongToFill() {
        final CleaningPolicy.Range range = CleaningPolicy.range(
                new CleaningPolicy.Log(SEGMENTS, 0, new CleanMark(20, 20), 35),
                FakePartitions.config("max.compaction.lag.ms", "800000"),
                NOW_MS,
                baseOffset -> baseOffset == 20 ? 150_000 : -1);
        assertTrue(range.isOverdue());
    }
}
