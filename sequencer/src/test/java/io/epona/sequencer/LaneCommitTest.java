package io.epona.sequencer;

import static org.junit.jupiter.api.Assertions.assertEquals;

import io.epona.runtime.budget.Breach;
import io.epona.runtime.budget.Stage;
import java.util.List;
import org.junit.jupiter.api.Test;

/** What happens when frames become durable: committed, stages, breaches. */
class LaneCommitTest {
    private final LaneHarness harness = LaneHarness.started();

    @Test
    void shouldCommitWhatIsDurableWhenThereIsOneReplica() {
        harness.offer(0, 0, Batches.plain(1, 10));
        harness.runUntilIdle();
        assertEquals(0, harness.counters.committed().get());
        harness.counters.durable().setRelease(64);
        assertEquals(2, harness.lane.doWork(), "a new position and a frame to record");
        assertEquals(64, harness.counters.committed().get());
        assertEquals(0, harness.lane.doWork());
    }

    @Test
    void shouldRecordStagesWhenABatchIsCommitted() {
        final long ingressNs = harness.clock.epochNs();
        harness.offer(0, 0, Batches.plain(5, 10));
        harness.clock.advanceNs(1_000);
        harness.runUntilIdle();
        harness.clock.advanceNs(20_000);
        harness.catchUp();
        harness.runUntilIdle();
        assertEquals(ingressNs + 21_000, harness.clock.epochNs());
        assertEquals(1, harness.recorded(Stage.SEQUENCE).getTotalCount());
        assertEquals(1_000, harness.recorded(Stage.SEQUENCE).getMaxValue(), 10);
        assertEquals(20_000, harness.recorded(Stage.JOURNAL).getMaxValue(), 100);
        assertEquals(21_000, harness.recorded(Stage.COMMIT).getMaxValue(), 100);
        assertEquals(0, harness.breaches.count());
    }

    @Test
    void shouldNameBatchAndStageWhenTheBudgetIsBreached() {
        harness.offer(0, 3, Batches.plain(5, 10));
        harness.runUntilIdle();
        harness.offer(0, 3, Batches.plain(1, 10));
        harness.clock.advanceMs(2);
        harness.runUntilIdle();
        harness.clock.advanceMs(9);
        harness.catchUp();
        harness.runUntilIdle();
        final List<Breach> breaches = harness.breaches.newest(10);
        assertEquals(2, breaches.size());
        final Breach first = breaches.get(0);
        assertEquals(3, first.partitionIndex());
        assertEquals(0, first.offset());
        assertEquals(Stage.COMMIT, first.breached());
        assertEquals(11_000_000, first.elapsedNs());
        assertEquals(Stage.JOURNAL, first.culprit());
        assertEquals(11_000_000, first.culpritNs());
        final Breach second = breaches.get(1);
        assertEquals(5, second.offset());
        assertEquals(9_000_000, second.culpritNs());
    }

    @Test
    void shouldBlameTheLaneWhenTheCommandWaitedLongest() {
        harness.offer(0, 0, Batches.plain(1, 10));
        harness.clock.advanceMs(30);
        harness.runUntilIdle();
        harness.clock.advanceMs(1);
        harness.catchUp();
        harness.runUntilIdle();
        assertEquals(Stage.SEQUENCE, harness.breaches.newest(1).get(0).culprit());
    }

    @Test
    void shouldRecordTheRestLaterWhenMoreIsCommittedThanACycleMayRecord() {
        final LaneHarness large =
                LaneHarness.started(new LaneHarness.Sizes(1 << 20, 1 << 20, 4, 8192, 1 << 20, 1 << 17, 1));
        final int count = LaneLimits.MAX_RECORDED_FRAMES_PER_CYCLE * 2 + 10;
        for (int i = 0; i < count; i++) {
            large.offer(0, 0, Batches.plain(1, 10));
            if (i % 200 == 0) {
                large.runUntilIdle();
            }
        }
        large.runUntilIdle();
        large.catchUp();
        large.lane.doWork();
        assertEquals(large.counters.appended().get(), large.counters.committed().get(), "acknowledged at once");
        assertEquals(
                LaneLimits.MAX_RECORDED_FRAMES_PER_CYCLE - 1,
                large.recorded(Stage.COMMIT).getTotalCount(),
                "the epoch start is no batch");
        large.runUntilIdle();
        assertEquals(count, large.recorded(Stage.COMMIT).getTotalCount());
    }
}
