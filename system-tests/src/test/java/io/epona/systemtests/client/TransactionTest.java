package io.epona.systemtests.client;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.epona.systemtests.harness.Await;
import io.epona.systemtests.harness.Clients;
import io.epona.systemtests.harness.EponaProcess;
import io.epona.systemtests.harness.FreePorts;
import io.epona.systemtests.harness.TestBench;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.concurrent.ExecutionException;
import org.apache.kafka.clients.admin.AbortTransactionSpec;
import org.apache.kafka.clients.admin.Admin;
import org.apache.kafka.clients.admin.ListOffsetsOptions;
import org.apache.kafka.clients.admin.OffsetSpec;
import org.apache.kafka.clients.admin.ProducerState;
import org.apache.kafka.clients.admin.TransactionState;
import org.apache.kafka.clients.consumer.ConsumerGroupMetadata;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.apache.kafka.clients.consumer.KafkaConsumer;
import org.apache.kafka.clients.consumer.OffsetAndMetadata;
import org.apache.kafka.clients.producer.KafkaProducer;
import org.apache.kafka.common.IsolationLevel;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.errors.InvalidProducerEpochException;
import org.apache.kafka.common.errors.ProducerFencedException;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.extension.RegisterExtension;

@Timeout(300)
class TransactionTest {
    private static final TopicPartition ONE = new TopicPartition("paid", 0);
    private static final TopicPartition OTHER = new TopicPartition("paid", 1);

    /** Nodes are restarted within transactions, on machines that may be busy. */
    private static final int PATIENCE_MS = 200_000;

    @RegisterExtension
    private final TestBench bench = new TestBench();

    private static KafkaProducer<byte[], byte[]> producer(final EponaProcess node, final String id) {
        final KafkaProducer<byte[], byte[]> producer = Clients.producer(
                node.bootstrap(),
                "transactional.id",
                id,
                "transaction.timeout.ms",
                PATIENCE_MS,
                "delivery.timeout.ms",
                PATIENCE_MS,
                "max.block.ms",
                PATIENCE_MS);
        producer.initTransactions();
        return producer;
    }

    private static KafkaConsumer<byte[], byte[]> committedReader(final EponaProcess node) {
        return Clients.consumer(node.bootstrap(), "isolation.level", "read_committed");
    }

    private static byte[] bytes(final String text) {
        return text.getBytes(StandardCharsets.US_ASCII);
    }

    private static void send(
            final KafkaProducer<byte[], byte[]> producer, final TopicPartition partition, final String text) {
        producer.send(Clients.record(partition, bytes(text)));
    }

    private static void transact(
            final KafkaProducer<byte[], byte[]> producer, final boolean isCommit, final String text) {
        producer.beginTransaction();
        send(producer, ONE, text + "-1");
        send(producer, OTHER, text + "-2");
        send(producer, ONE, text + "-3");
        if (isCommit) {
            producer.commitTransaction();
        } else {
            producer.flush();
            producer.abortTransaction();
        }
    }

    private static List<String> read(final EponaProcess node, final TopicPartition partition) {
        try (KafkaConsumer<byte[], byte[]> reader = committedReader(node)) {
            reader.assign(List.of(partition));
            reader.seekToBeginning(List.of(partition));
            final long end = reader.endOffsets(List.of(partition)).get(partition);
            final List<String> texts = new ArrayList<>();
            while (reader.position(partition) < end) {
                for (final ConsumerRecord<byte[], byte[]> record : reader.poll(Clients.PATIENCE)) {
                    texts.add(new String(record.value(), StandardCharsets.US_ASCII));
                }
            }
            return texts;
        }
    }

    private EponaProcess restart(final EponaProcess node, final boolean isKilled) {
        if (isKilled) {
            node.kill();
        } else {
            assertEquals(0, node.stop(), node::err);
        }
        return bench.start(node.settings());
    }

    @Test
    void shouldDeliverWhatIsCommittedAndNothingElseWhenReadersWantThat() throws Exception {
        EponaProcess node = bench.start(bench.settings());
        try (Admin admin = Clients.admin(node.bootstrap())) {
            Clients.createTopic(admin, "paid", 2);
        }
        try (KafkaProducer<byte[], byte[]> producer = producer(node, "till")) {
            transact(producer, true, "a");
            transact(producer, false, "b");
            transact(producer, true, "c");
        }
        assertEquals(List.of("a-1", "a-3", "c-1", "c-3"), read(node, ONE));
        assertEquals(List.of("a-2", "c-2"), read(node, OTHER));
        for (final boolean isKilled : new boolean[] {true, false, true}) {
            node = restart(node, isKilled);
            assertEquals(List.of("a-1", "a-3", "c-1", "c-3"), read(node, ONE));
            assertEquals(List.of("a-2", "c-2"), read(node, OTHER));
        }
    }

    @Test
    void shouldHoldBackWhatIsOpenWhenTheNodeIsKilledInBetween() throws Exception {
        EponaProcess node = bench.start(bench.settings().port(FreePorts.next()));
        try (Admin admin = Clients.admin(node.bootstrap())) {
            Clients.createTopic(admin, "paid", 2);
        }
        try (KafkaProducer<byte[], byte[]> producer = producer(node, "till");
                KafkaProducer<byte[], byte[]> plain = Clients.producer(node.bootstrap())) {
            transact(producer, true, "a");
            for (int round = 0; round < 3; round++) {
                producer.beginTransaction();
                send(producer, ONE, "open-" + round);
                producer.flush();
                Clients.send(plain, Clients.record(ONE, bytes("plain-" + round)));
                node = restart(node, round != 1);
                final long stable = stableOffset(node, ONE);
                try (Admin admin = Clients.admin(node.bootstrap())) {
                    final long end = Clients.get(admin.listOffsets(Map.of(ONE, OffsetSpec.latest()))
                                    .partitionResult(ONE))
                            .offset();
                    assertEquals(end - 2, stable);
                }
                producer.commitTransaction();
                final EponaProcess now = node;
                final long before = stable;
                Await.until("the marker is committed", () -> stableOffset(now, ONE) > before + 2);
            }
        }
        assertEquals(
                List.of("a-1", "a-3", "open-0", "plain-0", "open-1", "plain-1", "open-2", "plain-2"), read(node, ONE));
    }

    private static long stableOffset(final EponaProcess node, final TopicPartition partition) throws Exception {
        try (Admin admin = Clients.admin(node.bootstrap())) {
            return Clients.get(admin.listOffsets(
                                    Map.of(partition, OffsetSpec.latest()),
                                    new ListOffsetsOptions(IsolationLevel.READ_COMMITTED))
                            .partitionResult(partition))
                    .offset();
        }
    }

    @Test
    void shouldFenceTheProducerOfBeforeWhenAnotherBegins() throws Exception {
        final EponaProcess node = bench.start(bench.settings());
        try (Admin admin = Clients.admin(node.bootstrap())) {
            Clients.createTopic(admin, "paid", 2);
        }
        try (KafkaProducer<byte[], byte[]> old = producer(node, "till")) {
            old.beginTransaction();
            send(old, ONE, "lost");
            old.flush();
            try (KafkaProducer<byte[], byte[]> successor = producer(node, "till")) {
                transact(successor, true, "kept");
            }
            final ExecutionException failed = assertThrows(
                    ExecutionException.class,
                    () -> old.send(Clients.record(ONE, bytes("late"))).get());
            assertTrue(
                    failed.getCause() instanceof ProducerFencedException
                            || failed.getCause() instanceof InvalidProducerEpochException,
                    () -> String.valueOf(failed.getCause()));
        }
        assertEquals(List.of("kept-1", "kept-3"), read(node, ONE));
    }

    @Test
    void shouldAbortWhenTheTimeOfATransactionIsOver() throws Exception {
        final EponaProcess node = bench.start(bench.settings());
        try (Admin admin = Clients.admin(node.bootstrap());
                KafkaProducer<byte[], byte[]> producer = Clients.producer(
                        node.bootstrap(), "transactional.id", "slow", "transaction.timeout.ms", 3_000)) {
            Clients.createTopic(admin, "paid", 2);
            producer.initTransactions();
            producer.beginTransaction();
            send(producer, ONE, "late");
            producer.flush();
            Await.until("the marker of the abort", () -> stableOffset(node, ONE) == 2);
            assertThrows(org.apache.kafka.common.KafkaException.class, producer::commitTransaction);
        }
        assertEquals(List.of(), read(node, ONE));
    }

    @Test
    void shouldCommitOffsetsWithTheRecordsWhenATransactionHasBoth() throws Exception {
        final EponaProcess node = bench.start(bench.settings());
        try (KafkaConsumer<byte[], byte[]> consumer = Clients.consumer(node.bootstrap(), "group.id", "copier");
                Admin admin = Clients.admin(node.bootstrap());
                KafkaProducer<byte[], byte[]> producer = producer(node, "copier")) {
            Clients.createTopic(admin, "paid", 2);
            final ConsumerGroupMetadata group = consumer.groupMetadata();
            producer.beginTransaction();
            send(producer, ONE, "x");
            producer.sendOffsetsToTransaction(Map.of(OTHER, new OffsetAndMetadata(7)), group);
            producer.commitTransaction();
            Await.until("the offset is committed", () -> committed(admin) == 7);
            producer.beginTransaction();
            producer.sendOffsetsToTransaction(Map.of(OTHER, new OffsetAndMetadata(9)), group);
            producer.abortTransaction();
            producer.beginTransaction();
            send(producer, ONE, "y");
            producer.commitTransaction();
            assertEquals(7, committed(admin));
        }
        assertEquals(List.of("x", "y"), read(node, ONE));
    }

    private static long committed(final Admin admin) throws Exception {
        final OffsetAndMetadata offset = Clients.get(
                        admin.listConsumerGroupOffsets("copier").partitionsToOffsetAndMetadata())
                .get(OTHER);
        return offset == null ? -1 : offset.offset();
    }

    @Test
    void shouldTellAndEndWhatHangsWhenAnOperatorAsks() throws Exception {
        final EponaProcess node = bench.start(bench.settings());
        try (Admin admin = Clients.admin(node.bootstrap());
                KafkaProducer<byte[], byte[]> producer = producer(node, "hanging")) {
            Clients.createTopic(admin, "paid", 2);
            transact(producer, true, "a");
            producer.beginTransaction();
            send(producer, ONE, "b");
            producer.flush();
            final var listed = Clients.get(admin.listTransactions().all());
            assertEquals(1, listed.size());
            final var described = Clients.get(
                            admin.describeTransactions(List.of("hanging")).all())
                    .get("hanging");
            assertEquals(TransactionState.ONGOING, described.state());
            assertEquals(java.util.Set.of(ONE), described.topicPartitions());
            final ProducerState state = Clients.get(
                            admin.describeProducers(List.of(ONE)).partitionResult(ONE))
                    .activeProducers()
                    .getFirst();
            assertEquals(described.producerId(), state.producerId());
            assertEquals(3, state.currentTransactionStartOffset().orElse(-1));
            Clients.get(admin.abortTransaction(new AbortTransactionSpec(
                            ONE,
                            state.producerId(),
                            (short) (state.producerEpoch() + 1),
                            state.coordinatorEpoch().orElse(0)))
                    .all());
            assertEquals(5, stableOffset(node, ONE));
        }
    }

    @Test
    void shouldLoseTearOrRepeatNothingWhenTheNodeIsKilledAgainAndAgain() throws Exception {
        EponaProcess node = bench.start(bench.settings().port(FreePorts.next()));
        try (Admin admin = Clients.admin(node.bootstrap())) {
            Clients.createTopic(admin, "paid", 2);
        }
        final Random random = new Random(11);
        final List<String> expected = new ArrayList<>();
        try (KafkaProducer<byte[], byte[]> producer = producer(node, "till")) {
            for (int i = 0; i < 60; i++) {
                final boolean isCommit = random.nextInt(3) > 0;
                producer.beginTransaction();
                final int count = 1 + random.nextInt(5);
                for (int n = 0; n < count; n++) {
                    send(producer, ONE, i + "-" + n);
                    if (isCommit) {
                        expected.add(i + "-" + n);
                    }
                }
                if (i % 20 == 10) {
                    node = restart(node, true);
                }
                if (isCommit) {
                    producer.commitTransaction();
                } else {
                    producer.abortTransaction();
                }
            }
        }
        assertEquals(expected, read(node, ONE));
        node = restart(node, true);
        assertEquals(expected, read(node, ONE));
    }
}
