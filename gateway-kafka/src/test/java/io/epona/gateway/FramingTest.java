package io.epona.gateway;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.epona.gateway.net.NetConfig;
import java.io.ByteArrayOutputStream;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Random;
import org.apache.kafka.common.Uuid;
import org.apache.kafka.common.message.ApiVersionsRequestData;
import org.apache.kafka.common.message.ApiVersionsResponseData;
import org.apache.kafka.common.message.JoinGroupRequestData;
import org.apache.kafka.common.message.MetadataRequestData;
import org.apache.kafka.common.message.MetadataResponseData;
import org.apache.kafka.common.message.ProduceResponseData;
import org.apache.kafka.common.protocol.ApiKeys;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Bytes as they come: in pieces, together, wrong, too many, or never. */
@Timeout(120)
class FramingTest {
    @TempDir
    private Path directory;

    private static NetConfig limited(
            final NetConfig config, final int maxConnections, final long idleMs, final long receiveMs) {
        return new NetConfig(
                config.listenerName(),
                config.host(),
                config.port(),
                1024 * 1024,
                config.maxInFlightRequestLength(),
                maxConnections,
                idleMs,
                receiveMs,
                config.maxPipelinedRequests(),
                -1,
                -1,
                config.nativeTransport());
    }

    private static NodeOptions limited(final int maxConnections, final long idleMs, final long receiveMs) {
        return NodeOptions.standard().withNet(config -> limited(config, maxConnections, idleMs, receiveMs));
    }

    private static void assertServes(final RawClient client) throws Exception {
        final MetadataResponseData response =
                client.ask(ApiKeys.METADATA, 12, new MetadataRequestData(), new MetadataResponseData());
        assertEquals(1, response.brokers().size());
    }

    static List<byte[]> badStarts() {
        return List.of(
                "GET / HTTP/1.1\r\n\r\n".getBytes(StandardCharsets.US_ASCII),
                ByteBuffer.allocate(4).putInt(-1).array(),
                ByteBuffer.allocate(4).putInt(0).array(),
                ByteBuffer.allocate(4).putInt(7).array(),
                ByteBuffer.allocate(4).putInt(Integer.MAX_VALUE).array(),
                ByteBuffer.allocate(4).putInt(1024 * 1024 + 1).array(),
                // API key 32,000
                ByteBuffer.allocate(14)
                        .putInt(10)
                        .putShort((short) 32_000)
                        .putShort((short) 0)
                        .putInt(1)
                        .putShort((short) -1)
                        .array(),
                // Produce version 200
                ByteBuffer.allocate(14)
                        .putInt(10)
                        .putShort((short) 0)
                        .putShort((short) 200)
                        .putInt(1)
                        .putShort((short) -1)
                        .array(),
                // an API that is not served
                RawClient.frame(ApiKeys.JOIN_GROUP, 9, new JoinGroupRequestData(), 1),
                // Metadata whose body ends early
                ByteBuffer.allocate(18)
                        .putInt(14)
                        .putShort((short) 3)
                        .putShort((short) 1)
                        .putInt(1)
                        .putShort((short) -1)
                        .putInt(1_000_000)
                        .array());
    }

    @Test
    void shouldCloseOnlyTheConnectionThatSendsRubbish() throws Exception {
        try (TestNode node = new TestNode(directory, limited(100, 600_000, 30_000));
                RawClient good = new RawClient(node.address)) {
            for (final byte[] bad : badStarts()) {
                try (RawClient client = new RawClient(node.address)) {
                    client.sendBytes(bad);
                    assertTrue(client.isClosed());
                }
                assertServes(good);
            }
            assertEquals(badStarts().size(), node.gateways.getFirst().netStats().closedForError());
        }
    }

    @Test
    void shouldSurviveRandomBytes() throws Exception {
        final long seed = System.nanoTime();
        final Random random = new Random(seed);
        try (TestNode node = new TestNode(directory, limited(100, 600_000, 2_000));
                RawClient good = new RawClient(node.address)) {
            for (int i = 0; i < 200; i++) {
                try (RawClient client = new RawClient(node.address)) {
                    final byte[] body = new byte[8 + random.nextInt(200)];
                    random.nextBytes(body);
                    // A plausible API and version, so that the parsers get to see it.
                    final ByteBuffer frame = ByteBuffer.allocate(4 + body.length)
                            .putInt(body.length)
                            .put(body);
                    frame.putShort(4, (short) random.nextInt(60)).putShort(6, (short) random.nextInt(14));
                    client.sendBytes(frame.array());
                }
            }
            assertServes(good);
        } catch (final Throwable ex) {
            throw new AssertionError("seed=" + seed, ex);
        }
    }

    @ParameterizedTest
    @ValueSource(booleans = {true, false})
    void shouldReadRequestsWhenTheyComeByteByByteOrTogether(final boolean isNative) throws Exception {
        try (TestNode node = new TestNode(
                        directory,
                        NodeOptions.standard()
                                .withNet(config -> new NetConfig(
                                        config.listenerName(),
                                        config.host(),
                                        config.port(),
                                        config.maxRequestLength(),
                                        config.maxInFlightRequestLength(),
                                        config.maxConnections(),
                                        config.connectionsMaxIdleMs(),
                                        config.requestReceiveTimeoutMs(),
                                        config.maxPipelinedRequests(),
                                        -1,
                                        -1,
                                        isNative)));
                RawClient client = new RawClient(node.address)) {
            final ApiVersionsRequestData request =
                    new ApiVersionsRequestData().setClientSoftwareName("raw").setClientSoftwareVersion("1");
            for (final byte one : RawClient.frame(ApiKeys.API_VERSIONS, 3, request, 1)) {
                client.sendBytes(new byte[] {one});
            }
            client.receive(ApiKeys.API_VERSIONS, 3, new ApiVersionsResponseData(), 1);
            final ByteArrayOutputStream together = new ByteArrayOutputStream();
            for (int id = 2; id < 2_000; id++) {
                together.writeBytes(RawClient.frame(ApiKeys.API_VERSIONS, 3, request, id));
            }
            client.sendBytes(together.toByteArray());
            for (int id = 2; id < 2_000; id++) {
                client.receive(ApiKeys.API_VERSIONS, 3, new ApiVersionsResponseData(), id);
            }
        }
    }

    @Test
    void shouldTakeLargeRequestsInPieces() throws Exception {
        final Random random = new Random(7);
        try (TestNode node = new TestNode(directory, NodeOptions.standard());
                RawClient client = new RawClient(node.address)) {
            node.createTopic("t", 1, Map.of());
            for (int round = 1; round <= 20; round++) {
                final byte[] frame = RawClient.frame(
                        ApiKeys.PRODUCE,
                        9,
                        RawClient.produce(
                                "t", Uuid.ZERO_UUID, 0, -1, RawClient.records("x".repeat(random.nextInt(400_000)))),
                        round);
                int position = 0;
                while (position < frame.length) {
                    final int length = Math.min(frame.length - position, 1 + random.nextInt(100_000));
                    client.sendBytes(java.util.Arrays.copyOfRange(frame, position, position + length));
                    position += length;
                }
                final ProduceResponseData response =
                        client.receive(ApiKeys.PRODUCE, 9, new ProduceResponseData(), round);
                assertEquals(
                        round - 1,
                        response.responses()
                                .iterator()
                                .next()
                                .partitionResponses()
                                .getFirst()
                                .baseOffset());
            }
        }
    }

    @Test
    void shouldRefuseConnectionsWhenThereAreTooMany() throws Exception {
        try (TestNode node = new TestNode(directory, limited(3, 600_000, 30_000))) {
            final List<RawClient> clients = new ArrayList<>();
            for (int i = 0; i < 3; i++) {
                clients.add(new RawClient(node.address));
                assertServes(clients.getLast());
            }
            try (RawClient refused = new RawClient(node.address)) {
                assertTrue(refused.isClosed());
            }
            for (final RawClient client : clients) {
                assertServes(client);
                client.close();
            }
            assertEquals(1, node.gateways.getFirst().netStats().refused());
        }
    }

    @Test
    void shouldCloseConnectionWhenRequestNeverFinishes() throws Exception {
        try (TestNode node = new TestNode(directory, limited(100, 600_000, 200));
                RawClient loris = new RawClient(node.address);
                RawClient barely = new RawClient(node.address);
                RawClient good = new RawClient(node.address)) {
            loris.sendBytes(ByteBuffer.allocate(4 + 10).putInt(1000).array());
            barely.sendBytes(new byte[] {0, 0});
            assertTrue(loris.isClosed());
            assertTrue(barely.isClosed());
            assertServes(good);
            assertEquals(2, node.gateways.getFirst().netStats().closedForError());
        }
    }

    @Test
    void shouldCloseConnectionWhenIdle() throws Exception {
        try (TestNode node = new TestNode(directory, limited(100, 300, 30_000));
                RawClient idle = new RawClient(node.address)) {
            assertTrue(idle.isClosed());
            assertEquals(1, node.gateways.getFirst().netStats().closedIdle());
        }
    }

    @Test
    void shouldServeAThousandIdleConnectionsAtNoCostToOthers() throws Exception {
        final List<RawClient> clients = new ArrayList<>();
        try (TestNode node = new TestNode(directory, NodeOptions.standard());
                RawClient good = new RawClient(node.address)) {
            for (int i = 0; i < 1_000; i++) {
                clients.add(new RawClient(node.address));
            }
            for (int i = 0; i < 100; i++) {
                assertServes(good);
            }
            for (final RawClient client : clients) {
                client.close();
            }
            assertServes(good);
        }
    }
}
