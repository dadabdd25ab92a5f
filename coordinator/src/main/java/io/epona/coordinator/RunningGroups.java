package io.epona.coordinator;

import com.yammer.metrics.core.MetricsRegistry;
import io.epona.controller.ClusterController;
import io.epona.controller.ClusterImage;
import io.epona.controller.KafkaTopicsDelta;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.Properties;
import java.util.Set;
import java.util.TreeSet;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.ThreadPoolExecutor;
import java.util.stream.Collectors;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.config.ConfigException;
import org.apache.kafka.common.errors.ApiException;
import org.apache.kafka.common.metrics.KafkaMetric;
import org.apache.kafka.common.metrics.Metrics;
import org.apache.kafka.common.utils.Time;
import org.apache.kafka.coordinator.common.runtime.CoordinatorRecord;
import org.apache.kafka.coordinator.group.GroupConfigManager;
import org.apache.kafka.coordinator.group.GroupCoordinator;
import org.apache.kafka.coordinator.group.GroupCoordinatorRecordSerde;
import org.apache.kafka.coordinator.group.GroupCoordinatorService;
import org.apache.kafka.coordinator.group.metrics.GroupCoordinatorMetrics;
import org.apache.kafka.coordinator.group.metrics.GroupCoordinatorRuntimeMetrics;
import org.apache.kafka.image.MetadataDelta;
import org.apache.kafka.server.share.persister.NoOpStatePersister;
import org.apache.kafka.server.util.PartitionMetadataClient;
import org.apache.kafka.server.util.timer.SystemTimer;
import org.apache.kafka.server.util.timer.SystemTimerReaper;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** Kafka's group coordinator, running, with what it was given. Any thread may call. */
final class RunningGroups implements CoordinatorLife.Running<GroupCoordinator> {
    private static final Logger LOGGER = LoggerFactory.getLogger(RunningGroups.class);
    private static final String NAME = "group-coordinator";

    private final GroupCoordinatorService service;
    private final Tenures tenures;
    private final LanePartitionWriter writer;
    private final LaneRecordLoader<CoordinatorRecord> loader;
    private final Metrics metrics = new Metrics();
    private final ThreadPoolExecutor metadata = GroupCoordinators.executor(NAME + "-metadata");
    private final ClusterController controller;
    /** Metadata thread only. */
    private ClusterImage followed;

    /** Elections and resignations reach the service, which is made after whatever it is given. */
    private static final class Late implements Tenures.Coordinator {
        private volatile GroupCoordinatorService service;

        @Override
        public void onElection(final int partition, final int number) {
            service.onElection(partition, number);
        }

        @Override
        public void onResignation(final int partition, final OptionalInt number) {
            service.onResignation(partition, number);
        }
    }

    private RunningGroups(final GroupCoordinators.Context context) {
        final Late late = new Late();
        this.controller = context.controller();
        this.tenures = new Tenures(GroupCoordinators.TOPIC, late);
        this.writer = new LanePartitionWriter(context.appends(), tenures, context.controller(), context.verification());
        this.loader = new LaneRecordLoader<>(
                context.appends(),
                context.logs(),
                tenures,
                new GroupCoordinatorRecordSerde(),
                context.settings().loadBufferLength(),
                NAME + "-loader-");
        final GroupSettings settings = context.settings();
        this.service = new GroupCoordinatorService.Builder(context.nodeId(), settings.coordinator())
                .withTime(Time.SYSTEM)
                .withTimer(new SystemTimerReaper(NAME + "-reaper", new SystemTimer(NAME)))
                .withLoader(loader)
                .withWriter(writer)
                .withCoordinatorRuntimeMetrics(new GroupCoordinatorRuntimeMetrics(metrics))
                .withGroupCoordinatorMetrics(new GroupCoordinatorMetrics(new MetricsRegistry(), metrics))
                .withGroupConfigManager(new GroupConfigManager(
                        settings.coordinator().extractGroupConfigMap(settings.shareGroups()),
                        settings.coordinator(),
                        settings.shareGroups()))
                .withPersister(new NoOpStatePersister())
                .withAuthorizerPlugin(Optional.empty())
                .withPartitionMetadataClient(new NoShareGroups())
                .build();
        late.service = service;
    }

    static RunningGroups start(final GroupCoordinators.Context context, final int partitionCount) {
        final RunningGroups groups = new RunningGroups(context);
        groups.service.startup(() -> partitionCount);
        groups.metadata.execute(groups::followAll);
        context.controller().addListener((old, now) -> groups.onImage());
        groups.onImage(); // what came between the two
        return groups;
    }

    /** On the controller's thread. */
    private void onImage() {
        try {
            metadata.execute(this::followChanges);
        } catch (final RejectedExecutionException ex) {
            LOGGER.debug("image came after the coordinator had closed", ex);
        }
    }

    private void followAll() {
        followed = controller.image();
        tell(new MetadataDelta.Builder().setImage(followed.kafkaTopics()).build());
        followed.configuredGroups().forEach(this::configure);
    }

    private void followChanges() {
        final ClusterImage now = controller.image();
        final ClusterImage before = followed;
        if (now == before) {
            return;
        }
        final MetadataDelta delta = KafkaTopicsDelta.between(before, now);
        followed = now;
        if (delta != null) {
            tell(delta);
        }
        if (!now.isConfiguredAs(before)) {
            final Set<String> groups = new TreeSet<>(before.configuredGroups());
            groups.addAll(now.configuredGroups());
            groups.removeIf(group -> now.groupConfigs(group).equals(before.groupConfigs(group)));
            groups.forEach(this::configure);
        }
    }

    /** What is set for a single group counts from now on. */
    private void configure(final String group) {
        final Properties configs = new Properties();
        configs.putAll(followed.groupConfigs(group));
        try {
            service.updateGroupConfig(group, configs);
        } catch (final ConfigException | IllegalArgumentException ex) {
            // It was checked before it was stored; a version that took more may have stored it.
            LOGGER.error("a group's configuration is ignored: group={}, configs={}", group, configs, ex);
        } catch (final ApiException ex) {
            onRefused("the group coordinator does not follow a group's configuration", ex);
        }
    }

    /** May wait for groups that write what follows from a deleted topic. */
    private void tell(final MetadataDelta delta) {
        try {
            service.onMetadataUpdate(delta, followed.kafkaTopics());
        } catch (final CompletionException | ApiException ex) {
            onRefused("the group coordinator does not follow the metadata", ex);
        }
    }

    private void onRefused(final String problem, final RuntimeException ex) {
        if (metadata.isShutdown()) {
            LOGGER.debug("told a coordinator that closes", ex);
        } else {
            LOGGER.error(problem, ex);
        }
    }

    @Override
    public GroupCoordinator service() {
        return service;
    }

    @Override
    public Tenures tenures() {
        return tenures;
    }

    GroupStats stats() {
        final int active = tenures.activeCount();
        return new GroupStats(
                groups("classic"),
                groups("consumer"),
                groups("streams"),
                active,
                tenures.electedCount() - active,
                loader.loads(),
                loader.failures(),
                loader.records(),
                writer.fenced());
    }

    private long groups(final String protocol) {
        final KafkaMetric metric = metrics.metric(metrics.metricName(
                "group-count", GroupCoordinatorMetrics.METRICS_GROUP, "", Map.of("protocol", protocol)));
        return metric != null && metric.metricValue() instanceof Number count ? count.longValue() : 0;
    }

    @Override
    public void close() {
        metadata.shutdown();
        service.shutdown();
        GroupCoordinators.awaitEnd(metadata);
    }

    /** Only share groups ask for ends of partitions, and there are none. */
    private static final class NoShareGroups implements PartitionMetadataClient {
        @Override
        public Map<TopicPartition, CompletableFuture<OffsetResponse>> listLatestOffsets(
                final Set<TopicPartition> partitions) {
            return partitions.stream()
                    .collect(Collectors.toMap(
                            partition -> partition,
                            partition -> CompletableFuture.failedFuture(
                                    new UnsupportedOperationException("share groups are not served"))));
        }

        @Override
        public void close() {
            // Nothing is open.
        }
    }
}
