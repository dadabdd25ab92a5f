package io.epona.coordinator;

import java.util.HashMap;
import java.util.Map;
import org.apache.kafka.common.requests.TransactionResult;
import org.apache.kafka.coordinator.common.runtime.CoordinatorPlayback;
import org.apache.kafka.coordinator.transaction.TransactionMetadata;

/**
 * The transactions of one partition of the topic that has their state, from an election of this node to its
 * resignation. While it is loaded the loading thread fills it; then it is the coordinator's thread's.
 */
final class TransactionPartition implements CoordinatorPlayback<StoredTransaction> {
    private final int number;
    private final Map<String, TransactionMetadata> transactions = new HashMap<>();
    private Tenure tenure;

    TransactionPartition(final int number) {
        this.number = number;
    }

    /** Number of the partition. */
    int number() {
        return number;
    }

    /** In whose name is written; null while it is being loaded. */
    Tenure tenure() {
        return tenure;
    }

    void activate(final Tenure loadedTenure) {
        tenure = loadedTenure;
    }

    /** Whether requests are answered from it. */
    boolean isActive() {
        return tenure != null && !tenure.isOver();
    }

    /** By transactional id. */
    Map<String, TransactionMetadata> transactions() {
        return transactions;
    }

    @Override
    public void replay(
            final long offset, final long producerId, final short producerEpoch, final StoredTransaction stored) {
        if (stored.metadata() == null) {
            transactions.remove(stored.transactionalId());
        } else {
            transactions.put(stored.transactionalId(), stored.metadata());
        }
    }

    @Override
    public void replayEndTransactionMarker(
            final long producerId, final short producerEpoch, final TransactionResult result) {
        throw new IllegalStateException("a marker among the transactions' state: partition=" + number);
    }

    @Override
    public void updateLastWrittenOffset(final long offset) {
        // Records are applied when they are committed.
    }

    @Override
    public void updateLastCommittedOffset(final long offset) {
        // As above.
    }
}
