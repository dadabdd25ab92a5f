package io.epona.runtime.budget;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.epona.runtime.testing.Allocation;
import io.epona.runtime.testing.SettableNodeClock;
import java.util.concurrent.TimeUnit;
import org.HdrHistogram.Histogram;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

@Timeout(120)
class StageRecorderTest {
    private static final StageHistograms.Tag SEQUENCE = new StageHistograms.Tag("lane-0", Stage.SEQUENCE);

    private final SettableNodeClock clock = new SettableNodeClock(1_764_000_000_123_000_000L);
    private final BudgetRecorders recorders = new BudgetRecorders(clock);

    @Test
    void shouldKeepThreeDigitsAndClampWhatIsOutOfRange() {
        final StageRecorder recorder = recorders.recorder("lane-0", Stage.SEQUENCE);
        recorder.record(Stage.SEQUENCE, 123_456_789);
        recorder.record(Stage.SEQUENCE, -5);
        recorder.record(Stage.SEQUENCE, Long.MAX_VALUE);
        recorder.record(Stage.SEQUENCE, 10, 3);

        final Histogram histogram = recorders.totals().byTag().get(SEQUENCE);
        assertEquals(6, histogram.getTotalCount());
        assertEquals(0, histogram.getMinValue());
        assertEquals(StageRecorder.HIGHEST_NS, histogram.getMaxValue(), StageRecorder.HIGHEST_NS / 1000.0);
        assertEquals(3, histogram.getCountAtValue(10));
        assertTrue(recorder.records(Stage.SEQUENCE));
        assertFalse(recorder.records(Stage.DELIVER));
    }

    @Test
    void shouldAllocateNothingWhenRecordingWhileAnExporterReads() {
        final StageRecorder recorder = recorders.recorder("lane-0", Stage.SEQUENCE, Stage.JOURNAL);
        final BreachLog breaches = recorders.breachLog("lane-0", 64);
        final Thread exporter = Thread.ofPlatform().daemon().start(() -> {
            while (!Thread.currentThread().isInterrupted()) {
                recorders.forEachTotal((tag, histogram) -> histogram.getTotalCount());
            }
        });
        final long[] value = new long[1];
        final long bytes = Allocation.bytesPerRun(200_000, () -> {
            value[0] = (value[0] * 31 + 17) & 0xFFFFFFF;
            recorder.record(Stage.SEQUENCE, value[0]);
            recorder.record(Stage.JOURNAL, value[0] >> 3, 5);
            breaches.record(value[0], 1, value[0], Stage.COMMIT, value[0], Stage.JOURNAL, value[0]);
        });
        exporter.interrupt();
        assertEquals(0, bytes);
    }

    @Test
    void shouldLoseNoValueWhenIntervalsAreTakenMeanwhile() throws InterruptedException {
        final StageRecorder recorder = recorders.recorder("lane-0", Stage.SEQUENCE);
        final int count = 500_000;
        final Thread writer = Thread.ofPlatform().daemon().start(() -> {
            for (int i = 0; i < count; i++) {
                recorder.record(Stage.SEQUENCE, i);
            }
        });
        while (writer.isAlive()) {
            recorders.forEachTotal((tag, histogram) -> histogram.getTotalCount());
        }
        writer.join();
        assertEquals(count, recorders.totals().byTag().get(SEQUENCE).getTotalCount());
    }

    @Test
    void shouldGiveTheDifferenceWhenComparedWithAnEarlierState() {
        final StageRecorder recorder = recorders.recorder("lane-0", Stage.SEQUENCE);
        recorder.record(Stage.SEQUENCE, 1_000);
        clock.advanceMs(500);
        final StageHistograms earlier = recorders.totals();
        recorder.record(Stage.SEQUENCE, 2_000_000);
        recorder.record(Stage.SEQUENCE, 3_000_000);
        clock.advanceMs(500);
        final Histogram difference = recorders.totals().since(earlier).byTag().get(SEQUENCE);
        assertEquals(2, difference.getTotalCount());
        assertEquals(2_000_000, difference.getMinNonZeroValue(), 2_000);
        assertEquals(1_764_000_000_623L, difference.getStartTimeStamp());
        assertEquals(1_764_000_001_123L, difference.getEndTimeStamp());
    }

    @Test
    void shouldTakeEverythingAsNewWhenTheEarlierStateIsOfAnotherRun() {
        final StageRecorder recorder = recorders.recorder("lane-0", Stage.SEQUENCE);
        recorder.record(Stage.SEQUENCE, 1_000, 10);
        final StageHistograms earlier = recorders.totals();
        clock.advanceMs(60_000);
        final BudgetRecorders restarted = new BudgetRecorders(clock);
        restarted.recorder("lane-0", Stage.SEQUENCE).record(Stage.SEQUENCE, 5, 3);
        assertEquals(3, restarted.totals().since(earlier).byTag().get(SEQUENCE).getTotalCount());
    }

    @Test
    void shouldSurviveTheHistogramLogWhenEncodedAndDecoded() {
        final StageRecorder lane = recorders.recorder("lane-0", Stage.SEQUENCE, Stage.JOURNAL);
        final StageRecorder gateway = recorders.recorder("gateway-0", Stage.DELIVER, Stage.ACKNOWLEDGE);
        for (int i = 1; i <= 1_000; i++) {
            lane.record(Stage.SEQUENCE, i * 1_000L);
            gateway.record(Stage.DELIVER, i * 7_000L);
        }
        clock.advanceMs(250);
        final StageHistograms totals = recorders.totals();
        final StageHistograms decoded = StageHistograms.decode(totals.encode());

        assertEquals(totals.byTag().keySet(), decoded.byTag().keySet());
        totals.byTag().forEach((tag, histogram) -> {
            final Histogram other = decoded.byTag().get(tag);
            assertEquals(histogram, other, tag::toString);
            assertEquals(histogram.getStartTimeStamp(), other.getStartTimeStamp(), 1);
            assertEquals(histogram.getEndTimeStamp(), other.getEndTimeStamp(), 1);
        });
        assertEquals(
                StageTable.render(totals.byStage()),
                StageTable.render(StageHistograms.decode(decoded.encode()).byStage()));
    }

    @Test
    void shouldAddUpOwnersWhenAskedByStage() {
        recorders.recorder("lane-0", Stage.SEQUENCE).record(Stage.SEQUENCE, 5, 2);
        recorders.recorder("lane-1", Stage.SEQUENCE).record(Stage.SEQUENCE, 9, 3);
        assertEquals(5, recorders.totals().byStage().get(Stage.SEQUENCE).getTotalCount());
        assertEquals(2, recorders.totals().byTag().get(SEQUENCE).getTotalCount());
    }

    @Test
    void shouldRefuseTextThatIsNoHistogramLog() {
        assertTrue(StageHistograms.decode("").byTag().isEmpty());
        assertThrows(
                IllegalArgumentException.class,
                () -> StageHistograms.decode("Tag=lane-0.sequence,0.0,1.0,2.0,rubbish"));
        final StageRecorder recorder = recorders.recorder("lane-0", Stage.SEQUENCE);
        recorder.record(Stage.SEQUENCE, TimeUnit.SECONDS.toNanos(1));
        final String renamed = recorders.totals().encode().replace("lane-0.sequence", "lane-0.teleport");
        assertThrows(IllegalArgumentException.class, () -> StageHistograms.decode(renamed));
    }

    @Test
    void shouldRefuseNamesThatWouldBreakTagsAndNamesThatAreTaken() {
        recorders.recorder("lane-0", Stage.SEQUENCE);
        recorders.breachLog("lane-0", 2);
        assertThrows(IllegalArgumentException.class, () -> recorders.recorder("lane-0", Stage.JOURNAL));
        assertThrows(IllegalArgumentException.class, () -> recorders.breachLog("lane-0", 2));
        assertThrows(IllegalArgumentException.class, () -> new StageRecorder("a.b"));
        assertThrows(IllegalArgumentException.class, () -> new StageRecorder("a b"));
        assertThrows(IllegalArgumentException.class, () -> new StageRecorder(""));
    }
}
