package io.epona.systemtests.load;

import io.epona.systemtests.harness.Clients;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import java.util.concurrent.locks.LockSupport;
import org.apache.kafka.clients.producer.KafkaProducer;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.apache.kafka.common.TopicPartition;

/**
 * An idempotent producer on a thread of its own that sends at a rate until it is stopped, through all restarts of the
 * node. It never gives a record up; what the node acknowledges goes to the ledger.
 */
public final class LoadProducer implements AutoCloseable {
    /** Longer than any test: a record is either acknowledged or in doubt, never given up. */
    private static final int DELIVERY_TIMEOUT_MS = 600_000;

    private static final int REQUEST_TIMEOUT_MS = 5_000;

    private final int id;
    private final KafkaProducer<byte[], byte[]> producer;
    private final List<TopicPartition> partitions;
    private final Payloads payloads;
    private final Ledger ledger;
    private final double bytesPerNs;
    private final Random random;
    private final Thread thread;
    private volatile boolean isStopped;
    private volatile Throwable failure;

    /** Begins to send at once. */
    public LoadProducer(
            final int id,
            final String bootstrap,
            final List<TopicPartition> partitions,
            final Payloads payloads,
            final Ledger ledger,
            final LoadPlan plan) {
        this.id = id;
        this.partitions = new ArrayList<>(partitions);
        this.payloads = payloads;
        this.ledger = ledger;
        this.bytesPerNs = plan.bytesPerSecond() / plan.producerCount() / 1e9;
        this.random = new Random(plan.seed() + id);
        this.producer = Clients.producer(
                bootstrap,
                "client.id",
                "load-" + id,
                "compression.type",
                List.of("none", "lz4", "gzip", "zstd").get(id % 4),
                "batch.size",
                plan.batchLength(),
                "linger.ms",
                id % 2,
                "max.request.size",
                1 << 20,
                "buffer.memory",
                4 << 20,
                "request.timeout.ms",
                REQUEST_TIMEOUT_MS,
                "delivery.timeout.ms",
                DELIVERY_TIMEOUT_MS,
                "max.block.ms",
                DELIVERY_TIMEOUT_MS);
        this.thread = Thread.ofPlatform().name("load-" + id).start(this::run);
    }

    private void run() {
        try {
            long sequence = 0;
            long dueNs = System.nanoTime();
            while (!isStopped) {
                final byte[] value = payloads.make(id, sequence);
                send(sequence++, value);
                dueNs = Math.max(dueNs, System.nanoTime() - 50_000_000) + (long) (value.length / bytesPerNs);
                while (System.nanoTime() - dueNs < 0 && !isStopped) {
                    LockSupport.parkNanos(dueNs - System.nanoTime());
                }
            }
        } catch (final RuntimeException | Error ex) {
            failure = ex;
        }
    }

    private void send(final long sequence, final byte[] value) {
        final TopicPartition partition = partitions.get(random.nextInt(partitions.size()));
        final byte[] key = sequence % 3 == 0 ? null : Long.toString(sequence).getBytes();
        final ProducerRecord<byte[], byte[]> record =
                new ProducerRecord<>(partition.topic(), partition.partition(), key, value);
        producer.send(record, (metadata, error) -> {
            if (error == null) {
                ledger.acknowledged(partition, id, sequence, metadata.offset());
            } else {
                ledger.failed(partition, id, sequence, error);
            }
        });
    }

    /** Stops to send, and waits until all that was sent is answered. The node must be up. */
    public void finish() throws InterruptedException {
        isStopped = true;
        thread.join(Clients.PATIENCE);
        if (thread.isAlive()) {
            throw new AssertionError("producer " + id + " hangs");
        }
        producer.close(Clients.PATIENCE);
        if (failure != null) {
            throw new AssertionError("producer " + id + " failed", failure);
        }
    }

    @Override
    public void close() {
        isStopped = true;
        producer.close(Duration.ZERO);
        try {
            thread.join(Clients.PATIENCE);
        } catch (final InterruptedException ex) {
            Thread.currentThread().interrupt();
        }
    }
}
