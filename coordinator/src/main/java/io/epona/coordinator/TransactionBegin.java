package io.epona.coordinator;

import io.epona.coordinator.TransactionCoordinator.Answer;
import java.util.HashSet;
import java.util.Optional;
import java.util.concurrent.CompletionException;
import java.util.concurrent.Executor;
import java.util.function.Consumer;
import org.apache.kafka.common.errors.ApiException;
import org.apache.kafka.common.errors.RetriableException;
import org.apache.kafka.common.protocol.Errors;
import org.apache.kafka.common.record.internal.RecordBatch;
import org.apache.kafka.common.utils.ProducerIdAndEpoch;
import org.apache.kafka.coordinator.transaction.TransactionMetadata;
import org.apache.kafka.coordinator.transaction.TransactionState;
import org.apache.kafka.coordinator.transaction.TxnTransitMetadata;
import org.apache.kafka.server.common.TransactionVersion;

/** Decides about producers that begin: their ids and epochs. Coordinator's thread. */
final class TransactionBegin {
    private final TransactionSettings settings;
    private final TransactionStore store;
    private final TransactionEnd end;
    private final ProducerIdPool producerIds;
    private final Executor executor;

    TransactionBegin(
            final TransactionSettings settings,
            final TransactionStore store,
            final TransactionEnd end,
            final ProducerIdPool producerIds,
            final Executor executor) {
        this.settings = settings;
        this.store = store;
        this.end = end;
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
}
