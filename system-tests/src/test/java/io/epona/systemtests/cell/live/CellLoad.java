package io.epona.systemtests.cell.live;

import static org.junit.jupiter.api.Assertions.assertEquals;

import io.epona.systemtests.harness.Await;
import io.epona.systemtests.harness.Clients;
import io.epona.systemtests.load.Ledger;
import io.epona.systemtests.load.LoadPlan;
import io.epona.systemtests.load.LoadProducer;
import io.epona.systemtests.load.Payloads;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import org.apache.kafka.clients.admin.Admin;
import org.apache.kafka.clients.admin.NewTopic;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.apache.kafka.clients.consumer.KafkaConsumer;
import org.apache.kafka.common.TopicPartition;

/**
 * Idempotent producers with acks=all that never give up, and a consumer that reads on through everything that happens
 * and is never told where to go. The consumer has a thread of its own, which alone reads into the books until it ends.
 */
final class CellLoad implements AutoCloseable {
    private static final String TOPIC = "orders";
    private static final int PARTITION_COUNT = 6;
    private static final int MAX_LENGTH = 20_000;

    /** Answers for each partition that count as progress. */
    private static final int PROGRESS = 10;

    private final Payloads payloads = new Payloads(MAX_LENGTH);
    private final Ledger ledger = new Ledger(payloads);
    private final List<TopicPartition> partitions = new ArrayList<>(Clients.partitions(TOPIC, PARTITION_COUNT));
    private final List<LoadProducer> producers = new ArrayList<>();
    private final KafkaConsumer<byte[], byte[]> consumer;
    private final Thread reader;
    private final LiveCell cell;
    private volatile boolean isStopped;
    private volatile Throwable failure;

    /** Makes the topic and begins. */
    CellLoad(final LiveCell cell, final LoadPlan plan, final int minInSync) throws Exception {
        this.cell = cell;
        final short replicaCount = (short) cell.nodeIds().size();
        try (Admin admin = Clients.admin(cell.bootstrap())) {
            Clients.get(admin.createTopics(List.of(new NewTopic(TOPIC, PARTITION_COUNT, replicaCount)
                            .configs(Map.of("min.insync.replicas", Integer.toString(minInSync)))))
                    .all());
        }
        consumer = Clients.consumer(cell.bootstrap(), "max.partition.fetch.bytes", 1 << 18);
        consumer.assign(partitions);
        consumer.seekToBeginning(partitions);
        reader = Thread.ofPlatform().name("reader").start(this::read);
        for (int id = 0; id < plan.producerCount(); id++) {
            producers.add(new LoadProducer(id, cell.bootstrap(), partitions, payloads, ledger, plan));
        }
    }

    private void read() {
        try {
            while (!isStopped) {
                poll();
            }
        } catch (final RuntimeException | Error ex) {
            failure = ex;
        }
    }

    private void poll() {
        for (final ConsumerRecord<byte[], byte[]> record : consumer.poll(Duration.ofMillis(100))) {
            ledger.onRecord(record);
        }
        ledger.compare();
    }

    /** Waits until each partition has acknowledged records again; returns how long that took, in milliseconds. */
    long awaitProgress(final String after) throws Exception {
        final long beginNs = System.nanoTime();
        final Map<TopicPartition, Long> before = new HashMap<>();
        partitions.forEach(partition -> before.put(partition, ledger.ackCount(partition)));
        Await.until(
                () -> "acknowledgements after " + after + ": of " + before + ", now " + counts() + "\n"
                        + cell.describe(),
                LiveCell.PATIENCE,
                () -> {
                    check();
                    return partitions.stream()
                            .allMatch(partition -> ledger.ackCount(partition) >= before.get(partition) + PROGRESS);
                });
        return TimeUnit.NANOSECONDS.toMillis(System.nanoTime() - beginNs);
    }

    private Map<TopicPartition, Long> counts() {
        final Map<TopicPartition, Long> counts = new HashMap<>();
        partitions.forEach(partition -> counts.put(partition, ledger.ackCount(partition)));
        return counts;
    }

    /** No producer gave anything up, and the consumer has read nothing wrong. */
    void check() {
        if (failure != null) {
            throw new AssertionError("the consumer: " + failure, failure);
        }
        assertEquals(List.of(), ledger.failures());
    }

    /** Ends the load, reads all that there is, compares; then reads all of it once more. Returns what was read. */
    long finish() throws Exception {
        for (final LoadProducer producer : producers) {
            producer.finish();
        }
        isStopped = true;
        reader.join(LiveCell.PATIENCE);
        check();
        readToEnd();
        ledger.compareAll();
        assertEquals(ledger.ackCount(), ledger.recordCount(), "records that nobody was told of, or the reverse");
        readAgain();
        return ledger.recordCount();
    }

    private void readToEnd() throws Exception {
        final Map<TopicPartition, Long> ends = consumer.endOffsets(partitions);
        Await.until(() -> "all records up to " + ends, LiveCell.PATIENCE, () -> {
            poll();
            return ends.entrySet().stream().allMatch(end -> ledger.nextOffset(end.getKey()) >= end.getValue());
        });
    }

    /** All from the start, when leaders have changed: what was read before is there, byte for byte. */
    void readAgain() throws Exception {
        consumer.assign(partitions);
        consumer.seekToBeginning(partitions);
        final long[] rest = {ledger.recordCount()};
        Await.until(() -> rest[0] + " records read again", LiveCell.PATIENCE, () -> {
            for (final ConsumerRecord<byte[], byte[]> record : consumer.poll(Duration.ofMillis(100))) {
                ledger.onRecordAgain(record);
                rest[0]--;
            }
            return rest[0] == 0;
        });
    }

    @Override
    public void close() {
        isStopped = true;
        producers.forEach(LoadProducer::close);
        consumer.wakeup();
        try {
            reader.join(LiveCell.PATIENCE);
        } catch (final InterruptedException ex) {
            Thread.currentThread().interrupt();
        }
        consumer.close();
    }
}
