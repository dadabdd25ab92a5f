package io.epona.gateway.log;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;
import org.junit.jupiter.api.Test;

class PartitionTransactionsTest {
    private final PartitionTransactions transactions = new PartitionTransactions();

    @Test
    void shouldHoldBackWhatTheOldestOpenTransactionHasWritten() {
        assertEquals(Long.MAX_VALUE, transactions.firstOpenOffset());
        transactions.onData(1, 10);
        transactions.onData(2, 12);
        transactions.onData(1, 14);
        assertEquals(10, transactions.firstOpenOffset());
        transactions.onMarker(1, 16, false);
        assertEquals(12, transactions.firstOpenOffset());
        transactions.onMarker(2, 17, true);
        assertEquals(Long.MAX_VALUE, transactions.firstOpenOffset());
        assertEquals(List.of(new AbortedTransaction(2, 12, 17)), transactions.abortedWithin(0, 100));
    }

    @Test
    void shouldNotCountAMarkerWhenItEndsNothing() {
        transactions.onMarker(1, 16, true);
        assertEquals(List.of(), transactions.abortedWithin(0, 100));
        assertTrue(transactions.isEmpty());
    }

    @Test
    void shouldTakeTheFirstOffsetThatIsKnownWhenATransactionBeganBelowWhatIsInMemory() {
        transactions.expectMarker(16, 4);
        transactions.expectMarker(30, 20);
        transactions.onData(1, 12);
        transactions.onMarker(1, 16, true);
        transactions.onData(1, 17);
        transactions.onMarker(1, 19, true);
        assertEquals(Long.MAX_VALUE, transactions.firstOpenOffset());
        assertEquals(
                List.of(new AbortedTransaction(1, 4, 16), new AbortedTransaction(1, 17, 19)),
                transactions.abortedWithin(0, 100));
        transactions.expectNoMarker();
        transactions.onMarker(1, 30, true);
        assertEquals(2, transactions.abortedWithin(0, 100).size());
    }

    @Test
    void shouldForgetWhatIsAbortedWhenItsMarkerIsNoLongerInMemory() {
        transactions.onData(1, 10);
        transactions.onMarker(1, 11, true);
        transactions.onData(1, 12);
        transactions.onMarker(1, 13, true);
        transactions.evictBelow(12);
        assertEquals(List.of(new AbortedTransaction(1, 12, 13)), transactions.abortedWithin(0, 100));
    }

    @Test
    void shouldKnowWhatAScanOfAllFramesKnowsWhenTransactionsAreRandom() {
        final Random random = new Random(3);
        final Map<Long, Long> open = new LinkedHashMap<>();
        final List<AbortedTransaction> aborted = new ArrayList<>();
        for (long offset = 0; offset < 20_000; offset++) {
            final long producerId = random.nextInt(20);
            if (random.nextInt(4) > 0) {
                transactions.onData(producerId, offset);
                open.putIfAbsent(producerId, offset);
            } else {
                final boolean isAbort = random.nextBoolean();
                transactions.onMarker(producerId, offset, isAbort);
                final Long first = open.remove(producerId);
                if (first != null && isAbort) {
                    aborted.add(new AbortedTransaction(producerId, first, offset));
                }
            }
            final long firstOpen =
                    open.values().stream().mapToLong(first -> first).min().orElse(Long.MAX_VALUE);
            assertEquals(firstOpen, transactions.firstOpenOffset());
        }
        for (int i = 0; i < 100; i++) {
            final long from = random.nextInt(20_000);
            final long to = from + random.nextInt(300);
            final List<AbortedTransaction> found = transactions.abortedWithin(from, to);
            final List<AbortedTransaction> expected = aborted.stream()
                    .filter(one -> one.markerOffset() >= from && one.firstOffset() < to)
                    .sorted(java.util.Comparator.comparingLong(AbortedTransaction::firstOffset))
                    .toList();
            assertEquals(expected, found);
        }
    }
}
