package io.epona.demo.flow.synthetic;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.epona.codec.orderflow.EventType;
import io.epona.codec.orderflow.Side;
import io.epona.demo.flow.FlowEvent;
import io.epona.demo.flow.FlowException;
import io.epona.demo.flow.Flows;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/**
 * The figures are those of a real hour (AAPL on NASDAQ, 21 June 2012, 09:30 to 10:30, 91,997 events), the margins those
 * within which they vary from seed to seed.
 */
@Timeout(60)
class SyntheticFlowTest {
    private static final int HOUR = 91_997;
    private static final long SEED = 7;
    private static final double MS = 1e6;

    private static List<FlowEvent> hour;
    private static long[] gaps;

    @BeforeAll
    static void makeHour() throws FlowException {
        final SymbolProfile share = new SymbolProfile("AAPL", 1, 585_3300);
        hour = Flows.take(new SyntheticFlow(SEED, List.of(share)), HOUR);
        gaps = new long[HOUR - 1];
        for (int i = 0; i < gaps.length; i++) {
            gaps[i] = hour.get(i + 1).exchangeTimeNs() - hour.get(i).exchangeTimeNs();
        }
    }

    @Test
    void shouldBeTheSameWhenSeedIsTheSame() throws Exception {
        final List<FlowEvent> one = Flows.take(new SyntheticFlow(SEED, SyntheticFlow.MARKET), 10_000);
        assertEquals(one, Flows.take(new SyntheticFlow(SEED, SyntheticFlow.MARKET), 10_000));
        assertNotEquals(one, Flows.take(new SyntheticFlow(SEED + 1, SyntheticFlow.MARKET), 10_000));
    }

    @Test
    void shouldMixEventsAsRealHourWhenLongEnough() {
        assertShare(0.481, EventType.NEW_LIMIT_ORDER, 0.01);
        assertShare(0.446, EventType.DELETE, 0.01);
        assertShare(0.044, EventType.VISIBLE_EXECUTION, 0.003);
        assertShare(0.024, EventType.HIDDEN_EXECUTION, 0.003);
        assertShare(0.005, EventType.PARTIAL_CANCEL, 0.002);
    }

    private static void assertShare(final double expected, final EventType type, final double margin) {
        final double share = hour.stream().filter(event -> event.type() == type).count() / (double) HOUR;
        assertEquals(expected, share, margin, type.name());
    }

    @Test
    void shouldSpaceEventsAsRealHourWhenLongEnough() {
        final long[] sorted = gaps.clone();
        Arrays.sort(sorted);
        assertEquals(0, quantile(sorted, 0.05));
        assertEquals(0.11, Arrays.stream(gaps).filter(gap -> gap == 0).count() / (double) gaps.length, 0.02);
        assertRatio(0.04 * MS, quantile(sorted, 0.25));
        assertRatio(0.46 * MS, quantile(sorted, 0.50));
        assertRatio(7.7 * MS, quantile(sorted, 0.75));
        assertRatio(103 * MS, quantile(sorted, 0.90));
        assertRatio(240 * MS, quantile(sorted, 0.95));
        assertRatio(646 * MS, quantile(sorted, 0.99));
        assertEquals(39 * MS, Arrays.stream(gaps).average().orElseThrow(), 8 * MS);
        assertEquals(0.60, Arrays.stream(gaps).filter(gap -> gap < MS).count() / (double) gaps.length, 0.03);
    }

    private static long quantile(final long[] sorted, final double quantile) {
        return sorted[(int) (sorted.length * quantile)];
    }

    private static void assertRatio(final double expected, final double actual) {
        assertEquals(0, Math.log(actual / expected), Math.log(1.35), "expected about " + expected + ", is " + actual);
    }

    @Test
    void shouldClusterAsRealHourWhenLongEnough() {
        final double[] logs = Arrays.stream(gaps)
                .mapToDouble(gap -> Math.log(Math.max(gap, 1_000)))
                .toArray();
        final double mean = Arrays.stream(logs).average().orElseThrow();
        final double variance = Arrays.stream(logs)
                .map(log -> (log - mean) * (log - mean))
                .average()
                .orElseThrow();
        double covariance = 0;
        for (int i = 1; i < logs.length; i++) {
            covariance += (logs[i] - mean) * (logs[i - 1] - mean) / logs.length;
        }
        assertEquals(3.6, Math.sqrt(variance), 0.3);
        assertEquals(0.15, covariance / variance, 0.05);
    }

    @Test
    void shouldBurstAsRealHourWhenLongEnough() {
        final Map<Long, Integer> perSecond = new TreeMap<>();
        int mostIn10Ms = 0;
        int first = 0;
        for (int i = 0; i < HOUR; i++) {
            final long timeNs = hour.get(i).exchangeTimeNs();
            perSecond.merge(timeNs / 1_000_000_000, 1, Integer::sum);
            while (timeNs - hour.get(first).exchangeTimeNs() >= 10 * MS) {
                first++;
            }
            mostIn10Ms = Math.max(mostIn10Ms, i - first + 1);
        }
        final List<Integer> counts = new ArrayList<>(perSecond.values());
        counts.sort(null);
        assertEquals(16, counts.get(counts.size() / 2), 5, "median second");
        assertTrue(counts.getLast() >= 120 && counts.getLast() <= 600, "busiest second: " + counts.getLast());
        assertTrue(mostIn10Ms >= 35 && mostIn10Ms <= 120, "busiest 10 ms: " + mostIn10Ms);
    }

    @Test
    void shouldSizeOrdersAsRealHourWhenLongEnough() {
        final Map<Integer, Integer> counts = new HashMap<>();
        hour.stream()
                .filter(event -> event.type() == EventType.NEW_LIMIT_ORDER)
                .forEach(event -> counts.merge(event.size(), 1, Integer::sum));
        final double orders =
                counts.values().stream().mapToInt(Integer::intValue).sum();
        assertEquals(0.53, counts.get(100) / orders, 0.02);
        final List<Integer> common = counts.entrySet().stream()
                .sorted(Map.Entry.<Integer, Integer>comparingByValue().reversed())
                .limit(5)
                .map(Map.Entry::getKey)
                .toList();
        assertEquals(List.of(100, 18, 200, 22), common.subList(0, 4));
        assertEquals(1_000, common.get(4));
    }

    @Test
    void shouldEndOrdersAtTheAgesOfRealHourWhenDeleted() {
        final Map<Long, Long> entered = new HashMap<>();
        final List<Long> lives = new ArrayList<>();
        for (final FlowEvent event : hour) {
            if (event.type() == EventType.NEW_LIMIT_ORDER) {
                entered.put(event.orderId(), event.exchangeTimeNs());
            } else if (event.type() == EventType.DELETE) {
                lives.add(event.exchangeTimeNs() - entered.get(event.orderId()));
            }
        }
        lives.sort(null);
        final double[] ratios = {
            lives.get(lives.size() / 10) / (2.6 * MS),
            lives.get(lives.size() / 2) / (370 * MS),
            lives.get(lives.size() * 9 / 10) / (11_000 * MS)
        };
        for (final double ratio : ratios) {
            assertTrue(ratio > 0.5 && ratio < 2, "p10, p50, p90 against the real hour's: " + Arrays.toString(ratios));
        }
    }

    @Test
    void shouldReferToLiveOrdersWhenSomethingHappensToThem() {
        final Map<Long, FlowEvent> orders = new HashMap<>();
        final Map<Long, Integer> left = new HashMap<>();
        for (final FlowEvent event : hour) {
            switch (event.type()) {
                case NEW_LIMIT_ORDER -> {
                    assertFalse(orders.containsKey(event.orderId()), "an id comes once: " + event);
                    assertTrue(event.size() > 0 && event.price() > 0 && event.price() % 100 == 0, "whole: " + event);
                    orders.put(event.orderId(), event);
                    left.put(event.orderId(), event.size());
                }
                case HIDDEN_EXECUTION -> assertEquals(0, event.orderId());
                default -> {
                    final int rest = left.getOrDefault(event.orderId(), 0) - event.size();
                    assertTrue(event.size() > 0 && rest >= 0, "of a live order, and not more than it has: " + event);
                    assertEquals(orders.get(event.orderId()).price(), event.price());
                    assertEquals(orders.get(event.orderId()).side(), event.side());
                    assertTrue(event.type() != EventType.DELETE || rest == 0, "a delete takes all: " + event);
                    left.put(event.orderId(), rest);
                }
            }
        }
    }

    @Test
    void shouldNeverCrossTheBookWhenOrdersCome() throws Exception {
        final SymbolProfile penny = new SymbolProfile("PENNY", 1, 10_0000);
        final TreeMap<Long, Integer> buys = new TreeMap<>();
        final TreeMap<Long, Integer> sells = new TreeMap<>();
        final Map<Long, Integer> left = new HashMap<>();
        for (final FlowEvent event : Flows.take(new SyntheticFlow(SEED, List.of(penny)), HOUR)) {
            if (event.type() == EventType.HIDDEN_EXECUTION) {
                continue;
            }
            final TreeMap<Long, Integer> side = event.side() == Side.BUY ? buys : sells;
            final int before = left.getOrDefault(event.orderId(), 0);
            final int after = event.type() == EventType.NEW_LIMIT_ORDER ? event.size() : before - event.size();
            left.put(event.orderId(), after);
            side.merge(event.price(), Integer.signum(after) - Integer.signum(before), Integer::sum);
            side.values().removeIf(count -> count == 0);
            assertTrue(buys.isEmpty() || sells.isEmpty() || buys.lastKey() < sells.firstKey(), "crossed: " + event);
        }
    }

    @Test
    void shouldMakeTwoThousandEventsASecondWhenTheMarketIsPlayedTwentyTimesAsFast() throws Exception {
        final List<FlowEvent> events = Flows.take(new SyntheticFlow(SEED, SyntheticFlow.MARKET), 60_000);
        final double seconds =
                (events.getLast().exchangeTimeNs() - events.getFirst().exchangeTimeNs()) / 1e9 / 20;
        assertEquals(2_000, events.size() / seconds, 500);
        assertEquals(
                SyntheticFlow.MARKET.size(),
                events.stream().map(FlowEvent::symbol).distinct().count());
        assertTrue(events.stream().allMatch(event -> event.symbol().length() <= FlowEvent.MAX_SYMBOL_LENGTH));
    }
}
