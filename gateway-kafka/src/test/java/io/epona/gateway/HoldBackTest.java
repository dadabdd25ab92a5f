package io.epona.gateway;

import static org.junit.jupiter.api.Assertions.assertEquals;

import java.nio.file.Path;
import java.util.Map;
import org.apache.kafka.common.Uuid;
import org.apache.kafka.common.message.ProduceRequestData;
import org.apache.kafka.common.message.ProduceResponseData;
import org.apache.kafka.common.protocol.ApiKeys;
import org.apache.kafka.common.protocol.Errors;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** Requests that find no room in a lane hold later ones of their connection back, and nobody else's hold is theirs. */
@Timeout(120)
class HoldBackTest {
    private static final int SHORT_MS = 100;
    private static final int LONG_MS = 60_000;
    private static final int A_WHILE_MS = 200;

    @TempDir
    private Path directory;

    private static ProduceRequestData produce(final String value, final int timeoutMs) {
        return RawClient.produce("t", Uuid.ZERO_UUID, 0, -1, RawClient.records(value))
                .setTimeoutMs(timeoutMs);
    }

    private static int errorOf(final RawClient client, final int id) throws Exception {
        return client.receive(ApiKeys.PRODUCE, 9, new ProduceResponseData(), id)
                .responses()
                .iterator()
                .next()
                .partitionResponses()
                .getFirst()
                .errorCode();
    }

    private static void awaitRequests(final KafkaGateway gateway, final long count) throws InterruptedException {
        while (gateway.netStats().requests() < count) {
            Thread.sleep(1);
        }
    }

    @Test
    void shouldKeepALaterRequestHeldBackWhenOneThatTimedOutIsTakenFromTheQueue() throws Exception {
        final String large = "x".repeat(400_000);
        try (TestNode node = new TestNode(directory, NodeOptions.standard());
                RawClient client = new RawClient(node.address)) {
            node.createTopic("t", 1, Map.of());
            final KafkaGateway gateway = node.gateways.getFirst();
            node.isLaneRunning = false;
            node.wake();
            final RawClient filler = new RawClient(node.address);
            node.fillLane(filler, produce(large, LONG_MS));
            // Waits behind the filler's last request, until its time is over.
            assertEquals(
                    Errors.REQUEST_TIMED_OUT.code(),
                    errorOf(client, client.send(ApiKeys.PRODUCE, 9, produce(large, SHORT_MS))));
            final long before = gateway.netStats().requests();
            final int held = client.send(ApiKeys.PRODUCE, 9, produce(large, LONG_MS));
            awaitRequests(gateway, before + 1);
            final int behind = client.send(ApiKeys.PRODUCE, 9, produce("small", LONG_MS));
            // The filler's request goes with its connection, and the one that timed out after it.
            filler.close();
            while (gateway.netStats().connections() > 1) {
                Thread.sleep(1);
            }
            Thread.sleep(A_WHILE_MS);
            assertEquals(before + 1, gateway.netStats().requests());
            node.isLaneRunning = true;
            node.wake();
            assertEquals(Errors.NONE.code(), errorOf(client, held));
            assertEquals(Errors.NONE.code(), errorOf(client, behind));
        }
    }
}
