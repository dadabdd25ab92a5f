package io.epona.systemtests.groups;

import static org.junit.jupiter.api.Assertions.assertEquals;

import io.epona.systemtests.cell.live.CellErrors;
import io.epona.systemtests.cell.live.LiveCell;
import io.epona.systemtests.harness.Await;
import io.epona.systemtests.harness.Clients;
import io.epona.systemtests.harness.TestBench;
import java.time.Duration;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
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
    @RegisterExtension
    static final TestBench BENCH = new TestBench();

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
        CellErrors.expectIn(BENCH);
        try (LiveCell cell = LiveCell.of(BENCH)
                .set("group.config.group.initial.rebalance.delay.ms", "0")
                .set("group.config.offsets.topic.num.partitions", "6")
                .startAll()) {
            consumeThroughTheKill(cell);
            try (Admin admin = Clients.admin(cell.bootstrap())) {
                assertEquals(120, committed(admin));
            }
        }
    }

    private static void consumeThroughTheKill(final LiveCell cell) throws Exception {
        final String bootstrap = cell.bootstrap();
        try (Admin admin = Clients.admin(bootstrap)) {
            Clients.get(admin.createTopics(List.of(new NewTopic("events", 3, (short) 3)))
                    .all());
            try (Members members =
                    new Members(bootstrap, "events", "group.id", "survivors", "heartbeat.interval.ms", 500)) {
                members.join();
                members.join();
                members.awaitBalance(3);
                produce(bootstrap, 0, 60);
                awaitValues(members, 60);
                cell.kill(Clients.get(admin.describeConsumerGroups(List.of("survivors"))
                                .all())
                        .get("survivors")
                        .coordinator()
                        .id());
                produce(bootstrap, 60, 120);
                awaitValues(members, 120);
                Await.until("the commits are there", () -> committed(admin) == 120);
            }
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
