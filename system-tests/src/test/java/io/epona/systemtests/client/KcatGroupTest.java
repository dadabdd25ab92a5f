package io.epona.systemtests.client;

import static org.junit.jupiter.api.Assertions.assertEquals;

import io.epona.systemtests.harness.Await;
import io.epona.systemtests.harness.ClientProcess;
import io.epona.systemtests.harness.Clients;
import io.epona.systemtests.harness.EponaProcess;
import io.epona.systemtests.harness.FreePorts;
import io.epona.systemtests.harness.NodeSettings;
import io.epona.systemtests.harness.TestBench;
import java.util.ArrayList;
import java.util.List;
import java.util.Queue;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.TimeUnit;
import java.util.stream.IntStream;
import org.apache.kafka.clients.admin.Admin;
import org.apache.kafka.clients.admin.MemberDescription;
import org.apache.kafka.clients.producer.KafkaProducer;
import org.apache.kafka.common.TopicPartition;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.extension.RegisterExtension;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Groups of kcat, which are librdkafka's: members that come and go, and offsets that outlive the node. */
@Timeout(120)
class KcatGroupTest {
    private static final int PARTITION_COUNT = 4;
    private static final int EXIT_TIMEOUT_S = 30;

    @RegisterExtension
    static final TestBench BENCH = new TestBench();

    private static NodeSettings settings;
    private static EponaProcess node;

    private final Queue<String> values = new ConcurrentLinkedQueue<>();

    @BeforeAll
    static void startNode() {
        Kcat.assumeInstalled();
        settings = BENCH.settings()
                .port(FreePorts.next())
                .set("group.config.group.initial.rebalance.delay.ms", "0")
                .set("group.config.offsets.topic.num.partitions", "4");
        node = BENCH.start(settings);
    }

    /** A kcat that reads a topic of the same name as its group, and commits by itself. */
    private ClientProcess member(final String group, final String strategy) {
        return ClientProcess.start(
                "kcat",
                List.of(
                        "kcat",
                        "-b",
                        node.bootstrap(),
                        "-X",
                        "partition.assignment.strategy=" + strategy,
                        "-X",
                        "heartbeat.interval.ms=200",
                        "-X",
                        "auto.offset.reset=earliest",
                        "-u",
                        "-q",
                        "-f",
                        "%s\\n",
                        "-G",
                        group,
                        group),
                values::add);
    }

    private static void leave(final ClientProcess member) {
        member.terminate();
        assertEquals(0, member.awaitExit(EXIT_TIMEOUT_S, TimeUnit.SECONDS), member::err);
    }

    private void produceAndAwait(final String topic, final int from, final int to) throws Exception {
        try (KafkaProducer<byte[], byte[]> producer = Clients.producer(node.bootstrap())) {
            for (int i = from; i < to; i++) {
                producer.send(Clients.record(
                        new TopicPartition(topic, i % PARTITION_COUNT),
                        Integer.toString(i).getBytes()));
            }
            producer.flush();
        }
        Await.until("values to " + to, () -> values.size() >= to);
    }

    private static void awaitMembers(final String group, final int memberCount) throws Exception {
        final List<Integer> shares = IntStream.range(0, memberCount)
                .map(member -> PARTITION_COUNT / memberCount)
                .boxed()
                .toList();
        try (Admin admin = Clients.admin(node.bootstrap())) {
            Await.until(
                    memberCount + " members with as many partitions each", () -> shares.equals(shares(admin, group)));
        }
    }

    private static List<Integer> shares(final Admin admin, final String group) throws Exception {
        return Clients.get(admin.describeConsumerGroups(List.of(group)).all()).get(group).members().stream()
                .map(MemberDescription::assignment)
                .map(assignment -> assignment.topicPartitions().size())
                .toList();
    }

    @ParameterizedTest
    @ValueSource(strings = {"range", "cooperative-sticky"})
    void shouldReadEachRecordOnceWhenMembersComeAndGoAndTheNodeIsKilled(final String strategy) throws Exception {
        final String group = "kcats-" + strategy;
        try (Admin admin = Clients.admin(node.bootstrap())) {
            Clients.createTopic(admin, group, PARTITION_COUNT);
        }
        try (ClientProcess first = member(group, strategy)) {
            produceAndAwait(group, 0, 200);
            try (ClientProcess second = member(group, strategy)) {
                awaitMembers(group, 2);
                produceAndAwait(group, 200, 400);
                leave(first);
                awaitMembers(group, 1);
                produceAndAwait(group, 400, 500);
                leave(second);
            }
        }
        node.kill();
        node = BENCH.start(settings);
        try (ClientProcess third = member(group, strategy)) {
            produceAndAwait(group, 500, 600);
            leave(third);
        }
        assertEquals(
                IntStream.range(0, 600).boxed().toList(),
                new ArrayList<>(values).stream().map(Integer::valueOf).sorted().toList());
        try (Admin admin = Clients.admin(node.bootstrap())) {
            assertEquals(
                    600,
                    Clients.get(admin.listConsumerGroupOffsets(group).partitionsToOffsetAndMetadata()).values().stream()
                            .mapToLong(offset -> offset.offset())
                            .sum());
        }
    }
}
