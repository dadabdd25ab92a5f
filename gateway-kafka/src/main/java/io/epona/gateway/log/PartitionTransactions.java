package io.epona.gateway.log;

import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import org.agrona.collections.Long2LongHashMap;

/**
 * The transactions of one partition as its committed frames in memory tell: those that are open, and those that were
 * aborted by a marker that is still in memory. Partitions without transactions have none of this. Gateway thread only.
 */
final class PartitionTransactions {
    private static final long NONE = -1;

    private final Long2LongHashMap open = new Long2LongHashMap(NONE);
    private final ArrayDeque<AbortedTransaction> aborted = new ArrayDeque<>();
    private long firstOpenOffset = Long.MAX_VALUE;
    private Long2LongHashMap firstOffsets;

    /** Whether nothing is open and nothing aborted is in memory. */
    boolean isEmpty() {
        return open.isEmpty() && aborted.isEmpty();
    }

    /** First offset of the oldest open transaction; {@link Long#MAX_VALUE} when none is open. */
    long firstOpenOffset() {
        return firstOpenOffset;
    }

    /** A batch of a transaction, or one that is known to be open from elsewhere. */
    void onData(final long producerId, final long baseOffset) {
        if (!open.containsKey(producerId)) {
            open.put(producerId, baseOffset);
            firstOpenOffset = Math.min(firstOpenOffset, baseOffset);
        }
    }

    /**
     * A marker that is about to come ends a transaction whose first records need not be in memory.
     *
     * @param firstOffset of that transaction.
     */
    void expectMarker(final long markerOffset, final long firstOffset) {
        if (null == firstOffsets) {
            firstOffsets = new Long2LongHashMap(NONE);
        }
        firstOffsets.put(markerOffset, firstOffset);
    }

    /** No marker is about to come of which more is known than frames tell. */
    void expectNoMarker() {
        firstOffsets = null;
    }

    /** One whose marker is in memory; in order of the markers. */
    void onAborted(final AbortedTransaction transaction) {
        aborted.add(transaction);
    }

    /** A marker. One that ends nothing changes nothing. */
    void onMarker(final long producerId, final long markerOffset, final boolean isAbort) {
        final long firstInMemory = open.remove(producerId);
        final long expected = null == firstOffsets ? NONE : firstOffsets.remove(markerOffset);
        final long firstOffset = expected == NONE ? firstInMemory : expected;
        if (isAbort && firstOffset != NONE) {
            aborted.add(new AbortedTransaction(producerId, firstOffset, markerOffset));
        }
        if (firstInMemory == firstOpenOffset) {
            firstOpenOffset = minOpenOffset();
        }
    }

    private long minOpenOffset() {
        long first = Long.MAX_VALUE;
        final Long2LongHashMap.ValueIterator offsets = open.values().iterator();
        while (offsets.hasNext()) {
            first = Math.min(first, offsets.nextValue());
        }
        return first;
    }

    /** Nothing is open any more, as far as is known. */
    void clearOpen() {
        open.clear();
        firstOpenOffset = Long.MAX_VALUE;
    }

    void clearAborted() {
        aborted.clear();
    }

    /** Forgets what was aborted below an offset: the partition's log has it. */
    void evictBelow(final long offset) {
        while (!aborted.isEmpty() && aborted.peek().markerOffset() < offset) {
            aborted.poll();
        }
    }

    /** What was aborted and has records or its marker from one offset on and below another, by first offset. */
    List<AbortedTransaction> abortedWithin(final long fromOffset, final long toOffset) {
        List<AbortedTransaction> found = List.of();
        for (final AbortedTransaction one : aborted) {
            if (one.markerOffset() >= fromOffset && one.firstOffset() < toOffset) {
                found = found.isEmpty() ? new ArrayList<>() : found;
                found.add(one);
            }
        }
        if (found.size() > 1) {
            found.sort(Comparator.comparingLong(AbortedTransaction::firstOffset));
        }
        return found;
    }
}
