package io.epona.gateway;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.epona.gateway.fetch.FetchConfig;
import io.epona.gateway.net.NetConfig;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import org.apache.kafka.common.Uuid;
import org.apache.kafka.common.message.FetchResponseData;
import org.apache.kafka.common.message.ProduceResponseData;
import org.apache.kafka.common.protocol.ApiKeys;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** Many clients that ask for much and do not take it. */
@Timeout(120)
class OutboundTest {
    private static final int LIMIT = 16 * 1024 * 1024;
    private static final int CLIENTS = 60;

    @TempDir
    private Path directory;

    private static NodeOptions small(final long limit) {
        return NodeOptions.standard()
                .withFetch(new FetchConfig(55 * 1024 * 1024, 1024 * 1024, limit, 1000, 120_000))
                // What the kernel holds is not our memory, and would be most of it.
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
                        16 * 1024,
                        -1,
                        true));
    }

    private static void awaitWaiting(final TestNode node, final int count) throws Exception {
        final long deadlineNs = System.nanoTime() + TimeUnit.SECONDS.toNanos(20);
        while (node.gateways.getFirst().fetchMeters().outboundWaits() < count) {
            assertTrue(System.nanoTime() - deadlineNs < 0, "nobody had to wait");
            Thread.sleep(1);
        }
    }

    private static void append(final RawClient producer, final int id) throws Exception {
        final ProduceResponseData response = producer.ask(
                ApiKeys.PRODUCE,
                9,
                RawClient.produce("t", Uuid.ZERO_UUID, 0, -1, RawClient.records("x".repeat(500_000))),
                new ProduceResponseData());
        assertEquals(
                id - 1,
                response.responses()
                        .iterator()
                        .next()
                        .partitionResponses()
                        .getFirst()
                        .baseOffset());
    }

    @Test
    void shouldBoundWhatIsHeldForAllClientsTogether() throws Exception {
        final NodeOptions options = small(LIMIT);
        final List<RawClient> slow = new ArrayList<>();
        try (TestNode node = new TestNode(directory, options);
                RawClient producer = new RawClient(node.address);
                RawClient good = new RawClient(node.address)) {
            node.createTopic("t", 1, Map.of());
            node.isShelfRunning = false;
            for (int id = 1; id <= 12; id++) {
                append(producer, id);
            }
            for (int i = 0; i < CLIENTS; i++) {
                final RawClient client = new RawClient(node.address, 4_096);
                slow.add(client);
                client.send(ApiKeys.FETCH, 11, RawClient.fetch("t", Uuid.ZERO_UUID, 0, 0, 20_000));
            }
            awaitWaiting(node, 10);
            // One response beyond twice the limit, and what the connections' own buffers round up to.
            assertTrue(node.pinnedMemory() < 2 * LIMIT + 4 * 1024 * 1024, "pinned: " + node.pinnedMemory());
            // Who takes what it asked for gets all of it.
            for (final RawClient client : slow) {
                final FetchResponseData response = client.receive(ApiKeys.FETCH, 11, new FetchResponseData(), 1);
                assertTrue(response.responses()
                                .getFirst()
                                .partitions()
                                .getFirst()
                                .records()
                                .sizeInBytes()
                        >= 500_000);
                client.close();
            }
            node.isShelfRunning = true;
            assertTrue(good.ask(
                                    ApiKeys.FETCH,
                                    11,
                                    RawClient.fetch("t", Uuid.ZERO_UUID, 0, 3, 1_000),
                                    new FetchResponseData())
                            .responses()
                            .size()
                    > 0);
        }
    }

    @Test
    void shouldCloseWhoTakesNothingWhenMemoryIsUsedUp() throws Exception {
        final NodeOptions options = small(512 * 1024);
        final List<RawClient> stuck = new ArrayList<>();
        try (TestNode node = new TestNode(directory, options);
                RawClient producer = new RawClient(node.address);
                RawClient good = new RawClient(node.address)) {
            node.createTopic("t", 1, Map.of());
            node.isShelfRunning = false;
            append(producer, 1);
            for (int i = 0; i < 6; i++) {
                stuck.add(new RawClient(node.address, 4_096));
                stuck.getLast().send(ApiKeys.FETCH, 11, RawClient.fetch("t", Uuid.ZERO_UUID, 0, 0, 60_000));
            }
            awaitWaiting(node, 1);
            // It gets its records once those that hold all memory have been given up.
            int length = 0;
            final long deadlineNs = System.nanoTime() + TimeUnit.SECONDS.toNanos(60);
            while (length == 0 && System.nanoTime() - deadlineNs < 0) {
                length = good.ask(
                                ApiKeys.FETCH,
                                11,
                                RawClient.fetch("t", Uuid.ZERO_UUID, 0, 0, 2_000),
                                new FetchResponseData())
                        .responses()
                        .getFirst()
                        .partitions()
                        .getFirst()
                        .records()
                        .sizeInBytes();
            }
            assertTrue(length > 0);
            assertTrue(node.gateways.getFirst().netStats().closedForError() > 0);
            for (final RawClient client : stuck) {
                client.close();
            }
            node.isShelfRunning = true;
        }
    }
}
