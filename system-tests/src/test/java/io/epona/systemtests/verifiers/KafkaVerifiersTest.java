package io.epona.systemtests.verifiers;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.epona.systemtests.cell.live.CellErrors;
import io.epona.systemtests.cell.live.LiveCell;
import io.epona.systemtests.harness.Await;
import io.epona.systemtests.harness.Clients;
import io.epona.systemtests.harness.TestBench;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Collection;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.concurrent.Callable;
import java.util.stream.IntStream;
import org.apache.kafka.clients.admin.Admin;
import org.apache.kafka.clients.admin.NewTopic;
import org.apache.kafka.common.TopicPartition;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.extension.RegisterExtension;
import org.junit.jupiter.api.io.TempDir;

/**
 * What Kafka proves of itself with its own programs, as they are: VerifiableProducer writes,
 * TransactionalMessageCopiers copy in transactions of which they abort a third, VerifiableConsumer reads what is
 * committed, while nodes that lead and coordinate are killed.
 */
@Timeout(300)
class KafkaVerifiersTest {
    private static final int PARTITION_COUNT = 4;
    private static final int RECORD_COUNT = 5_000;
    private static final int RECORDS_PER_SECOND = 1_000;
    private static final int TRANSACTION_LENGTH = 75;
    private static final List<String> COPIERS = List.of("copier-1", "copier-2");
    private static final Duration PATIENCE = Duration.ofSeconds(120);

    @RegisterExtension
    private final TestBench bench = new TestBench();

    @TempDir
    private Path temporary;

    @Test
    void shouldCopyEachRecordExactlyOnceWhenNodesAreKilled() throws Exception {
        CellErrors.expectIn(bench);
        try (LiveCell cell = LiveCell.of(bench)
                        .set("group.config.group.initial.rebalance.delay.ms", "0")
                        .set("group.config.offsets.topic.num.partitions", "6")
                        .set("transaction.config.transaction.state.log.num.partitions", "6")
                        .startAll();
                Admin admin = Clients.admin(cell.bootstrap())) {
            final NewTopic input = new NewTopic("input", PARTITION_COUNT, (short) 3);
            final NewTopic output = new NewTopic("output", PARTITION_COUNT, (short) 3);
            Clients.get(admin.createTopics(List.of(input, output)).all());
            try (Verifier consumer = consumer(cell.bootstrap())) {
                final Map<TopicPartition, TreeMap<Long, Integer>> acknowledged = produceThroughAKill(cell, admin);
                cell.awaitInSync();
                copyThroughAKill(cell, admin);
                verify(cell.bootstrap(), acknowledged, consumer);
            }
        }
    }

    private Verifier consumer(final String bootstrap) throws IOException {
        return new Verifier(
                "VerifiableConsumer",
                "--bootstrap-server",
                bootstrap,
                "--topic",
                "output",
                "--group-id",
                "readers",
                "--verbose",
                "--command-config",
                options("isolation.level=read_committed"));
    }

    private String options(final String... lines) throws IOException {
        return Files.write(Files.createTempFile(temporary, "client", ".properties"), List.of(lines))
                .toString();
    }

    /** Returns what was acknowledged, of each partition by offset. */
    private Map<TopicPartition, TreeMap<Long, Integer>> produceThroughAKill(final LiveCell cell, final Admin admin)
            throws Exception {
        try (Verifier producer = new Verifier(
                "VerifiableProducer",
                "--bootstrap-server",
                cell.bootstrap(),
                "--topic",
                "input",
                "--max-messages",
                "" + RECORD_COUNT,
                "--throughput",
                "" + RECORDS_PER_SECOND,
                "--repeating-keys",
                "100",
                "--command-config",
                options("enable.idempotence=true", "retries=2147483647", "acks=all"))) {
            await("acknowledgements", () -> producer.count("producer_send_success") > RECORD_COUNT / 3);
            kill(cell, leaderOfInput(admin), "which leads a partition");
            assertEquals(0, producer.awaitExit(), producer::err);
            assertEquals(List.of(), producer.events("producer_send_error"));
            assertEquals(RECORD_COUNT, producer.count("producer_send_success"));
            return producer.records("producer_send_success");
        }
    }

    private static int leaderOfInput(final Admin admin) throws Exception {
        return Clients.get(admin.describeTopics(List.of("input")).allTopicNames())
                .get("input")
                .partitions()
                .getFirst()
                .leader()
                .id();
    }

    /** SIGKILL, and a start at once. */
    private static void kill(final LiveCell cell, final int nodeId, final String why) {
        System.out.println("kill node " + nodeId + ", " + why);
        cell.kill(nodeId);
        cell.launch(nodeId);
    }

    private static void await(final String what, final Callable<Boolean> condition) throws Exception {
        Await.until(() -> what, PATIENCE, condition);
    }

    private static void copyThroughAKill(final LiveCell cell, final Admin admin) throws Exception {
        try (Verifier one = copier(cell.bootstrap(), COPIERS.get(0));
                Verifier other = copier(cell.bootstrap(), COPIERS.get(1))) {
            final List<Verifier> copiers = List.of(one, other);
            await("a third is copied", () -> copied(copiers) > RECORD_COUNT / 3);
            kill(cell, coordinatorOf(admin, COPIERS.get(0)), "which coordinates transactions");
            for (final Verifier copier : copiers) {
                assertEquals(0, copier.awaitExit(), copier::err);
            }
            assertEquals(RECORD_COUNT, copied(copiers));
        }
    }

    private static Verifier copier(final String bootstrap, final String transactionalId) {
        return new Verifier(
                "TransactionalMessageCopier",
                "--broker-list",
                bootstrap,
                "--input-topic",
                "input",
                "--input-partition",
                "-1",
                "--output-topic",
                "output",
                "--consumer-group",
                "copiers",
                "--transactional-id",
                transactionalId,
                "--transaction-size",
                "" + TRANSACTION_LENGTH,
                "--enable-random-aborts",
                "--group-mode",
                "--use-group-metadata");
    }

    private static long copied(final List<Verifier> copiers) {
        return copiers.stream()
                .mapToLong(copier -> copier.newest("totalProcessed"))
                .sum();
    }

    private static int coordinatorOf(final Admin admin, final String transactionalId) throws Exception {
        return Clients.get(admin.describeTransactions(List.of(transactionalId)).description(transactionalId))
                .coordinatorId();
    }

    private static void verify(
            final String bootstrap,
            final Map<TopicPartition, TreeMap<Long, Integer>> acknowledged,
            final Verifier consumer)
            throws Exception {
        final List<TreeMap<Long, Integer>> input =
                TopicValues.of(bootstrap, "input", PARTITION_COUNT, "read_committed");
        final List<TreeMap<Long, Integer>> output =
                TopicValues.of(bootstrap, "output", PARTITION_COUNT, "read_committed");
        assertEquals(
                IntStream.range(0, RECORD_COUNT).boxed().toList(),
                input.stream()
                        .map(TreeMap::values)
                        .flatMap(Collection::stream)
                        .sorted()
                        .toList(),
                "each value once");
        for (int i = 0; i < PARTITION_COUNT; i++) {
            final List<Integer> values = new ArrayList<>(input.get(i).values());
            assertEquals(input.get(i), acknowledged.get(new TopicPartition("input", i)), "acknowledged offsets");
            assertEquals(values.stream().sorted().toList(), values, "order of partition " + i);
            assertEquals(values, new ArrayList<>(output.get(i).values()), "copy of partition " + i);
        }
        final int all = TopicValues.of(bootstrap, "output", PARTITION_COUNT, "read_uncommitted").stream()
                .mapToInt(TreeMap::size)
                .sum();
        assertTrue(all > RECORD_COUNT, "no transaction was aborted");
        verify(consumer, output);
    }

    /** It saw what is there, and nothing else; what it was told of before its commit it may be told of again. */
    private static void verify(final Verifier consumer, final List<TreeMap<Long, Integer>> output) throws Exception {
        await("all is read", () -> consumer.count("record_data") >= RECORD_COUNT);
        consumer.stop();
        final Map<TopicPartition, TreeMap<Long, Integer>> seen = consumer.records("record_data");
        for (int i = 0; i < PARTITION_COUNT; i++) {
            assertEquals(output.get(i), seen.get(new TopicPartition("output", i)), "what VerifiableConsumer saw");
        }
        System.out.println("told of twice: " + (consumer.count("record_data") - RECORD_COUNT));
    }
}
