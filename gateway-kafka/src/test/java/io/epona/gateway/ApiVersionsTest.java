package io.epona.gateway;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.nio.file.Path;
import java.util.List;
import org.apache.kafka.common.message.ApiVersionsRequestData;
import org.apache.kafka.common.message.ApiVersionsResponseData;
import org.apache.kafka.common.message.ApiVersionsResponseData.ApiVersion;
import org.apache.kafka.common.protocol.ApiKeys;
import org.apache.kafka.common.protocol.Errors;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** What a gateway says of itself. */
@Timeout(120)
class ApiVersionsTest {
    /** The APIs and versions that are served, written down so that none comes or goes unnoticed. */
    private static final List<String> SERVED = List.of(
            "PRODUCE 0-13",
            "FETCH 4-18",
            "LIST_OFFSETS 1-11",
            "METADATA 0-13",
            "FIND_COORDINATOR 0-6",
            "API_VERSIONS 0-4",
            "CREATE_TOPICS 2-7",
            "DELETE_TOPICS 1-6",
            "DELETE_RECORDS 0-2",
            "INIT_PRODUCER_ID 0-5",
            "OFFSET_FOR_LEADER_EPOCH 2-4",
            "DESCRIBE_CONFIGS 1-4",
            "ALTER_CONFIGS 0-2",
            "DESCRIBE_LOG_DIRS 1-5",
            "CREATE_PARTITIONS 0-3",
            "ELECT_LEADERS 0-2",
            "INCREMENTAL_ALTER_CONFIGS 0-1",
            "ALTER_PARTITION_REASSIGNMENTS 0-1",
            "LIST_PARTITION_REASSIGNMENTS 0-0",
            "DESCRIBE_QUORUM 0-2",
            "DESCRIBE_CLUSTER 0-2",
            "LIST_CONFIG_RESOURCES 0-1",
            "DESCRIBE_TOPIC_PARTITIONS 0-0");

    @TempDir
    private static Path directory;

    private static TestNode node;

    @BeforeAll
    static void start() throws Exception {
        node = new TestNode(directory, NodeOptions.standard());
    }

    @AfterAll
    static void stop() {
        node.close();
    }

    private static ApiVersionsRequestData request() {
        return new ApiVersionsRequestData().setClientSoftwareName("raw").setClientSoftwareVersion("1.0");
    }

    @ParameterizedTest
    @ValueSource(ints = {0, 1, 2, 3, 4})
    void shouldAdvertiseExactlyWhatIsServed(final int version) throws Exception {
        try (RawClient client = new RawClient(node.address)) {
            final ApiVersionsResponseData response =
                    client.ask(ApiKeys.API_VERSIONS, version, request(), new ApiVersionsResponseData());
            assertEquals(Errors.NONE.code(), response.errorCode());
            assertEquals(
                    SERVED,
                    response.apiKeys().stream().map(ApiVersionsTest::describe).toList());
            assertTrue(response.finalizedFeatures().isEmpty());
            assertTrue(response.supportedFeatures().isEmpty());
            assertEquals(-1, response.finalizedFeaturesEpoch());
        }
    }

    private static String describe(final ApiVersion api) {
        return ApiKeys.forId(api.apiKey()) + " " + api.minVersion() + "-" + api.maxVersion();
    }

    @Test
    void shouldServeEveryVersionThatThisKafkaHas() {
        for (final RequestHandler handler : node.gateways.getFirst().handlers().handlers()) {
            assertEquals(handler.apiKey().oldestVersion(), handler.minVersion(), handler.apiKey().name);
            assertEquals(handler.apiKey().latestVersion(false), handler.maxVersion(), handler.apiKey().name);
        }
    }

    @Test
    void shouldAnswerInVersionZeroWhenVersionIsNotKnown() throws Exception {
        try (RawClient client = new RawClient(node.address)) {
            final int id = client.send(ApiKeys.API_VERSIONS, 99, request());
            final ApiVersionsResponseData response =
                    client.receive(ApiKeys.API_VERSIONS, 0, new ApiVersionsResponseData(), id);
            assertEquals(Errors.UNSUPPORTED_VERSION.code(), response.errorCode());
            assertEquals(
                    List.of("API_VERSIONS 0-4"),
                    response.apiKeys().stream().map(ApiVersionsTest::describe).toList());
            // The client goes on with a version that it has learned.
            assertEquals(
                    Errors.NONE.code(),
                    client.ask(ApiKeys.API_VERSIONS, 4, request(), new ApiVersionsResponseData())
                            .errorCode());
        }
    }

    @ParameterizedTest
    @ValueSource(strings = {"", "-x", "a b", "ä"})
    void shouldRefuseWhenClientSoftwareNameIsNotWellFormed(final String name) throws Exception {
        try (RawClient client = new RawClient(node.address)) {
            final ApiVersionsResponseData response = client.ask(
                    ApiKeys.API_VERSIONS, 3, request().setClientSoftwareName(name), new ApiVersionsResponseData());
            assertEquals(Errors.INVALID_REQUEST.code(), response.errorCode());
        }
    }
}
