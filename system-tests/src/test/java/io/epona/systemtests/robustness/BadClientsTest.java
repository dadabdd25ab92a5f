package io.epona.systemtests.robustness;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.epona.systemtests.harness.Clients;
import io.epona.systemtests.harness.EponaProcess;
import io.epona.systemtests.harness.RawConnection;
import io.epona.systemtests.harness.RawProduce;
import io.epona.systemtests.harness.TestBench;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.Socket;
import java.net.SocketTimeoutException;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import org.apache.kafka.clients.admin.Admin;
import org.apache.kafka.clients.producer.KafkaProducer;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.message.ApiVersionsRequestData;
import org.apache.kafka.common.message.ApiVersionsResponseData;
import org.apache.kafka.common.message.FetchRequestData;
import org.apache.kafka.common.message.PushTelemetryRequestData;
import org.apache.kafka.common.protocol.ApiKeys;
import org.apache.kafka.common.protocol.Errors;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInfo;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.extension.RegisterExtension;

/** In each of these a healthy client works beside the bad ones, before, while and after they do their worst. */
@Timeout(60)
class BadClientsTest {
    @RegisterExtension
    static final TestBench BENCH = new TestBench();

    private static EponaProcess node;
    private static Admin admin;

    private HealthyClient healthy;

    @BeforeAll
    static void startNode() {
        node = BENCH.start(BENCH.settings()
                .set("gateway.receive.timeout", "1s")
                .set("gateway.connection.max-idle", "60s")
                .set("gateway.max-request.length", "4MiB")
                .set("gateway.max-in-flight.length", "16MiB"));
        // A bad client's connection is worth a line in the log, of these kinds only.
        BENCH.expectError("WARN .*io.epona.gateway.net.CauseLog");
        admin = Clients.admin(node.bootstrap());
    }

    @AfterAll
    static void closeClients() {
        admin.close();
    }

    @BeforeEach
    void startHealthyClient(final TestInfo test) throws Exception {
        final String topic = test.getTestMethod().orElseThrow().getName();
        Clients.createTopic(admin, topic, 1);
        healthy = new HealthyClient(node.bootstrap(), topic);
        healthy.awaitMore(5);
    }

    @AfterEach
    void stopHealthyClient() {
        healthy.close();
    }

    private static ApiVersionsRequestData apiVersions() {
        return new ApiVersionsRequestData().setClientSoftwareName("raw").setClientSoftwareVersion("1");
    }

    @Test
    void shouldServeOthersWhenAThousandConnectionsAreIdle() throws Exception {
        final List<RawConnection> idle = new ArrayList<>();
        try {
            for (int i = 0; i < 1_000; i++) {
                idle.add(new RawConnection(node.port()));
                if (i % 2 == 0) {
                    idle.getLast().send(ApiKeys.API_VERSIONS, 3, apiVersions());
                }
            }
            healthy.awaitMore(50);
            for (int i = 0; i < 1_000; i++) {
                if (i % 2 != 0) {
                    idle.get(i).send(ApiKeys.API_VERSIONS, 3, apiVersions());
                }
                final ApiVersionsResponseData response = idle.get(i).receive(ApiKeys.API_VERSIONS, 3);
                assertEquals(Errors.NONE.code(), response.errorCode());
            }
            assertTrue(node.residentLength() < 600L << 20, () -> "resident memory is too large");
        } finally {
            for (final RawConnection connection : idle) {
                connection.close();
            }
        }
        healthy.awaitMore(20);
    }

    @Test
    void shouldServeOthersWhenConnectionsBreakInTheMiddleOfARequest() throws Exception {
        final ByteBuffer request = RawConnection.encode(
                ApiKeys.PRODUCE,
                RawProduce.VERSION,
                RawProduce.request(new TopicPartition("nowhere", 0), -1, RawProduce.batch(100)),
                1);
        for (int i = 0; i < 200; i++) {
            try (RawConnection connection = new RawConnection(node.port())) {
                connection.socket().setSoLinger(i % 2 == 0, 0);
                connection.write(request.duplicate().limit(1 + i * 7 % (request.limit() - 1)));
            }
        }
        healthy.awaitMore(20);
    }

    @Test
    void shouldCloseConnectionsThatSendARequestTooSlowly() throws Exception {
        final ByteBuffer request = RawConnection.encode(ApiKeys.API_VERSIONS, 3, apiVersions(), 1);
        final List<RawConnection> slow = new ArrayList<>();
        try {
            for (int i = 0; i < 50; i++) {
                slow.add(new RawConnection(node.port()));
            }
            // A byte each 200 ms: never silent, never done in time.
            for (int at = 0; at < 10; at++) {
                for (final RawConnection connection : slow) {
                    writeOrFindClosed(
                            connection, request.duplicate().position(at).limit(at + 1));
                }
                healthy.awaitMore(10);
            }
            for (final RawConnection connection : slow) {
                connection.awaitClosed(10_000);
            }
        } finally {
            for (final RawConnection connection : slow) {
                connection.close();
            }
        }
    }

    private static void writeOrFindClosed(final RawConnection connection, final ByteBuffer bytes) throws IOException {
        try {
            connection.write(bytes);
        } catch (final java.net.SocketException ex) {
            // The node has closed it already, which is what the test waits for in the end.
            connection.socket().close();
            connection.socket().isClosed();
        }
    }

    @Test
    void shouldCloseConnectionsThatSendRubbish() throws Exception {
        final Random random = new Random(7);
        for (int i = 0; i < 200; i++) {
            final byte[] rubbish = new byte[1 + random.nextInt(2_000)];
            random.nextBytes(rubbish);
            if (i % 2 == 0 && rubbish.length > 8) {
                // A length that fits, and nonsense inside.
                ByteBuffer.wrap(rubbish).putInt(rubbish.length - 4).putShort((short) random.nextInt(100));
            }
            try (RawConnection connection = new RawConnection(node.port())) {
                connection.write(ByteBuffer.wrap(rubbish));
                connection.socket().shutdownOutput();
                connection.awaitClosed(10_000);
            }
        }
        healthy.awaitMore(20);
    }

    @Test
    void shouldCloseConnectionsWhenALengthCannotBe() throws Exception {
        for (final int length : new int[] {-1, Integer.MIN_VALUE, 0, 1, 7, Integer.MAX_VALUE, (4 << 20) + 1}) {
            try (RawConnection connection = new RawConnection(node.port())) {
                connection.write(ByteBuffer.allocate(12).putInt(length).flip().limit(12));
                connection.awaitClosed(10_000);
            }
        }
        healthy.awaitMore(20);
    }

    @Test
    void shouldCloseConnectionsThatAskForWhatIsNotThere() throws Exception {
        final ByteBuffer unknownKey = RawConnection.encode(ApiKeys.API_VERSIONS, 3, apiVersions(), 1);
        unknownKey.putShort(Integer.BYTES, (short) 9_999);
        final ByteBuffer unknownVersion = RawConnection.encode(ApiKeys.FETCH, 12, new FetchRequestData(), 1);
        unknownVersion.putShort(Integer.BYTES + Short.BYTES, (short) 99);
        final ByteBuffer notAdvertised =
                RawConnection.encode(ApiKeys.PUSH_TELEMETRY, 0, new PushTelemetryRequestData(), 1);
        for (final ByteBuffer request : List.of(unknownKey, unknownVersion, notAdvertised)) {
            try (RawConnection connection = new RawConnection(node.port())) {
                connection.write(request);
                connection.awaitClosed(10_000);
            }
        }
        healthy.awaitMore(20);
    }

    @Test
    void shouldServeOthersWhenReadersNeverReadTheirAnswers() throws Exception {
        Clients.createTopic(admin, "unread", 1);
        final TopicPartition partition = new TopicPartition("unread", 0);
        try (KafkaProducer<byte[], byte[]> producer = Clients.producer(node.bootstrap(), "linger.ms", 1)) {
            for (int i = 0; i < 3_000; i++) {
                producer.send(Clients.record(partition, new byte[1_000]));
            }
        }
        final List<Socket> readers = new ArrayList<>();
        try {
            final FetchRequestData request = fetchAll(partition);
            for (int i = 0; i < 30; i++) {
                final Socket socket = new Socket();
                socket.setReceiveBufferSize(4_096);
                socket.connect(new InetSocketAddress(InetAddress.getLoopbackAddress(), node.port()));
                readers.add(socket);
                for (int k = 0; k < 20; k++) {
                    final ByteBuffer bytes = RawConnection.encode(ApiKeys.FETCH, 12, request, k);
                    socket.getOutputStream().write(bytes.array(), 0, bytes.limit());
                }
            }
            healthy.awaitMore(100);
            assertTrue(node.residentLength() < 600L << 20, () -> "resident memory is too large");
            // Who reads in the end gets it.
            final Socket late = readers.getFirst();
            late.setSoTimeout(60_000);
            final byte[] sink = new byte[65_536];
            long received = 0;
            while (received < 10_000_000) {
                final int length = late.getInputStream().read(sink);
                assertTrue(length > 0, "closed after " + received);
                received += length;
            }
        } catch (final SocketTimeoutException ex) {
            throw new AssertionError("a reader that wakes up gets nothing", ex);
        } finally {
            for (final Socket socket : readers) {
                socket.close();
            }
        }
        healthy.awaitMore(20);
    }

    private static FetchRequestData fetchAll(final TopicPartition partition) {
        return new FetchRequestData()
                .setReplicaId(-1)
                .setMaxWaitMs(100)
                .setMinBytes(1)
                .setMaxBytes(3_000_000)
                .setSessionEpoch(-1)
                .setTopics(List.of(new FetchRequestData.FetchTopic()
                        .setTopic(partition.topic())
                        .setPartitions(List.of(new FetchRequestData.FetchPartition()
                                .setPartition(0)
                                .setFetchOffset(0)
                                .setPartitionMaxBytes(3_000_000)))));
    }

    @Test
    void shouldServeOthersWhenOneClientFloodsIt() throws Exception {
        Clients.createTopic(admin, "flood", 4);
        try (KafkaProducer<byte[], byte[]> producer =
                Clients.producer(node.bootstrap(), "batch.size", 100_000, "linger.ms", 5, "buffer.memory", 16 << 20)) {
            for (int i = 0; i < 20_000; i++) {
                producer.send(Clients.record(new TopicPartition("flood", i % 4), new byte[2_000]));
            }
            healthy.awaitMore(5);
        }
        healthy.awaitMore(20);
    }
}
