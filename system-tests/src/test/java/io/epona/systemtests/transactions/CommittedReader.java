package io.epona.systemtests.transactions;

import io.epona.systemtests.harness.Await;
import io.epona.systemtests.harness.Clients;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.apache.kafka.clients.consumer.KafkaConsumer;
import org.apache.kafka.common.TopicPartition;

/** Reads committed records from the beginning on, through everything that happens. Used by the test's thread. */
final class CommittedReader implements AutoCloseable {
    private static final Duration POLL = Duration.ofMillis(50);

    private final List<TopicPartition> partitions;
    private final KafkaConsumer<byte[], byte[]> consumer;
    private final List<String> values = new ArrayList<>();

    CommittedReader(final String bootstrap, final List<TopicPartition> partitions) {
        this.partitions = partitions;
        consumer = Clients.consumer(bootstrap, "isolation.level", "read_committed");
        consumer.assign(partitions);
        consumer.seekToBeginning(partitions);
    }

    void poll() {
        for (final ConsumerRecord<byte[], byte[]> record : consumer.poll(POLL)) {
            values.add(new String(record.value(), StandardCharsets.US_ASCII));
        }
    }

    /** Reads all that is committed; returns the values of all that was read, in the order of reading. */
    List<String> readToEnd(final Duration timeout) throws Exception {
        final Map<TopicPartition, Long> ends = consumer.endOffsets(partitions);
        Await.until(() -> "committed records up to " + ends + ", read so far: " + values.size(), timeout, () -> {
            poll();
            return ends.entrySet().stream().allMatch(end -> consumer.position(end.getKey()) >= end.getValue());
        });
        return values;
    }

    @Override
    public void close() {
        consumer.close();
    }
}
