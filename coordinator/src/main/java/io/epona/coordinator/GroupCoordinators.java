package io.epona.coordinator;

import io.epona.controller.ClusterController;
import io.epona.controller.PartitionInfo;
import io.epona.partitionlog.PartitionLogs;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.ThreadPoolExecutor;
import java.util.concurrent.TimeUnit;
import org.apache.kafka.common.internals.Topic;
import org.apache.kafka.common.requests.FindCoordinatorRequest.CoordinatorType;
import org.apache.kafka.coordinator.group.GroupCoordinator;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The group coordinator of a node: Kafka's own, on the partitions of {@code __consumer_offsets} whose lanes this node
 * leads. It is started by the first request of a group, which also makes the topic, or when the topic is there; before
 * that it costs nothing. Any thread may call.
 */
public final class GroupCoordinators implements CoordinatorLookup, AutoCloseable {
    /** The topic that has the groups' state. */
    public static final String TOPIC = Topic.GROUP_METADATA_TOPIC_NAME;

    private static final Logger LOGGER = LoggerFactory.getLogger(GroupCoordinators.class);
    private static final long THREAD_IDLE_S = 10;
    private static final long STOP_TIMEOUT_S = 5;

    private final Context context;
    private final ThreadPoolExecutor worker = executor("group-coordinator-tenures");
    private final CoordinatorLife<GroupCoordinator, RunningGroups> life;

    /**
     * What it works with.
     *
     * @param nodeId of this node.
     * @param settings of groups.
     * @param controller the cluster's metadata.
     * @param appends the way to the lanes.
     * @param logs where older records are.
     * @param verification of transactions that commit offsets.
     */
    public record Context(
            int nodeId,
            GroupSettings settings,
            ClusterController controller,
            LaneAppends appends,
            PartitionLogs logs,
            TransactionVerification verification) {}

    /** Nothing runs yet. */
    public GroupCoordinators(final Context context) {
        this.context = context;
        this.life = new CoordinatorLife<>(new CoordinatorLife.Context<>(
                "groups",
                TOPIC,
                context.settings().topicPartitionCount(),
                context.settings().topicSegmentLength(),
                context.controller(),
                topic -> RunningGroups.start(context, topic.partitionCount()),
                worker));
    }

    /** One thread, which ends when there is nothing to do. */
    static ThreadPoolExecutor executor(final String name) {
        final ThreadPoolExecutor executor = new ThreadPoolExecutor(
                1,
                1,
                THREAD_IDLE_S,
                TimeUnit.SECONDS,
                new LinkedBlockingQueue<>(),
                Thread.ofPlatform().daemon().name(name).factory());
        executor.allowCoreThreadTimeOut(true);
        return executor;
    }

    /** The node serves clients: if there are groups already, their coordinator starts now. */
    public void onServing() {
        life.onServing();
    }

    /**
     * The coordinator, started if it was not.
     *
     * @return completed at once when it runs; exceptionally, with an exception of Kafka's, when it cannot start now.
     */
    public CompletableFuture<GroupCoordinator> service() {
        return life.service();
    }

    @Override
    public CoordinatorType keyType() {
        return CoordinatorType.GROUP;
    }

    @Override
    public CompletionStage<PartitionInfo> find(final String key) {
        return service().thenApply(service -> life.place(service.partitionFor(key)));
    }

    /** What is counted; zeros while nothing runs. */
    public GroupStats stats() {
        final RunningGroups present = life.running();
        return present == null ? GroupStats.NONE : present.stats();
    }

    /** Settings in force. */
    public GroupSettings settings() {
        return context.settings();
    }

    /** Ends coordinating; before the lanes end. Requests under way are answered with errors. */
    @Override
    public void close() {
        context.appends().close();
        worker.shutdown();
        life.close();
        awaitEnd(worker);
    }

    /** Waits for what an executor that was shut down still does. */
    static void awaitEnd(final ThreadPoolExecutor executor) {
        try {
            if (!executor.awaitTermination(STOP_TIMEOUT_S, TimeUnit.SECONDS)) {
                LOGGER.warn("a thread of the group coordinator did not end within {} s", STOP_TIMEOUT_S);
            }
        } catch (final InterruptedException ex) {
            Thread.currentThread().interrupt();
        }
    }
}
