package io.epona.partitionlog;

import java.util.List;
import java.util.Map;

/**
 * The transactions that a partition log knows to be open, and some that were aborted.
 *
 * @param endOffset of the log: what is known of the records below it.
 * @param open producer id to the first offset of its transaction.
 * @param aborted those whose marker is at or above an offset that was asked for, by offset of the marker.
 */
public record LogTransactions(long endOffset, Map<Long, Long> open, List<Aborted> aborted) {
    /** Of a log without records of transactions. */
    public static final LogTransactions NONE = new LogTransactions(0, Map.of(), List.of());

    /**
     * One that was aborted.
     *
     * @param producerId of its producer.
     * @param firstOffset of its records.
     * @param markerOffset of the marker that aborted it.
     */
    public record Aborted(long producerId, long firstOffset, long markerOffset) {}

    /** Copies map and list. */
    public LogTransactions {
        open = Map.copyOf(open);
        aborted = List.copyOf(aborted);
    }
}
