package io.epona.systemtests.client;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.epona.systemtests.harness.Clients;
import io.epona.systemtests.harness.EponaProcess;
import io.epona.systemtests.harness.RawConnection;
import io.epona.systemtests.harness.TestBench;
import java.nio.ByteBuffer;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.LockSupport;
import org.apache.kafka.clients.admin.Admin;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.apache.kafka.clients.consumer.KafkaConsumer;
import org.apache.kafka.clients.consumer.OffsetOutOfRangeException;
import org.apache.kafka.clients.producer.KafkaProducer;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.Uuid;
import org.apache.kafka.common.message.FetchRequestData;
import org.apache.kafka.common.message.FetchResponseData;
import org.apache.kafka.common.protocol.ApiKeys;
import org.apache.kafka.common.protocol.Errors;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.extension.RegisterExtension;

@Timeout(60)
class FetchTest {
    @RegisterExtension
    static final TestBench BENCH = new TestBench();

    private static EponaProcess node;
    private static Admin admin;
    private static KafkaProducer<byte[], byte[]> producer;
    private static KafkaConsumer<byte[], byte[]> consumer;

    @BeforeAll
    static void startNode() {
        node = BENCH.start(BENCH.settings());
        admin = Clients.admin(node.bootstrap());
        producer = Clients.producer(node.bootstrap(), "linger.ms", 1, "batch.size", 32_768);
        consumer = Clients.consumer(node.bootstrap());
    }

    @AfterAll
    static void closeClients() {
        producer.close();
        consumer.close();
        admin.close();
    }

    private static TopicPartition topic(final String name) throws Exception {
        Clients.createTopic(admin, name, 1);
        return new TopicPartition(name, 0);
    }

    private static byte[] value(final int index, final int length) {
        return ByteBuffer.allocate(length).putInt(index).array();
    }

    private static void fill(final TopicPartition partition, final int from, final int count, final int length) {
        for (int i = from; i < from + count; i++) {
            producer.send(Clients.record(partition, value(i, length)));
        }
        producer.flush();
    }

    @Test
    void shouldWaitForRecordsAndAnswerAtOnceWhenTheyCome() throws Exception {
        final TopicPartition partition = topic("long-poll");
        fill(partition, 0, 1, 10);
        try (RawConnection connection = new RawConnection(node.port())) {
            final long beginNs = System.nanoTime();
            connection.send(ApiKeys.FETCH, 12, fetch(20_000, 1, 1, partition));
            assertFalse(hasAnswerWithin(connection, 300));
            Clients.send(producer, Clients.record(partition, value(1, 10)));
            final FetchResponseData response = connection.receive(ApiKeys.FETCH, 12);
            final long tookMs = TimeUnit.NANOSECONDS.toMillis(System.nanoTime() - beginNs);
            assertTrue(tookMs < 15_000, () -> "answered after " + tookMs + " ms");
            assertEquals(2, partitionOf(response).highWatermark());
            assertTrue(partitionOf(response).records().sizeInBytes() > 0);
        }
    }

    @Test
    void shouldAnswerEmptyWhenNothingComesWithinMaxWait() throws Exception {
        final TopicPartition partition = topic("nothing");
        try (RawConnection connection = new RawConnection(node.port())) {
            final long beginNs = System.nanoTime();
            final FetchResponseData response = connection.call(ApiKeys.FETCH, 12, fetch(200, 1, 0, partition));
            final long tookMs = TimeUnit.NANOSECONDS.toMillis(System.nanoTime() - beginNs);
            assertTrue(tookMs >= 190 && tookMs < 15_000, () -> "answered after " + tookMs + " ms");
            assertEquals(0, partitionOf(response).records().sizeInBytes());
            assertEquals(Errors.NONE.code(), partitionOf(response).errorCode());
        }
    }

    @Test
    void shouldWaitUntilMinBytesAreThere() throws Exception {
        final TopicPartition partition = topic("min-bytes");
        fill(partition, 0, 1, 100);
        try (RawConnection connection = new RawConnection(node.port())) {
            connection.send(ApiKeys.FETCH, 12, fetch(20_000, 5_000, 0, partition));
            fill(partition, 1, 1, 100);
            assertFalse(hasAnswerWithin(connection, 200));
            fill(partition, 2, 1, 5_000);
            final FetchResponseData response = connection.receive(ApiKeys.FETCH, 12);
            assertTrue(partitionOf(response).records().sizeInBytes() >= 5_000);
        }
    }

    @Test
    void shouldKeepToMaxBytesButAlwaysSendOneBatch() throws Exception {
        final TopicPartition partition = topic("max-bytes");
        for (int i = 0; i < 20; i++) {
            Clients.send(producer, Clients.record(partition, value(i, 2_000)));
        }
        try (RawConnection connection = new RawConnection(node.port())) {
            final FetchRequestData few = fetch(1_000, 1, 0, partition);
            few.topics().getFirst().partitions().getFirst().setPartitionMaxBytes(5_000);
            final int fewLength = lengthOf(connection.call(ApiKeys.FETCH, 12, few));
            assertTrue(fewLength > 2_000 && fewLength <= 5_000, () -> "sent " + fewLength);
            final FetchRequestData one = fetch(1_000, 1, 0, partition);
            one.topics().getFirst().partitions().getFirst().setPartitionMaxBytes(10);
            final int oneLength = lengthOf(connection.call(ApiKeys.FETCH, 12, one));
            assertTrue(oneLength > 2_000 && oneLength < 4_000, () -> "sent " + oneLength);
            final FetchRequestData total = fetch(1_000, 1, 0, partition).setMaxBytes(6_500);
            final int totalLength = lengthOf(connection.call(ApiKeys.FETCH, 12, total));
            assertTrue(totalLength > 4_000 && totalLength <= 6_500, () -> "sent " + totalLength);
        }
        final KafkaConsumer<byte[], byte[]> small = Clients.consumer(
                node.bootstrap(), "max.partition.fetch.bytes", 1, "fetch.max.bytes", 1, "max.poll.records", 1);
        try (small) {
            assertEquals(20, Clients.read(small, partition, 0, 20).size());
        }
    }

    @Test
    void shouldReadFromPartitionLogsWhenTheRingHasWrapped() throws Exception {
        final TopicPartition partition = topic("wrapped");
        final TopicPartition quiet = topic("quiet");
        fill(quiet, 0, 10, 50);
        // Twelve megabytes through a ring of one and a journal of four.
        fill(partition, 0, 12_000, 1_000);
        int expected = 0;
        for (final ConsumerRecord<byte[], byte[]> record : Clients.read(consumer, partition, 0, 12_000)) {
            assertEquals(expected, record.offset());
            assertArrayEquals(value(expected++, 1_000), record.value());
        }
        assertEquals(10, Clients.read(consumer, quiet, 0, 10).size());
        assertEquals(5, Clients.read(consumer, quiet, 5, 5).size());
        for (final int offset : new int[] {1, 5_999, 11_000, 11_999}) {
            final ConsumerRecord<byte[], byte[]> record =
                    Clients.read(consumer, partition, offset, 1).getFirst();
            assertEquals(offset, record.offset());
            assertArrayEquals(value(offset, 1_000), record.value());
        }
    }

    @Test
    void shouldReadManyPartitionsThroughOneSession() throws Exception {
        final int count = 200;
        Clients.createTopic(admin, "session", count);
        for (final TopicPartition partition : Clients.partitions("session", count)) {
            producer.send(Clients.record(partition, value(0, 20)));
        }
        producer.flush();
        final List<TopicPartition> partitions = new ArrayList<>(Clients.partitions("session", count));
        final Map<TopicPartition, Integer> seen = new HashMap<>();
        try (KafkaConsumer<byte[], byte[]> reader = Clients.consumer(node.bootstrap())) {
            reader.assign(partitions);
            reader.seekToBeginning(partitions);
            Clients.poll(reader, count).forEach(record -> count(seen, record));
            // Incremental: only what changes is named from now on, in both directions.
            reader.assign(partitions.subList(0, count / 2));
            for (int i = 0; i < count; i += 7) {
                producer.send(Clients.record(partitions.get(i), value(1, 20)));
            }
            producer.flush();
            Clients.poll(reader, (count / 2 + 6) / 7).forEach(record -> count(seen, record));
            reader.assign(partitions);
            partitions.subList(count / 2, count).forEach(partition -> reader.seek(partition, 1));
            for (int i = 0; i < count / 2; i++) {
                reader.seek(partitions.get(i), i % 7 == 0 ? 2 : 1);
            }
            final int rest = (count + 6) / 7 - (count / 2 + 6) / 7;
            Clients.poll(reader, rest).forEach(record -> count(seen, record));
        }
        for (int i = 0; i < count; i++) {
            assertEquals(i % 7 == 0 ? 2 : 1, seen.get(partitions.get(i)), "partition " + i);
        }
    }

    private static void count(final Map<TopicPartition, Integer> seen, final ConsumerRecord<byte[], byte[]> record) {
        seen.merge(new TopicPartition(record.topic(), record.partition()), 1, Integer::sum);
    }

    @Test
    void shouldRefuseSessionsThatItDoesNotKnow() throws Exception {
        final TopicPartition partition = topic("sessions");
        try (RawConnection connection = new RawConnection(node.port())) {
            final FetchResponseData unknown = connection.call(
                    ApiKeys.FETCH,
                    12,
                    fetch(100, 1, 0, partition).setSessionId(123_456_789).setSessionEpoch(1));
            assertEquals(Errors.FETCH_SESSION_ID_NOT_FOUND.code(), unknown.errorCode());
            final FetchResponseData opened = connection.call(
                    ApiKeys.FETCH, 12, fetch(100, 1, 0, partition).setSessionEpoch(0));
            assertTrue(opened.sessionId() != 0);
            final FetchResponseData wrongEpoch = connection.call(
                    ApiKeys.FETCH,
                    12,
                    fetch(100, 1, 0).setSessionId(opened.sessionId()).setSessionEpoch(5));
            assertEquals(Errors.INVALID_FETCH_SESSION_EPOCH.code(), wrongEpoch.errorCode());
            fill(partition, 0, 1, 10);
            final FetchResponseData next = connection.call(
                    ApiKeys.FETCH,
                    12,
                    fetch(1_000, 1, 0).setSessionId(opened.sessionId()).setSessionEpoch(1));
            assertEquals(Errors.NONE.code(), next.errorCode());
            assertTrue(partitionOf(next).records().sizeInBytes() > 0);
        }
    }

    @Test
    void shouldSayOutOfRangeAndLetTheClientStartOver() throws Exception {
        final TopicPartition partition = topic("range");
        fill(partition, 0, 10, 10);
        assertThrows(OffsetOutOfRangeException.class, () -> Clients.read(consumer, partition, 11, 1));
        for (final String reset : new String[] {"earliest", "latest"}) {
            try (KafkaConsumer<byte[], byte[]> reader =
                    Clients.consumer(node.bootstrap(), "auto.offset.reset", reset)) {
                reader.assign(List.of(partition));
                reader.seek(partition, 1_000);
                reader.poll(Duration.ofMillis(500));
                reader.seek(partition, 1_000);
                final long end = Clients.endOffset(reader, partition);
                if (reset.equals("earliest")) {
                    assertEquals(0, Clients.poll(reader, 1).getFirst().offset());
                } else {
                    reader.poll(Duration.ofMillis(500));
                    assertEquals(end, reader.position(partition));
                }
            }
        }
        // The end itself is where the next record will be.
        consumer.assign(List.of(partition));
        consumer.seek(partition, 10);
        assertTrue(consumer.poll(Duration.ofMillis(100)).isEmpty());
        fill(partition, 10, 1, 10);
        assertEquals(10, Clients.poll(consumer, 1).getFirst().offset());
    }

    @Test
    void shouldReadFromTheMiddleOfABatch() throws Exception {
        final TopicPartition partition = topic("middle");
        try (KafkaProducer<byte[], byte[]> lingering =
                Clients.producer(node.bootstrap(), "linger.ms", 50, "compression.type", "gzip")) {
            for (int i = 0; i < 50; i++) {
                lingering.send(Clients.record(partition, value(i, 30)));
            }
        }
        for (final int offset : new int[] {1, 25, 49}) {
            assertEquals(
                    offset,
                    Clients.read(consumer, partition, offset, 1).getFirst().offset());
        }
    }

    @Test
    void shouldAnswerInEachVersionOfTheRequest() throws Exception {
        final TopicPartition partition = topic("versions");
        fill(partition, 0, 3, 10);
        final Uuid topicId = Clients.get(
                        admin.describeTopics(List.of("versions")).allTopicNames())
                .get("versions")
                .topicId();
        try (RawConnection connection = new RawConnection(node.port())) {
            for (int version = ApiKeys.FETCH.oldestVersion();
                    version <= ApiKeys.FETCH.latestVersion(false);
                    version++) {
                final FetchRequestData request = fetch(1_000, 1, 0, partition);
                if (version >= 13) {
                    request.topics().getFirst().setTopicId(topicId);
                }
                final FetchResponseData response = connection.call(ApiKeys.FETCH, version, request);
                assertEquals(Errors.NONE.code(), partitionOf(response).errorCode(), "version " + version);
                assertEquals(3, partitionOf(response).highWatermark(), "version " + version);
                assertTrue(partitionOf(response).records().sizeInBytes() > 0, "version " + version);
            }
        }
    }

    @Test
    void shouldNameTheErrorOfEachPartitionThatCannotBeRead() throws Exception {
        final TopicPartition partition = topic("errors");
        fill(partition, 0, 1, 10);
        try (RawConnection connection = new RawConnection(node.port())) {
            final FetchRequestData request =
                    fetch(5_000, 1, 0, partition, new TopicPartition("errors", 7), new TopicPartition("none", 0));
            final FetchResponseData response = connection.call(ApiKeys.FETCH, 12, request);
            final Map<String, Errors> errors = new HashMap<>();
            response.responses()
                    .forEach(topic -> topic.partitions()
                            .forEach(answer -> errors.put(
                                    topic.topic() + '-' + answer.partitionIndex(),
                                    Errors.forCode(answer.errorCode()))));
            assertEquals(
                    Map.of(
                            "errors-0",
                            Errors.NONE,
                            "errors-7",
                            Errors.UNKNOWN_TOPIC_OR_PARTITION,
                            "none-0",
                            Errors.UNKNOWN_TOPIC_OR_PARTITION),
                    errors);
            final FetchRequestData stale = fetch(1_000, 1, 0, partition);
            stale.topics().getFirst().partitions().getFirst().setCurrentLeaderEpoch(0);
            assertEquals(Errors.FENCED_LEADER_EPOCH.code(), errorOf(connection.call(ApiKeys.FETCH, 12, stale)));
            stale.topics().getFirst().partitions().getFirst().setCurrentLeaderEpoch(100);
            assertEquals(Errors.UNKNOWN_LEADER_EPOCH.code(), errorOf(connection.call(ApiKeys.FETCH, 12, stale)));
            final FetchRequestData unknownId = fetch(1_000, 1, 0, partition);
            unknownId.topics().getFirst().setTopicId(Uuid.randomUuid());
            assertEquals(Errors.UNKNOWN_TOPIC_ID.code(), errorOf(connection.call(ApiKeys.FETCH, 17, unknownId)));
        }
    }

    @Test
    void shouldDeliverWhatIsWrittenWhileConsumersWait() throws Exception {
        final TopicPartition partition = topic("tail");
        final List<KafkaConsumer<byte[], byte[]>> readers = new ArrayList<>();
        try {
            for (int i = 0; i < 5; i++) {
                final KafkaConsumer<byte[], byte[]> reader =
                        Clients.consumer(node.bootstrap(), "fetch.max.wait.ms", 5_000);
                readers.add(reader);
                reader.assign(List.of(partition));
                reader.seek(partition, 0);
                reader.poll(Duration.ofMillis(50));
            }
            fill(partition, 0, 1_000, 100);
            for (final KafkaConsumer<byte[], byte[]> reader : readers) {
                final List<ConsumerRecord<byte[], byte[]>> records = Clients.poll(reader, 1_000);
                for (int i = 0; i < 1_000; i++) {
                    assertEquals(i, records.get(i).offset());
                }
            }
        } finally {
            readers.forEach(KafkaConsumer::close);
        }
    }

    /** A fetch without a session from an offset of each partition. */
    private static FetchRequestData fetch(
            final int maxWaitMs, final int minBytes, final long offset, final TopicPartition... partitions) {
        final FetchRequestData request = new FetchRequestData()
                .setReplicaId(-1)
                .setMaxWaitMs(maxWaitMs)
                .setMinBytes(minBytes)
                .setMaxBytes(10_000_000)
                .setSessionId(0)
                .setSessionEpoch(-1);
        final Map<String, FetchRequestData.FetchTopic> topics = new HashMap<>();
        for (final TopicPartition partition : partitions) {
            topics.computeIfAbsent(partition.topic(), name -> {
                        final FetchRequestData.FetchTopic topic = new FetchRequestData.FetchTopic().setTopic(name);
                        request.topics().add(topic);
                        return topic;
                    })
                    .partitions()
                    .add(new FetchRequestData.FetchPartition()
                            .setPartition(partition.partition())
                            .setFetchOffset(offset)
                            .setCurrentLeaderEpoch(-1)
                            .setPartitionMaxBytes(1_000_000));
        }
        return request;
    }

    private static FetchResponseData.PartitionData partitionOf(final FetchResponseData response) {
        return response.responses().getFirst().partitions().getFirst();
    }

    private static int lengthOf(final FetchResponseData response) {
        return partitionOf(response).records().sizeInBytes();
    }

    private static short errorOf(final FetchResponseData response) {
        return partitionOf(response).errorCode();
    }

    private static boolean hasAnswerWithin(final RawConnection connection, final int timeoutMs) throws Exception {
        final long deadlineNs = System.nanoTime() + TimeUnit.MILLISECONDS.toNanos(timeoutMs);
        while (System.nanoTime() - deadlineNs < 0) {
            if (connection.socket().getInputStream().available() > 0) {
                return true;
            }
            LockSupport.parkNanos(1_000_000);
        }
        return false;
    }
}
