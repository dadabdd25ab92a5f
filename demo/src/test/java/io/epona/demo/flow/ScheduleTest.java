package io.epona.demo.flow;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.epona.codec.orderflow.EventType;
import io.epona.codec.orderflow.Side;
import java.util.List;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.constraints.DoubleRange;
import net.jqwik.api.constraints.LongRange;
import org.junit.jupiter.api.Test;

class ScheduleTest {
    @Test
    void shouldFollowRecordedTimesWhenPlayedAtSpeed() {
        final Schedule schedule = new Schedule.AtSpeed(20);
        assertEquals(0, schedule.dueNs(0, 0));
        assertEquals(50_000_000, schedule.dueNs(7, 1_000_000_000));
        assertEquals(3_600_000_000_000L, new Schedule.AtSpeed(1).dueNs(0, 3_600_000_000_000L));
        assertEquals(2_000_000_000, new Schedule.AtSpeed(0.5).dueNs(0, 1_000_000_000));
    }

    @Test
    void shouldSpaceEvenlyWhenPlayedAtRate() {
        final Schedule schedule = new Schedule.AtRate(2_000);
        assertEquals(0, schedule.dueNs(0, 0));
        assertEquals(500_000, schedule.dueNs(1, 77));
        assertEquals(30_000_000_000L, schedule.dueNs(60_000, 0));
    }

    /** Not the sum of rounded gaps: a rate that does not divide a second drifts nowhere. */
    @Property
    void shouldNotDriftWhenRateDividesNoSecond(
            @ForAll @DoubleRange(min = 1, max = 1_000_000) final double rate,
            @ForAll @LongRange(min = 0, max = 1_000_000_000) final long index) {
        final double exactNs = index * 1e9 / rate;
        assertEquals(exactNs, new Schedule.AtRate(rate).dueNs(index, 0), 1 + exactNs * 1e-12);
    }

    @Test
    void shouldRefuseWhenPaceIsNone() {
        for (final double pace : new double[] {0, -1, Double.NaN, Double.POSITIVE_INFINITY}) {
            assertThrows(IllegalArgumentException.class, () -> new Schedule.AtRate(pace));
            assertThrows(IllegalArgumentException.class, () -> new Schedule.AtSpeed(pace));
        }
    }

    @Test
    void shouldSayItInWordsWhenAsked() {
        assertEquals("at the recorded speed", new Schedule.AtSpeed(1).describe());
        assertEquals("20 times the recorded speed", new Schedule.AtSpeed(20).describe());
        assertEquals("0.5 times the recorded speed", new Schedule.AtSpeed(0.5).describe());
        assertEquals("2,000 events/s, evenly spaced", new Schedule.AtRate(2_000).describe());
    }

    @Test
    void shouldMergeByTimeWhenThereAreSeveralFlows() throws Exception {
        final OrderFlow merged = new MergedFlow(List.of(
                Flows.of(List.of(event(1, "A"), event(4, "A"), event(4, "A"))),
                Flows.of(List.of()),
                Flows.of(List.of(event(2, "B"), event(4, "B"), event(9, "B")))));
        final List<FlowEvent> events = Flows.take(merged, 100);
        assertEquals(
                List.of(1L, 2L, 4L, 4L, 4L, 9L),
                events.stream().map(FlowEvent::exchangeTimeNs).toList());
        assertEquals(
                List.of("A", "B", "A", "A", "B", "B"),
                events.stream().map(FlowEvent::symbol).toList());
    }

    @Test
    void shouldCloseAllFlowsWhenOneCannotBeOpened() {
        final boolean[] isClosed = new boolean[1];
        final OrderFlow good = new OrderFlow() {
            @Override
            public FlowEvent next() {
                return event(1, "A");
            }

            @Override
            public void close() {
                isClosed[0] = true;
            }
        };
        final OrderFlow bad = () -> {
            throw new FlowException("bad.csv:1: no");
        };
        assertThrows(FlowException.class, () -> new MergedFlow(List.of(good, bad)));
        assertTrue(isClosed[0]);
    }

    private static FlowEvent event(final long timeNs, final String symbol) {
        return new FlowEvent(timeNs, symbol, EventType.NEW_LIMIT_ORDER, 1, 1, 1, Side.BUY);
    }
}
