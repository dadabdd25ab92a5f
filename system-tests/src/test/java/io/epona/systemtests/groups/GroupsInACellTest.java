package io.epona.systemtests.groups;

import static org.junit.jupiter.api.Assertions.assertTrue;

import io.epona.systemtests.harness.Await;
import io.epona.systemtests.harness.Clients;
import io.epona.systemtests.harness.EponaProcess;
import io.epona.systemtests.harness.FreePorts;
import io.epona.systemtests.harness.NodeSettings;
import io.epona.systemtests.harness.TestBench;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.stream.Collectors;
import org.apache.kafka.clients.admin.Admin;
import org.apache.kafka.clients.admin.NewTopic;
import org.apache.kafka.clients.producer.KafkaProducer;
import org.apache.kafka.common.TopicPartition;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.extension.RegisterExtension;

/** Groups outlive the node that coordinates them. */
@Timeout(180)
class GroupsInACellTest {
    private static final int FIRST_BLOCK = 27_000;
    private static final int BLOCK = 10;

    @RegisterExtension
    static final TestBench BENCH = new TestBench();

    private final Map<Integer, EponaProcess> nodes = new TreeMap<>();

    private void startCell() throws Exception {
        final Path directory = Files.createDirectories(BENCH.directory());
        final int base = FIRST_BLOCK + (int) (ProcessHandle.current().pid() % 80) * (3 * BLOCK);
        final List<Integer> ids = List.of(1, 2, 3);
        final String members =
                ids.stream().map(id -> id + "@127.0.0.1:" + (base + id * BLOCK)).collect(Collectors.joining(","));
        for (final int id : ids) {
            nodes.put(
                    id,
                    BENCH.launch(NodeSettings.small(directory.resolve("node-" + id))
                            .port(FreePorts.next())
                            .set("node.id", Integer.toString(id))
                            .set("cell.members", members)
                            .set("replication.term.length", "1MiB")
                            .set("replication.max-lag", "2s")
                            .set("controller.leader-timeout", "3s")
                            .set("controller.session-timeout", "4s")
                            .set("group.config.group.initial.rebalance.delay.ms", "0")
                            .set("group.config.offsets.topic.num.partitions", "6")));
        }
        nodes.values().forEach(EponaProcess::awaitReady);
    }

    private String bootstrap() {
        return nodes.values().stream().map(EponaProcess::bootstrap).collect(Collectors.joining(","));
    }

    private static void produce(final String bootstrap, final int from, final int to) throws Exception {
        try (KafkaProducer<byte[], byte[]> producer =
                Clients.producer(bootstrap, "delivery.timeout.ms", 60_000, "max.block.ms", 60_000)) {
            for (int i = from; i < to; i++) {
                producer.send(Clients.record(new TopicPartition("events", i % 3), ("v" + i).getBytes()));
            }
            producer.flush();
        }
    }

    @Test
    void shouldGoOnWhenTheCoordinatorsNodeIsKilled() throws Exception {
        BENCH.expectError(".*");
        startCell();
        final int coordinator;
        try (Admin admin = Clients.admin(bootstrap())) {
            Clients.get(admin.createTopics(List.of(new NewTopic("events", 3, (short) 3)))
                    .all());
            try (Members members =
                    new Members(bootstrap(), "events", "group.id", "survivors", "heartbeat.interval.ms", 500)) {
                members.join();
                members.join();
                members.awaitBalance(3);
                produce(bootstrap(), 0, 60);
                awaitValues(members, 60);
                coordinator = Clients.get(admin.describeConsumerGroups(List.of("survivors"))
                                .all())
                        .get("survivors")
                        .coordinator()
                        .id();
                nodes.remove(coordinator).kill();
                produce(bootstrap(), 60, 120);
                awaitValues(members, 120);
                Await.until("the commits are there", () -> committed(admin) == 120);
            }
        }
        try (Admin admin = Clients.admin(bootstrap())) {
            assertTrue(committed(admin) == 120);
        }
    }

    private static long committed(final Admin admin) throws Exception {
        return Clients.get(admin.listConsumerGroupOffsets("survivors").partitionsToOffsetAndMetadata())
                .values()
                .stream()
                .mapToLong(offset -> offset.offset())
                .sum();
    }

    private static void awaitValues(final Members members, final int count) throws Exception {
        final Set<String> expected = new HashSet<>();
        for (int i = 0; i < count; i++) {
            expected.add("v" + i);
        }
        Await.until(
                () -> "read so far: " + members.values().size(),
                Duration.ofSeconds(60),
                () -> new HashSet<>(members.values()).containsAll(expected));
    }
}
