package io.epona.gateway;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.nio.file.Path;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.stream.IntStream;
import org.apache.kafka.common.Uuid;
import org.apache.kafka.common.compress.Compression;
import org.apache.kafka.common.message.DeleteRecordsRequestData;
import org.apache.kafka.common.message.DeleteRecordsResponseData;
import org.apache.kafka.common.message.DeleteRecordsResponseData.DeleteRecordsPartitionResult;
import org.apache.kafka.common.message.FindCoordinatorRequestData;
import org.apache.kafka.common.message.FindCoordinatorResponseData;
import org.apache.kafka.common.message.InitProducerIdRequestData;
import org.apache.kafka.common.message.InitProducerIdResponseData;
import org.apache.kafka.common.message.ListOffsetsRequestData;
import org.apache.kafka.common.message.ListOffsetsResponseData;
import org.apache.kafka.common.message.ListOffsetsResponseData.ListOffsetsPartitionResponse;
import org.apache.kafka.common.message.OffsetForLeaderEpochRequestData;
import org.apache.kafka.common.message.OffsetForLeaderEpochResponseData;
import org.apache.kafka.common.message.ProduceResponseData;
import org.apache.kafka.common.protocol.ApiKeys;
import org.apache.kafka.common.protocol.Errors;
import org.apache.kafka.common.requests.ListOffsetsRequest;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;
import org.junit.jupiter.params.provider.ValueSource;

/** ListOffsets, OffsetForLeaderEpoch, InitProducerId and FindCoordinator in each version. */
@Timeout(120)
class OffsetsTest {
    private static final long START_MS = System.currentTimeMillis() - 100_000;

    @TempDir
    private static Path directory;

    private static TestNode node;

    @BeforeAll
    static void start() throws Exception {
        node = new TestNode(directory, NodeOptions.standard());
    }

    @AfterAll
    static void stop() {
        node.close();
    }

    static IntStream listOffsetsVersions() {
        return IntStream.rangeClosed(1, 11);
    }

    private static void append(final String topic, final Compression compression, final long timestampMs)
            throws Exception {
        try (RawClient client = new RawClient(node.address)) {
            final ProduceResponseData response = client.ask(
                    ApiKeys.PRODUCE,
                    9,
                    RawClient.produce(
                            topic, Uuid.ZERO_UUID, 0, -1, RawClient.records(compression, timestampMs, "a", "b")),
                    new ProduceResponseData());
            assertEquals(
                    Errors.NONE.code(),
                    response.responses()
                            .iterator()
                            .next()
                            .partitionResponses()
                            .getFirst()
                            .errorCode());
        }
    }

    private static ListOffsetsPartitionResponse list(
            final int version, final String topic, final long timestamp, final int epoch) throws Exception {
        final ListOffsetsRequestData request = new ListOffsetsRequestData()
                .setReplicaId(-1)
                .setTopics(List.of(new ListOffsetsRequestData.ListOffsetsTopic()
                        .setName(topic)
                        .setPartitions(List.of(new ListOffsetsRequestData.ListOffsetsPartition()
                                .setPartitionIndex(0)
                                .setCurrentLeaderEpoch(epoch)
                                .setTimestamp(timestamp)))));
        try (RawClient client = new RawClient(node.address)) {
            return client.ask(ApiKeys.LIST_OFFSETS, version, request, new ListOffsetsResponseData())
                    .topics()
                    .getFirst()
                    .partitions()
                    .getFirst();
        }
    }

    private static void assertFound(
            final ListOffsetsPartitionResponse found, final long offset, final long timestampMs, final int epoch) {
        assertEquals(Errors.NONE.code(), found.errorCode());
        assertEquals(offset, found.offset());
        assertEquals(timestampMs, found.timestamp());
        assertEquals(epoch, found.leaderEpoch());
    }

    private static DeleteRecordsPartitionResult delete(
            final int version, final String topic, final int partition, final long offset) throws Exception {
        final DeleteRecordsRequestData request = new DeleteRecordsRequestData()
                .setTimeoutMs(10_000)
                .setTopics(List.of(new DeleteRecordsRequestData.DeleteRecordsTopic()
                        .setName(topic)
                        .setPartitions(List.of(new DeleteRecordsRequestData.DeleteRecordsPartition()
                                .setPartitionIndex(partition)
                                .setOffset(offset)))));
        try (RawClient client = new RawClient(node.address)) {
            return client.ask(ApiKeys.DELETE_RECORDS, version, request, new DeleteRecordsResponseData())
                    .topics()
                    .find(topic)
                    .partitions()
                    .find(partition);
        }
    }

    @ParameterizedTest
    @ValueSource(ints = {0, 1, 2})
    void shouldDeleteRecordsInEachVersionFromMemoryAndFromFiles(final int version) throws Exception {
        final String topic = "delete-" + version;
        node.createTopic(topic, 1, Map.of());
        node.isShelfRunning = false;
        for (int i = 0; i < 3; i++) {
            append(topic, Compression.NONE, START_MS + 10 * i);
        }
        assertEquals(
                Errors.OFFSET_OUT_OF_RANGE.code(), delete(version, topic, 0, 7).errorCode());
        assertEquals(
                Errors.UNKNOWN_TOPIC_OR_PARTITION.code(),
                delete(version, topic, 1, 0).errorCode());
        assertEquals(0, delete(version, topic, 0, 0).lowWatermark());
        // The batches have two records each.
        assertEquals(3, delete(version, topic, 0, 3).lowWatermark());
        for (final boolean isDrained : new boolean[] {false, true}) {
            node.isShelfRunning = isDrained;
            if (isDrained) {
                append(topic, Compression.NONE, START_MS + 30);
            }
            assertEquals(
                    3,
                    list(11, topic, ListOffsetsRequest.EARLIEST_TIMESTAMP, -1).offset());
            assertFound(list(11, topic, START_MS, -1), 3, START_MS + 10, 1);
            assertFound(list(11, topic, START_MS + 12, -1), 4, START_MS + 20, 1);
        }
        assertEquals(8, delete(version, topic, 0, -1).lowWatermark());
        assertEquals(-1, list(11, topic, START_MS, -1).offset());
    }

    @ParameterizedTest
    @MethodSource("listOffsetsVersions")
    void shouldListOffsetsInEachVersionFromMemoryAndFromFiles(final int version) throws Exception {
        final String topic = "list-" + version;
        final int epoch = version >= 4 ? 1 : -1;
        node.createTopic(topic, 1, Map.of());
        assertFound(list(version, topic, ListOffsetsRequest.LATEST_TIMESTAMP, -1), 0, -1, epoch);
        assertFound(list(version, topic, 5, -1), -1, -1, -1);
        assertFound(list(version, topic, ListOffsetsRequest.MAX_TIMESTAMP, -1), -1, -1, -1);
        node.isShelfRunning = false;
        append(topic, Compression.NONE, START_MS);
        append(topic, Compression.NONE, START_MS + 20);
        append(topic, Compression.gzip().build(), START_MS + 10);
        for (final boolean isShelved : new boolean[] {false, true}) {
            if (isShelved) {
                node.isShelfRunning = true;
                node.awaitDrained();
            }
            assertFound(list(version, topic, ListOffsetsRequest.EARLIEST_TIMESTAMP, -1), 0, -1, epoch);
            assertFound(list(version, topic, ListOffsetsRequest.LATEST_TIMESTAMP, -1), 6, -1, epoch);
            assertFound(list(version, topic, ListOffsetsRequest.MAX_TIMESTAMP, -1), 2, START_MS + 20, epoch);
            assertFound(list(version, topic, 0, -1), 0, START_MS, epoch);
            assertFound(list(version, topic, START_MS + 1, -1), 2, START_MS + 20, epoch);
            assertFound(list(version, topic, START_MS + 21, -1), -1, -1, -1);
        }
        // One part in the log, one still in memory.
        node.isShelfRunning = false;
        append(topic, Compression.NONE, START_MS + 30);
        assertFound(list(version, topic, START_MS + 21, -1), 6, START_MS + 30, epoch);
        assertFound(list(version, topic, ListOffsetsRequest.MAX_TIMESTAMP, -1), 6, START_MS + 30, epoch);
        assertFound(list(version, topic, 0, -1), 0, START_MS, epoch);
        node.isShelfRunning = true;
    }

    @Test
    void shouldRefuseWhatListOffsetsCannotAnswer() throws Exception {
        node.createTopic("refuse", 1, Map.of());
        assertEquals(
                Errors.UNKNOWN_TOPIC_OR_PARTITION.code(),
                list(9, "nowhere", -1, -1).errorCode());
        assertEquals(Errors.FENCED_LEADER_EPOCH.code(), list(9, "refuse", -1, 0).errorCode());
        assertEquals(
                Errors.UNKNOWN_LEADER_EPOCH.code(), list(9, "refuse", -1, 2).errorCode());
        assertEquals(
                Errors.UNSUPPORTED_VERSION.code(), list(7, "refuse", -4, -1).errorCode());
        assertEquals(0, list(8, "refuse", -4, -1).offset());
        assertEquals(-1, list(9, "refuse", -5, -1).offset());
        assertEquals(
                Errors.UNSUPPORTED_VERSION.code(), list(11, "refuse", -9, -1).errorCode());
    }

    @ParameterizedTest
    @ValueSource(ints = {2, 3, 4})
    void shouldTellWhereEpochsEnd(final int version) throws Exception {
        final String topic = "epochs-" + version;
        node.createTopic(topic, 1, Map.of());
        append(topic, Compression.NONE, START_MS);
        final int[][] expected = {{1, 1, 2}, {2, -1, -1}, {0, 0, 0}, {-1, -1, -1}};
        for (final int[] one : expected) {
            final OffsetForLeaderEpochResponseData.EpochEndOffset answer = askEpoch(version, topic, 1, one[0]);
            assertEquals(Errors.NONE.code(), answer.errorCode());
            assertEquals(one[1], answer.leaderEpoch());
            assertEquals(one[2], answer.endOffset());
        }
        assertEquals(
                Errors.FENCED_LEADER_EPOCH.code(),
                askEpoch(version, topic, 0, 1).errorCode());
        assertEquals(
                Errors.UNKNOWN_TOPIC_OR_PARTITION.code(),
                askEpoch(version, "nowhere", -1, 1).errorCode());
    }

    private static OffsetForLeaderEpochResponseData.EpochEndOffset askEpoch(
            final int version, final String topic, final int currentEpoch, final int epoch) throws Exception {
        final OffsetForLeaderEpochRequestData request = new OffsetForLeaderEpochRequestData();
        request.topics()
                .add(new OffsetForLeaderEpochRequestData.OffsetForLeaderTopic()
                        .setTopic(topic)
                        .setPartitions(List.of(new OffsetForLeaderEpochRequestData.OffsetForLeaderPartition()
                                .setPartition(0)
                                .setCurrentLeaderEpoch(currentEpoch)
                                .setLeaderEpoch(epoch))));
        try (RawClient client = new RawClient(node.address)) {
            return client.ask(ApiKeys.OFFSET_FOR_LEADER_EPOCH, version, request, new OffsetForLeaderEpochResponseData())
                    .topics()
                    .iterator()
                    .next()
                    .partitions()
                    .getFirst();
        }
    }

    @ParameterizedTest
    @ValueSource(ints = {0, 1, 2, 3, 4, 5})
    void shouldGiveEachProducerAnIdOfItsOwn(final int version) throws Exception {
        try (RawClient client = new RawClient(node.address)) {
            final Set<Long> ids = new HashSet<>();
            // More than one block of them, and many asked for at a time.
            for (int i = 0; i < 2_500; i++) {
                client.send(
                        ApiKeys.INIT_PRODUCER_ID, version, new InitProducerIdRequestData().setTransactionalId(null));
            }
            for (int i = 1; i <= 2_500; i++) {
                final InitProducerIdResponseData response =
                        client.receive(ApiKeys.INIT_PRODUCER_ID, version, new InitProducerIdResponseData(), i);
                assertEquals(Errors.NONE.code(), response.errorCode());
                assertEquals(0, response.producerEpoch());
                assertTrue(ids.add(response.producerId()));
            }
            for (final String transactionalId : List.of("", "t")) {
                final InitProducerIdResponseData refused = client.ask(
                        ApiKeys.INIT_PRODUCER_ID,
                        version,
                        new InitProducerIdRequestData().setTransactionalId(transactionalId),
                        new InitProducerIdResponseData());
                final Errors expected =
                        transactionalId.isEmpty() ? Errors.INVALID_REQUEST : Errors.COORDINATOR_NOT_AVAILABLE;
                assertEquals(expected.code(), refused.errorCode());
                assertEquals(-1, refused.producerId());
            }
        }
    }

    @ParameterizedTest
    @ValueSource(ints = {0, 1, 2, 3, 4, 5, 6})
    void shouldSayThatThereIsNoCoordinatorYet(final int version) throws Exception {
        try (RawClient client = new RawClient(node.address)) {
            final FindCoordinatorRequestData request = new FindCoordinatorRequestData();
            if (version < 4) {
                request.setKey("group");
            } else {
                request.setCoordinatorKeys(List.of("group"));
            }
            final FindCoordinatorResponseData response =
                    client.ask(ApiKeys.FIND_COORDINATOR, version, request, new FindCoordinatorResponseData());
            final short error = version < 4
                    ? response.errorCode()
                    : response.coordinators().getFirst().errorCode();
            assertEquals(Errors.COORDINATOR_NOT_AVAILABLE.code(), error);
        }
    }
}
