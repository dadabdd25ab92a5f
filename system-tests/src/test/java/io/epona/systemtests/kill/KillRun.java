package io.epona.systemtests.kill;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.epona.runtime.CounterType;
import io.epona.systemtests.harness.Clients;
import io.epona.systemtests.harness.EponaProcess;
import io.epona.systemtests.harness.FreePorts;
import io.epona.systemtests.harness.NodeSettings;
import io.epona.systemtests.harness.TestBench;
import io.epona.systemtests.load.Ledger;
import io.epona.systemtests.load.LoadProducer;
import io.epona.systemtests.load.Payloads;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.LockSupport;
import org.apache.kafka.clients.admin.Admin;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.apache.kafka.clients.consumer.KafkaConsumer;
import org.apache.kafka.common.TopicPartition;

/**
 * One node, killed again and again while producers write to it, on one address. After each start the consumer reads on
 * where it was and the ledger compares; in the end everything is read once more from the start. Used by one thread.
 */
final class KillRun implements AutoCloseable {
    private static final List<String> TOPICS = List.of("orders", "trades");
    private static final int PARTITION_COUNT = 3;

    /** Ring and segments must have been used over and over, or the test does not test them. */
    private static final int MIN_ROUNDS = 3;

    private final TestBench bench;
    private final NodeSettings settings;
    private final KillPlan plan;
    private final Random random;
    private final Blow blow;
    private final String bootstrap;
    private final Payloads payloads;
    private final Ledger ledger;
    private final List<TopicPartition> partitions = new ArrayList<>();
    private final List<LoadProducer> producers = new ArrayList<>();
    private final KafkaConsumer<byte[], byte[]> consumer;
    private final PassingTopics passing;
    private EponaProcess node;
    private long startupMs;

    /** What happens to the node again and again. */
    enum Blow {
        /** It is killed, and started again. */
        KILL,
        /** It is stopped by SIGSTOP for up to as long as it worked before, and goes on. */
        PAUSE
    }

    KillRun(final TestBench bench, final NodeSettings settings, final KillPlan plan, final Blow blow) {
        final int port = FreePorts.next();
        this.bench = bench;
        // A producer that still knows a deleted topic would bring it back by asking for it.
        this.settings = settings.port(port).set("topic.auto-create", "false");
        this.plan = plan;
        this.blow = blow;
        this.random = new Random(plan.seed());
        this.bootstrap = "127.0.0.1:" + port;
        this.payloads = new Payloads(plan.maxLength());
        this.ledger = new Ledger(payloads);
        TOPICS.forEach(topic -> partitions.addAll(Clients.partitions(topic, PARTITION_COUNT)));
        this.consumer = Clients.consumer(bootstrap, "max.partition.fetch.bytes", 1 << 18);
        this.passing = new PassingTopics(bootstrap);
    }

    /** All of it. Returns a line about what happened. */
    String run() throws Exception {
        final long beginNs = System.nanoTime();
        node = bench.start(settings);
        try (Admin admin = Clients.admin(bootstrap)) {
            for (final String topic : TOPICS) {
                Clients.createTopic(admin, topic, PARTITION_COUNT, "segment.bytes", "4194304");
            }
        }
        for (int id = 0; id < plan.producerCount(); id++) {
            producers.add(new LoadProducer(id, bootstrap, partitions, payloads, ledger, plan.load()));
        }
        try {
            for (int kill = 0; kill < plan.killCount(); kill++) {
                liveAndDie();
            }
            return finish(beginNs);
        } catch (final Exception | AssertionError ex) {
            throw new AssertionError("with " + plan + ", " + ledger.ackCount() + " acknowledged: " + ex, ex);
        }
    }

    private void liveAndDie() throws Exception {
        startupMs = Math.max(startupMs, node.startupMs());
        passing.nextLife();
        readOn();
        ledger.compare();
        park(random.nextInt(plan.maxLifeMs()));
        if (blow == Blow.PAUSE) {
            node.signal("STOP");
            park(random.nextInt(plan.maxLifeMs()));
            node.signal("CONT");
            return;
        }
        node.kill();
        while (random.nextDouble() < plan.startKillShare()) {
            node = bench.launch(settings);
            park(random.nextInt(Math.toIntExact(startupMs)));
            node.kill();
        }
        node = bench.start(settings);
    }

    private static void park(final int ms) {
        final long deadlineNs = System.nanoTime() + TimeUnit.MILLISECONDS.toNanos(ms);
        while (System.nanoTime() - deadlineNs < 0) {
            LockSupport.parkNanos(deadlineNs - System.nanoTime());
        }
    }

    /** Up to where the partitions end now. */
    private void readOn() {
        final Map<TopicPartition, Long> ends = consumer.endOffsets(partitions);
        consumer.assign(partitions);
        partitions.forEach(partition -> consumer.seek(partition, ledger.nextOffset(partition)));
        final long deadlineNs = System.nanoTime() + Clients.PATIENCE.toNanos();
        while (ends.entrySet().stream().anyMatch(end -> ledger.nextOffset(end.getKey()) < end.getValue())) {
            consumer.poll(Duration.ofMillis(100)).forEach(ledger::onRecord);
            if (System.nanoTime() - deadlineNs > 0) {
                throw new AssertionError("cannot read up to " + ends);
            }
        }
    }

    private void readAgain() {
        consumer.assign(partitions);
        consumer.seekToBeginning(partitions);
        long rest = ledger.recordCount();
        final long deadlineNs = System.nanoTime() + Clients.PATIENCE.toNanos();
        while (rest > 0) {
            for (final ConsumerRecord<byte[], byte[]> record : consumer.poll(Duration.ofMillis(100))) {
                ledger.onRecordAgain(record);
                rest--;
            }
            if (System.nanoTime() - deadlineNs > 0) {
                throw new AssertionError(rest + " records cannot be read again");
            }
        }
    }

    private String finish(final long beginNs) throws Exception {
        passing.nextLife();
        for (final LoadProducer producer : producers) {
            producer.finish();
        }
        readOn();
        ledger.compareAll();
        assertEquals(List.of(), ledger.failures());
        assertEquals(ledger.ackCount(), ledger.recordCount(), "records that nobody was told of, or the reverse");
        readAgain();
        final long appended = node.laneCounter(CounterType.LANE_APPENDED, 0);
        final long rounds =
                appended / settings.bytes("journal.segment.length") / settings.count("journal.segment.count");
        assertTrue(rounds >= MIN_ROUNDS, () -> "the journal came round too seldom: " + rounds);
        assertEquals(0, node.stop());
        node = bench.start(settings);
        readAgain();
        assertEquals(0, node.stop());
        return "records=" + ledger.recordCount() + ", rounds of the journal=" + rounds + ", slowest start=" + startupMs
                + " ms, took " + TimeUnit.NANOSECONDS.toSeconds(System.nanoTime() - beginNs) + " s";
    }

    @Override
    public void close() {
        producers.forEach(LoadProducer::close);
        passing.close();
        consumer.close();
    }
}
