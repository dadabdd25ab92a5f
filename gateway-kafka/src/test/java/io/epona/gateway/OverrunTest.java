package io.epona.gateway;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import org.apache.kafka.common.Uuid;
import org.apache.kafka.common.message.FetchResponseData;
import org.apache.kafka.common.message.FetchResponseData.PartitionData;
import org.apache.kafka.common.message.ListOffsetsRequestData;
import org.apache.kafka.common.message.ListOffsetsResponseData;
import org.apache.kafka.common.message.ListOffsetsResponseData.ListOffsetsPartitionResponse;
import org.apache.kafka.common.message.MetadataRequestData;
import org.apache.kafka.common.message.MetadataResponseData;
import org.apache.kafka.common.message.ProduceResponseData;
import org.apache.kafka.common.protocol.ApiKeys;
import org.apache.kafka.common.protocol.Errors;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** A gateway thread that stood still while its lane went around the ring. */
@Timeout(120)
class OverrunTest {
    private static final int COUNT = 60;

    @TempDir
    private Path directory;

    private static RawClient clientOf(final TestNode node, final int gateway) throws Exception {
        while (true) {
            final long before = node.gateways.get(gateway).netStats().requests();
            final RawClient client = new RawClient(node.address);
            client.ask(ApiKeys.METADATA, 12, new MetadataRequestData(), new MetadataResponseData());
            if (node.gateways.get(gateway).netStats().requests() > before) {
                return client;
            }
            client.close();
        }
    }

    private static ListOffsetsPartitionResponse latest(final RawClient client) throws Exception {
        final ListOffsetsRequestData request = new ListOffsetsRequestData()
                .setTopics(List.of(new ListOffsetsRequestData.ListOffsetsTopic()
                        .setName("t")
                        .setPartitions(List.of(new ListOffsetsRequestData.ListOffsetsPartition()
                                .setPartitionIndex(0)
                                .setTimestamp(-1)))));
        return client.ask(ApiKeys.LIST_OFFSETS, 7, request, new ListOffsetsResponseData())
                .topics()
                .getFirst()
                .partitions()
                .getFirst();
    }

    private static PartitionData fetch(final RawClient client, final long offset) throws Exception {
        return client.ask(
                        ApiKeys.FETCH,
                        11,
                        RawClient.fetch("t", Uuid.ZERO_UUID, 0, offset, 20_000),
                        new FetchResponseData())
                .responses()
                .getFirst()
                .partitions()
                .getFirst();
    }

    @Test
    void shouldNeitherRefuseNorHideWhatWasCommittedMeanwhile() throws Exception {
        final NodeOptions options =
                NodeOptions.standard().withLanes(1, 2).withRings(1024 * 1024, 1024 * 1024, 4 * 1024);
        try (TestNode node = new TestNode(directory, options);
                RawClient producer = clientOf(node, 0);
                RawClient client = clientOf(node, 1)) {
            node.createTopic("t", 1, Map.of());
            node.isPeerRunning = false;
            // It may be waiting in its loop, and is stopped for sure when it has been woken.
            node.wake();
            for (int id = 1; id <= COUNT; id++) {
                final ProduceResponseData response = producer.ask(
                        ApiKeys.PRODUCE,
                        9,
                        RawClient.produce("t", Uuid.ZERO_UUID, 0, -1, RawClient.records("x".repeat(50_000))),
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
            node.isPeerRunning = true;
            node.wake();
            final PartitionData last = fetch(client, COUNT - 1);
            assertEquals(Errors.NONE.code(), last.errorCode());
            assertTrue(last.records().sizeInBytes() > 50_000);
            ListOffsetsPartitionResponse end = latest(client);
            final long deadlineNs = System.nanoTime() + TimeUnit.SECONDS.toNanos(20);
            while (end.errorCode() == Errors.OFFSET_NOT_AVAILABLE.code() && System.nanoTime() - deadlineNs < 0) {
                end = latest(client);
            }
            assertEquals(Errors.NONE.code(), end.errorCode());
            assertEquals(COUNT, end.offset());
            assertEquals(
                    Errors.OFFSET_OUT_OF_RANGE.code(), fetch(client, COUNT + 1).errorCode());
        }
    }
}
