package io.epona.gateway.produce;

import io.epona.codec.RecordBatchDescriptor;
import io.epona.coordinator.TransactionCoordinator.Producer;
import java.util.ArrayDeque;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.Executor;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.function.Consumer;
import org.agrona.DirectBuffer;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.protocol.Errors;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Batches that a lane wants to have verified: those of a producer that has no transaction open in the partition. The
 * transaction's coordinator is asked once for all batches that wait, and for all partitions that a producer writes to
 * at a time. The batches go to the lane again in the order in which they came. Gateway thread only.
 *
 * @param <B> the batches.
 */
final class TransactionChecks<B extends TransactionChecks.Batch> {
    private static final Logger LOGGER = LoggerFactory.getLogger(TransactionChecks.class);

    /** Produce version from which clients expect the server to add partitions to their transactions. */
    private static final short FIRST_VERSION_WITH_ADD = 12;

    /** Produce version from which clients know that they can abort and go on. */
    private static final short FIRST_VERSION_WITH_ABORTABLE = 11;

    /** Longer than a request to another node takes at most; then clients try again instead of waiting behind it. */
    private static final long PATIENCE_S = 10;

    private final Verifier verifier;
    private final Executor gatewayThread;
    private final Consumer<B> again;
    private final Map<Key, Check<B>> checks = new HashMap<>();
    private final Map<Question, Set<TopicPartition>> questions = new LinkedHashMap<>();

    /** A batch that is verified before a lane takes it. */
    interface Batch {
        /** Its bytes. */
        DirectBuffer bytes();

        TopicPartition topicPartition();

        /** As its client says. */
        String transactionalId();

        /** Version of the request that it came in. */
        short apiVersion();

        /** Whether nobody waits for it any more. */
        boolean isOver();

        /** It is part of the transaction, as the lane wanted to know by this verification. */
        void verified(int verification);

        /** It is not appended; the client is told so. */
        void refused(Errors error, String message);
    }

    /** Asks the coordinator, wherever it is. */
    @FunctionalInterface
    interface Verifier {
        /**
         * Asks.
         *
         * @param isAdd whether the partitions become part of the transaction if they are not.
         * @return for each partition NONE when it is part of it.
         */
        CompletableFuture<Map<TopicPartition, Errors>> verify(
                Producer producer, Set<TopicPartition> partitions, boolean isAdd);
    }

    private record Key(long producerId, short producerEpoch, TopicPartition partition) {}

    private record Question(Producer producer, boolean isAdd) {}

    /** A batch, and whether its lane has seen it and wants to have it verified. */
    private record Waiting<B>(B batch, boolean isSeen) {}

    /** One question, and who waits for its answer. */
    private static final class Check<B> {
        final int verification;
        final ArrayDeque<Waiting<B>> waiting = new ArrayDeque<>();

        Check(final int verification) {
            this.verification = verification;
        }
    }

    /**
     * Nothing waits.
     *
     * @param again offers a batch once more.
     */
    TransactionChecks(final Verifier verifier, final Executor gatewayThread, final Consumer<B> again) {
        this.verifier = verifier;
        this.gatewayThread = gatewayThread;
        this.again = again;
    }

    /**
     * Lets a batch wait behind those of its producer that are being verified: it must not overtake them. It goes to the
     * lane unverified after them, because others may still be on their way from there that come before it.
     *
     * @return false when there are none.
     */
    boolean holdBehindOthers(final B append) {
        final Check<B> asked = checks.isEmpty() ? null : checks.get(keyOf(append));
        if (asked == null) {
            return false;
        }
        asked.waiting.add(new Waiting<>(append, false));
        return true;
    }

    private static Key keyOf(final Batch append) {
        return new Key(
                RecordBatchDescriptor.producerId(append.bytes(), 0),
                RecordBatchDescriptor.producerEpoch(append.bytes(), 0),
                append.topicPartition());
    }

    /** Asks, unless the same is being asked already. */
    void check(final B append, final int verification) {
        final Key key = keyOf(append);
        final Check<B> asked = checks.get(key);
        if (asked != null) {
            asked.waiting.add(new Waiting<>(append, true));
            return;
        }
        final Check<B> check = new Check<>(verification);
        check.waiting.add(new Waiting<>(append, true));
        checks.put(key, check);
        final Producer producer = new Producer(append.transactionalId(), key.producerId(), key.producerEpoch());
        final boolean isAdd = append.apiVersion() >= FIRST_VERSION_WITH_ADD;
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
        final Check<B> check = checks.remove(key);
        for (final Waiting<B> waiting : check.waiting) {
            final B append = waiting.batch();
            if (append.isOver()) {
                continue;
            }
            if (error == Errors.NONE) {
                if (waiting.isSeen()) {
                    append.verified(check.verification);
                }
                again.accept(append);
            } else {
                refuse(append, error);
            }
        }
    }

    private static void refuse(final Batch append, final Errors error) {
        final Errors answer = answerOf(error, append.apiVersion());
        final String message = answer == Errors.NOT_ENOUGH_REPLICAS
                ? "Unable to verify the partition has been added to the transaction. Underlying error: " + error
                : answer == Errors.INVALID_TXN_STATE ? "Partition was not added to the transaction" : null;
        append.refused(answer, message);
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
