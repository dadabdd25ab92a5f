package io.epona.benchmarks.clients;

import java.util.ArrayDeque;
import java.util.Map;
import java.util.Queue;
import java.util.UUID;
import java.util.concurrent.ExecutionException;
import org.HdrHistogram.Histogram;
import org.apache.kafka.clients.admin.Admin;
import org.apache.kafka.clients.consumer.OffsetAndMetadata;
import org.apache.kafka.common.KafkaFuture;
import org.apache.kafka.common.TopicPartition;

/**
 * What groups cost that do nothing but have committed offsets: end-to-end latency at 1,000 records a second before and
 * after thousands of them came to be, and how long each took to come to be.
 */
final class IdleGroupsBenchmark implements ClientBenchmark {
    private static final int IN_FLIGHT = 32;

    private final int groupCount;

    IdleGroupsBenchmark(final int groupCount) {
        this.groupCount = groupCount;
    }

    @Override
    public void measure(final MeasuredSystem system, final Figures figures) throws Exception {
        final String topic = "bench-idle-groups-" + UUID.randomUUID();
        system.createTopic(topic, 1);
        add(figures, system, "before", OpenLoopProbe.run(system, topic));
        final long startNs = System.nanoTime();
        commitOffsets(system, topic);
        figures.add(
                "committing an offset for each of " + groupCount + " groups",
                system,
                (System.nanoTime() - startNs) / 1e6 / groupCount);
        add(figures, system, "with " + groupCount, OpenLoopProbe.run(system, topic));
    }

    private void commitOffsets(final MeasuredSystem system, final String topic)
            throws ExecutionException, InterruptedException {
        final Map<TopicPartition, OffsetAndMetadata> offsets =
                Map.of(new TopicPartition(topic, 0), new OffsetAndMetadata(1));
        try (Admin admin = system.admin()) {
            final Queue<KafkaFuture<Void>> pending = new ArrayDeque<>();
            for (int i = 0; i < groupCount; i++) {
                if (pending.size() == IN_FLIGHT) {
                    pending.remove().get();
                }
                pending.add(admin.alterConsumerGroupOffsets("idle-" + i + "-" + topic, offsets)
                        .all());
            }
            for (final KafkaFuture<Void> future : pending) {
                future.get();
            }
        }
    }

    private static void add(
            final Figures figures, final MeasuredSystem system, final String when, final Histogram latency) {
        figures.add("idle groups, " + when + ": p50", system, latency.getValueAtPercentile(50) / 1e6);
        figures.add("idle groups, " + when + ": p99", system, latency.getValueAtPercentile(99) / 1e6);
    }
}
