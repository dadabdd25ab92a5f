package io.epona.gateway.fetch;

import io.epona.gateway.log.AbortedTransaction;
import io.epona.gateway.log.PartitionTail;
import io.epona.partitionlog.LogRead;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import org.apache.kafka.common.message.FetchResponseData;

/** The aborted transactions that a reader of committed records leaves out. Stateless. */
final class AbortedTransactions {
    private AbortedTransactions() {}

    /** For records out of memory. */
    static List<FetchResponseData.AbortedTransaction> ofMemory(
            final PartitionTail tail, final long fromOffset, final long toOffset) {
        final List<AbortedTransaction> known = tail.abortedWithin(fromOffset, toOffset);
        if (known.isEmpty()) {
            return List.of();
        }
        final List<FetchResponseData.AbortedTransaction> all = new ArrayList<>(known.size());
        known.forEach(one -> all.add(of(one.producerId(), one.firstOffset())));
        return all;
    }

    /**
     * For records out of the partition's log. The markers of some of their transactions were in memory only when the
     * log was asked, and may have got into the log before it answered: each counts once. That they are out of memory by
     * now, when the log could not have told, does no harm.
     *
     * @param inMemory what memory knew before the log was asked.
     */
    static List<FetchResponseData.AbortedTransaction> ofLog(
            final LogRead read, final List<FetchResponseData.AbortedTransaction> inMemory) {
        final List<FetchResponseData.AbortedTransaction> inLog = read.aborted();
        if (inMemory.isEmpty()) {
            return inLog;
        }
        final List<FetchResponseData.AbortedTransaction> all = new ArrayList<>(inLog);
        inMemory.stream().filter(one -> !inLog.contains(one)).forEach(all::add);
        all.sort(Comparator.comparingLong(FetchResponseData.AbortedTransaction::firstOffset));
        return all;
    }

    private static FetchResponseData.AbortedTransaction of(final long producerId, final long firstOffset) {
        return new FetchResponseData.AbortedTransaction()
                .setProducerId(producerId)
                .setFirstOffset(firstOffset);
    }
}
