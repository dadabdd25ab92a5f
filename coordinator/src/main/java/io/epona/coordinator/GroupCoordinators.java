package io.epona.coordinator;

import io.epona.controller.ClusterController;
import io.epona.controller.ClusterImage;
import io.epona.controller.KafkaTopicsDelta;
import io.epona.controller.PartitionInfo;
import io.epona.controller.TopicInfo;
import io.epona.partitionlog.PartitionLogs;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.ThreadPoolExecutor;
import java.util.concurrent.TimeUnit;
import org.apache.kafka.common.errors.ApiException;
import org.apache.kafka.common.errors.CoordinatorNotAvailableException;
import org.apache.kafka.common.internals.Topic;
import org.apache.kafka.common.protocol.Errors;
import org.apache.kafka.common.requests.FindCoordinatorRequest.CoordinatorType;
import org.apache.kafka.coordinator.group.GroupCoordinator;
import org.apache.kafka.image.MetadataDelta;
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
    private final ThreadPoolExecutor metadata = executor("group-coordinator-metadata");
    private volatile RunningGroups running;
    private CompletableFuture<GroupCoordinator> starting;
    private boolean isServing;
    private boolean isClosed;
    private ClusterImage knownImage;
    private TopicInfo knownTopic;

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
        context.controller().addListener(this::onImage);
    }

    private static ThreadPoolExecutor executor(final String name) {
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
    public synchronized void onServing() {
        isServing = true;
        if (context.controller().image().topic(TOPIC) != null) {
            service();
        }
    }

    /**
     * The coordinator, started if it was not.
     *
     * @return completed at once when it runs; exceptionally, with an exception of Kafka's, when it cannot start now.
     */
    public CompletableFuture<GroupCoordinator> service() {
        final RunningGroups present = running;
        return present == null ? start() : present.asFuture();
    }

    private synchronized CompletableFuture<GroupCoordinator> start() {
        if (isClosed) {
            return CompletableFuture.failedFuture(new CoordinatorNotAvailableException("The node stops."));
        }
        if (starting == null || starting.isCompletedExceptionally()) {
            starting = topic().thenApplyAsync(this::run, worker).exceptionallyCompose(failure -> {
                LOGGER.warn("groups cannot be coordinated now; the next request of a client tries again", failure);
                return CompletableFuture.failedFuture(
                        new CoordinatorNotAvailableException("Groups cannot be coordinated now.", failure));
            });
        }
        return starting;
    }

    private CompletableFuture<TopicInfo> topic() {
        return InternalTopics.require(
                context.controller(),
                TOPIC,
                context.settings().topicPartitionCount(),
                context.settings().topicSegmentLength());
    }

    /** On the worker's thread. */
    private GroupCoordinator run(final TopicInfo topic) {
        final ClusterImage image = context.controller().image();
        final RunningGroups made = RunningGroups.start(context, topic.partitionCount(), image);
        synchronized (this) {
            if (isClosed) {
                made.close();
                throw new CoordinatorNotAvailableException("The node stops.");
            }
            knownImage = image;
            running = made;
        }
        InternalTopics.compact(context.controller(), topic);
        made.tenures().follow(context.controller().image());
        LOGGER.info(
                "coordinating groups: partitions={}, of which here={}",
                topic.partitionCount(),
                made.tenures().electedCount());
        return made.service();
    }

    /** On the controller's thread. */
    private synchronized void onImage(final ClusterImage old, final ClusterImage now) {
        final TopicInfo topic = now.topic(TOPIC);
        if (isClosed || !isServing && starting == null || topic == null && starting == null) {
            return;
        }
        if (starting == null) {
            start();
        }
        try {
            if (topic != knownTopic) {
                knownTopic = topic;
                worker.execute(this::followLeaders);
            }
            metadata.execute(this::followTopics);
        } catch (final RejectedExecutionException ex) {
            LOGGER.debug("image came after the coordinators had closed", ex);
        }
    }

    private void followLeaders() {
        final RunningGroups present = running;
        if (present != null) {
            quietly(() -> present.tenures().follow(context.controller().image()));
        }
    }

    /** May wait for coordinators that write what follows from a deleted topic. */
    private void followTopics() {
        final ClusterImage now = context.controller().image();
        final RunningGroups present;
        final ClusterImage before;
        synchronized (this) {
            present = running;
            before = knownImage;
            if (present == null || before == now) {
                return;
            }
            knownImage = now;
        }
        final MetadataDelta delta = KafkaTopicsDelta.between(before, now);
        if (delta != null) {
            quietly(() -> present.service().onMetadataUpdate(delta, now.kafkaTopics()));
        }
    }

    /** While the coordinator closes it refuses, which is nobody's problem any more. */
    private void quietly(final Runnable action) {
        try {
            action.run();
        } catch (final CompletionException | ApiException ex) {
            synchronized (this) {
                if (isClosed) {
                    LOGGER.debug("told a coordinator that closes", ex);
                    return;
                }
            }
            LOGGER.error("the group coordinator does not follow the metadata", ex);
        }
    }

    @Override
    public CoordinatorType keyType() {
        return CoordinatorType.GROUP;
    }

    @Override
    public CompletionStage<PartitionInfo> find(final String key) {
        return service().thenApply(service -> {
            final PartitionInfo partition = context.controller().image().partition(TOPIC, service.partitionFor(key));
            if (partition == null) {
                throw Errors.COORDINATOR_NOT_AVAILABLE.exception();
            }
            return partition;
        });
    }

    /** What is counted; zeros while nothing runs. */
    public GroupStats stats() {
        final RunningGroups present = running;
        return present == null ? GroupStats.NONE : present.stats();
    }

    /** Settings in force. */
    public GroupSettings settings() {
        return context.settings();
    }

    /** Ends coordinating; before the lanes end. Requests under way are answered with errors. */
    @Override
    public void close() {
        final RunningGroups present;
        synchronized (this) {
            isClosed = true;
            present = running;
        }
        context.appends().close();
        worker.shutdown();
        metadata.shutdown();
        if (present != null) {
            present.close();
        }
        try {
            if (!worker.awaitTermination(STOP_TIMEOUT_S, TimeUnit.SECONDS)
                    || !metadata.awaitTermination(STOP_TIMEOUT_S, TimeUnit.SECONDS)) {
                LOGGER.warn("threads of the group coordinator did not end within {} s", STOP_TIMEOUT_S);
            }
        } catch (final InterruptedException ex) {
            Thread.currentThread().interrupt();
        }
    }
}
