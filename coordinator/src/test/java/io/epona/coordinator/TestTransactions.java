package io.epona.coordinator;

import io.epona.codec.lane.LaneResult;
import io.epona.controller.ControllerConfig;
import io.epona.controller.ControllerContext;
import io.epona.controller.LaneInfo;
import io.epona.controller.LocalController;
import io.epona.controller.NewTopicSpec;
import io.epona.controller.PartitionInfo;
import io.epona.partitionlog.PartitionDescription;
import io.epona.partitionlog.PartitionDirectory;
import io.epona.partitionlog.PartitionLogs;
import io.epona.partitionlog.PartitionLogsConfig;
import io.epona.runtime.SystemNodeClock;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Properties;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.Executors;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.TimeUnit;
import org.apache.kafka.common.TopicIdPartition;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.Uuid;
import org.apache.kafka.common.protocol.Errors;
import org.apache.kafka.storage.internals.log.LogConfig;

/** A transaction coordinator on a lane that the test plays; the test's thread is the coordinator's. */
final class TestTransactions implements AutoCloseable {
    static final TopicPartition ONE = new TopicPartition("paid", 0);
    static final TopicPartition OTHER = new TopicPartition("paid", 1);
    static final TopicPartition THIRD = new TopicPartition("paid", 2);
    private static final int DATA_PARTITIONS = FakeLane.PARTITION_INDEX;
    private static final long DEADLINE_S = 30;

    final FakeLane lane = new FakeLane();
    final List<String> markers = new ArrayList<>();
    final Map<TopicPartition, Errors> markerErrors = new HashMap<>();
    LaneResult answer = LaneResult.OK;

    /** Go off when tests let time pass. */
    private final List<Alarm> alarms = new ArrayList<>();

    final TransactionStore store;
    final TransactionEnd end;
    final TransactionTimer timer;
    final TransactionCoordinator coordinator;
    private final LocalController controller;
    private final PartitionLogs logs;
    private final LinkedBlockingQueue<Runnable> tasks = new LinkedBlockingQueue<>();
    private final ScheduledExecutorService clock = Executors.newSingleThreadScheduledExecutor();
    private final Tenures tenures;
    private final LaneRecordLoader<StoredTransaction> loader;
    private int epoch;

    TestTransactions(final Path directory, final Map<String, String> settings) {
        controller = LocalController.open(
                ControllerConfig.singleLane(directory, 1), new ControllerContext(Runnable::run, error -> {}));
        controller
                .createTopics(
                        List.of(
                                NewTopicSpec.withPartitions("paid", DATA_PARTITIONS),
                                NewTopicSpec.withPartitions(TransactionStore.TOPIC, 1)),
                        false)
                .join();
        logs = logs(directory.resolve("logs"));
        logs.open();
        final TransactionSettings parsed = TransactionSettings.of(settings);
        final ProducerIdPool producerIds = new ProducerIdPool(controller);
        final MarkerSender[] sender = new MarkerSender[1];
        store = new TransactionStore(new TransactionStore.Context(
                1, controller, lane.appends, tasks::add, partition -> sender[0].resume(partition)));
        sender[0] = new MarkerSender(new MarkerSender.Context(
                controller,
                store,
                this::write,
                (nodeId, marker, partitions) -> {
                    throw new AssertionError("there is one node: " + nodeId);
                },
                tasks::add,
                clock));
        tenures = new Tenures(TransactionStore.TOPIC, store);
        loader = new LaneRecordLoader<>(
                lane.appends, logs, tenures, StoredTransaction.DESERIALIZER, 1 << 16, "test-loader-");
        store.connect(tenures, loader);
        final TransactionAdds adds =
                new TransactionAdds(store, (delayNs, task) -> alarms.add(new Alarm(delayNs, task)));
        store.onSettled(adds::onSettled);
        end = new TransactionEnd(store, sender[0], producerIds, tasks::add);
        timer = new TransactionTimer(parsed, store, end);
        final TransactionBegin begin = new TransactionBegin(parsed, store, end, producerIds, tasks::add);
        coordinator =
                new TransactionCoordinator(tasks::add, begin, adds, end, new TransactionQueries(store, end, timer));
        elect();
    }

    private static PartitionLogs logs(final Path directory) {
        final PartitionDescription state = new PartitionDescription(
                FakeLane.PARTITION_INDEX,
                TransactionStore.TOPIC,
                0,
                Uuid.randomUuid(),
                LogConfig.fromProps(Map.of(), new Properties()));
        final PartitionDirectory partitions = new PartitionDirectory() {
            @Override
            public PartitionDescription partition(final int partitionIndex) {
                return partitionIndex == FakeLane.PARTITION_INDEX ? state : null;
            }

            @Override
            public int partitionIndex(final String topic, final int partition) {
                return FakeLane.PARTITION_INDEX;
            }

            @Override
            public int announcedLimit() {
                return FakeLane.PARTITION_INDEX + 1;
            }

            @Override
            public boolean wasDeleted(final Uuid topicId) {
                return false;
            }
        };
        return new PartitionLogs(
                PartitionLogsConfig.defaults(directory),
                partitions,
                new SystemNodeClock(),
                (component, reason) -> {
                    throw new AssertionError(reason);
                },
                failure -> {
                    throw new AssertionError(failure);
                });
    }

    /** The node leads from now on, in the next epoch, and has loaded all that is committed. */
    void elect() {
        epoch++;
        lane.lead(epoch);
        final PartitionInfo present =
                controller.image().topic(TransactionStore.TOPIC).partition(0);
        final List<Integer> replicas = List.of(controller.image().nodeId());
        tenures.follow(
                controller.image().nodeId(),
                List.of(new PartitionInfo(
                        new TopicIdPartition(present.topicId(), 0, TransactionStore.TOPIC),
                        present.partitionIndex(),
                        new LaneInfo(0, controller.image().nodeId(), epoch, epoch, replicas, replicas))));
        runUntil(() -> store.partitions().stream().anyMatch(TransactionPartition::isActive));
    }

    /** Another node leads. */
    void resign() {
        final PartitionInfo present =
                controller.image().topic(TransactionStore.TOPIC).partition(0);
        tenures.follow(
                controller.image().nodeId(),
                List.of(new PartitionInfo(
                        new TopicIdPartition(present.topicId(), 0, TransactionStore.TOPIC),
                        present.partitionIndex(),
                        new LaneInfo(0, 99, epoch + 1, epoch + 1, List.of(99), List.of(99)))));
        epoch++;
    }

    int epoch() {
        return epoch;
    }

    interface Condition {
        boolean holds();
    }

    /** Runs the coordinator and the lane until something holds. */
    void runUntil(final Condition condition) {
        final long deadlineNs = System.nanoTime() + TimeUnit.SECONDS.toNanos(DEADLINE_S);
        while (!condition.holds()) {
            if (System.nanoTime() - deadlineNs > 0) {
                throw new AssertionError("did not come: markers=" + markers + ", left=" + tasks.size());
            }
            step();
        }
    }

    private record Alarm(long delayNs, Runnable task) {}

    /** As {@link #await}, after alarms of up to so much went off. */
    <T> T awaitAlarms(final long delayNs, final CompletableFuture<T> answer) {
        runUntil(() -> {
            List.copyOf(alarms).stream()
                    .filter(one -> one.delayNs() <= delayNs)
                    .forEach(one -> one.task().run());
            return answer.isDone();
        });
        return answer.join();
    }

    <T> T await(final CompletableFuture<T> answer) {
        runUntil(answer::isDone);
        return answer.join();
    }

    private void step() {
        try {
            final Runnable task = tasks.poll(1, TimeUnit.MILLISECONDS);
            if (task != null) {
                task.run();
            }
        } catch (final InterruptedException ex) {
            throw new AssertionError(ex);
        }
        lane.judgeAll((partitionIndex, leaderEpoch, batch) -> answer);
        lane.commitAll();
        lane.appends.doWork();
    }

    private CompletableFuture<Errors> write(final TopicPartition partition, final TransactionMarker marker) {
        final Errors error = markerErrors.getOrDefault(partition, Errors.NONE);
        if (error == Errors.NONE) {
            markers.add(partition.partition() + (marker.isCommit() ? " COMMIT " : " ABORT ") + marker.producerId() + '/'
                    + marker.producerEpoch() + " by " + marker.coordinatorEpoch());
        }
        return CompletableFuture.completedFuture(error);
    }

    /** How the coordinator describes a transaction. */
    String state(final String transactionalId) {
        final var described = await(coordinator.describe(transactionalId));
        return described.errorCode() == Errors.NONE.code()
                ? described.transactionState()
                : Errors.forCode(described.errorCode()).toString();
    }

    @Override
    public void close() {
        loader.close();
        clock.shutdownNow();
        logs.close();
        controller.close();
    }
}
