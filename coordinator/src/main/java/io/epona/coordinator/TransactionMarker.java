package io.epona.coordinator;

/**
 * What is written to each partition of a transaction when it ends.
 *
 * @param producerId of the transaction.
 * @param producerEpoch from which on the producer may write.
 * @param coordinatorEpoch of the coordinator that decided.
 * @param isCommit whether it is committed.
 * @param transactionVersion of its client: from 2 on the epoch is above that of the transaction's records.
 */
public record TransactionMarker(
        long producerId, short producerEpoch, int coordinatorEpoch, boolean isCommit, short transactionVersion) {
    /** Whether the epoch is above that of the transaction's records. */
    public boolean isBumped() {
        return transactionVersion >= 2;
    }
}
