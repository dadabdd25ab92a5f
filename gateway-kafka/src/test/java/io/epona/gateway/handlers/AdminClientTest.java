package io.epona.gateway.handlers;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertInstanceOf;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.epona.controller.TopicDefaults;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import org.apache.kafka.clients.admin.Admin;
import org.apache.kafka.clients.admin.AlterConfigOp;
import org.apache.kafka.clients.admin.AlterConfigOp.OpType;
import org.apache.kafka.clients.admin.Config;
import org.apache.kafka.clients.admin.ConfigEntry;
import org.apache.kafka.clients.admin.CreateTopicsOptions;
import org.apache.kafka.clients.admin.CreateTopicsResult;
import org.apache.kafka.clients.admin.DescribeClusterResult;
import org.apache.kafka.clients.admin.DescribeTopicsOptions;
import org.apache.kafka.clients.admin.LogDirDescription;
import org.apache.kafka.clients.admin.NewPartitions;
import org.apache.kafka.clients.admin.NewTopic;
import org.apache.kafka.clients.admin.TopicDescription;
import org.apache.kafka.common.KafkaFuture;
import org.apache.kafka.common.TopicCollection;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.Uuid;
import org.apache.kafka.common.config.ConfigResource;
import org.apache.kafka.common.errors.InvalidConfigurationException;
import org.apache.kafka.common.errors.InvalidPartitionsException;
import org.apache.kafka.common.errors.InvalidReplicationFactorException;
import org.apache.kafka.common.errors.InvalidTopicException;
import org.apache.kafka.common.errors.TopicExistsException;
import org.apache.kafka.common.errors.UnknownTopicIdException;
import org.apache.kafka.common.errors.UnknownTopicOrPartitionException;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** Kafka's own Admin client against the metadata APIs. */
@Timeout(60)
class AdminClientTest {
    @TempDir
    Path directory;

    private AdminServer server;
    private Admin admin;

    @BeforeEach
    void begin() {
        server = new AdminServer(directory, TopicDefaults.STANDARD);
        admin = Admin.create(Map.of(
                "bootstrap.servers", server.bootstrapServers(),
                "default.api.timeout.ms", "20000",
                "request.timeout.ms", "10000"));
    }

    @AfterEach
    void end() {
        admin.close();
        server.close();
    }

    @Test
    void shouldMakeDescribeAndRemoveTopics() throws Exception {
        CreateTopicsResult created = admin.createTopics(List.of(
                new NewTopic("orders", 3, (short) 1).configs(Map.of("retention.ms", "5000")),
                new NewTopic("quotes", Optional.empty(), Optional.empty()),
                new NewTopic("assigned", Map.of(0, List.of(server.nodeId())))));
        get(created.all());
        assertEquals(3, get(created.numPartitions("orders")));
        assertEquals("5000", get(created.config("orders")).get("retention.ms").value());
        assertEquals(
                Set.of("orders", "quotes", "assigned"), get(admin.listTopics().names()));
        TopicDescription orders =
                get(admin.describeTopics(List.of("orders")).allTopicNames()).get("orders");
        assertEquals(3, orders.partitions().size());
        assertEquals(server.nodeId(), orders.partitions().getFirst().leader().id());
        assertEquals(get(created.topicId("orders")), orders.topicId());
        Uuid id = orders.topicId();
        assertEquals(
                "orders",
                get(admin.describeTopics(TopicCollection.ofTopicIds(List.of(id)))
                                .allTopicIds())
                        .get(id)
                        .name());
        get(admin.deleteTopics(TopicCollection.ofTopicIds(List.of(id))).all());
        get(admin.deleteTopics(List.of("quotes")).all());
        assertEquals(Set.of("assigned"), get(admin.listTopics().names()));
        assertFailure(
                UnknownTopicIdException.class,
                admin.deleteTopics(TopicCollection.ofTopicIds(List.of(id))).all());
        assertFailure(
                UnknownTopicOrPartitionException.class,
                admin.describeTopics(List.of("orders")).allTopicNames());
    }

    @Test
    void shouldTellKafkasErrorsWhenTopicIsRefused() throws Exception {
        get(admin.createTopics(List.of(new NewTopic("taken", 1, (short) 1))).all());
        assertRefused(TopicExistsException.class, new NewTopic("taken", 1, (short) 1));
        assertRefused(InvalidTopicException.class, new NewTopic("not a name", 1, (short) 1));
        assertRefused(InvalidReplicationFactorException.class, new NewTopic("a", 1, (short) 3));
        assertRefused(InvalidPartitionsException.class, new NewTopic("a", 0, (short) 1));
        assertRefused(
                InvalidConfigurationException.class,
                new NewTopic("a", 1, (short) 1).configs(Map.of("cleanup.policy", "squeeze")));
        get(admin.createTopics(List.of(new NewTopic("dry", 1, (short) 1)), new CreateTopicsOptions().validateOnly(true))
                .all());
        assertEquals(Set.of("taken"), get(admin.listTopics().names()));
    }

    @Test
    void shouldAddPartitionsWhenAsked() throws Exception {
        get(admin.createTopics(List.of(new NewTopic("orders", 1, (short) 1))).all());
        get(admin.createPartitions(Map.of("orders", NewPartitions.increaseTo(4)))
                .all());
        assertEquals(
                4,
                get(admin.describeTopics(List.of("orders")).allTopicNames())
                        .get("orders")
                        .partitions()
                        .size());
        assertFailure(
                InvalidPartitionsException.class,
                admin.createPartitions(Map.of("orders", NewPartitions.increaseTo(2)))
                        .all());
    }

    @Test
    void shouldAlterAndDescribeConfigurations() throws Exception {
        get(admin.createTopics(List.of(new NewTopic("orders", 1, (short) 1))).all());
        ConfigResource topic = new ConfigResource(ConfigResource.Type.TOPIC, "orders");
        AlterConfigOp set = new AlterConfigOp(new ConfigEntry("retention.ms", "77"), OpType.SET);
        get(admin.incrementalAlterConfigs(Map.of(topic, List.of(set))).all());
        Config config = get(admin.describeConfigs(List.of(topic)).all()).get(topic);
        assertEquals("77", config.get("retention.ms").value());
        assertEquals(
                ConfigEntry.ConfigSource.DYNAMIC_TOPIC_CONFIG,
                config.get("retention.ms").source());
        assertEquals(ConfigEntry.ConfigType.LONG, config.get("retention.ms").type());
        AlterConfigOp bogus = new AlterConfigOp(new ConfigEntry("bogus", "77"), OpType.SET);
        assertFailure(
                InvalidConfigurationException.class,
                admin.incrementalAlterConfigs(Map.of(topic, List.of(bogus))).all());
        ConfigResource broker = new ConfigResource(ConfigResource.Type.BROKER, Integer.toString(server.nodeId()));
        Config brokerConfig = get(admin.describeConfigs(List.of(broker)).all()).get(broker);
        assertEquals("2", brokerConfig.get("lane.count").value());
        assertTrue(brokerConfig.get("num.partitions").isReadOnly());
        assertFailure(
                InvalidConfigurationException.class,
                admin.incrementalAlterConfigs(Map.of(broker, List.of(set))).all());
    }

    @Test
    void shouldDescribeClusterAndLogDirs() throws Exception {
        DescribeClusterResult cluster = admin.describeCluster();
        assertEquals(server.controller.image().clusterId(), get(cluster.clusterId()));
        assertEquals(server.nodeId(), get(cluster.controller()).id());
        assertEquals(1, get(cluster.nodes()).size());
        get(admin.createTopics(List.of(new NewTopic("orders", 2, (short) 1))).all());
        Map<String, LogDirDescription> logDirs = get(admin.describeLogDirs(List.of(server.nodeId()))
                        .allDescriptions())
                .get(server.nodeId());
        LogDirDescription logDir = logDirs.get(directory.toString());
        assertEquals(
                1, logDir.replicaInfos().get(new TopicPartition("orders", 1)).size());
        assertTrue(logDir.totalBytes().orElse(-1) > 0);
    }

    @Test
    void shouldDescribeManyPartitionsInSeveralResponses() throws Exception {
        get(admin.createTopics(List.of(new NewTopic("wide", 5_000, (short) 1))).all());
        DescribeTopicsOptions options = new DescribeTopicsOptions().partitionSizeLimitPerResponse(700);
        TopicDescription wide = get(admin.describeTopics(TopicCollection.ofTopicNames(List.of("wide")), options)
                        .allTopicNames())
                .get("wide");
        assertEquals(5_000, wide.partitions().size());
        assertFalse(wide.isInternal());
    }

    private void assertRefused(Class<? extends Exception> expected, NewTopic topic) {
        assertFailure(expected, admin.createTopics(List.of(topic)).all());
    }

    private static void assertFailure(Class<? extends Exception> expected, KafkaFuture<?> future) {
        ExecutionException failure = assertThrows(ExecutionException.class, () -> get(future));
        assertInstanceOf(expected, failure.getCause());
    }

    private static <T> T get(KafkaFuture<T> future) throws Exception {
        return future.get(20, TimeUnit.SECONDS);
    }
}
