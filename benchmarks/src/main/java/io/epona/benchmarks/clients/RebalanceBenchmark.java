package io.epona.benchmarks.clients;

import java.time.Duration;
import java.util.ArrayList;
import java.util.Collection;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Set;
import java.util.UUID;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.LockSupport;
import org.apache.kafka.clients.consumer.ConsumerConfig;
import org.apache.kafka.clients.consumer.ConsumerRebalanceListener;
import org.apache.kafka.clients.consumer.GroupProtocol;
import org.apache.kafka.clients.consumer.KafkaConsumer;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.serialization.ByteArrayDeserializer;

/**
 * A group of ten members over thirty partitions, with all of a client's settings as they are by default: how long it
 * takes until every partition has one owner and no member has more than its share, when ten begin at once, when one
 * leaves, and when one joins.
 */
final class RebalanceBenchmark implements ClientBenchmark {
    private static final int MEMBER_COUNT = 10;
    private static final int PARTITION_COUNT = 30;
    private static final Duration POLL = Duration.ofMillis(50);
    private static final long PATIENCE_NS = TimeUnit.MINUTES.toNanos(1);
    private static final long LOOK_INTERVAL_NS = TimeUnit.MILLISECONDS.toNanos(1);

    private final GroupProtocol protocol;

    RebalanceBenchmark(final GroupProtocol protocol) {
        this.protocol = protocol;
    }

    @Override
    public void measure(final MeasuredSystem system, final Figures figures) throws Exception {
        final String topic = "bench-rebalance-" + UUID.randomUUID();
        system.createTopic(topic, PARTITION_COUNT);
        final List<Member> members = new ArrayList<>();
        try {
            add(
                    figures,
                    system,
                    "10 members begin",
                    () -> {
                        for (int i = 0; i < MEMBER_COUNT; i++) {
                            members.add(new Member(system, topic));
                        }
                    },
                    members);
            add(figures, system, "one of 10 leaves", () -> members.remove(0).close(), members);
            add(figures, system, "a 10th joins", () -> members.add(new Member(system, topic)), members);
        } finally {
            members.forEach(Member::close);
        }
    }

    private void add(
            final Figures figures,
            final MeasuredSystem system,
            final String change,
            final Runnable doing,
            final List<Member> members) {
        final long startNs = System.nanoTime();
        doing.run();
        while (!isSettled(members)) {
            if (System.nanoTime() - startNs > PATIENCE_NS) {
                throw new IllegalStateException("group is not settled: system=" + system.name() + ", protocol="
                        + protocol + ", change=" + change + ", members=" + members);
            }
            members.forEach(Member::requireAlive);
            LockSupport.parkNanos(LOOK_INTERVAL_NS);
        }
        final String figure = "rebalance, " + protocol.name().toLowerCase(Locale.ROOT) + ": " + change;
        figures.add(figure, system, (System.nanoTime() - startNs) / 1e6);
    }

    private static boolean isSettled(final List<Member> members) {
        final int share = Math.ceilDiv(PARTITION_COUNT, members.size());
        final Set<TopicPartition> owned = ConcurrentHashMap.newKeySet();
        int count = 0;
        for (final Member member : members) {
            final List<TopicPartition> of = List.copyOf(member.owned);
            if (of.size() > share) {
                return false;
            }
            owned.addAll(of);
            count += of.size();
        }
        return count == PARTITION_COUNT && owned.size() == PARTITION_COUNT;
    }

    /** A consumer with a thread of its own. */
    private final class Member implements AutoCloseable, ConsumerRebalanceListener {
        private final String topic;
        private final KafkaConsumer<byte[], byte[]> consumer;
        private final Set<TopicPartition> owned = ConcurrentHashMap.newKeySet();
        private final Thread thread = Thread.ofPlatform().name("bench-member").unstarted(this::run);
        private volatile boolean isClosing;
        private volatile Throwable failure;

        Member(final MeasuredSystem system, final String topic) {
            this.topic = topic;
            this.consumer = new KafkaConsumer<>(
                    system.clientSettings(Map.of(
                            ConsumerConfig.GROUP_ID_CONFIG,
                            "group-of-" + topic,
                            ConsumerConfig.GROUP_PROTOCOL_CONFIG,
                            protocol.name())),
                    new ByteArrayDeserializer(),
                    new ByteArrayDeserializer());
            thread.setUncaughtExceptionHandler((ended, cause) -> failure = cause);
            thread.start();
        }

        private void run() {
            try (consumer) {
                consumer.subscribe(List.of(topic), this);
                while (!isClosing) {
                    consumer.poll(POLL);
                }
            }
        }

        void requireAlive() {
            if (failure != null) {
                throw new IllegalStateException("a member of the group has failed", failure);
            }
        }

        @Override
        public void onPartitionsAssigned(final Collection<TopicPartition> partitions) {
            owned.addAll(partitions);
        }

        @Override
        public void onPartitionsRevoked(final Collection<TopicPartition> partitions) {
            owned.removeAll(partitions);
        }

        @Override
        public void close() {
            isClosing = true;
            boolean isInterrupted = false;
            while (thread.isAlive()) {
                try {
                    thread.join();
                } catch (final InterruptedException e) {
                    isInterrupted = true;
                }
            }
            if (isInterrupted) {
                Thread.currentThread().interrupt();
            }
        }

        @Override
        public String toString() {
            return owned.toString();
        }
    }
}
