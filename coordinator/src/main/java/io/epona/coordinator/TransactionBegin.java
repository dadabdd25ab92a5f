package io.epona.coordinator;

import io.epona.coordinator.TransactionCoordinator.Answer;
import io.epona.coordinator.TransactionCoordinator.Producer;
import java.util.HashMap;
import java.util.HashSet;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.CompletionException;
import java.util.concurrent.Executor;
import java.util.function.Consumer;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.errors.ApiException;
import org.apache.kafka.common.errors.RetriableException;
import org.apache.kafka.common.protocol.Errors;
import org.apache.kafka.common.record.internal.RecordBatch;
import org.apache.kafka.common.utils.ProducerIdAndEpoch;
import org.apache.kafka.coordinator.transaction.TransactionMetadata;
import org.apache.kafka.coordinator.transaction.TransactionState;
import org.apache.kafka.coordinator.transaction.TxnTransitMetadata;
import org.apache.kafka.server.common.TransactionVersion;

/** Decides about producers that begin: ids and epochs, and the partitions of transactions. Coordinator's thread. */
final class TransactionBegin {
    private final TransactionSettings settings;
    private final TransactionStore store;
    private final TransactionEnd end;
    private final SettledTransactions settled;
    private final ProducerIdPool producerIds;
    private final Executor executor;

    TransactionBegin(
            final TransactionSettings settings,
            final TransactionStore store,
            final TransactionEnd end,
            final SettledTransactions settled,
            final ProducerIdPool producerIds,
            final Executor executor) {
        this.settings = settings;
        this.store = store;
        this.end = end;
        this.settled = settled;
        this.producerIds = producerIds;
        this.executor = executor;
    }

    void initProducerId(
            final String transactionalId,
            final int timeoutMs,
            final Optional<ProducerIdAndEpoch> expected,
            final Consumer<Answer> then) {
        if (transactionalId.isEmpty()) {
            then.accept(Answer.of(Errors.INVALID_REQUEST));
        } else if (timeoutMs <= 0 || timeoutMs > settings.maxTimeoutMs()) {
            then.accept(Answer.of(Errors.INVALID_TRANSACTION_TIMEOUT));
        } else {
            final TransactionMetadata known =
                    store.partitionOf(transactionalId).transactions().get(transactionalId);
            if (known != null && !known.isProducerEpochExhausted()) {
                init(transactionalId, timeoutMs, expected, RecordBatch.NO_PRODUCER_ID, then);
            } else {
                withProducerId(
                        producerIds,
                        executor,
                        id -> init(transactionalId, timeoutMs, expected, id, then),
                        error -> then.accept(Answer.of(error)));
            }
        }
    }

    /** Goes on with a new producer id on the coordinator's thread. */
    static void withProducerId(
            final ProducerIdPool producerIds,
            final Executor executor,
            final Consumer<Long> then,
            final Consumer<Errors> otherwise) {
        producerIds
                .next()
                .whenComplete((id, failure) -> executor.execute(() -> {
                    try {
                        if (failure == null) {
                            then.accept(id);
                        } else {
                            final Throwable cause =
                                    failure instanceof CompletionException ? failure.getCause() : failure;
                            final boolean isTemporary = cause instanceof RetriableException;
                            otherwise.accept(
                                    isTemporary ? Errors.COORDINATOR_LOAD_IN_PROGRESS : Errors.forException(cause));
                        }
                    } catch (final ApiException ex) {
                        otherwise.accept(Errors.forException(ex));
                    }
                }));
    }

    private void init(
            final String transactionalId,
            final int timeoutMs,
            final Optional<ProducerIdAndEpoch> expected,
            final long newProducerId,
            final Consumer<Answer> then) {
        final TransactionPartition partition = store.partitionOf(transactionalId);
        final TransactionMetadata transaction =
                partition.transactions().computeIfAbsent(transactionalId, id -> made(id, newProducerId, timeoutMs));
        final Errors error = judgeInit(transaction, expected);
        if (error != Errors.NONE) {
            then.accept(Answer.of(error));
            return;
        }
        if (transaction.state() == TransactionState.ONGOING) {
            fence(transaction, then);
            return;
        }
        final long nowMs = System.currentTimeMillis();
        final boolean rotates = transaction.isProducerEpochExhausted()
                && expected.map(one -> one.epoch == transaction.producerEpoch()).orElse(true);
        if (rotates && newProducerId == RecordBatch.NO_PRODUCER_ID) {
            then.accept(Answer.of(Errors.CONCURRENT_TRANSACTIONS)); // it became exhausted meanwhile
            return;
        }
        final TxnTransitMetadata next = rotates
                ? transaction.prepareProducerIdRotation(newProducerId, timeoutMs, nowMs, expected.isPresent())
                : transaction.prepareIncrementProducerEpoch(timeoutMs, expected.map(one -> one.epoch), nowMs);
        store.append(
                partition,
                transaction,
                next,
                outcome -> then.accept(
                        outcome == Errors.NONE
                                ? new Answer(outcome, next.producerId(), next.producerEpoch())
                                : Answer.of(outcome)));
    }

    private static TransactionMetadata made(
            final String transactionalId, final long newProducerId, final int timeoutMs) {
        return new TransactionMetadata(
                transactionalId,
                newProducerId,
                RecordBatch.NO_PRODUCER_ID,
                RecordBatch.NO_PRODUCER_ID,
                RecordBatch.NO_PRODUCER_EPOCH,
                RecordBatch.NO_PRODUCER_EPOCH,
                timeoutMs,
                TransactionState.EMPTY,
                new HashSet<>(),
                -1,
                System.currentTimeMillis(),
                TransactionVersion.TV_0);
    }

    private static Errors judgeInit(
            final TransactionMetadata transaction, final Optional<ProducerIdAndEpoch> expected) {
        if (transaction.pendingTransitionInProgress()) {
            return Errors.CONCURRENT_TRANSACTIONS;
        }
        if (expected.isPresent() && !isValid(transaction, expected.get())) {
            return Errors.PRODUCER_FENCED;
        }
        return switch (transaction.state()) {
            case PREPARE_ABORT, PREPARE_COMMIT -> Errors.CONCURRENT_TRANSACTIONS;
            case DEAD, PREPARE_EPOCH_FENCE ->
                throw new IllegalStateException("impossible state of a transaction: " + transaction);
            default -> Errors.NONE;
        };
    }

    /** An id may be that of before when its epochs were used up: the answer that named the new one may be lost. */
    private static boolean isValid(final TransactionMetadata transaction, final ProducerIdAndEpoch expected) {
        return transaction.producerEpoch() == RecordBatch.NO_PRODUCER_EPOCH
                || expected.producerId == transaction.producerId()
                || expected.producerId == transaction.prevProducerId()
                        && TransactionMetadata.isEpochExhausted(expected.epoch);
    }

    /** Aborts the transaction that is open; the client asks again and finds it ended. */
    private void fence(final TransactionMetadata transaction, final Consumer<Answer> then) {
        end.fence(
                transaction,
                answer -> then.accept(
                        Answer.of(answer.error() == Errors.NONE ? Errors.CONCURRENT_TRANSACTIONS : answer.error())));
    }

    void addPartitions(
            final Producer producer,
            final Set<TopicPartition> partitions,
            final TransactionVersion version,
            final Consumer<Errors> then) {
        final Errors error = tryAddPartitions(producer, partitions, version, then);
        if (error == Errors.CONCURRENT_TRANSACTIONS) {
            // The one before is about to be ended everywhere: no need to make the client ask again.
            settled.await(producer.transactionalId(), () -> addAgain(producer, partitions, version, then));
        } else if (error != null) {
            then.accept(error);
        }
    }

    /** Not within a request: whatever has become of this node's part in it meanwhile is for {@code then} to hear. */
    private void addAgain(
            final Producer producer,
            final Set<TopicPartition> partitions,
            final TransactionVersion version,
            final Consumer<Errors> then) {
        try {
            final Errors error = tryAddPartitions(producer, partitions, version, then);
            if (error != null) {
                then.accept(error);
            }
        } catch (final ApiException ex) {
            then.accept(Errors.forException(ex));
        }
    }

    /** Null when {@code then} will be told. */
    private Errors tryAddPartitions(
            final Producer producer,
            final Set<TopicPartition> partitions,
            final TransactionVersion version,
            final Consumer<Errors> then) {
        final String transactionalId = producer.transactionalId();
        if (transactionalId == null || transactionalId.isEmpty()) {
            return Errors.INVALID_REQUEST;
        }
        final TransactionPartition partition = store.partitionOf(transactionalId);
        final TransactionMetadata transaction = partition.transactions().get(transactionalId);
        final Errors error = judgeProducer(producer, transaction);
        if (error != Errors.NONE) {
            return error;
        }
        if (transaction.pendingTransitionInProgress() || isEnding(transaction)) {
            return Errors.CONCURRENT_TRANSACTIONS;
        }
        if (transaction.state() == TransactionState.ONGOING
                && transaction.topicPartitions().containsAll(partitions)) {
            return Errors.NONE;
        }
        final long nowMs = System.currentTimeMillis();
        final TxnTransitMetadata next = transaction.prepareAddPartitions(new HashSet<>(partitions), nowMs, version);
        store.append(partition, transaction, next, outcome -> {
            then.accept(outcome);
            settled.onSettled(transactionalId);
        });
        return null;
    }

    private static Errors judgeProducer(final Producer producer, final TransactionMetadata transaction) {
        if (transaction == null || transaction.producerId() != producer.producerId()) {
            return Errors.INVALID_PRODUCER_ID_MAPPING;
        }
        return transaction.producerEpoch() == producer.producerEpoch() ? Errors.NONE : Errors.PRODUCER_FENCED;
    }

    private static boolean isEnding(final TransactionMetadata transaction) {
        return transaction.state() == TransactionState.PREPARE_COMMIT
                || transaction.state() == TransactionState.PREPARE_ABORT;
    }

    Map<TopicPartition, Errors> verifyPartitions(final Producer producer, final Set<TopicPartition> partitions) {
        final String transactionalId = producer.transactionalId();
        if (transactionalId == null || transactionalId.isEmpty()) {
            return all(partitions, Errors.INVALID_REQUEST);
        }
        final TransactionMetadata transaction =
                store.partitionOf(transactionalId).transactions().get(transactionalId);
        final Errors error = judgeProducer(producer, transaction);
        if (error != Errors.NONE) {
            return all(partitions, error);
        }
        if (isEnding(transaction)) {
            return all(partitions, Errors.CONCURRENT_TRANSACTIONS);
        }
        final Map<TopicPartition, Errors> errors = new HashMap<>();
        for (final TopicPartition partition : partitions) {
            final boolean isPart = transaction.state() == TransactionState.ONGOING
                    && transaction.topicPartitions().contains(partition);
            errors.put(partition, isPart ? Errors.NONE : Errors.TRANSACTION_ABORTABLE);
        }
        return errors;
    }

    static Map<TopicPartition, Errors> all(final Set<TopicPartition> partitions, final Errors error) {
        final Map<TopicPartition, Errors> errors = new HashMap<>();
        partitions.forEach(partition -> errors.put(partition, error));
        return errors;
    }
}
