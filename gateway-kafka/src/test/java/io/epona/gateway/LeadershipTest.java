package io.epona.gateway;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotNull;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.epona.runtime.LaneRole;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import java.util.stream.IntStream;
import org.apache.kafka.common.Uuid;
import org.apache.kafka.common.message.FetchRequestData;
import org.apache.kafka.common.message.FetchResponseData;
import org.apache.kafka.common.message.FetchResponseData.PartitionData;
import org.apache.kafka.common.message.ListOffsetsRequestData;
import org.apache.kafka.common.message.ListOffsetsResponseData;
import org.apache.kafka.common.message.ListOffsetsResponseData.ListOffsetsPartitionResponse;
import org.apache.kafka.common.message.OffsetForLeaderEpochRequestData;
import org.apache.kafka.common.message.OffsetForLeaderEpochResponseData;
import org.apache.kafka.common.message.ProduceRequestData;
import org.apache.kafka.common.message.ProduceResponseData;
import org.apache.kafka.common.message.ProduceResponseData.PartitionProduceResponse;
import org.apache.kafka.common.protocol.ApiKeys;
import org.apache.kafka.common.protocol.Errors;
import org.apache.kafka.common.record.internal.MemoryRecords;
import org.apache.kafka.common.requests.ListOffsetsRequest;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;
import org.junit.jupiter.params.provider.ValueSource;

/** What clients see when the node's lane begins or ceases to lead; the test plays the lane's part in that. */
@Timeout(120)
class LeadershipTest {
    private static final int EPOCH = 1;
    private static final int LONG_WAIT_MS = 60_000;
    private static final int FIRST_FETCH_WITH_TOPIC_IDS = 13;
    private static final int FIRST_PRODUCE_WITH_TOPIC_IDS = 13;

    @TempDir
    private Path directory;

    private TestNode node;
    private Uuid topicId;

    @BeforeEach
    void start() throws Exception {
        node = new TestNode(directory, NodeOptions.standard());
        topicId = node.createTopic("t", 1, Map.of()).id();
    }

    @AfterEach
    void stop() {
        lead();
        node.close();
    }

    private void lead() {
        final LaneRole role = node.role(0);
        role.inSync().setRelease(1);
        role.readyPosition().setRelease(0);
        role.leadingEpoch().setRelease(EPOCH);
        node.wake();
    }

    private void follow() {
        node.role(0).clear();
        node.wake();
    }

    /** A tenure begins whose first frame is not committed yet; the gateway has seen the end of the one before. */
    private void leadIncomplete(final RawClient client) throws Exception {
        follow();
        client.ask(ApiKeys.FETCH, 12, fetch(12, 0, 1), new FetchResponseData());
        node.role(0).inSync().setRelease(1);
        node.role(0).leadingEpoch().setRelease(EPOCH);
        node.wake();
    }

    private static IntStream fetchVersions() {
        return IntStream.rangeClosed(ApiKeys.FETCH.oldestVersion(), ApiKeys.FETCH.latestVersion());
    }

    private static IntStream produceVersions() {
        return IntStream.rangeClosed(ApiKeys.PRODUCE.oldestVersion(), ApiKeys.PRODUCE.latestVersion());
    }

    private FetchRequestData fetch(final int version, final long offset, final int maxWaitMs) {
        return version >= FIRST_FETCH_WITH_TOPIC_IDS
                ? RawClient.fetch("", topicId, 0, offset, maxWaitMs)
                : RawClient.fetch("t", Uuid.ZERO_UUID, 0, offset, maxWaitMs);
    }

    private ProduceRequestData produce(final int version, final int acks, final MemoryRecords records) {
        return version >= FIRST_PRODUCE_WITH_TOPIC_IDS
                ? RawClient.produce("", topicId, 0, acks, records)
                : RawClient.produce("t", Uuid.ZERO_UUID, 0, acks, records);
    }

    private static PartitionData partition(final FetchResponseData response) {
        return response.responses().getFirst().partitions().getFirst();
    }

    private static PartitionProduceResponse partition(final ProduceResponseData response) {
        return response.responses().iterator().next().partitionResponses().getFirst();
    }

    private ListOffsetsPartitionResponse list(final RawClient client, final int version, final long timestamp)
            throws Exception {
        final ListOffsetsRequestData request = new ListOffsetsRequestData()
                .setTopics(List.of(new ListOffsetsRequestData.ListOffsetsTopic()
                        .setName("t")
                        .setPartitions(List.of(new ListOffsetsRequestData.ListOffsetsPartition()
                                .setPartitionIndex(0)
                                .setTimestamp(timestamp)))));
        return client.ask(ApiKeys.LIST_OFFSETS, version, request, new ListOffsetsResponseData())
                .topics()
                .getFirst()
                .partitions()
                .getFirst();
    }

    private OffsetForLeaderEpochResponseData.EpochEndOffset askEpoch(final RawClient client, final int epoch)
            throws Exception {
        final OffsetForLeaderEpochRequestData request = new OffsetForLeaderEpochRequestData();
        request.topics()
                .add(new OffsetForLeaderEpochRequestData.OffsetForLeaderTopic()
                        .setTopic("t")
                        .setPartitions(List.of(new OffsetForLeaderEpochRequestData.OffsetForLeaderPartition()
                                .setPartition(0)
                                .setLeaderEpoch(epoch))));
        return client.ask(ApiKeys.OFFSET_FOR_LEADER_EPOCH, 4, request, new OffsetForLeaderEpochResponseData())
                .topics()
                .iterator()
                .next()
                .partitions()
                .getFirst();
    }

    private void awaitAppended(final long position) throws InterruptedException {
        while (node.counters(0).appended().getAcquire() < position) {
            Thread.sleep(1);
        }
    }

    @ParameterizedTest
    @MethodSource("fetchVersions")
    void shouldCompleteLongPollsWhenTheLaneIsLedElsewhere(final int version) throws Exception {
        try (RawClient client = new RawClient(node.address)) {
            final int id = client.send(ApiKeys.FETCH, version, fetch(version, 0, LONG_WAIT_MS));
            while (node.gateways.getFirst().fetchMeters().waiting() == 0) {
                Thread.sleep(1);
            }
            follow();
            final FetchResponseData response = client.receive(ApiKeys.FETCH, version, new FetchResponseData(), id);
            assertEquals(
                    Errors.NOT_LEADER_OR_FOLLOWER.code(), partition(response).errorCode());
            final boolean isLeaderTold = version >= 16;
            assertEquals(
                    isLeaderTold ? 1 : -1, partition(response).currentLeader().leaderId());
            assertEquals(
                    isLeaderTold ? EPOCH : -1,
                    partition(response).currentLeader().leaderEpoch());
            assertEquals(isLeaderTold ? 1 : 0, response.nodeEndpoints().size());
            if (isLeaderTold) {
                assertEquals(
                        node.address.getPort(), response.nodeEndpoints().find(1).port());
            }
        }
    }

    @ParameterizedTest
    @MethodSource("produceVersions")
    void shouldRefuseToAppendWhenTheLaneIsLedElsewhere(final int version) throws Exception {
        follow();
        try (RawClient client = new RawClient(node.address)) {
            final ProduceResponseData response = client.ask(
                    ApiKeys.PRODUCE, version, produce(version, -1, RawClient.records("a")), new ProduceResponseData());
            assertEquals(
                    Errors.NOT_LEADER_OR_FOLLOWER.code(), partition(response).errorCode());
            final boolean isLeaderTold = version >= 10;
            assertEquals(
                    isLeaderTold ? 1 : -1, partition(response).currentLeader().leaderId());
            assertEquals(isLeaderTold ? 1 : 0, response.nodeEndpoints().size());
        }
    }

    @ParameterizedTest
    @ValueSource(ints = {-1, 1})
    void shouldFailWhatWaitsForAPositionWhenTheLaneIsLedElsewhere(final int acks) throws Exception {
        try (RawClient client = new RawClient(node.address)) {
            node.isDeviceRunning = false;
            final long appended = node.counters(0).appended().getAcquire();
            final int id = client.send(ApiKeys.PRODUCE, 9, produce(9, acks, RawClient.records("a")));
            awaitAppended(appended + 1);
            assertTrue(client.isSilent(100));
            assertEquals(1, node.gateways.getFirst().unanswered().get(60, TimeUnit.SECONDS));
            follow();
            final ProduceResponseData response = client.receive(ApiKeys.PRODUCE, 9, new ProduceResponseData(), id);
            assertEquals(
                    Errors.NOT_LEADER_OR_FOLLOWER.code(), partition(response).errorCode());
            assertEquals(0, node.gateways.getFirst().unanswered().get(60, TimeUnit.SECONDS));
            // The position passes the batch's end after all: nothing more is said of it.
            node.isDeviceRunning = true;
            lead();
            assertTrue(client.isSilent(100));
        }
    }

    @Test
    void shouldFailWhatFoundNoRoomWhenTheLaneIsLedElsewhere() throws Exception {
        node.isLaneRunning = false;
        node.wake();
        try (RawClient client = new RawClient(node.address)) {
            final MemoryRecords large = RawClient.records("x".repeat(400_000));
            final int sent = node.fillLane(client, produce(9, -1, large));
            follow();
            node.isLaneRunning = true;
            node.wake();
            int refusedCount = 0;
            for (int id = 1; id <= sent; id++) {
                final ProduceResponseData response = client.receive(ApiKeys.PRODUCE, 9, new ProduceResponseData(), id);
                refusedCount += partition(response).errorCode() == Errors.NOT_LEADER_OR_FOLLOWER.code() ? 1 : 0;
            }
            assertEquals(sent, refusedCount);
        }
    }

    @ParameterizedTest
    @ValueSource(ints = {3, 4, 5, 11})
    void shouldNotTellEndsBeforeTheLeaderKnowsThem(final int version) throws Exception {
        try (RawClient client = new RawClient(node.address)) {
            client.ask(ApiKeys.PRODUCE, 9, produce(9, -1, RawClient.records("a", "b")), new ProduceResponseData());
            leadIncomplete(client);
            final Errors notAvailable = version >= 5 ? Errors.OFFSET_NOT_AVAILABLE : Errors.LEADER_NOT_AVAILABLE;
            assertEquals(
                    notAvailable.code(),
                    list(client, version, ListOffsetsRequest.LATEST_TIMESTAMP).errorCode());
            assertEquals(notAvailable.code(), list(client, version, 0).errorCode());
            assertEquals(
                    0,
                    list(client, version, ListOffsetsRequest.EARLIEST_TIMESTAMP).offset());
            assertEquals(
                    Errors.OFFSET_NOT_AVAILABLE.code(), askEpoch(client, EPOCH).errorCode());
            lead();
            assertEquals(
                    2,
                    list(client, version, ListOffsetsRequest.LATEST_TIMESTAMP).offset());
            assertEquals(2, askEpoch(client, EPOCH).endOffset());
        }
    }

    @Test
    void shouldLetAConsumerWaitWhoIsAheadOfANewLeader() throws Exception {
        try (RawClient client = new RawClient(node.address);
                RawClient producer = new RawClient(node.address)) {
            producer.ask(ApiKeys.PRODUCE, 9, produce(9, -1, RawClient.records("a")), new ProduceResponseData());
            leadIncomplete(client);
            // It waits as long as it likes, and is told nothing.
            final PartitionData nothing =
                    partition(client.ask(ApiKeys.FETCH, 12, fetch(12, 3, 50), new FetchResponseData()));
            assertEquals(Errors.NONE.code(), nothing.errorCode());
            assertEquals(0, nothing.records().sizeInBytes());
            // What it waits for is committed meanwhile.
            final int id = client.send(ApiKeys.FETCH, 12, fetch(12, 2, LONG_WAIT_MS));
            producer.ask(ApiKeys.PRODUCE, 9, produce(9, -1, RawClient.records("b")), new ProduceResponseData());
            assertTrue(client.isSilent(50));
            producer.ask(ApiKeys.PRODUCE, 9, produce(9, -1, RawClient.records("c")), new ProduceResponseData());
            final PartitionData third = partition(client.receive(ApiKeys.FETCH, 12, new FetchResponseData(), id));
            assertEquals(Errors.NONE.code(), third.errorCode());
            assertTrue(third.records().sizeInBytes() > 0);
            assertEquals(3, third.highWatermark());
        }
    }

    @Test
    void shouldRefuseAnOffsetOnlyOnceItIsCertainThatItIsOutOfRange() throws Exception {
        try (RawClient client = new RawClient(node.address)) {
            leadIncomplete(client);
            final int id = client.send(ApiKeys.FETCH, 12, fetch(12, 7, LONG_WAIT_MS));
            assertTrue(client.isSilent(50));
            lead();
            assertEquals(
                    Errors.OFFSET_OUT_OF_RANGE.code(),
                    partition(client.receive(ApiKeys.FETCH, 12, new FetchResponseData(), id))
                            .errorCode());
        }
    }

    @Test
    void shouldKeepAFetchSessionOverAChangeOfRole() throws Exception {
        try (RawClient client = new RawClient(node.address)) {
            final FetchResponseData first =
                    client.ask(ApiKeys.FETCH, 12, fetch(12, 0, 1).setSessionEpoch(0), new FetchResponseData());
            assertTrue(first.sessionId() != 0);
            follow();
            final FetchRequestData next = new FetchRequestData()
                    .setMaxWaitMs(1)
                    .setMinBytes(1)
                    .setMaxBytes(1000)
                    .setSessionId(first.sessionId());
            assertEquals(
                    Errors.NOT_LEADER_OR_FOLLOWER.code(),
                    partition(client.ask(ApiKeys.FETCH, 12, next.setSessionEpoch(1), new FetchResponseData()))
                            .errorCode());
            lead();
            // All is news again: the high watermark is told once more.
            final PartitionData again =
                    partition(client.ask(ApiKeys.FETCH, 12, next.setSessionEpoch(2), new FetchResponseData()));
            assertEquals(Errors.NONE.code(), again.errorCode());
            assertEquals(0, again.highWatermark());
            assertNotNull(again.records());
        }
    }

    @Test
    void shouldRefuseToAppendWhenReplicasAreTooFew() throws Exception {
        node.createTopic("two", 1, Map.of("min.insync.replicas", "2"));
        try (RawClient client = new RawClient(node.address)) {
            for (final int acks : new int[] {-1, 1}) {
                final ProduceResponseData response = client.ask(
                        ApiKeys.PRODUCE,
                        9,
                        RawClient.produce("two", Uuid.ZERO_UUID, 0, acks, RawClient.records("a")),
                        new ProduceResponseData());
                final Errors expected = acks == 1 ? Errors.NONE : Errors.NOT_ENOUGH_REPLICAS;
                assertEquals(expected.code(), partition(response).errorCode());
            }
        }
    }
}
