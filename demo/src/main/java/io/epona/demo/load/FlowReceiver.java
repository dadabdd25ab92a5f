package io.epona.demo.load;

import io.epona.codec.orderflow.OrderEventDecoder;
import io.epona.runtime.NodeClock;
import io.epona.runtime.budget.Stage;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import org.apache.kafka.clients.consumer.Consumer;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.apache.kafka.clients.consumer.ConsumerRecords;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.errors.WakeupException;

/**
 * Consumes the demo's topics on a thread of its own, from where they end when it starts. Other threads say which run's
 * records to look for, and when to stop.
 */
public final class FlowReceiver implements Runnable {
    private static final Duration POLL_TIMEOUT = Duration.ofMillis(200);

    private final Consumer<byte[], byte[]> consumer;
    private final List<TopicPartition> partitions;
    private final NodeClock clock;
    private final OrderEventCodec codec = new OrderEventCodec();
    private final CompletableFuture<Void> ready = new CompletableFuture<>();
    private final CompletableFuture<Void> ended = new CompletableFuture<>();
    private volatile Reception reception;
    private volatile boolean isStopped;

    /**
     * A receiver that looks for no run yet.
     *
     * @param consumer closed by the receiver's thread
     * @param partitions to consume
     * @param clock that latencies are measured with; the sender's
     */
    public FlowReceiver(
            final Consumer<byte[], byte[]> consumer, final List<TopicPartition> partitions, final NodeClock clock) {
        this.consumer = consumer;
        this.partitions = List.copyOf(partitions);
        this.clock = clock;
    }

    /** Looks for the records of another run from now on; none of the run before may be on its way any more. */
    public void expect(final Reception next) {
        reception = next;
    }

    /** Done when nothing that is sent from then on is missed; fails when the topics cannot be consumed. */
    public CompletableFuture<Void> ready() {
        return ready;
    }

    /** Done when it was stopped; fails with the reason when it cannot go on. */
    public CompletableFuture<Void> ended() {
        return ended;
    }

    /** Ends it. Any thread. */
    public void stop() {
        isStopped = true;
        consumer.wakeup();
    }

    @Override
    public void run() {
        try (consumer) {
            seekToEnd();
            ready.complete(null);
            while (!isStopped) {
                poll();
            }
            ended.complete(null);
        } catch (final RuntimeException ex) {
            if (isStopped && ex instanceof WakeupException) {
                ended.complete(null);
            }
            ready.completeExceptionally(ex);
            ended.completeExceptionally(ex);
        }
    }

    private void seekToEnd() {
        consumer.assign(partitions);
        consumer.seekToEnd(partitions);
        partitions.forEach(consumer::position);
    }

    private void poll() {
        final ConsumerRecords<byte[], byte[]> records = consumer.poll(POLL_TIMEOUT);
        final long polledNs = clock.epochNs();
        final Reception current = reception;
        if (current != null) {
            for (final ConsumerRecord<byte[], byte[]> record : records) {
                onRecord(record, current, polledNs);
            }
        }
    }

    private void onRecord(final ConsumerRecord<byte[], byte[]> record, final Reception current, final long polledNs) {
        final OrderEventDecoder event = codec.decode(record.value());
        final DemoTopic topic = DemoTopic.named(record.topic());
        if (event == null || topic == null || event.runId() != current.runId()) {
            current.checking().onForeign();
            return;
        }
        current.checking().onRecord(topic, codec.symbolBits(event), event.sequence(), ContentHash.of(record.value()));
        final long dueNs = event.intendedSendTimeNs();
        final long doneNs = clock.epochNs();
        if (Stage.END_TO_END.isBreachedBy(doneNs - dueNs)) {
            current.onOverBudget(new OverBudget(
                    topic, record.partition(), record.offset(), dueNs, doneNs - dueNs, doneNs - polledNs));
        }
        current.onDone(doneNs - dueNs, doneNs - polledNs);
    }
}
