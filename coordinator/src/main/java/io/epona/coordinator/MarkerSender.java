package io.epona.coordinator;

import io.epona.controller.ClusterController;
import io.epona.controller.ClusterImage;
import io.epona.controller.PartitionInfo;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.Executor;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.TimeUnit;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.protocol.Errors;
import org.apache.kafka.coordinator.transaction.TransactionMetadata;
import org.apache.kafka.coordinator.transaction.TransactionState;
import org.apache.kafka.coordinator.transaction.TxnTransitMetadata;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Brings the end of a transaction to all its partitions, wherever they are led, and tries again until it is there or
 * this node coordinates with the transaction no more. Whoever does then begins anew: a marker that is there already
 * changes nothing. Coordinator's thread.
 */
public final class MarkerSender {
    private static final Logger LOGGER = LoggerFactory.getLogger(MarkerSender.class);
    private static final long MIN_DELAY_MS = 5;
    private static final long MAX_DELAY_MS = 500;

    private final Context context;

    /**
     * What it works with.
     *
     * @param local for partitions that this node leads.
     * @param remote for all others.
     * @param executor runs tasks on the coordinator's thread, in order.
     * @param timer runs what is to be tried again.
     */
    record Context(
            ClusterController controller,
            TransactionStore store,
            LocalMarkers local,
            RemoteMarkers remote,
            Executor executor,
            ScheduledExecutorService timer) {}

    /** Writes markers to partitions that this node leads. */
    @FunctionalInterface
    interface LocalMarkers {
        /** As {@link MarkerWriter#write}. */
        CompletableFuture<Errors> write(TopicPartition partition, TransactionMarker marker);
    }

    /** Writes markers to partitions that another node leads. */
    @FunctionalInterface
    public interface RemoteMarkers {
        /**
         * Sends them.
         *
         * @return for each partition NONE, or why not; never exceptionally.
         */
        CompletableFuture<Map<TopicPartition, Errors>> send(
                int nodeId, TransactionMarker marker, List<TopicPartition> partitions);
    }

    MarkerSender(final Context context) {
        this.context = context;
    }

    /**
     * Begins, for a transaction whose end is decided.
     *
     * @return what the transaction will be when the markers are there.
     */
    TxnTransitMetadata send(final TransactionPartition partition, final TransactionMetadata transaction) {
        final TransactionMarker marker = new TransactionMarker(
                transaction.producerId(),
                transaction.producerEpoch(),
                partition.tenure().leaderEpoch(),
                transaction.state() == TransactionState.PREPARE_COMMIT,
                transaction.clientTransactionVersion().featureLevel());
        final Job job = new Job(
                partition,
                transaction,
                marker,
                new HashSet<>(transaction.topicPartitions()),
                transaction.prepareComplete(System.currentTimeMillis()));
        job.attempt();
        return job.complete;
    }

    /** A partition was loaded: what its coordinator of before has decided is brought to its end. */
    void resume(final TransactionPartition partition) {
        partition.transactions().values().stream()
                .filter(TransactionStore::isEnding)
                .forEach(one -> send(partition, one));
    }

    /** One transaction's markers. */
    private final class Job {
        final TransactionPartition partition;
        final TransactionMetadata transaction;
        final TransactionMarker marker;
        final Set<TopicPartition> left;
        final TxnTransitMetadata complete;
        long delayMs = MIN_DELAY_MS;

        Job(
                final TransactionPartition partition,
                final TransactionMetadata transaction,
                final TransactionMarker marker,
                final Set<TopicPartition> left,
                final TxnTransitMetadata complete) {
            this.partition = partition;
            this.transaction = transaction;
            this.marker = marker;
            this.left = left;
            this.complete = complete;
        }

        void attempt() {
            if (!partition.isActive()) {
                return;
            }
            final ClusterImage image = context.controller().image();
            final Map<Integer, List<TopicPartition>> byLeader = new HashMap<>();
            left.removeIf(one -> isDeleted(image, one));
            left.forEach(one -> byLeader.computeIfAbsent(
                            image.partition(one.topic(), one.partition()).leader(), leader -> new ArrayList<>())
                    .add(one));
            final List<CompletableFuture<Map<TopicPartition, Errors>>> sent = new ArrayList<>();
            byLeader.forEach((leader, partitions) -> {
                if (leader == image.nodeId()) {
                    partitions.forEach(
                            one -> sent.add(context.local().write(one, marker).thenApply(error -> Map.of(one, error))));
                } else if (leader >= 0) {
                    sent.add(context.remote().send(leader, marker, partitions));
                }
            });
            CompletableFuture.allOf(sent.toArray(CompletableFuture[]::new))
                    .whenComplete((done, failure) -> context.executor().execute(() -> onSent(sent, failure)));
        }

        private boolean isDeleted(final ClusterImage image, final TopicPartition one) {
            final PartitionInfo known = image.partition(one.topic(), one.partition());
            return known == null;
        }

        private void onSent(final List<CompletableFuture<Map<TopicPartition, Errors>>> sent, final Throwable failure) {
            if (failure != null) {
                LOGGER.error("cannot send markers; again in {} ms: {}", delayMs, transaction, failure);
            } else {
                for (final CompletableFuture<Map<TopicPartition, Errors>> one : sent) {
                    for (final Map.Entry<TopicPartition, Errors> outcome :
                            one.join().entrySet()) {
                        take(outcome.getKey(), outcome.getValue());
                    }
                }
            }
            if (left.isEmpty()) {
                finish();
            } else {
                again(this::attempt);
            }
        }

        /**
         * Where the producer's epoch is above the marker's, nothing of this transaction is open: a batch of a later
         * epoch is not taken before that. So there is nothing to end, only somebody to be told who ended it by hand.
         * Where another coordinator was, this one's time is over, and it will soon know; should it not be, the
         * transaction is late and not forgotten.
         */
        private void take(final TopicPartition one, final Errors error) {
            switch (error) {
                case NONE -> left.remove(one);
                case INVALID_PRODUCER_EPOCH -> {
                    LOGGER.warn("a transaction was ended by somebody else: partition={}, {}", one, transaction);
                    left.remove(one);
                }
                case TRANSACTION_COORDINATOR_FENCED ->
                    LOGGER.warn("another coordinator has ended a transaction: partition={}, {}", one, transaction);
                default -> LOGGER.debug("a marker is not there yet: error={}, partition={}", error, one);
            }
        }

        private void again(final Runnable action) {
            context.timer().schedule(() -> context.executor().execute(action), delayMs, TimeUnit.MILLISECONDS);
            delayMs = Math.min(MAX_DELAY_MS, 2 * delayMs);
        }

        private void finish() {
            if (!partition.isActive()) {
                return;
            }
            context.store().append(partition, transaction, complete, error -> {
                if (error != Errors.NONE && partition.isActive()) {
                    transaction.pendingState(Optional.of(complete.txnState()));
                    again(this::finish);
                }
            });
        }
    }
}
