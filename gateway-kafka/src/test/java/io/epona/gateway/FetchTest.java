package io.epona.gateway;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.epona.controller.TopicInfo;
import io.epona.controller.TopicReference;
import io.epona.gateway.fetch.FetchConfig;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import java.util.stream.IntStream;
import org.apache.kafka.common.Uuid;
import org.apache.kafka.common.message.FetchRequestData;
import org.apache.kafka.common.message.FetchResponseData;
import org.apache.kafka.common.message.FetchResponseData.PartitionData;
import org.apache.kafka.common.message.ProduceResponseData;
import org.apache.kafka.common.protocol.ApiKeys;
import org.apache.kafka.common.protocol.Errors;
import org.apache.kafka.common.record.internal.MemoryRecords;
import org.apache.kafka.common.record.internal.RecordBatch;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;
import org.junit.jupiter.params.provider.ValueSource;

/** Fetches: each version, waiting, limits, sessions, errors. */
@Timeout(120)
class FetchTest {
    private static final int VERSION = 12;

    @TempDir
    private Path directory;

    private TestNode node;
    private RawClient client;
    private RawClient producer;

    @BeforeEach
    void start() throws Exception {
        node = new TestNode(
                directory,
                NodeOptions.standard()
                        .withFetch(new FetchConfig(4 * 1024 * 1024, 1024 * 1024, 64 * 1024 * 1024, 3, 120_000)));
        client = new RawClient(node.address);
        producer = new RawClient(node.address);
    }

    @AfterEach
    void stop() throws Exception {
        client.close();
        producer.close();
        node.close();
    }

    static IntStream versions() {
        return IntStream.rangeClosed(4, 18);
    }

    private void append(final String topic, final int partition, final String... values) throws Exception {
        final ProduceResponseData response = producer.ask(
                ApiKeys.PRODUCE,
                9,
                RawClient.produce(topic, Uuid.ZERO_UUID, partition, -1, RawClient.records(values)),
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

    private FetchResponseData ask(final FetchRequestData request) throws Exception {
        return client.ask(ApiKeys.FETCH, VERSION, request, new FetchResponseData());
    }

    private static FetchRequestData fetch(
            final String topic, final int partition, final long offset, final int waitMs) {
        return RawClient.fetch(topic, Uuid.ZERO_UUID, partition, offset, waitMs);
    }

    private static PartitionData only(final FetchResponseData response) {
        assertEquals(Errors.NONE.code(), response.errorCode());
        assertEquals(1, response.responses().size());
        assertEquals(1, response.responses().getFirst().partitions().size());
        return response.responses().getFirst().partitions().getFirst();
    }

    private static List<Long> baseOffsets(final PartitionData data) {
        final List<Long> offsets = new ArrayList<>();
        for (final RecordBatch batch : ((MemoryRecords) data.records()).batches()) {
            batch.ensureValid();
            assertEquals(1, batch.partitionLeaderEpoch());
            offsets.add(batch.baseOffset());
        }
        return offsets;
    }

    @ParameterizedTest
    @MethodSource("versions")
    void shouldFetchInEachVersion(final int version) throws Exception {
        final TopicInfo topic = node.createTopic("t", 1, Map.of());
        append("t", 0, "a", "b");
        append("t", 0, "c");
        for (final boolean isReadCommitted : new boolean[] {false, true}) {
            final FetchRequestData request = RawClient.fetch(
                            "t", version >= 13 ? topic.id() : Uuid.ZERO_UUID, 0, 1, 1_000)
                    .setIsolationLevel((byte) (isReadCommitted ? 1 : 0));
            final FetchResponseData response = client.ask(ApiKeys.FETCH, version, request, new FetchResponseData());
            final PartitionData data = only(response);
            assertEquals(Errors.NONE.code(), data.errorCode());
            assertEquals(3, data.highWatermark());
            assertEquals(3, data.lastStableOffset());
            assertEquals(version >= 5 ? 0 : -1, data.logStartOffset());
            assertEquals(-1, data.preferredReadReplica());
            assertEquals(isReadCommitted ? List.of() : null, data.abortedTransactions());
            // The batch that has the offset comes whole, and all that follows it.
            assertEquals(List.of(0L, 2L), baseOffsets(data));
        }
    }

    @Test
    void shouldWaitUntilRecordsComeAndNoLonger() throws Exception {
        node.createTopic("t", 2, Map.of());
        final int id = client.send(ApiKeys.FETCH, VERSION, fetch("t", 0, 0, 30_000));
        assertTrue(client.isSilent(50));
        append("t", 1, "elsewhere");
        assertTrue(client.isSilent(50));
        append("t", 0, "here");
        final PartitionData data = only(client.receive(ApiKeys.FETCH, VERSION, new FetchResponseData(), id));
        assertEquals(List.of(0L), baseOffsets(data));
        assertEquals(0, node.gateways.getFirst().fetchMeters().waiting());
    }

    @Test
    void shouldAnswerWithoutRecordsWhenTimeIsOver() throws Exception {
        node.createTopic("t", 1, Map.of());
        final long startNs = System.nanoTime();
        final PartitionData data = only(ask(fetch("t", 0, 0, 200)));
        assertTrue(System.nanoTime() - startNs >= TimeUnit.MILLISECONDS.toNanos(190));
        assertEquals(0, data.records().sizeInBytes());
        assertEquals(0, data.highWatermark());
    }

    @Test
    void shouldWaitForMinBytes() throws Exception {
        node.createTopic("t", 2, Map.of());
        append("t", 0, "x".repeat(100));
        final FetchRequestData request = fetch("t", 0, 0, 30_000).setMinBytes(1_000);
        final int id = client.send(ApiKeys.FETCH, VERSION, request);
        assertTrue(client.isSilent(50));
        append("t", 0, "x".repeat(100));
        assertTrue(client.isSilent(50));
        append("t", 0, "x".repeat(800));
        final PartitionData data = only(client.receive(ApiKeys.FETCH, VERSION, new FetchResponseData(), id));
        assertEquals(List.of(0L, 1L, 2L), baseOffsets(data));
    }

    @Test
    void shouldRespectLimitsButGiveAtLeastOneBatch() throws Exception {
        node.createTopic("t", 2, Map.of());
        for (int i = 0; i < 10; i++) {
            append("t", 0, "x".repeat(1_000));
            append("t", 1, "x".repeat(1_000));
        }
        final FetchRequestData.FetchTopic both = new FetchRequestData.FetchTopic()
                .setTopic("t")
                .setPartitions(List.of(partition(0, 0, 1_048_576), partition(1, 0, 1_048_576)));
        final FetchRequestData tiny = fetch("t", 0, 0, 100).setMaxBytes(1).setTopics(List.of(both));
        List<PartitionData> data = ask(tiny).responses().getFirst().partitions();
        assertEquals(List.of(0L), baseOffsets(data.get(0)));
        assertEquals(0, data.get(1).records().sizeInBytes());
        final FetchRequestData some = fetch("t", 0, 0, 100).setMaxBytes(4_000).setTopics(List.of(both));
        data = ask(some).responses().getFirst().partitions();
        assertEquals(3, baseOffsets(data.get(0)).size());
        assertEquals(0, data.get(1).records().sizeInBytes());
        both.setPartitions(List.of(partition(0, 0, 2_500), partition(1, 5, 2_500)));
        data = ask(fetch("t", 0, 0, 100).setTopics(List.of(both)))
                .responses()
                .getFirst()
                .partitions();
        assertEquals(List.of(0L, 1L), baseOffsets(data.get(0)));
        assertEquals(List.of(5L, 6L), baseOffsets(data.get(1)));
    }

    private static FetchRequestData.FetchPartition partition(final int index, final long offset, final int maxLength) {
        return new FetchRequestData.FetchPartition()
                .setPartition(index)
                .setFetchOffset(offset)
                .setPartitionMaxBytes(maxLength);
    }

    @Test
    void shouldNeverShowWhatIsNotCommitted() throws Exception {
        node.createTopic("t", 1, Map.of());
        append("t", 0, "committed");
        node.isDeviceRunning = false;
        producer.send(ApiKeys.PRODUCE, 9, RawClient.produce("t", Uuid.ZERO_UUID, 0, -1, RawClient.records("pending")));
        assertEquals(List.of(0L), baseOffsets(only(ask(fetch("t", 0, 0, 50)))));
        final PartitionData beyond = only(ask(fetch("t", 0, 2, 50)));
        assertEquals(Errors.OFFSET_OUT_OF_RANGE.code(), beyond.errorCode());
        node.isDeviceRunning = true;
        node.wake();
        assertEquals(List.of(1L), baseOffsets(only(ask(fetch("t", 0, 1, 5_000)))));
    }

    @Test
    void shouldFenceLeaderEpochsAndRefuseOffsetsOutOfRange() throws Exception {
        node.createTopic("t", 1, Map.of());
        append("t", 0, "a");
        assertEquals(
                Errors.OFFSET_OUT_OF_RANGE.code(),
                only(ask(fetch("t", 0, 5, 1_000))).errorCode());
        assertEquals(
                Errors.OFFSET_OUT_OF_RANGE.code(),
                only(ask(fetch("t", 0, -3, 1_000))).errorCode());
        for (final int epoch : new int[] {0, 1, 2}) {
            final FetchRequestData request = fetch("t", 0, 0, 1_000);
            request.topics().getFirst().partitions().getFirst().setCurrentLeaderEpoch(epoch);
            final Errors expected = List.of(Errors.FENCED_LEADER_EPOCH, Errors.NONE, Errors.UNKNOWN_LEADER_EPOCH)
                    .get(epoch);
            assertEquals(expected.code(), only(ask(request)).errorCode());
        }
    }

    @Test
    void shouldNameWhatIsUnknownAndRefuseReplicas() throws Exception {
        final TopicInfo topic = node.createTopic("t", 1, Map.of());
        assertEquals(
                Errors.UNKNOWN_TOPIC_OR_PARTITION.code(),
                only(ask(fetch("nowhere", 0, 0, 1_000))).errorCode());
        assertEquals(
                Errors.UNKNOWN_TOPIC_OR_PARTITION.code(),
                only(ask(fetch("t", 1, 0, 1_000))).errorCode());
        assertEquals(
                Errors.UNKNOWN_TOPIC_ID.code(),
                only(client.ask(
                                ApiKeys.FETCH,
                                13,
                                RawClient.fetch("", Uuid.randomUuid(), 0, 0, 1_000),
                                new FetchResponseData()))
                        .errorCode());
        assertEquals(
                Errors.TOPIC_AUTHORIZATION_FAILED.code(),
                only(ask(fetch("t", 0, 0, 1_000).setReplicaId(2))).errorCode());
        final FetchRequestData replica = RawClient.fetch("", topic.id(), 0, 0, 1_000)
                .setReplicaState(new FetchRequestData.ReplicaState().setReplicaId(2));
        assertEquals(
                Errors.TOPIC_AUTHORIZATION_FAILED.code(),
                only(client.ask(ApiKeys.FETCH, 15, replica, new FetchResponseData()))
                        .errorCode());
    }

    @Test
    void shouldAnswerAtOnceWhenTopicIsDeletedMeanwhile() throws Exception {
        node.createTopic("t", 1, Map.of());
        append("t", 0, "a");
        final int id = client.send(ApiKeys.FETCH, VERSION, fetch("t", 0, 1, 30_000));
        assertTrue(client.isSilent(50));
        node.controller.deleteTopics(List.of(TopicReference.byName("t"))).get(60, TimeUnit.SECONDS);
        assertEquals(
                Errors.UNKNOWN_TOPIC_OR_PARTITION.code(),
                only(client.receive(ApiKeys.FETCH, VERSION, new FetchResponseData(), id))
                        .errorCode());
        // A topic of the same name is another topic.
        node.createTopic("t", 1, Map.of());
        append("t", 0, "b");
        assertEquals(List.of(0L), baseOffsets(only(ask(fetch("t", 0, 0, 1_000)))));
    }

    private FetchRequestData incremental(final int sessionId, final int epoch, final int waitMs) {
        return new FetchRequestData()
                .setSessionId(sessionId)
                .setSessionEpoch(epoch)
                .setMaxWaitMs(waitMs)
                .setMinBytes(1)
                .setMaxBytes(1024 * 1024);
    }

    private static FetchRequestData.FetchTopic want(final int partition, final long offset) {
        return new FetchRequestData.FetchTopic()
                .setTopic("t")
                .setPartitions(List.of(partition(partition, offset, 1024 * 1024)));
    }

    @Test
    void shouldAnswerOnlyNewsWithinASession() throws Exception {
        node.createTopic("t", 3, Map.of());
        append("t", 0, "a");
        final FetchRequestData first = fetch("t", 0, 0, 100)
                .setSessionEpoch(0)
                .setTopics(List.of(new FetchRequestData.FetchTopic()
                        .setTopic("t")
                        .setPartitions(IntStream.range(0, 3)
                                .mapToObj(i -> partition(i, 0, 1024 * 1024))
                                .toList())));
        final FetchResponseData opened = ask(first);
        final int session = opened.sessionId();
        assertNotEquals(0, session);
        assertEquals(3, opened.responses().getFirst().partitions().size());
        // Nothing new, once the client has said that it has the first record.
        final FetchResponseData quiet = ask(incremental(session, 1, 50).setTopics(List.of(want(0, 1))));
        assertEquals(0, quiet.responses().size());
        assertEquals(session, quiet.sessionId());
        // Another partition gets a record while the fetch waits.
        final int id = client.send(ApiKeys.FETCH, VERSION, incremental(session, 2, 30_000));
        assertTrue(client.isSilent(30));
        append("t", 2, "c");
        final PartitionData data = only(client.receive(ApiKeys.FETCH, VERSION, new FetchResponseData(), id));
        assertEquals(2, data.partitionIndex());
        assertEquals(List.of(0L), baseOffsets(data));
        // The client did not take it: it comes again.
        assertEquals(2, only(ask(incremental(session, 3, 1_000))).partitionIndex());
        // Forgotten partitions are not heard of any more.
        final FetchRequestData forget = incremental(session, 4, 50)
                .setForgottenTopicsData(List.of(
                        new FetchRequestData.ForgottenTopic().setTopic("t").setPartitions(List.of(2))));
        assertEquals(0, ask(forget).responses().size());
        append("t", 2, "d");
        assertEquals(0, ask(incremental(session, 5, 50)).responses().size());
        // Added again, it comes with all that is known of it.
        final PartitionData back = only(ask(incremental(session, 6, 1_000).setTopics(List.of(want(2, 1)))));
        assertEquals(List.of(1L), baseOffsets(back));
        assertEquals(1, node.gateways.getFirst().fetchSessions().count());
        // A full fetch with the old id closes it.
        ask(fetch("t", 0, 0, 100).setSessionId(session).setSessionEpoch(-1));
        assertEquals(0, node.gateways.getFirst().fetchSessions().count());
        assertEquals(
                Errors.FETCH_SESSION_ID_NOT_FOUND.code(),
                ask(incremental(session, 7, 50)).errorCode());
    }

    @Test
    void shouldTellSessionErrors() throws Exception {
        final TopicInfo topic = node.createTopic("t", 1, Map.of());
        final int session = ask(fetch("t", 0, 0, 10).setSessionEpoch(0)).sessionId();
        assertEquals(
                Errors.INVALID_FETCH_SESSION_EPOCH.code(),
                ask(incremental(session, 2, 10)).errorCode());
        assertEquals(
                Errors.FETCH_SESSION_TOPIC_ID_ERROR.code(),
                client.ask(ApiKeys.FETCH, 13, incremental(session, 1, 10), new FetchResponseData())
                        .errorCode());
        assertEquals(0, ask(incremental(session, 1, 10)).errorCode());
        // Emptied, it ends.
        final FetchResponseData emptied = ask(incremental(session, 2, 10)
                .setForgottenTopicsData(List.of(
                        new FetchRequestData.ForgottenTopic().setTopic("t").setPartitions(List.of(0)))));
        assertEquals(0, emptied.errorCode());
        assertEquals(0, emptied.sessionId());
        assertEquals(
                Errors.FETCH_SESSION_ID_NOT_FOUND.code(),
                ask(incremental(session, 3, 10)).errorCode());
        // By topic id.
        final FetchRequestData byId = RawClient.fetch("", topic.id(), 0, 0, 10).setSessionEpoch(0);
        final int idSession =
                client.ask(ApiKeys.FETCH, 17, byId, new FetchResponseData()).sessionId();
        append("t", 0, "a");
        final FetchResponseData news =
                client.ask(ApiKeys.FETCH, 17, incremental(idSession, 1, 1_000), new FetchResponseData());
        assertEquals(topic.id(), news.responses().getFirst().topicId());
        assertEquals(List.of(0L), baseOffsets(only(news)));
    }

    @Test
    void shouldGoWithoutSessionWhenThereAreTooMany() throws Exception {
        node.createTopic("t", 2, Map.of());
        for (int i = 0; i < 3; i++) {
            assertNotEquals(0, ask(fetch("t", 0, 0, 1).setSessionEpoch(0)).sessionId());
        }
        assertEquals(0, ask(fetch("t", 0, 0, 1).setSessionEpoch(0)).sessionId());
        assertEquals(3, node.gateways.getFirst().fetchSessions().count());
    }

    @Test
    void shouldForgetAWaitingFetchWhenItsClientLeaves() throws Exception {
        node.createTopic("t", 1, Map.of());
        for (int i = 0; i < 20; i++) {
            try (RawClient leaving = new RawClient(node.address)) {
                leaving.send(ApiKeys.FETCH, VERSION, fetch("t", 0, 0, 60_000).setSessionEpoch(i % 2 - 1));
                final long deadlineNs = System.nanoTime() + TimeUnit.SECONDS.toNanos(60);
                while (node.gateways.getFirst().fetchMeters().waiting() == 0) {
                    assertTrue(System.nanoTime() - deadlineNs < 0);
                    Thread.sleep(1);
                }
            }
            final long deadlineNs = System.nanoTime() + TimeUnit.SECONDS.toNanos(60);
            while (node.gateways.getFirst().fetchMeters().waiting() > 0) {
                assertTrue(System.nanoTime() - deadlineNs < 0);
                Thread.sleep(1);
            }
        }
        append("t", 0, "a");
        assertEquals(List.of(0L), baseOffsets(only(ask(fetch("t", 0, 0, 1_000)))));
    }

    @ParameterizedTest
    @ValueSource(ints = {4, 12, 17})
    void shouldReadTheSameFromMemoryAndFromFiles(final int version) throws Exception {
        final TopicInfo topic = node.createTopic("t", 1, Map.of());
        for (int i = 0; i < 50; i++) {
            append("t", 0, "value " + i, "x".repeat(i * 20));
        }
        final Uuid id = version >= 13 ? topic.id() : Uuid.ZERO_UUID;
        final PartitionData fromMemory = only(
                client.ask(ApiKeys.FETCH, version, RawClient.fetch("t", id, 0, 0, 1_000), new FetchResponseData()));
        assertEquals(0, node.gateways.getFirst().fetchMeters().fileBytes());
        // Push it out of the ring.
        node.createTopic("filler", 1, Map.of());
        for (int i = 0; i < 48; i++) {
            append("filler", 0, "x".repeat(500_000));
        }
        node.awaitDrained();
        append("filler", 0, "x");
        final PartitionData fromFile = only(
                client.ask(ApiKeys.FETCH, version, RawClient.fetch("t", id, 0, 0, 1_000), new FetchResponseData()));
        assertTrue(node.gateways.getFirst().fetchMeters().fileBytes() > 0);
        assertEquals(((MemoryRecords) fromMemory.records()).buffer(), ((MemoryRecords) fromFile.records()).buffer());
        assertEquals(fromMemory.highWatermark(), fromFile.highWatermark());
    }
}
