package io.epona.coordinator;

import java.util.concurrent.CompletableFuture;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.errors.InvalidTxnStateException;
import org.apache.kafka.storage.internals.log.VerificationGuard;

/**
 * Asks the coordinator of a transaction, before anything of it is written to a coordinator's partition, whether that
 * partition is part of it. Any thread may call.
 */
@FunctionalInterface
public interface TransactionVerification {
    /** As long as there are no transactions. */
    TransactionVerification REFUSE = (partition, transactionalId, producerId, producerEpoch, apiVersion) ->
            CompletableFuture.failedFuture(new InvalidTxnStateException("Transactions are not available yet."));

    /**
     * Asks.
     *
     * @param partition that is to be written to.
     * @param transactionalId of the transaction.
     * @param producerId of the transaction.
     * @param producerEpoch of the transaction.
     * @param apiVersion of the TxnOffsetCommit request: from version 5 on the partition may be added to the transaction
     *     by this very question (transaction version 2).
     * @return completed when the partition is part of the transaction, with {@link VerificationGuard#SENTINEL};
     *     exceptionally, with an exception of Kafka's, when it is not or nobody knows.
     */
    CompletableFuture<VerificationGuard> verify(
            TopicPartition partition, String transactionalId, long producerId, short producerEpoch, int apiVersion);
}
