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

    /** A marker. One that ends nothing changes nothing. */
    void onMarker(final long producerId, final long markerOffset, final boolean isAbort) {
        final long firstOffset = open.remove(producerId);
        if (firstOffset == NONE) {
            return;
        }
        if (isAbort) {
            aborted.add(new AbortedTransaction(producerId, firstOffset, markerOffset));
        }
        if (firstOffset == firstOpenOffset) {
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
