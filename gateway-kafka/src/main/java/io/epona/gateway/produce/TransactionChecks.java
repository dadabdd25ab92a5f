package io.epona.gateway.produce;

import io.epona.codec.RecordBatchDescriptor;
import io.epona.coordinator.TransactionCoordinator.Producer;
import io.epona.coordinator.TransactionVerifier;
import io.epona.sequencer.AppendOrigin;
import java.util.ArrayDeque;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.Executor;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.function.Consumer;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.protocol.Errors;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Batches that a lane wants to have verified: those of a producer that has no transaction open in the partition. The
 * transaction's coordinator is asked once for all batches that wait, and for all partitions that a producer writes to
 * at a time. The batches go to the lane again in the order in which they came. Gateway thread only.
 */
final class TransactionChecks {
    private static final Logger LOGGER = LoggerFactory.getLogger(TransactionChecks.class);

    /** Produce version from which clients expect the server to add partitions to their transactions. */
    private static final short FIRST_VERSION_WITH_ADD = 12;

    /** Produce version from which clients know that they can abort and go on. */
    private static final short FIRST_VERSION_WITH_ABORTABLE = 11;

    /** Longer than a request to another node takes at most; then clients try again instead of waiting behind it. */
    private static final long PATIENCE_S = 10;

    private final TransactionVerifier verifier;
    private final Executor gatewayThread;
    private final Consumer<PendingAppend> again;
    private final Map<Key, Check> checks = new HashMap<>();
    private final Map<Question, Set<TopicPartition>> questions = new LinkedHashMap<>();

    private record Key(long producerId, short producerEpoch, TopicPartition partition) {}

    private record Question(Producer producer, boolean isAdd) {}

    /** One question, and who waits for its answer. */
    private static final class Check {
        final int verification;
        final ArrayDeque<PendingAppend> waiting = new ArrayDeque<>();

        Check(final int verification) {
            this.verification = verification;
        }
    }

    /**
     * Nothing waits.
     *
     * @param verifier null when there are no transactions.
     * @param again offers a batch once more.
     */
    TransactionChecks(
            final TransactionVerifier verifier, final Executor gatewayThread, final Consumer<PendingAppend> again) {
        this.verifier = verifier;
        this.gatewayThread = gatewayThread;
        this.again = again;
    }

    /**
     * Lets a batch wait behind those of its producer that are being verified: it must not overtake them.
     *
     * @return false when there are none.
     */
    boolean holdBehindOthers(final PendingAppend append) {
        final Check asked = checks.isEmpty() ? null : checks.get(keyOf(append));
        if (asked == null) {
            return false;
        }
        asked.waiting.add(append);
        return true;
    }

    private static Key keyOf(final PendingAppend append) {
        return new Key(
                RecordBatchDescriptor.producerId(append.batch, 0),
                RecordBatchDescriptor.producerEpoch(append.batch, 0),
                append.partition.topicPartition());
    }

    /** Asks, unless the same is being asked already. */
    void check(final PendingAppend append, final int verification) {
        final Key key = keyOf(append);
        final Check asked = checks.get(key);
        if (asked != null) {
            asked.waiting.add(append);
            return;
        }
        final Check check = new Check(verification);
        check.waiting.add(append);
        checks.put(key, check);
        final ProduceOperation operation = append.operation;
        final Producer producer = new Producer(operation.transactionalId(), key.producerId(), key.producerEpoch());
        final boolean isAdd = operation.exchange().apiVersion() >= FIRST_VERSION_WITH_ADD;
        questions
                .computeIfAbsent(new Question(producer, isAdd), question -> new LinkedHashSet<>())
                .add(key.partition());
    }

    /** Asks what there is to be asked since the last call. */
    void ask() {
        if (questions.isEmpty()) {
            return;
        }
        questions.forEach((question, partitions) -> verifier.verify(question.producer(), partitions, question.isAdd())
                .orTimeout(PATIENCE_S, TimeUnit.SECONDS)
                .whenComplete((errors, failure) -> handOver(question.producer(), partitions, errors, failure)));
        questions.clear();
    }

    private void handOver(
            final Producer producer,
            final Set<TopicPartition> partitions,
            final Map<TopicPartition, Errors> errors,
            final Throwable failure) {
        final Errors other = failure == null
                ? Errors.UNKNOWN_SERVER_ERROR
                : failure instanceof TimeoutException ? Errors.NETWORK_EXCEPTION : Errors.forException(failure);
        try {
            gatewayThread.execute(() -> partitions.forEach(partition -> onVerified(
                    new Key(producer.producerId(), producer.producerEpoch(), partition),
                    failure == null ? errors.getOrDefault(partition, other) : other)));
        } catch (final RejectedExecutionException ex) {
            LOGGER.debug("a transaction was verified after the gateway had closed", ex);
        }
    }

    private void onVerified(final Key key, final Errors error) {
        final Check check = checks.remove(key);
        for (final PendingAppend append : check.waiting) {
            if (append.isAnswered || append.operation.isDone()) {
                continue;
            }
            if (error == Errors.NONE) {
                append.origin = AppendOrigin.verified(check.verification);
                again.accept(append);
            } else {
                refuse(append, error);
            }
        }
    }

    private static void refuse(final PendingAppend append, final Errors error) {
        final short version = append.operation.exchange().apiVersion();
        final Errors answer = answerOf(error, version);
        final String message = answer == Errors.NOT_ENOUGH_REPLICAS
                ? "Unable to verify the partition has been added to the transaction. Underlying error: " + error
                : answer == Errors.INVALID_TXN_STATE ? "Partition was not added to the transaction" : null;
        append.operation.refuse(append.response, answer, message);
        append.operation.onAnswered(append);
    }

    /** What a producer of that version knows how to take. */
    static Errors answerOf(final Errors error, final short version) {
        return switch (error) {
            case PRODUCER_FENCED -> Errors.INVALID_PRODUCER_EPOCH;
            case TRANSACTION_ABORTABLE -> version >= FIRST_VERSION_WITH_ABORTABLE ? error : Errors.INVALID_TXN_STATE;
            case CONCURRENT_TRANSACTIONS -> version >= FIRST_VERSION_WITH_ADD ? error : Errors.NOT_ENOUGH_REPLICAS;
            case NETWORK_EXCEPTION, COORDINATOR_LOAD_IN_PROGRESS, COORDINATOR_NOT_AVAILABLE, NOT_COORDINATOR ->
                Errors.NOT_ENOUGH_REPLICAS;
            default -> error;
        };
    }
}
