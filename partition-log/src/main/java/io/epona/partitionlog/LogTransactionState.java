package io.epona.partitionlog;

import java.io.IOException;
import java.util.Comparator;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.apache.kafka.common.message.DescribeProducersResponseData.ProducerState;
import org.apache.kafka.storage.internals.log.FetchDataInfo;
import org.apache.kafka.storage.internals.log.LocalLog;
import org.apache.kafka.storage.internals.log.LogOffsetMetadata;
import org.apache.kafka.storage.internals.log.UnifiedLog;

/**
 * What one open log knows of transactions: its producer state and its index of aborted transactions, which Kafka's
 * {@code UnifiedLog} keeps. Appends come from one thread, questions from any.
 */
final class LogTransactionState {
    private static final long NONE = -1;

    private final UnifiedLog log;
    private final LocalLog local;
    private final KafkaProducerState producers;
    private volatile boolean isTransactional;

    LogTransactionState(
            final UnifiedLog log,
            final LocalLog local,
            final KafkaProducerState producers,
            final boolean isTransactional) {
        this.log = log;
        this.local = local;
        this.producers = producers;
        this.isTransactional = isTransactional;
    }

    boolean isTransactional() {
        return isTransactional;
    }

    /**
     * The next records belong to a transaction.
     *
     * @return true when they are the first.
     */
    boolean begin() throws IOException {
        if (isTransactional) {
            return false;
        }
        TransactionMark.make(log.dir().toPath());
        producers.transactional();
        isTransactional = true;
        return true;
    }

    /** Producers at an end of the log. */
    LogProducers producers() {
        while (true) {
            final long endOffset = log.logEndOffset();
            final List<ProducerState> states = log.activeProducers();
            if (endOffset == log.logEndOffset()) {
                return new LogProducers(endOffset, states);
            }
        }
    }

    /**
     * Open transactions at an end of the log.
     *
     * @param markersFrom offset from which on markers of aborted ones are of interest.
     */
    LogTransactions transactions(final long markersFrom) {
        if (!isTransactional) {
            return LogTransactions.NONE;
        }
        final LogProducers known = producers();
        final Map<Long, Long> open = new HashMap<>();
        known.states().stream()
                .filter(state -> state.currentTxnStartOffset() != NONE)
                .forEach(state -> open.put(state.producerId(), state.currentTxnStartOffset()));
        final List<LogTransactions.Aborted> aborted = markersFrom >= known.endOffset()
                ? List.of()
                : log.collectAbortedTransactions(markersFrom, known.endOffset()).stream()
                        .filter(one -> one.lastOffset() < known.endOffset())
                        .map(one -> new LogTransactions.Aborted(one.producerId(), one.firstOffset(), one.lastOffset()))
                        .sorted(Comparator.comparingLong(LogTransactions.Aborted::markerOffset))
                        .toList();
        return new LogTransactions(known.endOffset(), open, aborted);
    }

    /** Reads below a limit, with the aborted transactions of what is read. */
    FetchDataInfo read(final long offset, final long limitOffset, final int maxLength, final boolean minOneMessage)
            throws IOException {
        final LogOffsetMetadata end = log.logEndOffsetMetadata();
        final LogOffsetMetadata limit =
                limitOffset < end.messageOffset ? local.convertToOffsetMetadataOrThrow(limitOffset) : end;
        return local.read(offset, maxLength, minOneMessage, limit, true);
    }
}
