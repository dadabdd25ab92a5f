package io.epona.coordinator;

import io.epona.coordinator.TransactionCoordinator.Producer;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.function.Consumer;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.errors.ApiException;
import org.apache.kafka.common.protocol.Errors;
import org.apache.kafka.coordinator.transaction.TransactionMetadata;
import org.apache.kafka.coordinator.transaction.TransactionState;
import org.apache.kafka.coordinator.transaction.TxnTransitMetadata;
import org.apache.kafka.server.common.TransactionVersion;

/**
 * Decides which partitions are part of transactions. A producer that writes to partitions on several nodes is asked
 * about by each of them at the same time, often before its last transaction is ended everywhere: who cannot be answered
 * yet waits here, since a client that is told to try again loses a hundred milliseconds. What waits for the same
 * producer is added in one transition. A node asks about many producers, one after the other, and does not wait long
 * about one: it asks again. Coordinator's thread.
 */
final class TransactionAdds {
    /** Of who waits by itself. */
    static final long PATIENCE_NS = 500_000_000L;

    /** Of a node, whose other questions wait meanwhile: markers are mostly written by then. */
    static final long PATIENCE_OF_NODES_NS = 20_000_000L;

    private static final int MAX_WAITING = 10_000;

    private final TransactionStore store;
    private final Alarm alarm;
    private final Map<String, List<Add>> waiting = new HashMap<>();
    private int count;

    /** Runs tasks later, on the coordinator's thread. */
    @FunctionalInterface
    interface Alarm {
        void after(long delayNs, Runnable task);
    }

    /** Partitions to be added to a producer's transaction, and who wants to know. */
    private static final class Add {
        final Producer producer;
        final TransactionVersion version;
        final long patienceNs;
        final Set<TopicPartition> partitions;
        final List<Consumer<Errors>> askers = new ArrayList<>();
        boolean isLate;

        Add(
                final Producer producer,
                final TransactionVersion version,
                final Set<TopicPartition> partitions,
                final long patienceNs) {
            this.producer = producer;
            this.version = version;
            this.partitions = new HashSet<>(partitions);
            this.patienceNs = patienceNs;
        }

        boolean isLike(final Add other) {
            return producer.equals(other.producer) && version == other.version && patienceNs == other.patienceNs;
        }

        void answer(final Errors error) {
            askers.forEach(asker -> asker.accept(error));
        }
    }

    TransactionAdds(final TransactionStore store, final Alarm alarm) {
        this.store = store;
        this.alarm = alarm;
    }

    /**
     * Makes partitions part of a producer's transaction.
     *
     * @param patienceNs how long who asks waits for what is under way.
     */
    void add(
            final Producer producer,
            final Set<TopicPartition> partitions,
            final TransactionVersion version,
            final long patienceNs,
            final Consumer<Errors> then) {
        final Add add = new Add(producer, version, partitions, patienceNs);
        add.askers.add(then);
        final Errors error = attempt(add);
        if (error == Errors.CONCURRENT_TRANSACTIONS && count < MAX_WAITING) {
            await(add);
            alarm.after(patienceNs, () -> expire(add));
        } else if (error != null) {
            add.answer(error);
        }
    }

    private void await(final Add add) {
        count += add.askers.size();
        final List<Add> all = waiting.computeIfAbsent(add.producer.transactionalId(), id -> new ArrayList<>());
        for (final Add other : all) {
            if (other.isLike(add)) {
                other.partitions.addAll(add.partitions);
                other.askers.addAll(add.askers);
                return;
            }
        }
        all.add(add);
    }

    /** A transition of the transaction is over: tries those that wait for it again. */
    void onSettled(final String transactionalId) {
        final List<Add> all = waiting.remove(transactionalId);
        if (all == null) {
            return;
        }
        for (final Add add : all) {
            count -= add.askers.size();
            final Errors error = attempt(add);
            if (error == Errors.CONCURRENT_TRANSACTIONS && !add.isLate) {
                await(add);
            } else if (error != null) {
                add.answer(error);
            }
        }
    }

    /** Who still asks for this is answered; it may have been joined to another one, which is. */
    private void expire(final Add add) {
        add.isLate = true;
        final String transactionalId = add.producer.transactionalId();
        if (waiting.getOrDefault(transactionalId, List.of()).contains(add)) {
            onSettled(transactionalId);
        }
    }

    /** Null when the askers will be told. */
    private Errors attempt(final Add add) {
        final String transactionalId = add.producer.transactionalId();
        if (!add.producer.isNamed()) {
            return Errors.INVALID_REQUEST;
        }
        final TransactionPartition partition;
        try {
            partition = store.partitionOf(transactionalId);
        } catch (final ApiException ex) {
            return Errors.forException(ex);
        }
        final TransactionMetadata transaction = partition.transactions().get(transactionalId);
        if (transaction != null && transaction.pendingTransitionInProgress()) {
            // First of all: the end of the transaction before may give the producer the id that it asks with.
            return Errors.CONCURRENT_TRANSACTIONS;
        }
        final Errors error = judge(add.producer, transaction);
        if (error != Errors.NONE) {
            return error;
        }
        if (TransactionStore.isEnding(transaction)) {
            return Errors.CONCURRENT_TRANSACTIONS;
        }
        if (transaction.state() == TransactionState.ONGOING
                && transaction.topicPartitions().containsAll(add.partitions)) {
            return Errors.NONE;
        }
        final TxnTransitMetadata next = transaction.prepareAddPartitions(
                new HashSet<>(add.partitions), System.currentTimeMillis(), add.version);
        store.append(partition, transaction, next, add::answer);
        return null;
    }

    private static Errors judge(final Producer producer, final TransactionMetadata transaction) {
        if (transaction == null || transaction.producerId() != producer.producerId()) {
            return Errors.INVALID_PRODUCER_ID_MAPPING;
        }
        return transaction.producerEpoch() == producer.producerEpoch() ? Errors.NONE : Errors.PRODUCER_FENCED;
    }

    /** Whether partitions are part of a producer's transaction, for clients that add them themselves. */
    Map<TopicPartition, Errors> verify(final Producer producer, final Set<TopicPartition> partitions) {
        final String transactionalId = producer.transactionalId();
        if (!producer.isNamed()) {
            return all(partitions, Errors.INVALID_REQUEST);
        }
        final TransactionMetadata transaction =
                store.partitionOf(transactionalId).transactions().get(transactionalId);
        final Errors error = judge(producer, transaction);
        if (error != Errors.NONE) {
            return all(partitions, error);
        }
        if (TransactionStore.isEnding(transaction)) {
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

    /** The same for each partition. */
    static Map<TopicPartition, Errors> all(final Set<TopicPartition> partitions, final Errors error) {
        final Map<TopicPartition, Errors> errors = new HashMap<>();
        partitions.forEach(partition -> errors.put(partition, error));
        return errors;
    }
}
