package io.epona.gateway.handlers;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotNull;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.Stream;
import org.apache.kafka.common.message.DescribeClusterRequestData;
import org.apache.kafka.common.message.DescribeClusterResponseData;
import org.apache.kafka.common.message.DescribeLogDirsRequestData;
import org.apache.kafka.common.message.DescribeLogDirsRequestData.DescribableLogDirTopic;
import org.apache.kafka.common.message.DescribeLogDirsResponseData;
import org.apache.kafka.common.message.DescribeLogDirsResponseData.DescribeLogDirsResult;
import org.apache.kafka.common.message.DescribeTopicPartitionsRequestData;
import org.apache.kafka.common.message.DescribeTopicPartitionsRequestData.Cursor;
import org.apache.kafka.common.message.DescribeTopicPartitionsRequestData.TopicRequest;
import org.apache.kafka.common.message.DescribeTopicPartitionsResponseData;
import org.apache.kafka.common.message.DescribeTopicPartitionsResponseData.DescribeTopicPartitionsResponseTopic;
import org.apache.kafka.common.protocol.ApiKeys;
import org.apache.kafka.common.protocol.Errors;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

class DescribeHandlersTest {
    @TempDir
    Path directory;

    private HandlerHarness harness;

    static Stream<Short> clusterVersions() {
        return HandlerHarness.versions(ApiKeys.DESCRIBE_CLUSTER);
    }

    static Stream<Short> logDirVersions() {
        return HandlerHarness.versions(ApiKeys.DESCRIBE_LOG_DIRS);
    }

    @BeforeEach
    void begin() {
        harness = new HandlerHarness(directory);
        harness.make("a", 3);
        harness.make("b", 5);
        harness.make("c", 1);
    }

    @AfterEach
    void end() {
        harness.close();
    }

    @ParameterizedTest
    @MethodSource("clusterVersions")
    void shouldTellBrokersWhenClusterIsDescribed(short version) {
        DescribeClusterRequestData request =
                new DescribeClusterRequestData().setIncludeClusterAuthorizedOperations(true);
        DescribeClusterResponseData response = cluster(version, request);
        assertEquals(Errors.NONE.code(), response.errorCode());
        assertEquals(harness.image().clusterId(), response.clusterId());
        assertEquals(HandlerHarness.NODE_ID, response.controllerId());
        assertEquals(
                "epona.example", response.brokers().find(HandlerHarness.NODE_ID).host());
        assertEquals(AuthorizedOperations.CLUSTER, response.clusterAuthorizedOperations());
    }

    @Test
    void shouldRefuseWhenControllersAreAskedFor() {
        for (short version = 1; version <= ApiKeys.DESCRIBE_CLUSTER.latestVersion(); version++) {
            assertEquals(
                    Errors.MISMATCHED_ENDPOINT_TYPE.code(),
                    cluster(version, new DescribeClusterRequestData().setEndpointType((byte) 2))
                            .errorCode());
            assertEquals(
                    Errors.UNSUPPORTED_ENDPOINT_TYPE.code(),
                    cluster(version, new DescribeClusterRequestData().setEndpointType((byte) 7))
                            .errorCode());
        }
    }

    @Test
    void shouldDescribeAllInOrderWhenNoTopicIsNamed() {
        DescribeTopicPartitionsResponseData response = partitions(2000, null);
        assertEquals(List.of("a:3", "b:5", "c:1"), summary(response));
        assertNull(response.nextCursor());
        DescribeTopicPartitionsResponseTopic topic = response.topics().find("b");
        assertEquals(harness.image().topic("b").id(), topic.topicId());
        assertEquals(1, topic.partitions().get(4).leaderEpoch());
        assertEquals(AuthorizedOperations.TOPIC, topic.topicAuthorizedOperations());
    }

    @Test
    void shouldGoOnFromCursorWhenLimitIsReached() {
        List<String> seen = new ArrayList<>();
        Cursor cursor = null;
        int requests = 0;
        do {
            DescribeTopicPartitionsResponseData response = partitions(2, cursor);
            seen.addAll(summary(response));
            cursor = response.nextCursor() == null
                    ? null
                    : new Cursor()
                            .setTopicName(response.nextCursor().topicName())
                            .setPartitionIndex(response.nextCursor().partitionIndex());
            requests++;
        } while (cursor != null && requests < 20);
        assertEquals(List.of("a:2", "a:1", "b:1", "b:2", "b:2", "c:1"), seen);
        assertEquals(5, requests);
    }

    @Test
    void shouldTellAbsentTopicsOnlyWhenNamed() {
        DescribeTopicPartitionsResponseData response = partitions(2000, null, "b", "nowhere", "no spaces");
        assertEquals(
                Errors.UNKNOWN_TOPIC_OR_PARTITION.code(),
                response.topics().find("nowhere").errorCode());
        assertEquals(
                Errors.INVALID_TOPIC_EXCEPTION.code(),
                response.topics().find("no spaces").errorCode());
        assertEquals(3, response.topics().size());
    }

    @Test
    void shouldGoOnWhenCursorTopicWasDeletedMeanwhile() {
        DescribeTopicPartitionsResponseData response =
                partitions(2000, new Cursor().setTopicName("aa").setPartitionIndex(1));
        assertEquals(List.of("b:5", "c:1"), summary(response));
    }

    @Test
    void shouldRefuseCursorWhenItIsImpossible() {
        DescribeTopicPartitionsResponseData notNamed =
                partitions(2000, new Cursor().setTopicName("a").setPartitionIndex(0), "b");
        assertEquals(
                Errors.INVALID_REQUEST.code(),
                notNamed.topics().iterator().next().errorCode());
        DescribeTopicPartitionsResponseData negative =
                partitions(2000, new Cursor().setTopicName("b").setPartitionIndex(-1), "b");
        assertEquals(
                Errors.INVALID_REQUEST.code(),
                negative.topics().iterator().next().errorCode());
        assertEquals(
                List.of("b:0"),
                summary(partitions(2000, new Cursor().setTopicName("b").setPartitionIndex(9), "b")));
    }

    @ParameterizedTest
    @MethodSource("logDirVersions")
    void shouldTellSizesWhenLogDirsAreDescribed(short version) {
        DescribeLogDirsResult all = logDirs(version, new DescribeLogDirsRequestData().setTopics(null));
        assertEquals(directory.toString(), all.logDir());
        assertEquals(3, all.topics().size());
        assertEquals(version >= 4, all.totalBytes() > 0);
        assertEquals(version >= 4, all.usableBytes() > 0);
        DescribeLogDirsRequestData request = new DescribeLogDirsRequestData();
        request.topics().add(new DescribableLogDirTopic().setTopic("b").setPartitions(List.of(4, 0, 77)));
        request.topics().add(new DescribableLogDirTopic().setTopic("nowhere").setPartitions(List.of(0)));
        DescribeLogDirsResult some = logDirs(version, request);
        assertEquals(1, some.topics().size());
        assertEquals(2, some.topics().getFirst().partitions().size());
        long index = harness.image().partition("b", 4).partitionIndex();
        assertEquals(1000 + index, some.topics().getFirst().partitions().get(1).partitionSize());
        assertEquals(0, some.topics().getFirst().partitions().get(1).offsetLag());
    }

    @ParameterizedTest
    @MethodSource("logDirVersions")
    void shouldAskToComeBackWhenBackgroundIsBusy(short version) {
        harness.backgroundIsBusy = true;
        DescribeLogDirsResponseData response = harness.call(
                DescribeLogDirsResponseData.class,
                ApiKeys.DESCRIBE_LOG_DIRS,
                version,
                new DescribeLogDirsRequestData().setTopics(null));
        assertEquals(version >= 3 ? Errors.REQUEST_TIMED_OUT.code() : 0, response.errorCode());
        assertTrue(response.results().isEmpty());
    }

    private DescribeClusterResponseData cluster(short version, DescribeClusterRequestData request) {
        return harness.call(DescribeClusterResponseData.class, ApiKeys.DESCRIBE_CLUSTER, version, request);
    }

    private DescribeLogDirsResult logDirs(short version, DescribeLogDirsRequestData request) {
        DescribeLogDirsResponseData response =
                harness.call(DescribeLogDirsResponseData.class, ApiKeys.DESCRIBE_LOG_DIRS, version, request);
        assertEquals(1, response.results().size());
        assertNotNull(response.results().getFirst());
        assertTrue(response.errorCode() == 0);
        return response.results().getFirst();
    }

    private DescribeTopicPartitionsResponseData partitions(int limit, Cursor cursor, String... names) {
        DescribeTopicPartitionsRequestData request = new DescribeTopicPartitionsRequestData()
                .setResponsePartitionLimit(limit)
                .setCursor(cursor);
        for (String name : names) {
            request.topics().add(new TopicRequest().setName(name));
        }
        return harness.call(
                DescribeTopicPartitionsResponseData.class, ApiKeys.DESCRIBE_TOPIC_PARTITIONS, (short) 0, request);
    }

    private static List<String> summary(DescribeTopicPartitionsResponseData response) {
        return response.topics().stream()
                .map(topic -> topic.name() + ":" + topic.partitions().size())
                .toList();
    }
}
