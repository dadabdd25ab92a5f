package io.epona.coordinator;

import io.epona.controller.ClusterController;
import io.epona.controller.ClusterImage;
import io.epona.controller.PartitionInfo;
import io.epona.controller.TopicInfo;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import java.util.concurrent.Executor;
import java.util.concurrent.RejectedExecutionException;
import java.util.function.Function;
import org.apache.kafka.common.errors.ApiException;
import org.apache.kafka.common.errors.CoordinatorNotAvailableException;
import org.apache.kafka.common.protocol.Errors;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * When a coordinator of this node runs: from the first request that needs it, which also makes its topic, or from when
 * the topic is there and the node serves. It then follows the leaders of the topic's partitions. Any thread may call.
 *
 * @param <S> what answers requests.
 * @param <R> what runs.
 */
final class CoordinatorLife<S, R extends CoordinatorLife.Running<S>> implements AutoCloseable {
    private static final Logger LOGGER = LoggerFactory.getLogger(CoordinatorLife.class);

    private final Context<R> context;
    private volatile R running;
    private volatile CompletableFuture<S> started;
    private CompletableFuture<S> starting;
    private boolean isServing;
    private boolean isClosed;
    private TopicInfo knownTopic;

    /** A coordinator that runs. */
    interface Running<S> extends AutoCloseable {
        /** What answers requests. */
        S service();

        /** The partitions that this node leads. */
        Tenures tenures();

        /** Ends it; elections are over. */
        @Override
        void close();
    }

    /**
     * What it works with.
     *
     * @param what is coordinated, for people.
     * @param topic that has the state.
     * @param partitionCount of the topic if it has to be made.
     * @param segmentLength bytes of the topic's segments if it has to be made.
     * @param start makes what runs, on the worker.
     * @param worker runs tasks on one thread, in order.
     */
    record Context<R>(
            String what,
            String topic,
            int partitionCount,
            int segmentLength,
            ClusterController controller,
            Function<TopicInfo, R> start,
            Executor worker) {}

    /** Nothing runs yet. */
    CoordinatorLife(final Context<R> context) {
        this.context = context;
        context.controller().addListener(this::onImage);
    }

    /** The node serves clients: if there is state already, its coordinator starts now. */
    synchronized void onServing() {
        isServing = true;
        if (hasState()) {
            service();
        }
    }

    /** Whether the topic is there. */
    boolean hasState() {
        return context.controller().image().topic(context.topic()) != null;
    }

    /** What runs; null before and after. */
    R running() {
        return running;
    }

    /**
     * The coordinator, started if it was not.
     *
     * @return completed at once when it runs; exceptionally, with an exception of Kafka's, when it cannot start now.
     */
    CompletableFuture<S> service() {
        final CompletableFuture<S> present = started;
        return present == null ? start() : present;
    }

    private synchronized CompletableFuture<S> start() {
        if (isClosed) {
            return CompletableFuture.failedFuture(stopping());
        }
        if (starting == null || starting.isCompletedExceptionally()) {
            starting = InternalTopics.require(
                            context.controller(), context.topic(), context.partitionCount(), context.segmentLength())
                    .thenApplyAsync(this::run, context.worker())
                    .exceptionallyCompose(this::onFailedStart);
        }
        return starting;
    }

    private static CoordinatorNotAvailableException stopping() {
        return new CoordinatorNotAvailableException("The node stops.");
    }

    private CompletableFuture<S> onFailedStart(final Throwable failure) {
        LOGGER.warn("{} cannot be coordinated now; the next request tries again", context.what(), failure);
        return CompletableFuture.failedFuture(new CoordinatorNotAvailableException(
                "The coordinator of " + context.what() + " cannot be started now.", failure));
    }

    /** On the worker's thread. */
    private S run(final TopicInfo topic) {
        final R made = context.start().apply(topic);
        synchronized (this) {
            if (isClosed) {
                made.close();
                throw stopping();
            }
            running = made;
            started = CompletableFuture.completedFuture(made.service());
        }
        InternalTopics.compact(context.controller(), topic);
        made.tenures().follow(context.controller().image());
        LOGGER.info(
                "coordinating {}: partitions={}, of which here={}",
                context.what(),
                topic.partitionCount(),
                made.tenures().electedCount());
        return made.service();
    }

    /** On the controller's thread. */
    private synchronized void onImage(final ClusterImage old, final ClusterImage now) {
        final TopicInfo topic = now.topic(context.topic());
        if (isClosed || starting == null && (topic == null || !isServing)) {
            return;
        }
        if (starting == null) {
            start();
        }
        if (topic != knownTopic) {
            knownTopic = topic;
            try {
                context.worker().execute(this::followLeaders);
            } catch (final RejectedExecutionException ex) {
                LOGGER.debug("image came after the coordinator had closed", ex);
            }
        }
    }

    private void followLeaders() {
        final R present = running;
        if (present == null) {
            return;
        }
        try {
            present.tenures().follow(context.controller().image());
        } catch (final CompletionException | ApiException ex) {
            onRefused(ex);
        }
    }

    /** While it closes that is nobody's problem any more. */
    private synchronized void onRefused(final RuntimeException refusal) {
        if (isClosed) {
            LOGGER.debug("told a coordinator that closes", refusal);
        } else {
            LOGGER.error("the coordinator of {} does not follow the leaders", context.what(), refusal);
        }
    }

    /**
     * The partition that has somebody's state.
     *
     * @throws org.apache.kafka.common.errors.CoordinatorNotAvailableException when it is not there.
     */
    PartitionInfo place(final int partition) {
        final PartitionInfo place = context.controller().image().partition(context.topic(), partition);
        if (place == null) {
            throw Errors.COORDINATOR_NOT_AVAILABLE.exception();
        }
        return place;
    }

    /** Starts nothing from now on, and ends what runs. The worker ends later. */
    @Override
    public void close() {
        final R present;
        synchronized (this) {
            isClosed = true;
            present = running;
        }
        if (present != null) {
            present.close();
        }
    }
}
