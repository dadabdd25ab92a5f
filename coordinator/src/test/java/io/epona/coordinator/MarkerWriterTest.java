package io.epona.coordinator;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.epona.codec.lane.LaneResult;
import io.epona.controller.ControllerConfig;
import io.epona.controller.ControllerContext;
import io.epona.controller.LocalController;
import io.epona.controller.NewTopicSpec;
import io.epona.sequencer.AppendOrigin;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.config.TopicConfig;
import org.apache.kafka.common.protocol.Errors;
import org.apache.kafka.common.record.internal.EndTransactionMarker;
import org.apache.kafka.common.record.internal.MutableRecordBatch;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

@Timeout(60)
class MarkerWriterTest {
    private static final TopicPartition PARTITION = new TopicPartition("paid", 1);
    private static final TopicPartition OFFSETS = new TopicPartition("__consumer_offsets", 0);
    private static final int MIN_IN_SYNC = 2;
    private static final TransactionMarker COMMIT = new TransactionMarker(77, (short) 4, 9, true, (short) 2);
    private static final TransactionMarker ABORT = new TransactionMarker(78, (short) 5, 8, false, (short) 1);

    @TempDir
    private Path directory;

    private final FakeLane lane = new FakeLane();
    private final List<String> ended = new ArrayList<>();
    private final CompletableFuture<Errors> endOfOffsets = new CompletableFuture<>();
    private LocalController controller;
    private MarkerWriter writer;

    @BeforeEach
    void start() {
        controller = LocalController.open(
                ControllerConfig.singleLane(directory, 1), new ControllerContext(Runnable::run, error -> {}));
        final NewTopicSpec paid = new NewTopicSpec(
                "paid",
                2,
                NewTopicSpec.withDefaults("paid").replicationFactor(),
                Map.of(),
                Map.of(TopicConfig.MIN_IN_SYNC_REPLICAS_CONFIG, Integer.toString(MIN_IN_SYNC)));
        controller
                .createTopics(List.of(paid, NewTopicSpec.withPartitions("__consumer_offsets", 1)), false)
                .join();
        lane.lead(epoch());
        writer = new MarkerWriter(controller, lane.appends, (partition, marker) -> {
            ended.add(partition + " " + marker.isCommit());
            return endOfOffsets;
        });
    }

    @AfterEach
    void stop() {
        controller.close();
    }

    private int epoch() {
        return controller
                .image()
                .partition(PARTITION.topic(), PARTITION.partition())
                .leaderEpoch();
    }

    /** What the lane was asked to append, to which it gives this answer; it is not committed yet. */
    private String append(final LaneResult result) {
        final List<String> seen = new ArrayList<>();
        lane.judgeAll((partitionIndex, leaderEpoch, batch) -> {
            assertEquals(
                    controller
                            .image()
                            .partition(PARTITION.topic(), PARTITION.partition())
                            .partitionIndex(),
                    partitionIndex);
            assertEquals(epoch(), leaderEpoch);
            seen.add(describe(batch));
            return result;
        });
        lane.appends.doWork();
        assertEquals(1, seen.size());
        return seen.getFirst();
    }

    private static String describe(final MutableRecordBatch batch) {
        assertTrue(batch.isControlBatch());
        assertTrue(batch.isTransactional());
        batch.ensureValid();
        final EndTransactionMarker marker =
                EndTransactionMarker.deserialize(batch.iterator().next());
        return batch.producerId() + "/" + batch.producerEpoch() + " " + marker.controlType() + " by "
                + marker.coordinatorEpoch();
    }

    private void commit() {
        lane.commitAll();
        lane.appends.doWork();
    }

    @Test
    void shouldAnswerWhenTheMarkerIsCommittedAndNotBefore() {
        final CompletableFuture<Errors> answer = writer.write(PARTITION, COMMIT);
        assertEquals("77/4 COMMIT by 9", append(LaneResult.OK));
        assertEquals(AppendOrigin.BUMPED_MARKER, lane.newestOrigin);
        assertEquals(MIN_IN_SYNC, lane.newestMinInSync);
        assertFalse(answer.isDone());
        commit();
        assertEquals(Errors.NONE, answer.join());
    }

    @Test
    void shouldNameAnOlderClientsMarkerAsOneWhoseEpochIsThatOfTheRecords() {
        final CompletableFuture<Errors> answer = writer.write(PARTITION, ABORT);
        assertEquals("78/5 ABORT by 8", append(LaneResult.OK));
        assertEquals(AppendOrigin.MARKER, lane.newestOrigin);
        commit();
        assertEquals(Errors.NONE, answer.join());
    }

    @Test
    void shouldCountAMarkerThatEndsNothingAsWritten() {
        final CompletableFuture<Errors> answer = writer.write(PARTITION, COMMIT);
        append(LaneResult.DUPLICATE);
        commit();
        assertEquals(Errors.NONE, answer.join());
    }

    @Test
    void shouldSayThatItLeadsNoMoreWhenLeadershipIsLostBeforeTheCommit() {
        final CompletableFuture<Errors> answer = writer.write(PARTITION, COMMIT);
        append(LaneResult.OK);
        lane.role.clear();
        commit();
        assertEquals(Errors.NOT_LEADER_OR_FOLLOWER, answer.join());
    }

    @ParameterizedTest
    @CsvSource({
        "INVALID_PRODUCER_EPOCH, INVALID_PRODUCER_EPOCH",
        "COORDINATOR_FENCED, TRANSACTION_COORDINATOR_FENCED",
        "NOT_ENOUGH_REPLICAS, NOT_ENOUGH_REPLICAS",
        "FENCED, NOT_LEADER_OR_FOLLOWER",
        "UNKNOWN_PARTITION, NOT_LEADER_OR_FOLLOWER",
    })
    void shouldSayWhyWhenTheLaneRefuses(final LaneResult result, final Errors error) {
        final CompletableFuture<Errors> answer = writer.write(PARTITION, COMMIT);
        append(result);
        assertEquals(error, answer.join());
    }

    @Test
    void shouldSayThatItLeadsNoMoreWhenTheNodeStops() {
        lane.appends.close();
        assertEquals(
                Errors.NOT_LEADER_OR_FOLLOWER, writer.write(PARTITION, COMMIT).join());
    }

    @Test
    void shouldRefuseAPartitionThatIsNotThere() {
        assertEquals(
                Errors.UNKNOWN_TOPIC_OR_PARTITION,
                writer.write(new TopicPartition("paid", 2), COMMIT).join());
        assertEquals(
                Errors.UNKNOWN_TOPIC_OR_PARTITION,
                writer.write(new TopicPartition("gone", 0), COMMIT).join());
        assertEquals(0, lane.appends.openCount());
    }

    @Test
    void shouldHaveTheGroupCoordinatorEndTransactionsInItsPartitions() {
        final CompletableFuture<Errors> answer = writer.write(OFFSETS, ABORT);
        assertEquals(List.of("__consumer_offsets-0 false"), ended);
        assertEquals(0, lane.appends.openCount());
        assertFalse(answer.isDone());
        endOfOffsets.complete(Errors.COORDINATOR_LOAD_IN_PROGRESS);
        assertEquals(Errors.COORDINATOR_LOAD_IN_PROGRESS, answer.join());
    }

    @Test
    void shouldNotLeadThePartitionsOfOffsetsWhenThereAreNoGroups() {
        final MarkerWriter without = new MarkerWriter(controller, lane.appends, MarkerWriter.OffsetCommits.NONE);
        assertEquals(
                Errors.NOT_LEADER_OR_FOLLOWER, without.write(OFFSETS, COMMIT).join());
    }
}
