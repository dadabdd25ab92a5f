package io.epona.coordinator;

import io.epona.controller.ClusterController;
import io.epona.controller.ClusterImage;
import io.epona.controller.PartitionInfo;
import io.epona.coordinator.TransactionCoordinator.Producer;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.Executor;
import java.util.concurrent.TimeUnit;
import java.util.function.Supplier;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.internals.Topic;
import org.apache.kafka.common.protocol.Errors;
import org.apache.kafka.common.utils.Utils;
import org.apache.kafka.server.common.TransactionVersion;

/**
 * Asks the coordinator of a transaction, here or on another node, about partitions that batches of the transaction are
 * for. Any thread may call.
 */
public final class TransactionVerifier {
    private static final long FIRST_RETRY_MS = 5;
    private static final long MAX_RETRY_MS = 80;

    private final ClusterController controller;
    private final TransactionCoordinators coordinators;
    private final RemoteCoordinators remote;

    /** Asks coordinators of other nodes. */
    @FunctionalInterface
    public interface RemoteCoordinators {
        /**
         * Asks.
         *
         * @param isAdd whether the partitions become part of the transaction if they are not.
         * @return for each partition NONE when it is part of it; never exceptionally.
         */
        CompletableFuture<Map<TopicPartition, Errors>> verify(
                int nodeId, Producer producer, Set<TopicPartition> partitions, boolean isAdd);
    }

    TransactionVerifier(
            final ClusterController controller,
            final TransactionCoordinators coordinators,
            final RemoteCoordinators remote) {
        this.controller = controller;
        this.coordinators = coordinators;
        this.remote = remote;
    }

    /**
     * Asks.
     *
     * @param isAdd whether the partitions become part of the transaction if they are not: for clients of transaction
     *     version 2.
     * @return for each partition NONE when it is part of it; never exceptionally.
     */
    public CompletableFuture<Map<TopicPartition, Errors>> verify(
            final Producer producer, final Set<TopicPartition> partitions, final boolean isAdd) {
        return askAgain(() -> ask(producer, partitions, isAdd), isAdd, TransactionAdds.PATIENCE_NS);
    }

    /**
     * Asks again while the transaction before is being ended: other nodes do not let this one wait, since its other
     * questions are behind it.
     */
    static CompletableFuture<Map<TopicPartition, Errors>> askAgain(
            final Supplier<CompletableFuture<Map<TopicPartition, Errors>>> question,
            final boolean isAdd,
            final long patienceNs) {
        return isAdd ? askUntil(question, System.nanoTime() + patienceNs, FIRST_RETRY_MS) : question.get();
    }

    private static CompletableFuture<Map<TopicPartition, Errors>> askUntil(
            final Supplier<CompletableFuture<Map<TopicPartition, Errors>>> question,
            final long deadlineNs,
            final long delayMs) {
        return question.get().thenCompose(errors -> {
            final boolean isLate = deadlineNs - System.nanoTime() < TimeUnit.MILLISECONDS.toNanos(delayMs);
            if (isLate || !errors.containsValue(Errors.CONCURRENT_TRANSACTIONS)) {
                return CompletableFuture.completedFuture(errors);
            }
            final Executor later = CompletableFuture.delayedExecutor(delayMs, TimeUnit.MILLISECONDS);
            return CompletableFuture.completedFuture(errors)
                    .thenComposeAsync(
                            before -> askUntil(question, deadlineNs, Math.min(2 * delayMs, MAX_RETRY_MS)), later);
        });
    }

    private CompletableFuture<Map<TopicPartition, Errors>> ask(
            final Producer producer, final Set<TopicPartition> partitions, final boolean isAdd) {
        final ClusterImage image = controller.image();
        final int count = image.topic(Topic.TRANSACTION_STATE_TOPIC_NAME) == null
                ? 0
                : image.topic(Topic.TRANSACTION_STATE_TOPIC_NAME).partitionCount();
        if (count == 0 || !producer.isNamed()) {
            return CompletableFuture.completedFuture(TransactionAdds.all(partitions, Errors.INVALID_TXN_STATE));
        }
        final PartitionInfo place = image.partition(
                Topic.TRANSACTION_STATE_TOPIC_NAME,
                Utils.abs(producer.transactionalId().hashCode()) % count);
        if (place == null || place.leader() < 0) {
            return CompletableFuture.completedFuture(TransactionAdds.all(partitions, Errors.COORDINATOR_NOT_AVAILABLE));
        }
        if (place.leader() != image.nodeId()) {
            return remote.verify(place.leader(), producer, partitions, isAdd);
        }
        return coordinators
                .service()
                .thenCompose(coordinator -> isAdd
                        ? coordinator
                                .addPartitions(producer, partitions, TransactionVersion.TV_2)
                                .thenApply(error -> TransactionAdds.all(partitions, error))
                        : coordinator.verifyPartitions(producer, partitions))
                .exceptionally(failure -> TransactionAdds.all(partitions, Errors.forException(failure)));
    }
}
