package io.epona.controller;

import java.util.ArrayList;
import java.util.Collection;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.function.Function;
import java.util.stream.Stream;
import org.agrona.concurrent.UnsafeBuffer;
import org.apache.kafka.clients.admin.AlterConfigOp;
import org.apache.kafka.common.Uuid;
import org.apache.kafka.common.config.ConfigResource;
import org.apache.kafka.common.errors.ApiException;
import org.apache.kafka.common.errors.NotControllerException;
import org.apache.kafka.common.errors.PolicyViolationException;
import org.apache.kafka.common.requests.ApiError;
import org.apache.kafka.server.common.MetadataVersion;
import org.apache.kafka.server.common.ProducerIdsBlock;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * A node's end of the cell's controller: submits commands to the control log, applies what the log delivers, publishes
 * images. Any thread may submit commands and read the image. The state machine runs on the log's thread; images are
 * published and futures completed on the controller's thread, which is the executor of the {@link ControllerContext}.
 */
public class CellController implements ClusterController {
    private static final Logger LOG = LoggerFactory.getLogger(CellController.class);
    private static final long CLOSE_TIMEOUT_MS = 10_000;

    private final ControllerConfig config;
    private final ControllerContext context;
    private final TopicConfigs topicConfigs;
    private final ControlLog log;
    private final ImagePublisher publisher;
    private final PendingCommands pending;
    private final NodeMembership membership;
    private final Uuid incarnationId;
    private final TopicDecisions topicDecisions;
    private final ConfigDecisions configDecisions;
    private volatile boolean closed;

    CellController(
            ControllerConfig config,
            ControllerContext context,
            TopicConfigs topicConfigs,
            ControlLog log,
            EffectLog effects,
            ClusterImage image) {
        this.config = config;
        this.context = context;
        this.topicConfigs = topicConfigs;
        this.log = log;
        this.incarnationId = incarnation(context.randomIds().get());
        this.topicDecisions = new TopicDecisions(topicConfigs);
        this.configDecisions = new ConfigDecisions(topicConfigs);
        this.publisher = new ImagePublisher(context, image);
        this.pending = new PendingCommands(context.timer());
        this.membership = new NodeMembership(this, config.nodeId(), context.timer());
        publisher.addListener(membership::onImage);
        Origin self = new Origin(config.nodeId(), incarnationId, 0);
        log.start(new LogFollower(self, topicConfigs, effects, publisher, pending, membership));
    }

    /**
     * Joins a cell. Its image is that of no cell until {@link #begin} has completed.
     *
     * @param config of this node; the directory is not used.
     * @param context thread, ids, time and fatal handler.
     * @param log this node's end of the control log, not started; closed with the controller.
     * @return the controller.
     */
    public static CellController join(ControllerConfig config, ControllerContext context, ControlLog log) {
        return new CellController(
                config,
                context,
                new TopicConfigs(config.topicDefaults().configs()),
                log,
                EffectLog.NONE,
                ImageFold.empty(config.nodeId(), CellState.EMPTY));
    }

    /**
     * Makes the cell if nobody has yet, and has this node's image catch up with the log. To be called once, before
     * lanes are opened.
     *
     * @param memberIds all nodes of the cell.
     * @return completes with an image that has all that was decided before; exceptionally when the cell has other
     *     members or lanes than this node is configured with.
     */
    public CompletableFuture<ClusterImage> begin(List<Integer> memberIds) {
        ControlCommand.BeginCell command = new ControlCommand.BeginCell(
                context.randomIds().get(),
                config.laneCount(),
                memberIds,
                MetadataVersion.latestProduction().featureLevel());
        return membership.submitUntilDone(command).thenApply(done -> image());
    }

    /**
     * Names who opens and closes partitions from now on, the lanes having those of the newest image. To be called
     * before the first command that opens or closes any.
     *
     * @param partitionActivator makes the lanes follow the images.
     */
    public void activatePartitionsWith(PartitionActivator partitionActivator) {
        publisher.activateWith(partitionActivator, image());
    }

    /**
     * Names who opens and closes partitions from now on. What has come since the image that the lanes know is opened
     * and closed first.
     *
     * @param partitionActivator makes the lanes follow the images.
     * @param known the image whose partitions the lanes have.
     * @return completes when the lanes have the partitions of the newest image.
     */
    public CompletableFuture<Void> activatePartitionsWith(PartitionActivator partitionActivator, ClusterImage known) {
        return publisher.activateWith(partitionActivator, known);
    }

    @Override
    public ClusterImage image() {
        return publisher.image();
    }

    @Override
    public TopicConfigs topicConfigs() {
        return topicConfigs;
    }

    @Override
    public TopicDefaults topicDefaults() {
        return config.topicDefaults();
    }

    @Override
    public Map<String, String> brokerConfig(int brokerId) {
        return brokerId == config.nodeId() ? config.brokerConfigs() : Map.of();
    }

    @Override
    public void addListener(ClusterListener listener) {
        publisher.addListener(listener);
    }

    @Override
    public Uuid incarnationId() {
        return incarnationId;
    }

    @Override
    public ControlLogStatus controlLogStatus() {
        return log.status();
    }

    @Override
    public CompletableFuture<List<CreateTopicResult>> createTopics(
            List<NewTopicSpec> topics, boolean validateOnly, int timeoutMs) {
        ControlCommand.CreateTopics command = new ControlCommand.CreateTopics(
                topics.stream().map(config.topicDefaults()::applyTo).toList(),
                Stream.generate(context.randomIds()).limit(topics.size()).toList(),
                config.topicDefaults().maxPartitionCount());
        return validateOnly
                ? validate(image -> topicDecisions.create(image, command)).thenApply(CellController::withoutIds)
                : submit(command, timeoutMs);
    }

    @Override
    public CompletableFuture<List<DeleteTopicResult>> deleteTopics(List<TopicReference> topics, int timeoutMs) {
        return submit(new ControlCommand.DeleteTopics(topics), timeoutMs);
    }

    @Override
    public CompletableFuture<List<TopicResult>> createPartitions(
            List<NewPartitionsSpec> topics, boolean validateOnly, int timeoutMs) {
        ControlCommand.CreatePartitions command = new ControlCommand.CreatePartitions(
                topics, config.topicDefaults().maxPartitionCount());
        return validateOnly
                ? validate(image -> topicDecisions.addPartitions(image, command))
                : submit(command, timeoutMs);
    }

    @Override
    public CompletableFuture<Map<ConfigResource, ApiError>> incrementalAlterConfigs(
            Map<ConfigResource, Collection<AlterConfigOp>> changes, boolean validateOnly) {
        return validateOnly
                ? validate(image -> configDecisions.incrementalAlter(image, changes))
                : submit(new ControlCommand.IncrementalAlterConfigs(changes), ControllerLimits.COMMAND_TIMEOUT_MS);
    }

    @Override
    public CompletableFuture<Map<ConfigResource, ApiError>> alterConfigs(
            Map<ConfigResource, Map<String, String>> configs, boolean validateOnly) {
        return validateOnly
                ? validate(image -> configDecisions.replace(image, configs))
                : submit(new ControlCommand.AlterConfigs(configs), ControllerLimits.COMMAND_TIMEOUT_MS);
    }

    @Override
    public CompletableFuture<ProducerIdsBlock> allocateProducerIds() {
        // A block too many is no loss, a producer that waits for one that was lost with the log's leader is.
        return submit(new ControlCommand.AllocateProducerIds(), ControllerLimits.RETRY_TIMEOUT_MS);
    }

    @Override
    public CompletableFuture<Void> registerNode(NodeRegistration registration) {
        return membership.register(registration);
    }

    @Override
    public CompletableFuture<ApiError> proposeInSync(InSyncChange change) {
        return submit(new ControlCommand.ProposeInSync(change), ControllerLimits.COMMAND_TIMEOUT_MS);
    }

    @Override
    public CompletableFuture<ApiError> resignLane(int laneId, int leaderEpoch, boolean isLost) {
        return submit(new ControlCommand.ResignLane(laneId, leaderEpoch, isLost), ControllerLimits.COMMAND_TIMEOUT_MS);
    }

    @Override
    public CompletableFuture<Map<Integer, ApiError>> electLeaders(List<Integer> laneIds, int timeoutMs) {
        return submit(new ControlCommand.ElectLeaders(laneIds), timeoutMs);
    }

    @Override
    public CompletableFuture<List<Integer>> claimPreferredLanes() {
        List<Integer> laneIds = LaneDecisions.claimable(image(), config.nodeId());
        return laneIds.isEmpty()
                ? CompletableFuture.completedFuture(laneIds)
                : electLeaders(laneIds, ControllerLimits.COMMAND_TIMEOUT_MS).thenApply(results -> laneIds);
    }

    @Override
    public CompletableFuture<List<Integer>> beginControlledShutdown(int timeoutMs) {
        return membership.shutDown(timeoutMs);
    }

    @Override
    public void close() {
        if (closed) {
            return;
        }
        closed = true;
        log.close();
        try {
            publisher
                    .afterwards(() -> CompletableFuture.completedFuture(null))
                    .get(CLOSE_TIMEOUT_MS, TimeUnit.MILLISECONDS);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            LOG.warn("interrupted while the controller was closed: node={}", config.nodeId());
        } catch (RejectedExecutionException | ExecutionException | TimeoutException e) {
            LOG.warn("controller did not end its last command in time: node={}", config.nodeId(), e);
        }
        pending.close();
    }

    /** Whether commands can be expected to succeed, now or later. */
    boolean isRunning() {
        return !closed && publisher.failure() == null;
    }

    void failBecause(Throwable cause) {
        publisher.fail(cause);
    }

    /** Runs a task on the controller's thread, when all images that are known by now are published. */
    void afterImages(Runnable task) {
        if (closed) {
            return;
        }
        publisher.afterwards(() -> {
            task.run();
            return CompletableFuture.completedFuture(null);
        });
    }

    /** Puts a command into the log and waits for this node to have applied it. */
    <R> CompletableFuture<R> submit(ControlCommand<R> command, int timeoutMs) {
        if (closed) {
            return CompletableFuture.failedFuture(new NotControllerException("The controller is closed."));
        }
        if (publisher.failure() != null) {
            return CompletableFuture.failedFuture(ImagePublisher.asFailure(publisher.failure()));
        }
        PendingCommands.Waiting waiting;
        try {
            waiting = pending.begin(timeoutMs <= 0 ? ControllerLimits.MIN_COMMAND_TIMEOUT_MS : timeoutMs);
        } catch (ApiException e) {
            return CompletableFuture.failedFuture(e);
        }
        UnsafeBuffer bytes =
                CommandCodec.encode(new Origin(config.nodeId(), incarnationId, waiting.correlationId()), command);
        if (bytes.capacity() > log.maxCommandLength()) {
            waiting.answer()
                    .completeExceptionally(new PolicyViolationException("The request is too long: " + bytes.capacity()
                            + " bytes, at most " + log.maxCommandLength() + "; use several requests"));
        } else if (!log.submit(bytes, 0, bytes.capacity())) {
            waiting.answer()
                    .completeExceptionally(new NotControllerException(
                            "The control log takes no commands now: it has no leader, or this node is not connected."));
        }
        @SuppressWarnings("unchecked") // each command's answer is what its decision has as the response
        CompletableFuture<R> result = (CompletableFuture<R>) waiting.result();
        return result;
    }

    /** An id whose low 16 bits are not 0: to replicas of lanes, who know those alone, 0 is nobody. */
    private static Uuid incarnation(Uuid random) {
        long low = random.getLeastSignificantBits();
        return (low & 0xFFFF) != 0 ? random : new Uuid(random.getMostSignificantBits(), low | 1);
    }

    /** Decides about the newest image, and changes nothing. */
    private <R> CompletableFuture<R> validate(Function<ClusterImage, Decision<R>> decider) {
        if (closed) {
            return CompletableFuture.failedFuture(new NotControllerException("The controller is closed."));
        }
        return publisher.afterwards(
                () -> CompletableFuture.completedFuture(decider.apply(image()).response()));
    }

    private static List<CreateTopicResult> withoutIds(List<CreateTopicResult> results) {
        List<CreateTopicResult> without = new ArrayList<>();
        results.forEach(result -> without.add(result.withoutId()));
        return without;
    }
}
