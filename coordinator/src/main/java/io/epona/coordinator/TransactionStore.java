package io.epona.coordinator;

import io.epona.codec.lane.LaneResult;
import io.epona.controller.ClusterController;
import io.epona.controller.TopicInfo;
import java.nio.ByteBuffer;
import java.util.Collection;
import java.util.HashMap;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.concurrent.Executor;
import java.util.function.Consumer;
import org.agrona.concurrent.UnsafeBuffer;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.compress.Compression;
import org.apache.kafka.common.internals.Topic;
import org.apache.kafka.common.protocol.Errors;
import org.apache.kafka.common.record.internal.MemoryRecords;
import org.apache.kafka.common.record.internal.SimpleRecord;
import org.apache.kafka.common.utils.Utils;
import org.apache.kafka.coordinator.transaction.TransactionLog;
import org.apache.kafka.coordinator.transaction.TransactionMetadata;
import org.apache.kafka.coordinator.transaction.TransactionState;
import org.apache.kafka.coordinator.transaction.TxnTransitMetadata;
import org.apache.kafka.server.common.TransactionVersion;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The state of transactions in the partitions that this node coordinates with, and their records in the log. A
 * transition takes effect when its record is committed. All methods but the elections are for the coordinator's thread.
 */
final class TransactionStore implements Tenures.Coordinator {
    static final String TOPIC = Topic.TRANSACTION_STATE_TOPIC_NAME;

    private static final Logger LOGGER = LoggerFactory.getLogger(TransactionStore.class);

    private final Context context;
    private final Map<Integer, TransactionPartition> partitions = new HashMap<>();

    /**
     * What it works with.
     *
     * @param partitionCount of the topic.
     * @param executor runs tasks on the coordinator's thread, in order.
     * @param onLoaded hears of each partition that was loaded, on that thread.
     */
    record Context(
            int partitionCount,
            ClusterController controller,
            LaneAppends appends,
            Executor executor,
            Consumer<TransactionPartition> onLoaded) {}

    private Tenures tenures;
    private LaneRecordLoader<StoredTransaction> loader;
    private Consumer<String> onSettled = transactionalId -> {};

    TransactionStore(final Context context) {
        this.context = context;
    }

    /** Before the first election. */
    void connect(final Tenures newTenures, final LaneRecordLoader<StoredTransaction> newLoader) {
        tenures = newTenures;
        loader = newLoader;
    }

    /** Who is to hear of each transactional id that has no transition pending any more. Before the first election. */
    void onSettled(final Consumer<String> listener) {
        onSettled = listener;
    }

    @Override
    public void onElection(final int partition, final int number) {
        context.executor().execute(() -> load(partition));
    }

    @Override
    public void onResignation(final int partition, final OptionalInt number) {
        context.executor().execute(() -> partitions.remove(partition));
    }

    private void load(final int number) {
        final TransactionPartition partition = new TransactionPartition(number);
        partitions.put(number, partition);
        loader.load(new TopicPartition(TOPIC, number), partition)
                .whenComplete((summary, failure) -> context.executor().execute(() -> onLoaded(partition, failure)));
    }

    private void onLoaded(final TransactionPartition partition, final Throwable failure) {
        final Tenure tenure = tenures.active(partition.number());
        if (failure == null && tenure != null && partitions.get(partition.number()) == partition) {
            partition.activate(tenure);
            LOGGER.info(
                    "coordinating transactions: partition={}, transactionalIds={}, epoch={}",
                    partition.number(),
                    partition.transactions().size(),
                    tenure.leaderEpoch());
            context.onLoaded().accept(partition);
        }
    }

    int partitionFor(final String transactionalId) {
        return Utils.abs(transactionalId.hashCode()) % context.partitionCount();
    }

    /** Whether a transaction's end is decided, and not written everywhere yet. */
    static boolean isEnding(final TransactionMetadata transaction) {
        return transaction.state() == TransactionState.PREPARE_COMMIT
                || transaction.state() == TransactionState.PREPARE_ABORT;
    }

    /** The partitions that this node was elected for. */
    Collection<TransactionPartition> partitions() {
        return partitions.values();
    }

    /**
     * The partition that has a transaction's state.
     *
     * @throws org.apache.kafka.common.errors.ApiException when this node does not coordinate with it now.
     */
    TransactionPartition partitionOf(final String transactionalId) {
        final TransactionPartition partition = partitions.get(partitionFor(transactionalId));
        if (partition == null) {
            throw Errors.NOT_COORDINATOR.exception();
        }
        if (partition.tenure() == null) {
            throw Errors.COORDINATOR_LOAD_IN_PROGRESS.exception();
        }
        if (!partition.isActive()) {
            throw Errors.NOT_COORDINATOR.exception();
        }
        return partition;
    }

    /**
     * Writes a transition that was prepared, and carries it out when it is committed.
     *
     * @param then hears the outcome on the coordinator's thread. After an error the transition is pending no more.
     */
    void append(
            final TransactionPartition partition,
            final TransactionMetadata transaction,
            final TxnTransitMetadata next,
            final Consumer<Errors> then) {
        final byte[] value = TransactionLog.valueToBytes(next, TransactionVersion.TV_2);
        write(partition, transaction, value, error -> {
            if (error == Errors.NONE) {
                transaction.completeTransitionTo(next);
            } else {
                transaction.pendingState(Optional.empty());
            }
            then.accept(error);
            onSettled.accept(transaction.transactionalId());
        });
    }

    /** Writes that a transactional id is forgotten, and forgets it when that is committed. */
    void forget(final TransactionPartition partition, final TransactionMetadata transaction) {
        transaction.prepareDead();
        write(partition, transaction, null, error -> {
            if (error == Errors.NONE) {
                partition.transactions().remove(transaction.transactionalId(), transaction);
            } else {
                transaction.pendingState(Optional.empty());
            }
        });
    }

    private void write(
            final TransactionPartition partition,
            final TransactionMetadata transaction,
            final byte[] value,
            final Consumer<Errors> then) {
        final Tenure tenure = partition.tenure();
        final TopicInfo topic = context.controller().image().topic(TOPIC);
        if (topic == null || tenure.isOver()) {
            then.accept(Errors.NOT_COORDINATOR);
            return;
        }
        final ByteBuffer bytes = MemoryRecords.withRecords(
                        Compression.NONE,
                        new SimpleRecord(
                                System.currentTimeMillis(),
                                TransactionLog.keyToBytes(transaction.transactionalId()),
                                value))
                .buffer();
        final UnsafeBuffer batch = new UnsafeBuffer(bytes, bytes.position(), bytes.remaining());
        final LaneAppends.Target target = new LaneAppends.Target(
                tenure.partition().laneId(),
                tenure.partition().partitionIndex(),
                tenure.leaderEpoch(),
                topic.config().minInSyncReplicas);
        context.appends().append(target, batch, new Outcome(partition, then)).whenComplete((appended, failure) -> {
            if (failure != null) {
                context.executor().execute(() -> then.accept(errorOf(failure)));
            }
        });
    }

    private static Errors errorOf(final Throwable failure) {
        if (failure instanceof LaneRefusedException refused) {
            return refused.result() == LaneResult.NOT_ENOUGH_REPLICAS
                    ? Errors.COORDINATOR_NOT_AVAILABLE
                    : Errors.NOT_COORDINATOR;
        }
        LOGGER.error("cannot write a transaction's state", failure);
        return Errors.UNKNOWN_SERVER_ERROR;
    }

    /** What becomes of a record that was appended. */
    private final class Outcome implements LaneAppends.CommitListener {
        private final TransactionPartition partition;
        private final Consumer<Errors> then;

        Outcome(final TransactionPartition partition, final Consumer<Errors> then) {
            this.partition = partition;
            this.then = then;
        }

        @Override
        public void onCommitted(final LaneAppends.Appended appended) {
            context.executor()
                    .execute(() -> then.accept(
                            partitions.get(partition.number()) == partition ? Errors.NONE : Errors.NOT_COORDINATOR));
        }

        @Override
        public void onLeadershipLost() {
            context.executor().execute(() -> then.accept(Errors.NOT_COORDINATOR));
        }
    }
}
