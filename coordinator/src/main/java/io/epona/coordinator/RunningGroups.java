package io.epona.coordinator;

import com.yammer.metrics.core.MetricsRegistry;
import io.epona.controller.ClusterImage;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.stream.Collectors;
import org.apache.kafka.common.TopicPartition;
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

/** Kafka's group coordinator, running, with what it was given. Any thread may call. */
final class RunningGroups implements AutoCloseable {
    private static final String NAME = "group-coordinator";

    private final GroupCoordinatorService service;
    private final CompletableFuture<GroupCoordinator> asFuture;
    private final Tenures tenures;
    private final LanePartitionWriter writer;
    private final LaneRecordLoader<CoordinatorRecord> loader;
    private final Metrics metrics = new Metrics();

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
        this.asFuture = CompletableFuture.completedFuture(service);
    }

    static RunningGroups start(
            final GroupCoordinators.Context context, final int partitionCount, final ClusterImage image) {
        final RunningGroups groups = new RunningGroups(context);
        groups.service.startup(() -> partitionCount);
        groups.service.onMetadataUpdate(
                new MetadataDelta.Builder().setImage(image.kafkaTopics()).build(), image.kafkaTopics());
        return groups;
    }

    GroupCoordinator service() {
        return service;
    }

    CompletableFuture<GroupCoordinator> asFuture() {
        return asFuture;
    }

    Tenures tenures() {
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
        service.shutdown();
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
