package io.epona.coordinator;

import io.epona.coordinator.TransactionCoordinator.Answer;
import io.epona.coordinator.TransactionCoordinator.Producer;
import java.util.Optional;
import java.util.concurrent.Executor;
import java.util.function.Consumer;
import org.apache.kafka.common.errors.ApiException;
import org.apache.kafka.common.protocol.Errors;
import org.apache.kafka.common.record.internal.RecordBatch;
import org.apache.kafka.coordinator.transaction.TransactionMetadata;
import org.apache.kafka.coordinator.transaction.TransactionState;
import org.apache.kafka.coordinator.transaction.TxnTransitMetadata;
import org.apache.kafka.server.common.TransactionVersion;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Decides about the ends of transactions. The decision is what counts: once it is committed, the client is answered and
 * markers follow, however long that takes. Coordinator's thread.
 */
final class TransactionEnd {
    private static final Logger LOGGER = LoggerFactory.getLogger(TransactionEnd.class);
    private static final Optional<TransactionState> FENCING = Optional.of(TransactionState.PREPARE_EPOCH_FENCE);

    private final TransactionStore store;
    private final MarkerSender markers;
    private final ProducerIdPool producerIds;
    private final Executor executor;
    private long committed;
    private long aborted;

    /**
     * What is asked for.
     *
     * @param producer that ends its transaction.
     * @param isFromClient whether the producer itself asks.
     * @param version of the client, or of the coordinator.
     */
    record Request(Producer producer, boolean isCommit, boolean isFromClient, TransactionVersion version) {}

    /** How a request stands to the transaction's state. */
    private record Standing(
            boolean isValidEpoch, boolean isRetry, boolean isAfterOverflow, boolean bumpsEpoch, boolean isNext) {}

    TransactionEnd(
            final TransactionStore store,
            final MarkerSender markers,
            final ProducerIdPool producerIds,
            final Executor executor) {
        this.store = store;
        this.markers = markers;
        this.producerIds = producerIds;
        this.executor = executor;
    }

    long committed() {
        return committed;
    }

    long aborted() {
        return aborted;
    }

    /** Aborts the open transaction of a producer that is to write no more. */
    void fence(final TransactionMetadata transaction, final Consumer<Answer> then) {
        final TxnTransitMetadata fenced = transaction.prepareFenceProducerEpoch();
        final Producer producer =
                new Producer(transaction.transactionalId(), fenced.producerId(), fenced.producerEpoch());
        try {
            end(new Request(producer, false, false, TransactionVersion.TV_2), then);
        } catch (final ApiException ex) {
            // The node has just ceased to coordinate it: whoever does now will find it open.
            then.accept(Answer.of(Errors.forException(ex)));
        }
    }

    void end(final Request request, final Consumer<Answer> then) {
        end(request, RecordBatch.NO_PRODUCER_ID, then);
    }

    private void end(final Request request, final long newProducerId, final Consumer<Answer> then) {
        final Producer producer = request.producer();
        if (!producer.isNamed()) {
            then.accept(Answer.of(Errors.INVALID_REQUEST));
            return;
        }
        final TransactionPartition partition = store.partitionOf(producer.transactionalId());
        final TransactionMetadata transaction = partition.transactions().get(producer.transactionalId());
        if (transaction == null) {
            then.accept(Answer.of(Errors.INVALID_PRODUCER_ID_MAPPING));
            return;
        }
        final Standing standing = standing(request, transaction);
        final Errors error = judge(request, transaction, standing);
        if (error == Errors.NONE) {
            // It was ended before, and the answer was lost.
            then.accept(new Answer(error, transaction.producerId(), transaction.producerEpoch()));
        } else if (error != null) {
            then.accept(Answer.of(error));
        } else if (needsProducerId(request, transaction) && newProducerId == RecordBatch.NO_PRODUCER_ID) {
            TransactionBegin.withProducerId(
                    producerIds, executor, id -> end(request, id, then), failure -> then.accept(Answer.of(failure)));
        } else {
            decide(request, partition, transaction, newProducerId, then);
        }
    }

    private static Standing standing(final Request request, final TransactionMetadata transaction) {
        final short epoch = request.producer().producerEpoch();
        final boolean bumpsEpoch = !transaction.pendingState().equals(FENCING)
                && transaction.clientTransactionVersion().supportsEpochBump();
        final boolean isAfterBump = bumpsEpoch && transaction.producerEpoch() == epoch + 1;
        final boolean isAfterOverflow = bumpsEpoch
                && transaction.prevProducerId() == request.producer().producerId()
                && epoch == Short.MAX_VALUE - 1
                && transaction.producerEpoch() == 0;
        final boolean isSame = epoch == transaction.producerEpoch();
        final boolean isValid;
        if (bumpsEpoch) {
            isValid = switch (transaction.state()) {
                case ONGOING, EMPTY, DEAD, PREPARE_EPOCH_FENCE -> isSame;
                case PREPARE_COMMIT, PREPARE_ABORT -> isAfterBump;
                case COMPLETE_COMMIT, COMPLETE_ABORT -> isAfterBump || isAfterOverflow || isSame;
            };
        } else {
            isValid = (!request.isFromClient() || isSame) && epoch >= transaction.producerEpoch();
        }
        final boolean isNext = bumpsEpoch && TransactionStore.isEnding(transaction) && isSame;
        return new Standing(isValid, isAfterBump || isAfterOverflow, isAfterOverflow, bumpsEpoch, isNext);
    }

    /** Null to decide; NONE when that is done already. */
    private static Errors judge(final Request request, final TransactionMetadata transaction, final Standing standing) {
        final boolean isPending = transaction.pendingTransitionInProgress()
                && !transaction.pendingState().equals(FENCING);
        if (transaction.producerId() != request.producer().producerId() && !standing.isAfterOverflow()) {
            // What is pending may give the producer the id that it asks with.
            return isPending ? Errors.CONCURRENT_TRANSACTIONS : Errors.INVALID_PRODUCER_ID_MAPPING;
        }
        if (standing.isNext()) {
            // The transaction before is decided and not ended everywhere.
            return Errors.CONCURRENT_TRANSACTIONS;
        }
        if (!standing.isValidEpoch()) {
            return Errors.PRODUCER_FENCED;
        }
        if (isPending) {
            return Errors.CONCURRENT_TRANSACTIONS;
        }
        return judgeState(request, transaction.state(), standing);
    }

    private static Errors judgeState(final Request request, final TransactionState state, final Standing standing) {
        final boolean isCommit = request.isCommit();
        return switch (state) {
            case ONGOING -> null;
            case COMPLETE_COMMIT ->
                isCommit
                        ? !standing.bumpsEpoch() || standing.isRetry() ? Errors.NONE : Errors.INVALID_TXN_STATE
                        : abortsNothing(standing);
            case COMPLETE_ABORT -> {
                if (isCommit) {
                    yield Errors.INVALID_TXN_STATE;
                }
                yield standing.bumpsEpoch() && !standing.isRetry() ? null : Errors.NONE;
            }
            case PREPARE_COMMIT -> isCommit ? Errors.CONCURRENT_TRANSACTIONS : Errors.INVALID_TXN_STATE;
            case PREPARE_ABORT -> isCommit ? Errors.INVALID_TXN_STATE : Errors.CONCURRENT_TRANSACTIONS;
            case EMPTY -> !isCommit && request.version().supportsEpochBump() ? null : Errors.INVALID_TXN_STATE;
            case DEAD, PREPARE_EPOCH_FENCE ->
                throw new IllegalStateException("impossible state of a transaction: " + state);
        };
    }

    /** A client of version 2 may abort what has no partitions, and wants the next epoch for it. */
    private static Errors abortsNothing(final Standing standing) {
        return standing.bumpsEpoch() && !standing.isRetry() ? null : Errors.INVALID_TXN_STATE;
    }

    private static boolean needsProducerId(final Request request, final TransactionMetadata transaction) {
        return request.version().supportsEpochBump()
                && !transaction.pendingState().equals(FENCING)
                && transaction.isProducerEpochExhausted();
    }

    private void decide(
            final Request request,
            final TransactionPartition partition,
            final TransactionMetadata transaction,
            final long newProducerId,
            final Consumer<Answer> then) {
        final boolean isFence =
                !request.isCommit() && transaction.pendingState().equals(FENCING);
        if (isFence) {
            transaction.pendingState(Optional.empty());
            transaction.setProducerEpoch(request.producer().producerEpoch());
            transaction.setLastProducerEpoch(RecordBatch.NO_PRODUCER_EPOCH);
        }
        final boolean isWithoutPartitions = transaction.state() != TransactionState.ONGOING;
        final TxnTransitMetadata next = transaction.prepareAbortOrCommit(
                request.isCommit() ? TransactionState.PREPARE_COMMIT : TransactionState.PREPARE_ABORT,
                request.version(),
                newProducerId,
                System.currentTimeMillis(),
                isWithoutPartitions);
        store.append(partition, transaction, next, outcome -> {
            if (outcome == Errors.NONE) {
                onDecided(request, partition, transaction, then);
            } else {
                if (isFence) {
                    // The epoch was raised in memory only: it must not be raised again until somebody has it.
                    transaction.hasFailedEpochFence(true);
                }
                LOGGER.info("cannot end a transaction: error={}, transaction={}", outcome, transaction);
                then.accept(Answer.of(outcome));
            }
        });
    }

    private void onDecided(
            final Request request,
            final TransactionPartition partition,
            final TransactionMetadata transaction,
            final Consumer<Answer> then) {
        if (request.isCommit()) {
            committed++;
        } else {
            aborted++;
        }
        final TxnTransitMetadata complete = markers.send(partition, transaction);
        then.accept(new Answer(Errors.NONE, complete.producerId(), complete.producerEpoch()));
    }
}
