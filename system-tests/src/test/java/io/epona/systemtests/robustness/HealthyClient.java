package io.epona.systemtests.robustness;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.epona.systemtests.harness.Clients;
import java.nio.ByteBuffer;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.LockSupport;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.apache.kafka.clients.consumer.KafkaConsumer;
import org.apache.kafka.clients.producer.KafkaProducer;
import org.apache.kafka.common.TopicPartition;

/**
 * A producer and a consumer that go on at a steady rate on a thread of their own while others misbehave. Sends a record
 * each few milliseconds and waits for it to come back; notes the longest wait and the first failure.
 */
final class HealthyClient implements AutoCloseable {
    private static final long INTERVAL_NS = 5_000_000;

    /** Nothing that others do may hold a record up for so long; each time-out of the node and of clients is longer. */
    private static final long MAX_WAIT_MS = 9_000;

    private final String bootstrap;
    private final TopicPartition partition;
    private final Thread thread;
    private volatile boolean isStopped;
    private volatile Throwable failure;
    private volatile long maxWaitMs;
    private volatile int count;

    HealthyClient(final String bootstrap, final String topic) {
        this.bootstrap = bootstrap;
        this.partition = new TopicPartition(topic, 0);
        this.thread = Thread.ofPlatform().name("healthy").start(this::run);
    }

    private void run() {
        try (KafkaProducer<byte[], byte[]> producer = Clients.producer(bootstrap, "client.id", "healthy");
                KafkaConsumer<byte[], byte[]> consumer = Clients.consumer(bootstrap, "client.id", "healthy")) {
            Clients.send(producer, Clients.record(partition, new byte[4]));
            consumer.assign(List.of(partition));
            consumer.seek(partition, 1);
            while (!isStopped) {
                final long beginNs = System.nanoTime();
                final byte[] value = ByteBuffer.allocate(100).putInt(count).array();
                producer.send(Clients.record(partition, value));
                receive(consumer);
                count++;
                maxWaitMs = Math.max(maxWaitMs, TimeUnit.NANOSECONDS.toMillis(System.nanoTime() - beginNs));
                LockSupport.parkNanos(INTERVAL_NS);
            }
        } catch (final Exception | AssertionError ex) {
            failure = ex;
        }
    }

    private void receive(final KafkaConsumer<byte[], byte[]> consumer) {
        final long deadlineNs = System.nanoTime() + Clients.PATIENCE.toNanos();
        while (System.nanoTime() - deadlineNs < 0) {
            for (final ConsumerRecord<byte[], byte[]> record : consumer.poll(Duration.ofMillis(100))) {
                assertEquals(count, ByteBuffer.wrap(record.value()).getInt());
                return;
            }
        }
        throw new AssertionError("record " + count + " did not come back");
    }

    /** How many records have come back so far. */
    int count() {
        return count;
    }

    /** Waits until so many more have come back. */
    void awaitMore(final int more) throws Exception {
        final int target = count + more;
        final long deadlineNs = System.nanoTime() + Clients.PATIENCE.toNanos();
        while (count < target && failure == null) {
            assertTrue(System.nanoTime() - deadlineNs < 0, "the healthy client stands still");
            LockSupport.parkNanos(INTERVAL_NS);
        }
        check();
    }

    private void check() {
        if (failure != null) {
            throw new AssertionError("the healthy client failed", failure);
        }
        assertTrue(maxWaitMs < MAX_WAIT_MS, () -> "the healthy client waited " + maxWaitMs + " ms");
    }

    @Override
    public void close() {
        isStopped = true;
        try {
            thread.join(Clients.PATIENCE);
        } catch (final InterruptedException ex) {
            Thread.currentThread().interrupt();
        }
        check();
    }
}
