package io.epona.coordinator;

import io.epona.controller.ClusterController;
import io.epona.controller.PartitionInfo;
import io.epona.partitionlog.PartitionLogs;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.Executor;
import java.util.concurrent.ScheduledThreadPoolExecutor;
import java.util.concurrent.TimeUnit;
import org.apache.kafka.common.requests.FindCoordinatorRequest.CoordinatorType;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The transaction coordinator of a node, on the partitions of {@code __transaction_state} whose lanes this node leads.
 * It is started by the first request of a transaction, which also makes the topic, or when the topic is there; before
 * that it costs nothing. Any thread may call.
 */
public final class TransactionCoordinators implements CoordinatorLookup, AutoCloseable {
    private static final Logger LOGGER = LoggerFactory.getLogger(TransactionCoordinators.class);
    private static final String NAME = "transaction-coordinator";
    private static final int LOAD_LENGTH = 1024 * 1024;
    private static final long TICK_MS = 100;
    private static final long STATS_MS = 1_000;

    private final Context context;
    private final ScheduledThreadPoolExecutor timer = timer();
    private final TransactionVerifier verifier;
    private final CoordinatorLife<TransactionCoordinator, Running> life;
    private volatile TransactionStats stats = TransactionStats.NONE;

    /**
     * What it works with.
     *
     * @param settings of transactions.
     * @param controller the cluster's metadata.
     * @param appends the way to the lanes.
     * @param logs where older records are.
     * @param markers writes to partitions that this node leads.
     * @param remoteMarkers has other nodes write.
     * @param remoteCoordinators asks other nodes.
     * @param executor runs tasks on one thread, in order: the coordinator's.
     */
    public record Context(
            TransactionSettings settings,
            ClusterController controller,
            LaneAppends appends,
            PartitionLogs logs,
            MarkerWriter markers,
            MarkerSender.RemoteMarkers remoteMarkers,
            TransactionVerifier.RemoteCoordinators remoteCoordinators,
            Executor executor) {}

    private record Running(
            TransactionCoordinator service,
            TransactionStore store,
            Tenures tenures,
            LaneRecordLoader<StoredTransaction> loader)
            implements CoordinatorLife.Running<TransactionCoordinator> {
        @Override
        public void close() {
            loader.close();
        }
    }

    /** Nothing runs yet. */
    public TransactionCoordinators(final Context context) {
        this.context = context;
        this.verifier = new TransactionVerifier(context.controller(), this, context.remoteCoordinators());
        this.life = new CoordinatorLife<>(new CoordinatorLife.Context<>(
                "transactions",
                TransactionStore.TOPIC,
                context.settings().topicPartitionCount(),
                context.settings().topicSegmentLength(),
                context.controller(),
                topic -> assemble(topic.partitionCount()),
                timer));
    }

    private static ScheduledThreadPoolExecutor timer() {
        final ScheduledThreadPoolExecutor timer = new ScheduledThreadPoolExecutor(
                1, Thread.ofPlatform().daemon().name(NAME + "-timer").factory());
        timer.setExecuteExistingDelayedTasksAfterShutdownPolicy(false);
        return timer;
    }

    /** Asks coordinators, here or elsewhere, about partitions of transactions. */
    public TransactionVerifier verifier() {
        return verifier;
    }

    /** Writes markers to partitions that this node leads. */
    public MarkerWriter markers() {
        return context.markers();
    }

    /** The node serves clients: if there are transactions already, their coordinator starts now. */
    public void onServing() {
        life.onServing();
    }

    /**
     * The coordinator, started if it was not.
     *
     * @return completed at once when it runs; exceptionally, with an exception of Kafka's, when it cannot start now.
     */
    public CompletableFuture<TransactionCoordinator> service() {
        return life.service();
    }

    /** Whether there ever was a transaction: questions about some do not make the topic. */
    public boolean hasState() {
        return life.hasState();
    }

    private Running assemble(final int partitionCount) {
        final ProducerIdPool producerIds = new ProducerIdPool(context.controller());
        final MarkerSender[] sender = new MarkerSender[1];
        final TransactionStore store = new TransactionStore(new TransactionStore.Context(
                partitionCount,
                context.controller(),
                context.appends(),
                context.executor(),
                partition -> sender[0].resume(partition)));
        sender[0] = new MarkerSender(new MarkerSender.Context(
                context.controller(),
                store,
                context.markers()::write,
                context.remoteMarkers(),
                context.executor(),
                timer));
        final Tenures tenures = new Tenures(TransactionStore.TOPIC, store);
        final LaneRecordLoader<StoredTransaction> loader = new LaneRecordLoader<>(
                context.appends(),
                context.logs(),
                tenures,
                StoredTransaction.DESERIALIZER,
                LOAD_LENGTH,
                NAME + "-loader-");
        store.connect(tenures, loader);
        final TransactionAdds adds = new TransactionAdds(
                store,
                (delayNs, task) ->
                        timer.schedule(() -> context.executor().execute(task), delayNs, TimeUnit.NANOSECONDS));
        store.onSettled(adds::onSettled);
        final TransactionEnd end = new TransactionEnd(store, sender[0], producerIds, context.executor());
        final TransactionTimer clock = new TransactionTimer(context.settings(), store, end);
        final TransactionBegin begin =
                new TransactionBegin(context.settings(), store, end, producerIds, context.executor());
        final TransactionQueries queries = new TransactionQueries(store, end, clock);
        repeat(clock::tick, TICK_MS);
        repeat(() -> stats = queries.stats(tenures, loader), STATS_MS);
        final TransactionCoordinator coordinator =
                new TransactionCoordinator(context.executor(), begin, adds, end, queries);
        return new Running(coordinator, store, tenures, loader);
    }

    private void repeat(final Runnable task, final long intervalMs) {
        timer.scheduleWithFixedDelay(
                () -> context.executor().execute(task), intervalMs, intervalMs, TimeUnit.MILLISECONDS);
    }

    @Override
    public CoordinatorType keyType() {
        return CoordinatorType.TRANSACTION;
    }

    @Override
    public CompletionStage<PartitionInfo> find(final String key) {
        return service()
                .thenApply(coordinator -> life.place(life.running().store().partitionFor(key)));
    }

    /** What is counted, as of a second ago at most; zeros while nothing runs. */
    public TransactionStats stats() {
        return stats;
    }

    /** Ends coordinating; before the lanes end. Requests under way get no answer. */
    @Override
    public void close() {
        timer.shutdown();
        life.close();
    }
}
