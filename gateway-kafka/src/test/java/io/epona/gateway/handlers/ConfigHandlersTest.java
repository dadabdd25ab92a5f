package io.epona.gateway.handlers;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNotNull;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.epona.controller.TopicDefaults;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;
import org.apache.kafka.clients.admin.AlterConfigOp.OpType;
import org.apache.kafka.common.config.ConfigResource;
import org.apache.kafka.common.message.AlterConfigsRequestData;
import org.apache.kafka.common.message.AlterConfigsResponseData;
import org.apache.kafka.common.message.DescribeConfigsRequestData;
import org.apache.kafka.common.message.DescribeConfigsRequestData.DescribeConfigsResource;
import org.apache.kafka.common.message.DescribeConfigsResponseData;
import org.apache.kafka.common.message.DescribeConfigsResponseData.DescribeConfigsResourceResult;
import org.apache.kafka.common.message.DescribeConfigsResponseData.DescribeConfigsResult;
import org.apache.kafka.common.message.IncrementalAlterConfigsRequestData;
import org.apache.kafka.common.message.IncrementalAlterConfigsRequestData.AlterConfigsResource;
import org.apache.kafka.common.message.IncrementalAlterConfigsRequestData.AlterableConfig;
import org.apache.kafka.common.message.IncrementalAlterConfigsResponseData;
import org.apache.kafka.common.message.ListConfigResourcesRequestData;
import org.apache.kafka.common.message.ListConfigResourcesResponseData;
import org.apache.kafka.common.protocol.ApiKeys;
import org.apache.kafka.common.protocol.Errors;
import org.apache.kafka.common.requests.DescribeConfigsResponse.ConfigSource;
import org.apache.kafka.common.requests.DescribeConfigsResponse.ConfigType;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

class ConfigHandlersTest {
    private static final byte TOPIC = ConfigResource.Type.TOPIC.id();
    private static final byte BROKER = ConfigResource.Type.BROKER.id();
    private static final byte GROUP = ConfigResource.Type.GROUP.id();
    private static final byte METRICS = ConfigResource.Type.CLIENT_METRICS.id();

    @TempDir
    Path directory;

    private HandlerHarness harness;

    static Stream<Short> describeVersions() {
        return HandlerHarness.versions(ApiKeys.DESCRIBE_CONFIGS);
    }

    static Stream<Short> incrementalVersions() {
        return HandlerHarness.versions(ApiKeys.INCREMENTAL_ALTER_CONFIGS);
    }

    static Stream<Short> alterVersions() {
        return HandlerHarness.versions(ApiKeys.ALTER_CONFIGS);
    }

    @BeforeEach
    void begin() {
        harness = new HandlerHarness(directory, new TopicDefaults(1, true, 100, Map.of("segment.ms", "60000")));
        harness.make("orders", 1);
    }

    @AfterEach
    void end() {
        harness.close();
    }

    @ParameterizedTest
    @MethodSource("describeVersions")
    void shouldTellValueAndSourceWhenTopicIsDescribed(short version) {
        incremental((short) 1, false, TOPIC, "orders", set("retention.ms", "5000"));
        DescribeConfigsResult result = describe(version, TOPIC, "orders", null, true);
        assertEquals(Errors.NONE.code(), result.errorCode());
        assertEntry(result, "retention.ms", "5000", ConfigSource.TOPIC_CONFIG, false);
        assertEntry(result, "segment.ms", "60000", ConfigSource.STATIC_BROKER_CONFIG, false);
        assertEntry(result, "max.message.bytes", "1048588", ConfigSource.DEFAULT_CONFIG, false);
        assertEntry(result, "flush.messages", Long.toString(Long.MAX_VALUE), ConfigSource.DEFAULT_CONFIG, true);
        DescribeConfigsResourceResult segmentMs = entry(result, "segment.ms");
        assertEquals("log.roll.ms", segmentMs.synonyms().getFirst().name());
        assertEquals(2, segmentMs.synonyms().size());
        assertEquals(version >= 3 ? ConfigType.LONG.id() : 0, segmentMs.configType());
        assertEquals(version >= 3, !segmentMs.documentation().isEmpty());
    }

    @ParameterizedTest
    @MethodSource("describeVersions")
    void shouldTellOnlyKeysThatWereAskedFor(short version) {
        DescribeConfigsResult result = describe(version, TOPIC, "orders", List.of("retention.ms", "bogus"), false);
        assertEquals(1, result.configs().size());
        assertTrue(result.configs().getFirst().synonyms().isEmpty());
    }

    @ParameterizedTest
    @MethodSource("describeVersions")
    void shouldTellEffectiveConfigurationWhenBrokerIsDescribed(short version) {
        DescribeConfigsResult result = describe(version, BROKER, "3", null, false);
        assertEquals(Errors.NONE.code(), result.errorCode());
        assertEntry(result, "lane.count", "1", ConfigSource.STATIC_BROKER_CONFIG, true);
        assertEntry(result, "log.roll.ms", "60000", ConfigSource.STATIC_BROKER_CONFIG, true);
        assertEntry(result, "auto.create.topics.enable", "true", ConfigSource.STATIC_BROKER_CONFIG, true);
        assertEntry(result, "default.replication.factor", "1", ConfigSource.STATIC_BROKER_CONFIG, true);
        assertTrue(describe(version, BROKER, "", null, false).configs().isEmpty());
    }

    @ParameterizedTest
    @MethodSource("describeVersions")
    void shouldTellErrorWhenResourceCannotBeDescribed(short version) {
        assertEquals(Errors.UNKNOWN_TOPIC_OR_PARTITION, describeError(version, TOPIC, "nowhere"));
        assertEquals(Errors.INVALID_TOPIC_EXCEPTION, describeError(version, TOPIC, "no spaces"));
        assertEquals(Errors.INVALID_REQUEST, describeError(version, BROKER, "77"));
        assertEquals(Errors.INVALID_REQUEST, describeError(version, BROKER, "one"));
        assertEquals(Errors.INVALID_REQUEST, describeError(version, METRICS, "m"));
        assertEquals(Errors.INVALID_REQUEST, describeError(version, GROUP, ""));
        assertEquals(Errors.INVALID_REQUEST, describeError(version, (byte) 99, "x"));
    }

    @ParameterizedTest
    @MethodSource("incrementalVersions")
    void shouldChangeKeysWhenAltered(short version) {
        assertEquals(
                Errors.NONE,
                incremental(version, false, TOPIC, "orders", set("retention.ms", "1"), set("segment.ms", "2")));
        assertEquals(1, harness.image().topic("orders").config().retentionMs);
        assertEquals(
                Errors.NONE, incremental(version, false, TOPIC, "orders", op(OpType.DELETE, "retention.ms", null)));
        assertEquals(
                Errors.NONE,
                incremental(version, false, TOPIC, "orders", op(OpType.APPEND, "cleanup.policy", "delete")));
        assertEquals(
                Map.of("segment.ms", "2", "cleanup.policy", "delete"),
                harness.image().topic("orders").configOverrides());
        assertEquals(Errors.NONE, incremental(version, true, TOPIC, "orders", set("retention.ms", "9")));
        assertEquals(604_800_000, harness.image().topic("orders").config().retentionMs);
    }

    @ParameterizedTest
    @MethodSource("incrementalVersions")
    void shouldTellErrorWhenAlterationIsRefused(short version) {
        assertEquals(Errors.INVALID_CONFIG, incremental(version, false, TOPIC, "orders", set("bogus", "1")));
        assertEquals(Errors.INVALID_CONFIG, incremental(version, false, TOPIC, "orders", set("retention.ms", "x")));
        assertEquals(
                Errors.INVALID_CONFIG,
                incremental(version, false, TOPIC, "orders", op(OpType.SUBTRACT, "retention.ms", "1")));
        assertEquals(Errors.INVALID_REQUEST, incremental(version, false, TOPIC, "orders", set("retention.ms", null)));
        assertEquals(
                Errors.INVALID_REQUEST,
                incremental(version, false, TOPIC, "orders", set("a", "1"), op(OpType.DELETE, "a", null)));
        assertEquals(
                Errors.INVALID_REQUEST,
                incremental(
                        version,
                        false,
                        TOPIC,
                        "orders",
                        new AlterableConfig().setName("a").setValue("1").setConfigOperation((byte) 9)));
        assertEquals(
                Errors.UNKNOWN_TOPIC_OR_PARTITION,
                incremental(version, false, TOPIC, "nowhere", set("retention.ms", "1")));
        assertEquals(Errors.INVALID_CONFIG, incremental(version, false, BROKER, "3", set("log.roll.ms", "1")));
        assertEquals(Errors.UNSUPPORTED_VERSION, incremental(version, false, (byte) 99, "x", set("a", "1")));
        assertTrue(harness.image().topic("orders").configOverrides().isEmpty());
    }

    @ParameterizedTest
    @MethodSource("alterVersions")
    void shouldReplaceConfigurationWhenAlteredTheOldWay(short version) {
        incremental((short) 1, false, TOPIC, "orders", set("retention.ms", "1"));
        assertEquals(Errors.NONE, replace(version, TOPIC, "orders", "segment.ms", "5"));
        assertEquals(Map.of("segment.ms", "5"), harness.image().topic("orders").configOverrides());
        assertEquals(Errors.INVALID_CONFIG, replace(version, TOPIC, "orders", "bogus", "5"));
        assertEquals(Errors.INVALID_REQUEST, replace(version, TOPIC, "orders", "segment.ms", null));
        assertEquals(Errors.UNKNOWN_TOPIC_OR_PARTITION, replace(version, TOPIC, "nowhere", "segment.ms", "5"));
        assertEquals(Errors.INVALID_CONFIG, replace(version, BROKER, "3", "log.roll.ms", "5"));
        assertEquals(Errors.UNSUPPORTED_VERSION, replace(version, (byte) 99, "x", "segment.ms", "5"));
    }

    @ParameterizedTest
    @MethodSource("describeVersions")
    void shouldTellValueAndSourceWhenGroupIsDescribed(short version) {
        incremental((short) 1, false, GROUP, "readers", set("consumer.session.timeout.ms", "50000"));
        DescribeConfigsResult result = describe(version, GROUP, "readers", null, true);
        assertEquals(Errors.NONE.code(), result.errorCode());
        assertEntry(result, "consumer.session.timeout.ms", "50000", ConfigSource.GROUP_CONFIG, false);
        assertEntry(result, "consumer.heartbeat.interval.ms", "6000", ConfigSource.STATIC_BROKER_CONFIG, false);
        assertEntry(result, "streams.num.standby.replicas", "0", ConfigSource.DEFAULT_CONFIG, false);
        assertTrue(result.configs().stream().noneMatch(config -> config.name().startsWith("share.")));
        DescribeConfigsResourceResult timeout = entry(result, "consumer.session.timeout.ms");
        assertEquals(
                List.of("consumer.session.timeout.ms", "group.consumer.session.timeout.ms"),
                timeout.synonyms().stream().map(synonym -> synonym.name()).toList());
        assertEquals(version >= 3 ? ConfigType.INT.id() : 0, timeout.configType());
        DescribeConfigsResult unknown =
                describe(version, GROUP, "nobody", List.of("consumer.session.timeout.ms"), false);
        assertEquals(1, unknown.configs().size());
        assertEntry(unknown, "consumer.session.timeout.ms", "45000", ConfigSource.DEFAULT_CONFIG, false);
    }

    @ParameterizedTest
    @MethodSource("incrementalVersions")
    void shouldChangeKeysOfAGroupWhenAltered(short version) {
        assertEquals(
                Errors.NONE,
                incremental(
                        version,
                        false,
                        GROUP,
                        "readers",
                        set("consumer.session.timeout.ms", "50000"),
                        set("streams.num.standby.replicas", "2")));
        assertEquals(
                Errors.NONE,
                incremental(version, false, GROUP, "readers", op(OpType.DELETE, "consumer.session.timeout.ms", null)));
        assertEquals(
                Errors.NONE, incremental(version, true, GROUP, "readers", set("streams.num.standby.replicas", "1")));
        assertEquals(
                Map.of("streams.num.standby.replicas", "2"), harness.image().groupConfigs("readers"));
        assertEquals(List.of("readers"), harness.image().configuredGroups());
    }

    @ParameterizedTest
    @MethodSource("incrementalVersions")
    void shouldTellErrorWhenAlterationOfAGroupIsRefused(short version) {
        incremental(version, false, GROUP, "readers", set("consumer.heartbeat.interval.ms", "15000"));
        for (AlterableConfig refused : List.of(
                set("bogus", "1"),
                set("consumer.session.timeout.ms", "x"),
                set("consumer.session.timeout.ms", "1"), // below what the node allows
                set("consumer.heartbeat.interval.ms", "60000"),
                set("streams.num.standby.replicas", "3"),
                set("share.session.timeout.ms", "45000"),
                op(OpType.APPEND, "consumer.session.timeout.ms", "1"),
                op(OpType.APPEND, "cleanup.policy", "compact"))) {
            assertEquals(
                    Errors.INVALID_CONFIG, incremental(version, false, GROUP, "readers", refused), refused::toString);
        }
        assertEquals(
                Errors.INVALID_REQUEST,
                incremental(version, false, GROUP, "", set("consumer.session.timeout.ms", "50000")));
        assertEquals(Errors.INVALID_REQUEST, incremental(version, false, METRICS, "m", set("interval.ms", "1000")));
        assertEquals(
                Map.of("consumer.heartbeat.interval.ms", "15000"),
                harness.image().groupConfigs("readers"));
    }

    @ParameterizedTest
    @MethodSource("alterVersions")
    void shouldReplaceTheConfigurationOfAGroupWhenAlteredTheOldWay(short version) {
        incremental((short) 1, false, GROUP, "readers", set("consumer.session.timeout.ms", "50000"));
        assertEquals(Errors.NONE, replace(version, GROUP, "readers", "consumer.heartbeat.interval.ms", "7000"));
        assertEquals(
                Map.of("consumer.heartbeat.interval.ms", "7000"),
                harness.image().groupConfigs("readers"));
        assertEquals(Errors.INVALID_CONFIG, replace(version, GROUP, "readers", "bogus", "5"));
    }

    @Test
    void shouldListWhatCanBeConfigured() {
        incremental((short) 1, false, GROUP, "readers", set("consumer.session.timeout.ms", "50000"));
        assertEquals(List.of("2 orders", "32 readers", "4 3"), resources((short) 1));
        assertEquals(List.of("32 readers"), resources((short) 1, GROUP));
        assertEquals(List.of(), resources((short) 1, METRICS));
        assertEquals(List.of(), resources((short) 0));
        assertEquals(
                Errors.UNSUPPORTED_VERSION.code(),
                list((short) 1, GROUP, (byte) 99).errorCode());
    }

    private ListConfigResourcesResponseData list(short version, Byte... types) {
        return harness.call(
                ListConfigResourcesResponseData.class,
                ApiKeys.LIST_CONFIG_RESOURCES,
                version,
                new ListConfigResourcesRequestData().setResourceTypes(List.of(types)));
    }

    private List<String> resources(short version, Byte... types) {
        ListConfigResourcesResponseData response = list(version, types);
        assertEquals(Errors.NONE.code(), response.errorCode());
        return response.configResources().stream()
                .map(resource -> resource.resourceType() + " " + resource.resourceName())
                .sorted()
                .toList();
    }

    @Test
    void shouldRefuseBothWhenResourceIsNamedTwice() {
        IncrementalAlterConfigsRequestData request = new IncrementalAlterConfigsRequestData();
        for (int i = 0; i < 2; i++) {
            AlterConfigsResource resource =
                    new AlterConfigsResource().setResourceType(TOPIC).setResourceName("orders");
            resource.configs().add(set("retention.ms", "1"));
            request.resources().mustAdd(resource);
        }
        IncrementalAlterConfigsResponseData response = harness.call(
                IncrementalAlterConfigsResponseData.class, ApiKeys.INCREMENTAL_ALTER_CONFIGS, (short) 1, request);
        assertEquals(1, response.responses().size());
        assertEquals(
                Errors.INVALID_REQUEST.code(), response.responses().getFirst().errorCode());
        assertTrue(harness.image().topic("orders").configOverrides().isEmpty());
    }

    @Test
    void shouldSayWhatToDoWhenBrokerIsAltered() {
        IncrementalAlterConfigsRequestData request = new IncrementalAlterConfigsRequestData();
        AlterConfigsResource resource =
                new AlterConfigsResource().setResourceType(BROKER).setResourceName("3");
        resource.configs().add(set("log.retention.ms", "1"));
        request.resources().add(resource);
        String message = harness.call(
                        IncrementalAlterConfigsResponseData.class,
                        ApiKeys.INCREMENTAL_ALTER_CONFIGS,
                        (short) 1,
                        request)
                .responses()
                .getFirst()
                .errorMessage();
        assertTrue(message.contains("restart"), message);
    }

    private static AlterableConfig set(String key, String value) {
        return op(OpType.SET, key, value);
    }

    private static AlterableConfig op(OpType type, String key, String value) {
        return new AlterableConfig().setName(key).setValue(value).setConfigOperation(type.id());
    }

    private static DescribeConfigsResourceResult entry(DescribeConfigsResult result, String name) {
        return result.configs().stream()
                .filter(config -> config.name().equals(name))
                .findFirst()
                .orElseThrow();
    }

    private static void assertEntry(
            DescribeConfigsResult result, String name, String value, ConfigSource source, boolean readOnly) {
        DescribeConfigsResourceResult entry = entry(result, name);
        assertEquals(value, entry.value());
        assertEquals(source.id(), entry.configSource(), name);
        assertEquals(readOnly, entry.readOnly(), name);
        assertFalse(entry.isSensitive());
    }

    private Errors describeError(short version, byte type, String name) {
        DescribeConfigsResult result = describe(version, type, name, null, false);
        assertNotNull(result.errorMessage());
        assertEquals(name, result.resourceName());
        return Errors.forCode(result.errorCode());
    }

    private DescribeConfigsResult describe(
            short version, byte type, String name, List<String> keys, boolean withEverything) {
        DescribeConfigsRequestData request = new DescribeConfigsRequestData()
                .setIncludeSynonyms(withEverything)
                .setResources(List.of(new DescribeConfigsResource()
                        .setResourceType(type)
                        .setResourceName(name)
                        .setConfigurationKeys(keys)));
        if (version >= 3) {
            request.setIncludeDocumentation(withEverything);
        }
        return harness.call(DescribeConfigsResponseData.class, ApiKeys.DESCRIBE_CONFIGS, version, request)
                .results()
                .getFirst();
    }

    private Errors incremental(
            short version, boolean validateOnly, byte type, String name, AlterableConfig... configs) {
        AlterConfigsResource resource =
                new AlterConfigsResource().setResourceType(type).setResourceName(name);
        for (AlterableConfig config : configs) {
            resource.configs().mustAdd(config);
        }
        IncrementalAlterConfigsRequestData request =
                new IncrementalAlterConfigsRequestData().setValidateOnly(validateOnly);
        request.resources().add(resource);
        IncrementalAlterConfigsResponseData response = harness.call(
                IncrementalAlterConfigsResponseData.class, ApiKeys.INCREMENTAL_ALTER_CONFIGS, version, request);
        assertEquals(1, response.responses().size());
        assertEquals(name, response.responses().getFirst().resourceName());
        assertEquals(type, response.responses().getFirst().resourceType());
        return Errors.forCode(response.responses().getFirst().errorCode());
    }

    private Errors replace(short version, byte type, String name, String key, String value) {
        AlterConfigsRequestData.AlterConfigsResource resource = new AlterConfigsRequestData.AlterConfigsResource()
                .setResourceType(type)
                .setResourceName(name);
        resource.configs()
                .add(new AlterConfigsRequestData.AlterableConfig().setName(key).setValue(value));
        AlterConfigsRequestData request = new AlterConfigsRequestData();
        request.resources().add(resource);
        AlterConfigsResponseData response =
                harness.call(AlterConfigsResponseData.class, ApiKeys.ALTER_CONFIGS, version, request);
        return Errors.forCode(response.responses().getFirst().errorCode());
    }
}
