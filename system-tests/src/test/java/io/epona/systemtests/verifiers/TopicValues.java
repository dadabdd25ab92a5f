package io.epona.systemtests.verifiers;

import io.epona.systemtests.harness.Clients;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Collection;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import org.apache.kafka.clients.consumer.KafkaConsumer;
import org.apache.kafka.common.TopicPartition;

/** Numbers in a topic as they are there now. */
final class TopicValues {
    private static final Duration POLL = Duration.ofMillis(100);

    private TopicValues() {}

    /** Of each partition by offset. */
    static List<TreeMap<Long, Integer>> of(
            final String bootstrap, final String topic, final int partitionCount, final String isolation) {
        final List<TreeMap<Long, Integer>> values = new ArrayList<>();
        for (int i = 0; i < partitionCount; i++) {
            values.add(new TreeMap<>());
        }
        final Collection<TopicPartition> partitions = Clients.partitions(topic, partitionCount);
        try (KafkaConsumer<byte[], byte[]> consumer = Clients.consumer(bootstrap, "isolation.level", isolation)) {
            consumer.assign(partitions);
            consumer.seekToBeginning(partitions);
            final Map<TopicPartition, Long> ends = consumer.endOffsets(partitions);
            final long deadlineNs = System.nanoTime() + Clients.PATIENCE.toNanos();
            while (ends.entrySet().stream().anyMatch(end -> consumer.position(end.getKey()) < end.getValue())) {
                consumer.poll(POLL)
                        .forEach(record -> values.get(record.partition())
                                .put(record.offset(), Integer.parseInt(new String(record.value()))));
                if (System.nanoTime() - deadlineNs > 0) {
                    throw new AssertionError("not read to the ends " + ends + " within " + Clients.PATIENCE);
                }
            }
        }
        return values;
    }
}
