package io.epona.partitionlog;

import java.util.Map;

/**
 * The transactions that a partition log knows to be open.
 *
 * @param endOffset of the log: what is known of the records below it.
 * @param open producer id to the first offset of its transaction.
 */
public record LogTransactions(long endOffset, Map<Long, Long> open) {
    /** Of a log without records of transactions. */
    public static final LogTransactions NONE = new LogTransactions(0, Map.of());

    /** Copies the map. */
    public LogTransactions {
        open = Map.copyOf(open);
    }
}
