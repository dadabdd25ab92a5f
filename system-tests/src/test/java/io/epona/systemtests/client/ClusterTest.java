package io.epona.systemtests.client;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotNull;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.epona.systemtests.harness.Await;
import io.epona.systemtests.harness.Clients;
import io.epona.systemtests.harness.EponaProcess;
import io.epona.systemtests.harness.RawConnection;
import io.epona.systemtests.harness.RawProduce;
import io.epona.systemtests.harness.TestBench;
import java.nio.ByteBuffer;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.apache.kafka.clients.admin.Admin;
import org.apache.kafka.clients.admin.DescribeClusterResult;
import org.apache.kafka.clients.admin.LogDirDescription;
import org.apache.kafka.clients.producer.KafkaProducer;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.message.ApiVersionsRequestData;
import org.apache.kafka.common.message.ApiVersionsResponseData;
import org.apache.kafka.common.message.FindCoordinatorRequestData;
import org.apache.kafka.common.message.FindCoordinatorResponseData;
import org.apache.kafka.common.message.InitProducerIdRequestData;
import org.apache.kafka.common.message.InitProducerIdResponseData;
import org.apache.kafka.common.protocol.ApiKeys;
import org.apache.kafka.common.protocol.ByteBufferAccessor;
import org.apache.kafka.common.protocol.Errors;
import org.apache.kafka.common.requests.FindCoordinatorRequest;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.extension.RegisterExtension;

@Timeout(60)
class ClusterTest {
    /** What a Kafka 4.3 broker has of it, the node has in each version. */
    private static final Set<ApiKeys> EXPECTED = Set.of(
            ApiKeys.PRODUCE,
            ApiKeys.FETCH,
            ApiKeys.LIST_OFFSETS,
            ApiKeys.METADATA,
            ApiKeys.FIND_COORDINATOR,
            ApiKeys.API_VERSIONS,
            ApiKeys.CREATE_TOPICS,
            ApiKeys.DELETE_TOPICS,
            ApiKeys.INIT_PRODUCER_ID,
            ApiKeys.OFFSET_FOR_LEADER_EPOCH,
            ApiKeys.DESCRIBE_CONFIGS,
            ApiKeys.ALTER_CONFIGS,
            ApiKeys.DESCRIBE_LOG_DIRS,
            ApiKeys.CREATE_PARTITIONS,
            ApiKeys.INCREMENTAL_ALTER_CONFIGS,
            ApiKeys.ALTER_PARTITION_REASSIGNMENTS,
            ApiKeys.LIST_PARTITION_REASSIGNMENTS,
            ApiKeys.ELECT_LEADERS,
            ApiKeys.DESCRIBE_QUORUM,
            ApiKeys.DESCRIBE_CLUSTER,
            ApiKeys.LIST_CONFIG_RESOURCES,
            ApiKeys.DESCRIBE_TOPIC_PARTITIONS,
            ApiKeys.JOIN_GROUP,
            ApiKeys.SYNC_GROUP,
            ApiKeys.HEARTBEAT,
            ApiKeys.LEAVE_GROUP,
            ApiKeys.OFFSET_COMMIT,
            ApiKeys.OFFSET_FETCH,
            ApiKeys.OFFSET_DELETE,
            ApiKeys.LIST_GROUPS,
            ApiKeys.DESCRIBE_GROUPS,
            ApiKeys.DELETE_GROUPS,
            ApiKeys.CONSUMER_GROUP_HEARTBEAT,
            ApiKeys.CONSUMER_GROUP_DESCRIBE,
            ApiKeys.STREAMS_GROUP_HEARTBEAT,
            ApiKeys.STREAMS_GROUP_DESCRIBE,
            ApiKeys.DELETE_RECORDS,
            ApiKeys.ADD_PARTITIONS_TO_TXN,
            ApiKeys.ADD_OFFSETS_TO_TXN,
            ApiKeys.END_TXN,
            ApiKeys.WRITE_TXN_MARKERS,
            ApiKeys.TXN_OFFSET_COMMIT,
            ApiKeys.DESCRIBE_PRODUCERS,
            ApiKeys.DESCRIBE_TRANSACTIONS,
            ApiKeys.LIST_TRANSACTIONS);

    @RegisterExtension
    static final TestBench BENCH = new TestBench();

    private static EponaProcess node;
    private static Admin admin;

    @BeforeAll
    static void startNode() {
        node = BENCH.start(BENCH.settings().set("node.id", "7"));
        admin = Clients.admin(node.bootstrap());
    }

    @AfterAll
    static void closeClients() {
        admin.close();
    }

    @Test
    void shouldDescribeACellOfOne() throws Exception {
        final DescribeClusterResult cluster = admin.describeCluster();
        assertNotNull(Clients.get(cluster.clusterId()));
        assertEquals(7, Clients.get(cluster.controller()).id());
        assertEquals(1, Clients.get(cluster.nodes()).size());
        assertEquals(node.port(), Clients.get(cluster.nodes()).iterator().next().port());
    }

    @Test
    void shouldAdvertiseWhatItHasAndNothingElse() throws Exception {
        try (RawConnection connection = new RawConnection(node.port())) {
            for (int version = 0; version <= ApiKeys.API_VERSIONS.latestVersion(false); version++) {
                final ApiVersionsResponseData response = connection.call(ApiKeys.API_VERSIONS, version, apiVersions());
                assertEquals(Errors.NONE.code(), response.errorCode());
                final Set<ApiKeys> advertised = new HashSet<>();
                response.apiKeys().forEach(api -> {
                    final ApiKeys key = ApiKeys.forId(api.apiKey());
                    advertised.add(key);
                    assertEquals(key.latestVersion(false), api.maxVersion(), key.name);
                    final int oldest = key == ApiKeys.PRODUCE ? 0 : key.oldestVersion();
                    assertEquals(oldest, api.minVersion(), key.name);
                });
                assertEquals(EXPECTED, advertised);
            }
        }
    }

    private static ApiVersionsRequestData apiVersions() {
        return new ApiVersionsRequestData().setClientSoftwareName("raw").setClientSoftwareVersion("1");
    }

    @Test
    void shouldAnswerInTheFirstFormatWhenAskedInOneThatItDoesNotKnow() throws Exception {
        try (RawConnection connection = new RawConnection(node.port())) {
            final ByteBuffer request = RawConnection.encode(ApiKeys.API_VERSIONS, 4, apiVersions(), 99);
            request.putShort(Integer.BYTES + Short.BYTES, (short) 999);
            connection.write(request);
            final ByteBuffer frame = connection.receiveFrame();
            assertEquals(99, frame.getInt());
            final ApiVersionsResponseData response =
                    new ApiVersionsResponseData(new ByteBufferAccessor(frame), (short) 0);
            assertEquals(Errors.UNSUPPORTED_VERSION.code(), response.errorCode());
            final var own = response.apiKeys().find(ApiKeys.API_VERSIONS.id);
            assertEquals(ApiKeys.API_VERSIONS.latestVersion(false), own.maxVersion());
            final ApiVersionsResponseData next = connection.call(ApiKeys.API_VERSIONS, 3, apiVersions());
            assertEquals(Errors.NONE.code(), next.errorCode());
        }
    }

    @Test
    void shouldCountWhatPartitionsTakeOnDisk() throws Exception {
        Clients.createTopic(admin, "sized", 2);
        final TopicPartition partition = new TopicPartition("sized", 0);
        try (KafkaProducer<byte[], byte[]> producer = Clients.producer(node.bootstrap())) {
            for (int i = 0; i < 10; i++) {
                Clients.send(producer, Clients.record(partition, new byte[10_000]));
            }
        }
        Await.until("the records are in the partition log", () -> {
            final Map<String, LogDirDescription> directories = Clients.get(
                            admin.describeLogDirs(List.of(7)).allDescriptions())
                    .get(7);
            assertEquals(1, directories.size());
            final LogDirDescription directory = directories.values().iterator().next();
            assertTrue(directory.totalBytes().orElse(0) > 0);
            final var replica = directory.replicaInfos().get(partition);
            return replica != null && replica.size() >= 100_000;
        });
    }

    @Test
    void shouldNameItselfAsTheCoordinatorOfTransactions() throws Exception {
        try (RawConnection connection = new RawConnection(node.port())) {
            for (int version = 1; version <= ApiKeys.FIND_COORDINATOR.latestVersion(false); version++) {
                final FindCoordinatorRequestData request = new FindCoordinatorRequestData()
                        .setKeyType(FindCoordinatorRequest.CoordinatorType.TRANSACTION.id());
                if (version >= 4) {
                    request.setCoordinatorKeys(List.of("a transaction"));
                } else {
                    request.setKey("a transaction");
                }
                final FindCoordinatorResponseData response =
                        connection.call(ApiKeys.FIND_COORDINATOR, version, request);
                final short error =
                        version >= 4 ? response.coordinators().getFirst().errorCode() : response.errorCode();
                assertEquals(Errors.NONE.code(), error, "version " + version);
                final int nodeId =
                        version >= 4 ? response.coordinators().getFirst().nodeId() : response.nodeId();
                assertEquals(7, nodeId);
            }
        }
    }

    @Test
    void shouldNeverGiveAProducerIdTwice() throws Exception {
        final Set<Long> seen = new HashSet<>();
        try (RawConnection connection = new RawConnection(node.port())) {
            for (int i = 0; i < 3_000; i++) {
                final InitProducerIdResponseData response = RawProduce.initProducerId(connection);
                assertEquals(Errors.NONE.code(), response.errorCode());
                assertEquals(0, response.producerEpoch());
                assertTrue(seen.add(response.producerId()), () -> "twice: " + response.producerId());
            }
        }
    }

    @Test
    void shouldRefuseTransactionsThatItCannotDo() throws Exception {
        try (RawConnection connection = new RawConnection(node.port())) {
            final InitProducerIdRequestData asked = new InitProducerIdRequestData()
                    .setTransactionalId("a transaction")
                    .setTransactionTimeoutMs(1_000)
                    .setProducerId(-1)
                    .setProducerEpoch((short) -1);
            final InitProducerIdResponseData tooLong = connection.call(
                    ApiKeys.INIT_PRODUCER_ID, 4, asked.duplicate().setTransactionTimeoutMs(900_001));
            assertEquals(Errors.INVALID_TRANSACTION_TIMEOUT.code(), tooLong.errorCode());
        }
    }

    @Test
    void shouldTellItsHealthAndCountersToAnybodyWhoAsks() throws Exception {
        assertEquals(200, node.http("/health").statusCode());
        final String metrics = node.http("/metrics").body();
        assertTrue(metrics.contains("epona_lane_appended"), metrics);
        assertEquals(404, node.http("/nothing-here").statusCode());
    }
}
