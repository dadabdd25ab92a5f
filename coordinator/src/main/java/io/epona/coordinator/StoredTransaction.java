package io.epona.coordinator;

import java.nio.ByteBuffer;
import org.apache.kafka.coordinator.common.runtime.Deserializer;
import org.apache.kafka.coordinator.transaction.TransactionLog;
import org.apache.kafka.coordinator.transaction.TransactionMetadata;

/**
 * A record of the topic that has the transactions' state.
 *
 * @param transactionalId its key.
 * @param metadata its value; null when the id is forgotten.
 */
record StoredTransaction(String transactionalId, TransactionMetadata metadata) {
    /** Reads records; one of a later version is passed over. Stateless. */
    static final Deserializer<StoredTransaction> DESERIALIZER = StoredTransaction::read;

    private static StoredTransaction read(final ByteBuffer key, final ByteBuffer value) {
        return switch (TransactionLog.read(key, value)) {
            case TransactionLog.TxnRecord stored -> new StoredTransaction(stored.transactionId(), stored.metadata());
            case TransactionLog.TxnTombstone gone -> new StoredTransaction(gone.transactionId(), null);
            default -> null;
        };
    }
}
