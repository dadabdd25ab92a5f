package io.epona.systemtests.groups;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;

import io.epona.systemtests.harness.Await;
import io.epona.systemtests.harness.Clients;
import io.epona.systemtests.harness.EponaProcess;
import io.epona.systemtests.harness.NodeSettings;
import io.epona.systemtests.harness.RawConnection;
import io.epona.systemtests.harness.TestBench;
import java.io.IOException;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.apache.kafka.clients.admin.Admin;
import org.apache.kafka.clients.admin.AlterConfigOp;
import org.apache.kafka.clients.admin.ConfigEntry;
import org.apache.kafka.clients.admin.ListConfigResourcesOptions;
import org.apache.kafka.common.Uuid;
import org.apache.kafka.common.config.ConfigResource;
import org.apache.kafka.common.errors.InvalidConfigurationException;
import org.apache.kafka.common.message.ConsumerGroupHeartbeatRequestData;
import org.apache.kafka.common.message.ConsumerGroupHeartbeatResponseData;
import org.apache.kafka.common.protocol.ApiKeys;
import org.apache.kafka.common.protocol.Errors;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.extension.RegisterExtension;

/** What is set for single groups counts for those groups, at once and after a start. */
@Timeout(120)
class GroupConfigTest {
    private static final int HEARTBEAT_VERSION = 1;
    private static final String INTERVAL = "consumer.heartbeat.interval.ms";

    @RegisterExtension
    private final TestBench bench = new TestBench();

    private static void set(final Admin admin, final String group, final String value) throws Exception {
        final AlterConfigOp operation = new AlterConfigOp(
                new ConfigEntry(INTERVAL, value),
                value == null ? AlterConfigOp.OpType.DELETE : AlterConfigOp.OpType.SET);
        Clients.get(admin.incrementalAlterConfigs(Map.of(resource(group), List.of(operation)))
                .all());
    }

    private static ConfigResource resource(final String group) {
        return new ConfigResource(ConfigResource.Type.GROUP, group);
    }

    /** A new member; tells the interval at which the group's members are to send heartbeats. */
    private static int intervalMs(final EponaProcess node, final String group) throws IOException {
        try (RawConnection connection = new RawConnection(node.port())) {
            final ConsumerGroupHeartbeatResponseData response = connection.call(
                    ApiKeys.CONSUMER_GROUP_HEARTBEAT,
                    HEARTBEAT_VERSION,
                    new ConsumerGroupHeartbeatRequestData()
                            .setGroupId(group)
                            .setMemberId(Uuid.randomUuid().toString())
                            .setMemberEpoch(0)
                            .setRebalanceTimeoutMs(10_000)
                            .setSubscribedTopicNames(List.of("events"))
                            .setTopicPartitions(List.of()));
            return response.errorCode() == Errors.NONE.code() ? response.heartbeatIntervalMs() : -1;
        }
    }

    private static void await(final EponaProcess node, final String group, final int intervalMs) throws Exception {
        Await.until("interval of " + group + ": " + intervalMs, () -> intervalMs(node, group) == intervalMs);
    }

    @Test
    void shouldCoordinateAGroupAsItIsConfiguredWhenTheNodeIsKilled() throws Exception {
        final NodeSettings settings = bench.settings()
                .set("group.config.group.consumer.min.heartbeat.interval.ms", "1000")
                .set("group.config.offsets.topic.num.partitions", "4");
        final EponaProcess node = bench.start(settings);
        try (Admin admin = Clients.admin(node.bootstrap())) {
            Clients.createTopic(admin, "events", 2);
            set(admin, "eager", "2000"); // before there is a coordinator
            await(node, "eager", 2_000);
            await(node, "other", 5_000);
            set(admin, "other", "3000");
            await(node, "other", 3_000);
            set(admin, "eager", null);
            await(node, "eager", 5_000);
            assertThrows(InvalidConfigurationException.class, () -> set(admin, "other", "999"));
        }
        node.kill();
        final EponaProcess again = bench.start(settings);
        await(again, "other", 3_000);
        await(again, "eager", 5_000);
        try (Admin admin = Clients.admin(again.bootstrap())) {
            final ConfigEntry entry = Clients.get(
                            admin.describeConfigs(List.of(resource("other"))).all())
                    .get(resource("other"))
                    .get(INTERVAL);
            assertEquals("3000", entry.value());
            assertEquals(ConfigEntry.ConfigSource.DYNAMIC_GROUP_CONFIG, entry.source());
            assertEquals(
                    List.of(resource("other")),
                    List.copyOf(Clients.get(admin.listConfigResources(
                                    Set.of(ConfigResource.Type.GROUP), new ListConfigResourcesOptions())
                            .all())));
        }
    }
}
