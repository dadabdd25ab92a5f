package io.epona.gateway;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import org.apache.kafka.common.Uuid;
import org.apache.kafka.common.message.FetchResponseData;
import org.apache.kafka.common.message.MetadataRequestData;
import org.apache.kafka.common.message.MetadataResponseData;
import org.apache.kafka.common.message.ProduceResponseData;
import org.apache.kafka.common.protocol.ApiKeys;
import org.apache.kafka.common.protocol.Errors;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** Several requests at a time on one connection, and lanes or devices that do not keep up. */
@Timeout(120)
class PipelineTest {
    @TempDir
    private Path directory;

    private static byte[] produce(final int id, final int acks, final String value) {
        return RawClient.frame(
                ApiKeys.PRODUCE, 9, RawClient.produce("t", Uuid.ZERO_UUID, 0, acks, RawClient.records(value)), id);
    }

    private static long receiveOffset(final RawClient client, final int id) throws Exception {
        final ProduceResponseData response = client.receive(ApiKeys.PRODUCE, 9, new ProduceResponseData(), id);
        final var partition =
                response.responses().iterator().next().partitionResponses().getFirst();
        assertEquals(Errors.NONE.code(), partition.errorCode());
        return partition.baseOffset();
    }

    private static void await(final java.util.function.BooleanSupplier condition) throws Exception {
        final long deadlineNs = System.nanoTime() + TimeUnit.SECONDS.toNanos(60);
        while (!condition.getAsBoolean()) {
            assertTrue(System.nanoTime() - deadlineNs < 0, "did not come about in time");
            Thread.sleep(1);
        }
    }

    @Test
    void shouldHaveSeveralProduceRequestsInProgressAndAnswerInOrder() throws Exception {
        try (TestNode node = new TestNode(directory, NodeOptions.standard());
                RawClient client = new RawClient(node.address)) {
            node.createTopic("t", 1, Map.of());
            node.isDeviceRunning = false;
            for (int id = 1; id <= 5; id++) {
                client.sendBytes(produce(id, -1, "v" + id));
            }
            // Another kind of request must wait for them, whatever it is.
            client.sendBytes(RawClient.frame(ApiKeys.METADATA, 12, new MetadataRequestData(), 6));
            client.sendBytes(produce(7, -1, "v7"));
            await(() -> node.gateways.getFirst().produceMeters().batches() == 5);
            assertTrue(client.isSilent(50));
            node.isDeviceRunning = true;
            node.wake();
            for (int id = 1; id <= 5; id++) {
                assertEquals(id - 1, receiveOffset(client, id));
            }
            client.receive(ApiKeys.METADATA, 12, new MetadataResponseData(), 6);
            assertEquals(5, receiveOffset(client, 7));
        }
    }

    @Test
    void shouldTimeOutWhenNothingBecomesDurable() throws Exception {
        try (TestNode node = new TestNode(directory, NodeOptions.standard());
                RawClient client = new RawClient(node.address)) {
            node.createTopic("t", 1, Map.of());
            node.isDeviceRunning = false;
            final ProduceResponseData response = client.ask(
                    ApiKeys.PRODUCE,
                    9,
                    RawClient.produce("t", Uuid.ZERO_UUID, 0, -1, RawClient.records("a"))
                            .setTimeoutMs(50),
                    new ProduceResponseData());
            assertEquals(
                    Errors.REQUEST_TIMED_OUT.code(),
                    response.responses()
                            .iterator()
                            .next()
                            .partitionResponses()
                            .getFirst()
                            .errorCode());
            node.isDeviceRunning = true;
            node.wake();
            client.sendBytes(produce(9, -1, "b"));
            assertEquals(1, receiveOffset(client, 9));
        }
    }

    @Test
    void shouldGoOnInOrderWhenCommandRingWasFull() throws Exception {
        final NodeOptions small = NodeOptions.standard().withRings(4 * 1024 * 1024, 512 * 1024, 64 * 1024);
        try (TestNode node = new TestNode(directory, small);
                RawClient other = new RawClient(node.address)) {
            node.createTopic("t", 1, Map.of());
            node.isLaneRunning = false;
            final List<RawClient> clients = new ArrayList<>();
            for (int c = 0; c < 4; c++) {
                final RawClient client = new RawClient(node.address);
                clients.add(client);
                for (int id = 1; id <= 12; id++) {
                    client.sendBytes(produce(id, -1, "x".repeat(20_000)));
                }
            }
            await(() -> node.gateways.getFirst().produceMeters().backPressures() >= 2);
            // Nobody else is kept waiting.
            other.ask(ApiKeys.METADATA, 12, new MetadataRequestData(), new MetadataResponseData());
            // Who leaves while it waits leaves nothing behind.
            clients.removeLast().close();
            node.isLaneRunning = true;
            node.wake();
            for (final RawClient client : clients) {
                long last = -1;
                for (int id = 1; id <= 12; id++) {
                    final long offset = receiveOffset(client, id);
                    assertTrue(offset > last);
                    last = offset;
                }
                client.close();
            }
        }
    }

    @Test
    void shouldBoundCommandsInFlightByTheReplyRing() throws Exception {
        final NodeOptions small = NodeOptions.standard().withRings(16 * 1024 * 1024, 4 * 1024 * 1024, 1024);
        try (TestNode node = new TestNode(directory, small)) {
            node.createTopic("t", 1, Map.of());
            final List<RawClient> clients = new ArrayList<>();
            node.isLaneRunning = false;
            for (int c = 0; c < 8; c++) {
                final RawClient client = new RawClient(node.address);
                clients.add(client);
                for (int id = 1; id <= 5; id++) {
                    client.sendBytes(produce(id, -1, "v"));
                }
            }
            await(() -> node.gateways.getFirst().produceMeters().backPressures() >= 3);
            node.isLaneRunning = true;
            node.wake();
            for (final RawClient client : clients) {
                for (int id = 1; id <= 5; id++) {
                    receiveOffset(client, id);
                }
                client.close();
            }
        }
    }

    @Test
    void shouldReadAgainWhenMemoryForRequestsWasUsedUp() throws Exception {
        useUpMemoryForRequests(false);
    }

    @Test
    void shouldReadAgainWhenOneThatWaitedForMemoryHasGone() throws Exception {
        useUpMemoryForRequests(true);
    }

    private void useUpMemoryForRequests(final boolean oneLeaves) throws Exception {
        final NodeOptions tight = NodeOptions.standard()
                .withNet(config -> new io.epona.gateway.net.NetConfig(
                        config.listenerName(),
                        config.host(),
                        config.port(),
                        config.maxRequestLength(),
                        300_000,
                        config.maxConnections(),
                        config.connectionsMaxIdleMs(),
                        config.requestReceiveTimeoutMs(),
                        config.maxPipelinedRequests(),
                        -1,
                        -1,
                        true));
        try (TestNode node = new TestNode(directory, tight)) {
            node.createTopic("t", 1, Map.of());
            final List<RawClient> clients = new ArrayList<>();
            final byte[] frame = produce(1, -1, "x".repeat(400_000));
            // Each has begun, and together they are more than fits.
            for (int c = 0; c < 8; c++) {
                final RawClient client = new RawClient(node.address);
                clients.add(client);
                client.sendBytes(java.util.Arrays.copyOf(frame, 100_000));
            }
            await(() -> node.gateways.getFirst().netStats().memoryPauses() >= 6);
            if (oneLeaves) {
                // By then the first of those that wait is let go on; this one is among the next.
                clients.remove(4).close();
                await(() -> node.gateways.getFirst().netStats().connections() == 7);
            }
            for (final RawClient client : clients) {
                client.sendBytes(java.util.Arrays.copyOfRange(frame, 100_000, frame.length));
            }
            for (final RawClient client : clients) {
                receiveOffset(client, 1);
                client.close();
            }
        }
    }

    @Test
    void shouldKeepOthersGoingWhenAReaderDoesNotRead() throws Exception {
        try (TestNode node = new TestNode(directory, NodeOptions.standard());
                RawClient producer = new RawClient(node.address);
                RawClient slow = new RawClient(node.address, 8 * 1024);
                RawClient good = new RawClient(node.address)) {
            node.createTopic("t", 1, Map.of());
            for (int id = 1; id <= 40; id++) {
                producer.sendBytes(produce(id, -1, "x".repeat(100_000)));
                receiveOffset(producer, id);
            }
            for (int i = 0; i < 30; i++) {
                slow.send(ApiKeys.FETCH, 11, RawClient.fetch("t", Uuid.ZERO_UUID, 0, 0, 100));
            }
            for (int i = 0; i < 40; i++) {
                final FetchResponseData response = good.ask(
                        ApiKeys.FETCH, 11, RawClient.fetch("t", Uuid.ZERO_UUID, 0, i, 100), new FetchResponseData());
                assertTrue(response.responses()
                                .getFirst()
                                .partitions()
                                .getFirst()
                                .records()
                                .sizeInBytes()
                        > 0);
            }
            // The slow one has not been forgotten either.
            for (int id = 1; id <= 30; id++) {
                slow.receive(ApiKeys.FETCH, 11, new FetchResponseData(), id);
            }
        }
    }
}
