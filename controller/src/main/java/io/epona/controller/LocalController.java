package io.epona.controller;

import java.io.IOException;
import java.util.Collection;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.function.Function;
import java.util.stream.Stream;
import org.apache.kafka.clients.admin.AlterConfigOp;
import org.apache.kafka.common.Uuid;
import org.apache.kafka.common.config.ConfigResource;
import org.apache.kafka.common.errors.KafkaStorageException;
import org.apache.kafka.common.errors.NotControllerException;
import org.apache.kafka.common.requests.ApiError;
import org.apache.kafka.server.common.ProducerIdsBlock;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The controller of a cluster of one node. For each command: decide on records, make them durable in the metadata log,
 * fold them into the next image, publish it (one volatile write). Any thread may submit commands and read the image;
 * the rest belongs to the controller's thread, which is the executor of the {@link ControllerContext}.
 */
public final class LocalController implements ClusterController {
    private static final Logger LOG = LoggerFactory.getLogger(LocalController.class);
    private static final long CLOSE_TIMEOUT_MS = 10_000;

    private final ControllerConfig config;
    private final ControllerContext context;
    private final TopicConfigs topicConfigs;
    private final MetadataLog log;
    private final CommandQueue commands;
    private final TopicDecisions topicDecisions;
    private final ConfigDecisions configDecisions;
    private final List<ClusterListener> listeners = new CopyOnWriteArrayList<>();
    private volatile PartitionActivator activator = PartitionActivator.NONE;
    private volatile ClusterImage image;
    private volatile boolean closed;
    private Throwable failure;

    private LocalController(
            ControllerConfig config,
            ControllerContext context,
            TopicConfigs topicConfigs,
            MetadataLog log,
            ClusterImage image) {
        this.config = config;
        this.context = context;
        this.topicConfigs = topicConfigs;
        this.log = log;
        this.image = image;
        this.commands = new CommandQueue(context.executor());
        this.topicDecisions = new TopicDecisions(config, topicConfigs);
        this.configDecisions = new ConfigDecisions(topicConfigs);
    }

    /**
     * Opens the metadata log, making a new cluster when there is none, and loads the image.
     *
     * @param config where and for whom.
     * @param context thread, ids and fatal handler.
     * @return the controller; its image has all that was acknowledged before.
     * @throws MetadataLogException when the log is damaged, in use, of another node or does not fit the configuration.
     */
    public static LocalController open(ControllerConfig config, ControllerContext context) {
        return open(config, context, MetadataFile::open);
    }

    static LocalController open(ControllerConfig config, ControllerContext context, MetadataFile.Opener opener) {
        TopicConfigs topicConfigs = new TopicConfigs(config.topicDefaults().configs());
        MetadataLog log = MetadataLog.open(config.directory(), opener);
        try {
            ClusterImage image = MetadataRecovery.recover(log, config, topicConfigs, context.randomIds());
            LOG.info("metadata loaded: image={}, logLength={}", image, log.length());
            return new LocalController(config, context, topicConfigs, log, image);
        } catch (RuntimeException | Error e) {
            log.close();
            throw e;
        }
    }

    /**
     * Names who opens and closes partitions from now on. To be called before the first command that does.
     *
     * @param partitionActivator makes the lanes follow the images.
     */
    public void activatePartitionsWith(PartitionActivator partitionActivator) {
        activator = partitionActivator;
    }

    @Override
    public ClusterImage image() {
        return image;
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
        listeners.add(listener);
    }

    @Override
    public CompletableFuture<List<CreateTopicResult>> createTopics(List<NewTopicSpec> topics, boolean validateOnly) {
        List<Uuid> topicIds =
                Stream.generate(context.randomIds()).limit(topics.size()).toList();
        return submit(now -> unless(validateOnly, topicDecisions.create(now, topics, topicIds)))
                .thenApply(results -> validateOnly ? withoutIds(results) : results);
    }

    @Override
    public CompletableFuture<List<DeleteTopicResult>> deleteTopics(List<TopicReference> topics) {
        return submit(now -> topicDecisions.delete(now, topics));
    }

    @Override
    public CompletableFuture<List<TopicResult>> createPartitions(List<NewPartitionsSpec> topics, boolean validateOnly) {
        return submit(now -> unless(validateOnly, topicDecisions.addPartitions(now, topics)));
    }

    @Override
    public CompletableFuture<Map<ConfigResource, ApiError>> incrementalAlterConfigs(
            Map<ConfigResource, Collection<AlterConfigOp>> changes, boolean validateOnly) {
        return submit(now -> unless(validateOnly, configDecisions.incrementalAlter(now, changes)));
    }

    @Override
    public CompletableFuture<Map<ConfigResource, ApiError>> alterConfigs(
            Map<ConfigResource, Map<String, String>> configs, boolean validateOnly) {
        return submit(now -> unless(validateOnly, configDecisions.replace(now, configs)));
    }

    @Override
    public CompletableFuture<ProducerIdsBlock> allocateProducerIds() {
        return submit(NodeDecisions::allocateProducerIds);
    }

    @Override
    public CompletableFuture<Void> registerBroker(BrokerRegistration registration) {
        Uuid incarnationId = context.randomIds().get();
        return submit(now -> NodeDecisions.register(now, registration, incarnationId));
    }

    @Override
    public void close() {
        if (closed) {
            return;
        }
        closed = true;
        CompletableFuture<Void> finished = commands.submitLast(() -> {
            log.close();
            return CompletableFuture.completedFuture(null);
        });
        try {
            finished.get(CLOSE_TIMEOUT_MS, TimeUnit.MILLISECONDS);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            LOG.warn("interrupted while the controller was closed: directory={}", config.directory());
        } catch (ExecutionException | TimeoutException e) {
            LOG.warn("controller did not end its last command in time: directory={}", config.directory(), e);
        }
    }

    private <R> CompletableFuture<R> submit(Function<ClusterImage, Decision<R>> decider) {
        if (closed) {
            return CompletableFuture.failedFuture(new NotControllerException("The controller is closed."));
        }
        return commands.submit(() -> execute(decider));
    }

    private <R> CompletableFuture<R> execute(Function<ClusterImage, Decision<R>> decider) {
        if (closed) {
            throw new NotControllerException("The controller is closed.");
        }
        if (failure != null) {
            throw new KafkaStorageException("The metadata log failed: " + failure.getMessage(), failure);
        }
        Decision<R> decision = decider.apply(image);
        if (decision.records().isEmpty()) {
            return CompletableFuture.completedFuture(decision.response());
        }
        return persist(decision.records()).thenApply(done -> decision.response());
    }

    private CompletableFuture<Void> persist(List<MetadataRecord> records) {
        ClusterImage old = image;
        ClusterImage now;
        try {
            log.append(records);
            now = new ImageFold(old, topicConfigs).applyAll(records).build(log.lastIndex());
        } catch (IOException | RuntimeException e) {
            throw fatal(e);
        }
        PartitionChanges changes = PartitionChanges.between(old, now);
        if (changes.isEmpty()) {
            publish(old, now);
            return CompletableFuture.completedFuture(null);
        }
        if (changes.closed().isEmpty()) {
            return activate(old, now).thenRun(() -> publish(old, now));
        }
        publish(old, now);
        return activate(old, now);
    }

    private CompletableFuture<Void> activate(ClusterImage old, ClusterImage now) {
        CompletableFuture<Void> activated;
        try {
            activated = activator.activate(old, now).toCompletableFuture();
        } catch (RuntimeException e) {
            throw fatal(e);
        }
        if (activated.isDone() && !activated.isCompletedExceptionally()) {
            return activated;
        }
        return activated.handleAsync(
                (done, error) -> {
                    if (error != null) {
                        throw new CompletionException(fatal(error));
                    }
                    return null;
                },
                context.executor());
    }

    private void publish(ClusterImage old, ClusterImage now) {
        image = now;
        for (ClusterListener listener : listeners) {
            try {
                listener.onImage(old, now);
            } catch (RuntimeException e) {
                throw fatal(e);
            }
        }
    }

    /** From here on nothing more is decided: what is durable and what the image says may differ. */
    private KafkaStorageException fatal(Throwable cause) {
        if (failure == null) {
            failure = cause;
            LOG.error("metadata can no longer be changed: directory={}", config.directory(), cause);
            context.fatalHandler().accept(cause);
        }
        return new KafkaStorageException("The metadata log failed: " + cause.getMessage(), cause);
    }

    private static <R> Decision<R> unless(boolean validateOnly, Decision<R> decision) {
        return validateOnly ? Decision.of(decision.response()) : decision;
    }

    private static List<CreateTopicResult> withoutIds(List<CreateTopicResult> results) {
        return results.stream().map(CreateTopicResult::withoutId).toList();
    }
}
