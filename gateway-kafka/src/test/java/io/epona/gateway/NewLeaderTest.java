package io.epona.gateway;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.epona.runtime.LaneRole;
import java.nio.file.Path;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import org.apache.kafka.common.Uuid;
import org.apache.kafka.common.message.ProduceRequestData;
import org.apache.kafka.common.message.ProduceResponseData;
import org.apache.kafka.common.message.ProduceResponseData.PartitionProduceResponse;
import org.apache.kafka.common.protocol.ApiKeys;
import org.apache.kafka.common.protocol.Errors;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** A node that leads by the metadata, and whose lane has still to begin its first tenure. */
@Timeout(60)
class NewLeaderTest {
    private static final int VERSION = 9;
    private static final long WAIT_NS = TimeUnit.SECONDS.toNanos(1);

    @TempDir
    private Path directory;

    private TestNode node;

    @BeforeEach
    void start() throws Exception {
        node = new TestNode(directory, NodeOptions.standard(), false);
        node.createTopic("t", 1, Map.of());
    }

    @AfterEach
    void stop() {
        node.close();
    }

    private void lead() {
        final LaneRole role = node.role(0);
        role.inSync().setRelease(1);
        role.readyPosition().setRelease(0);
        role.leadingEpoch().setRelease(1);
        node.wake();
    }

    private static ProduceRequestData produce(final int acks) {
        return RawClient.produce("t", Uuid.ZERO_UUID, 0, acks, RawClient.records("a"));
    }

    private static PartitionProduceResponse receive(final RawClient client, final int id) throws Exception {
        return client.receive(ApiKeys.PRODUCE, VERSION, new ProduceResponseData(), id)
                .responses()
                .iterator()
                .next()
                .partitionResponses()
                .getFirst();
    }

    @Test
    void shouldLetProducersWaitInOrderWhenTheLaneIsAboutToLead() throws Exception {
        // They wait for a second only.
        node.stopTime();
        try (RawClient client = new RawClient(node.address)) {
            final int first = client.send(ApiKeys.PRODUCE, VERSION, produce(-1));
            final int second = client.send(ApiKeys.PRODUCE, VERSION, produce(1));
            assertTrue(client.isSilent(100));
            lead();
            for (final int id : new int[] {first, second}) {
                final PartitionProduceResponse response = receive(client, id);
                assertEquals(Errors.NONE.code(), response.errorCode());
                assertEquals(id - first, response.baseOffset());
            }
        }
    }

    @Test
    void shouldRefuseAfterAWhileWhenTheLaneDoesNotLead() throws Exception {
        try (RawClient client = new RawClient(node.address)) {
            final long startNs = System.nanoTime();
            final int id = client.send(ApiKeys.PRODUCE, VERSION, produce(-1));
            assertEquals(
                    Errors.NOT_LEADER_OR_FOLLOWER.code(), receive(client, id).errorCode());
            assertTrue(System.nanoTime() - startNs >= WAIT_NS);
        }
    }
}
