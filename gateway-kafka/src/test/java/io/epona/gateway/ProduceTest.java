package io.epona.gateway;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNotNull;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.epona.controller.TopicInfo;
import java.nio.ByteBuffer;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.stream.IntStream;
import org.apache.kafka.common.Uuid;
import org.apache.kafka.common.compress.Compression;
import org.apache.kafka.common.message.FetchResponseData;
import org.apache.kafka.common.message.ProduceRequestData;
import org.apache.kafka.common.message.ProduceResponseData;
import org.apache.kafka.common.message.ProduceResponseData.PartitionProduceResponse;
import org.apache.kafka.common.protocol.ApiKeys;
import org.apache.kafka.common.protocol.Errors;
import org.apache.kafka.common.record.TimestampType;
import org.apache.kafka.common.record.internal.ControlRecordType;
import org.apache.kafka.common.record.internal.EndTransactionMarker;
import org.apache.kafka.common.record.internal.MemoryRecords;
import org.apache.kafka.common.record.internal.RecordBatch;
import org.apache.kafka.common.record.internal.SimpleRecord;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/** Produce requests, good and bad, in each version. */
@Timeout(120)
class ProduceTest {
    private static final long HOUR_MS = 3_600_000;

    @TempDir
    private static Path directory;

    private static TestNode node;

    @BeforeAll
    static void start() throws Exception {
        node = new TestNode(directory, NodeOptions.standard().withLanes(2, 1));
    }

    @AfterAll
    static void stop() {
        node.close();
    }

    static IntStream versions() {
        return IntStream.rangeClosed(3, 13);
    }

    private static Uuid idFor(final int version, final TopicInfo topic) {
        return version >= 13 ? topic.id() : Uuid.ZERO_UUID;
    }

    private static PartitionProduceResponse only(final ProduceResponseData response) {
        assertEquals(1, response.responses().size());
        return response.responses().iterator().next().partitionResponses().getFirst();
    }

    private static PartitionProduceResponse ask(final int version, final ProduceRequestData request) throws Exception {
        try (RawClient client = new RawClient(node.address)) {
            return only(client.ask(ApiKeys.PRODUCE, version, request, new ProduceResponseData()));
        }
    }

    private static PartitionProduceResponse produce(final TopicInfo topic, final MemoryRecords records)
            throws Exception {
        return ask(12, RawClient.produce(topic.name(), Uuid.ZERO_UUID, 0, -1, records));
    }

    private static TopicInfo topic(final String name, final Map<String, String> configs) throws Exception {
        return node.createTopic(name, 1, configs);
    }

    @ParameterizedTest
    @MethodSource("versions")
    void shouldAppendInEachVersion(final int version) throws Exception {
        final TopicInfo topic = topic("each-" + version, Map.of());
        try (RawClient client = new RawClient(node.address)) {
            for (int i = 0; i < 3; i++) {
                final ProduceResponseData response = client.ask(
                        ApiKeys.PRODUCE,
                        version,
                        RawClient.produce(
                                topic.name(), idFor(version, topic), 0, i == 0 ? 1 : -1, RawClient.records("a", "b")),
                        new ProduceResponseData());
                assertEquals(Errors.NONE.code(), only(response).errorCode());
                assertEquals(2L * i, only(response).baseOffset());
                assertEquals(-1, only(response).logAppendTimeMs());
                assertEquals(version >= 5 ? 0 : -1, only(response).logStartOffset());
                assertEquals(0, response.throttleTimeMs());
                final var topicResponse = response.responses().iterator().next();
                assertEquals(version >= 13 ? "" : topic.name(), topicResponse.name());
                assertEquals(version >= 13 ? topic.id() : Uuid.ZERO_UUID, topicResponse.topicId());
            }
        }
    }

    @ParameterizedTest
    @MethodSource("versions")
    void shouldNameWhatIsUnknown(final int version) throws Exception {
        final TopicInfo topic = topic("known-" + version, Map.of());
        final Uuid unknownId = version >= 13 ? Uuid.randomUuid() : Uuid.ZERO_UUID;
        final Errors unknownTopic = version >= 13 ? Errors.UNKNOWN_TOPIC_ID : Errors.UNKNOWN_TOPIC_OR_PARTITION;
        assertEquals(
                unknownTopic.code(),
                ask(version, RawClient.produce("unknown", unknownId, 0, -1, RawClient.records("a")))
                        .errorCode());
        assertEquals(
                Errors.UNKNOWN_TOPIC_OR_PARTITION.code(),
                ask(version, RawClient.produce(topic.name(), idFor(version, topic), 1, -1, RawClient.records("a")))
                        .errorCode());
    }

    @Test
    void shouldRefuseWhenBytesAreDamaged() throws Exception {
        final TopicInfo topic = topic("damaged", Map.of());
        final MemoryRecords records = RawClient.records("value");
        records.buffer().put(records.sizeInBytes() - 2, (byte) 'X');
        assertEquals(Errors.CORRUPT_MESSAGE.code(), produce(topic, records).errorCode());
        assertEquals(0, produce(topic, RawClient.records("good")).baseOffset());
    }

    @Test
    void shouldRefuseWhenBatchIsNotOneGoodBatch() throws Exception {
        final TopicInfo topic = topic("malformed", Map.of());
        final MemoryRecords one = RawClient.records("value");
        final ByteBuffer two = ByteBuffer.allocate(one.sizeInBytes() * 2)
                .put(one.buffer())
                .put(one.buffer())
                .flip();
        assertEquals(
                Errors.INVALID_RECORD.code(),
                produce(topic, MemoryRecords.readableRecords(two)).errorCode());
        assertEquals(
                Errors.INVALID_RECORD.code(),
                produce(topic, MemoryRecords.EMPTY).errorCode());
        assertEquals(Errors.INVALID_RECORD.code(), produce(topic, null).errorCode());
        final ByteBuffer cut = one.buffer().duplicate().limit(one.sizeInBytes() - 5);
        assertEquals(
                Errors.INVALID_RECORD.code(),
                produce(topic, MemoryRecords.readableRecords(cut.slice())).errorCode());
        final MemoryRecords old = MemoryRecords.withRecords(
                RecordBatch.MAGIC_VALUE_V1, Compression.NONE, new SimpleRecord("old".getBytes()));
        assertEquals(Errors.INVALID_RECORD.code(), produce(topic, old).errorCode());
    }

    @Test
    void shouldRefuseControlAndTransactionalBatches() throws Exception {
        final TopicInfo topic = topic("transactions", Map.of());
        final MemoryRecords marker = MemoryRecords.withEndTransactionMarker(
                0, System.currentTimeMillis(), 0, 5, (short) 0, new EndTransactionMarker(ControlRecordType.COMMIT, 0));
        assertEquals(Errors.INVALID_RECORD.code(), produce(topic, marker).errorCode());
        final MemoryRecords transactional = MemoryRecords.withTransactionalRecords(
                Compression.NONE, 5, (short) 0, 0, new SimpleRecord("a".getBytes()));
        assertEquals(
                Errors.INVALID_TXN_STATE.code(), produce(topic, transactional).errorCode());
        final ProduceRequestData named = RawClient.produce(topic.name(), Uuid.ZERO_UUID, 0, -1, RawClient.records("a"))
                .setTransactionalId("t");
        assertEquals(Errors.INVALID_TXN_STATE.code(), ask(12, named).errorCode());
    }

    @Test
    void shouldRefuseWhenBatchIsTooLarge() throws Exception {
        final TopicInfo topic = topic("small", Map.of("max.message.bytes", "200"));
        assertEquals(
                Errors.MESSAGE_TOO_LARGE.code(),
                produce(topic, RawClient.records("x".repeat(300))).errorCode());
        assertEquals(
                Errors.NONE.code(),
                produce(topic, RawClient.records("x".repeat(50))).errorCode());
        // Longer than what a lane takes, whatever the topic says.
        final TopicInfo large = topic("large", Map.of("max.message.bytes", "10000000"));
        assertEquals(
                Errors.MESSAGE_TOO_LARGE.code(),
                produce(large, RawClient.records("x".repeat(2_000_000))).errorCode());
    }

    @Test
    void shouldNameTheRecordsWhenTimestampsAreOutOfRange() throws Exception {
        final TopicInfo topic = topic("times", Map.of("message.timestamp.before.max.ms", "" + HOUR_MS));
        final long nowMs = System.currentTimeMillis();
        for (final Compression compression :
                List.of(Compression.NONE, Compression.gzip().build())) {
            final MemoryRecords records = MemoryRecords.withRecords(
                    (byte) 2,
                    0,
                    compression,
                    TimestampType.CREATE_TIME,
                    new SimpleRecord(nowMs, "a".getBytes()),
                    new SimpleRecord(nowMs - 2 * HOUR_MS, "b".getBytes()),
                    new SimpleRecord(nowMs + 2 * HOUR_MS, "c".getBytes()));
            final PartitionProduceResponse response = produce(topic, records);
            assertEquals(Errors.INVALID_TIMESTAMP.code(), response.errorCode());
            assertEquals(
                    List.of(1, 2),
                    response.recordErrors().stream()
                            .map(ProduceResponseData.BatchIndexAndErrorMessage::batchIndex)
                            .toList());
            assertNotNull(response.errorMessage());
            assertEquals(-1, response.baseOffset());
        }
    }

    @Test
    void shouldStampAppendTimeWhenTopicWantsIt() throws Exception {
        final TopicInfo topic = topic("append-time", Map.of("message.timestamp.type", "LogAppendTime"));
        final long beforeMs = System.currentTimeMillis();
        for (final Compression compression :
                List.of(Compression.NONE, Compression.lz4().build())) {
            final PartitionProduceResponse response = produce(topic, RawClient.records(compression, 1_000, "a", "b"));
            assertEquals(Errors.NONE.code(), response.errorCode());
            assertTrue(response.logAppendTimeMs() >= beforeMs);
        }
        try (RawClient client = new RawClient(node.address)) {
            final FetchResponseData fetched = client.ask(
                    ApiKeys.FETCH,
                    12,
                    RawClient.fetch(topic.name(), Uuid.ZERO_UUID, 0, 0, 1000),
                    new FetchResponseData());
            final MemoryRecords records = (MemoryRecords)
                    fetched.responses().getFirst().partitions().getFirst().records();
            int count = 0;
            for (final RecordBatch batch : records.batches()) {
                batch.ensureValid();
                assertEquals(TimestampType.LOG_APPEND_TIME, batch.timestampType());
                assertTrue(batch.maxTimestamp() >= beforeMs);
                count++;
            }
            assertEquals(2, count);
        }
    }

    @Test
    void shouldRefuseWhenAcksOrReplicasAreNotToBeHad() throws Exception {
        final TopicInfo topic = topic("replicas", Map.of("min.insync.replicas", "2"));
        assertEquals(
                Errors.NOT_ENOUGH_REPLICAS.code(),
                produce(topic, RawClient.records("a")).errorCode());
        assertEquals(
                Errors.NONE.code(),
                ask(12, RawClient.produce(topic.name(), Uuid.ZERO_UUID, 0, 1, RawClient.records("a")))
                        .errorCode());
        assertEquals(
                Errors.INVALID_REQUIRED_ACKS.code(),
                ask(12, RawClient.produce(topic.name(), Uuid.ZERO_UUID, 0, 2, RawClient.records("a")))
                        .errorCode());
    }

    @Test
    void shouldRefuseZstdWhenVersionIsTooOld() throws Exception {
        final TopicInfo topic = topic("zstd", Map.of());
        final MemoryRecords records = RawClient.records(Compression.zstd().build(), System.currentTimeMillis(), "a");
        final ProduceRequestData request = RawClient.produce(topic.name(), Uuid.ZERO_UUID, 0, -1, records);
        assertEquals(Errors.UNSUPPORTED_COMPRESSION_TYPE.code(), ask(6, request).errorCode());
        assertEquals(Errors.NONE.code(), ask(7, request).errorCode());
    }

    @Test
    void shouldRefuseWhenCompressedRecordsContradictTheirHeader() throws Exception {
        final TopicInfo topic = topic("contradiction", Map.of());
        final MemoryRecords records = RawClient.records(Compression.gzip().build(), 1_000, "a", "b", "c");
        final ByteBuffer bytes = records.buffer();
        bytes.putInt(23, 3).putInt(57, 4);
        restamp(bytes);
        assertEquals(
                Errors.INVALID_RECORD.code(),
                produce(topic, MemoryRecords.readableRecords(bytes)).errorCode());
        final ByteBuffer broken = RawClient.records(Compression.gzip().build(), 1_000, "a", "b", "c")
                .buffer();
        broken.put(61, (byte) 99);
        restamp(broken);
        assertEquals(
                Errors.INVALID_RECORD.code(),
                produce(topic, MemoryRecords.readableRecords(broken)).errorCode());
    }

    private static void restamp(final ByteBuffer batch) {
        final org.agrona.concurrent.UnsafeBuffer buffer = new org.agrona.concurrent.UnsafeBuffer(batch);
        io.epona.codec.RecordBatchDescriptor.stampCrc(buffer, 0, new io.epona.codec.Crc32c());
    }

    @Test
    void shouldAnswerDuplicatesWithTheirFirstOffsetAndRefuseGaps() throws Exception {
        final TopicInfo topic = topic("idempotent", Map.of());
        final MemoryRecords first = idempotent(0, (short) 0);
        final MemoryRecords second = idempotent(1, (short) 0);
        assertEquals(0, produce(topic, first).baseOffset());
        assertEquals(1, produce(topic, second).baseOffset());
        final PartitionProduceResponse again = produce(topic, first);
        assertEquals(Errors.NONE.code(), again.errorCode());
        assertEquals(0, again.baseOffset());
        assertEquals(
                Errors.OUT_OF_ORDER_SEQUENCE_NUMBER.code(),
                produce(topic, idempotent(5, (short) 0)).errorCode());
        for (int sequence = 2; sequence < 6; sequence++) {
            assertEquals(
                    sequence, produce(topic, idempotent(sequence, (short) 0)).baseOffset());
        }
        final PartitionProduceResponse older = produce(topic, first);
        assertEquals(Errors.DUPLICATE_SEQUENCE_NUMBER.code(), older.errorCode());
        assertEquals(-1, older.baseOffset());
        assertEquals(6, produce(topic, idempotent(0, (short) 1)).baseOffset());
        assertEquals(
                Errors.INVALID_PRODUCER_EPOCH.code(),
                produce(topic, idempotent(2, (short) 0)).errorCode());
    }

    private static MemoryRecords idempotent(final int sequence, final short epoch) {
        return MemoryRecords.withIdempotentRecords(
                Compression.NONE, 77, epoch, sequence, new SimpleRecord(System.currentTimeMillis(), "a".getBytes()));
    }

    @Test
    void shouldCloseConnectionWhenUnacknowledgedProduceFails() throws Exception {
        final TopicInfo topic = topic("unacknowledged", Map.of());
        try (RawClient client = new RawClient(node.address)) {
            client.send(
                    ApiKeys.PRODUCE, 9, RawClient.produce(topic.name(), Uuid.ZERO_UUID, 0, 0, RawClient.records("a")));
            assertTrue(client.isSilent(50));
            client.send(ApiKeys.PRODUCE, 9, RawClient.produce("nowhere", Uuid.ZERO_UUID, 0, 0, RawClient.records("a")));
            assertTrue(client.isClosed());
        }
    }

    @Test
    void shouldAnswerEachPartitionOfOneRequestOnItsOwn() throws Exception {
        node.createTopic("several", 4, Map.of());
        final ProduceRequestData request = RawClient.produce("several", Uuid.ZERO_UUID, 0, -1, RawClient.records("a"));
        final ProduceRequestData.TopicProduceData data =
                request.topicData().iterator().next();
        data.setPartitionData(IntStream.range(0, 5)
                .mapToObj(i -> new ProduceRequestData.PartitionProduceData()
                        .setIndex(i)
                        .setRecords(RawClient.records("v" + i)))
                .toList());
        try (RawClient client = new RawClient(node.address)) {
            final List<PartitionProduceResponse> answers = client.ask(
                            ApiKeys.PRODUCE, 9, request, new ProduceResponseData())
                    .responses()
                    .iterator()
                    .next()
                    .partitionResponses();
            assertEquals(5, answers.size());
            for (int i = 0; i < 4; i++) {
                assertEquals(i, answers.get(i).index());
                assertEquals(Errors.NONE.code(), answers.get(i).errorCode());
                assertEquals(0, answers.get(i).baseOffset());
            }
            assertEquals(
                    Errors.UNKNOWN_TOPIC_OR_PARTITION.code(), answers.get(4).errorCode());
        }
    }

    @Test
    void shouldRecordBreachWhenProducerTakesTooLong() throws Exception {
        final TopicInfo topic = topic("late", Map.of());
        final long before = node.breaches.getFirst().count();
        produce(topic, RawClient.records(Compression.NONE, System.currentTimeMillis() - 1_000, "late"));
        final var breach = node.breaches.getFirst().newest(1).getFirst();
        assertTrue(node.breaches.getFirst().count() > before);
        assertEquals(topic.partition(0).partitionIndex(), breach.partitionIndex());
        assertFalse(breach.elapsedNs() < 1_000_000_000L);
    }
}
