package io.epona.systemtests.groups;

import io.epona.systemtests.harness.Await;
import io.epona.systemtests.harness.Clients;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import org.apache.kafka.clients.consumer.KafkaConsumer;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.errors.WakeupException;

/** Members of one group, each a Java consumer on a thread of its own that polls and commits what it got. */
final class Members implements AutoCloseable {
    private static final Duration POLL = Duration.ofMillis(50);

    private final String bootstrap;
    private final String topic;
    private final Object[] options;
    private final List<Member> members = new ArrayList<>();
    private final ConcurrentLinkedQueue<String> values = new ConcurrentLinkedQueue<>();

    /** Options are those of all members. */
    Members(final String bootstrap, final String topic, final Object... options) {
        this.bootstrap = bootstrap;
        this.topic = topic;
        this.options = options;
    }

    /** One member. */
    final class Member implements AutoCloseable {
        private final KafkaConsumer<byte[], byte[]> consumer;
        private final Thread thread;
        private final CountDownLatch ended = new CountDownLatch(1);
        private volatile Set<TopicPartition> assignment = Set.of();
        private volatile Throwable failure;
        private volatile boolean isEnding;

        Member(final Object... own) {
            final List<Object> all = new ArrayList<>(List.of("auto.offset.reset", "earliest"));
            all.addAll(List.of(options));
            all.addAll(List.of(own));
            consumer = Clients.consumer(bootstrap, all.toArray());
            thread = Thread.ofPlatform().daemon().name("member").start(this::run);
        }

        private void run() {
            try (consumer) {
                consumer.subscribe(List.of(topic));
                while (!isEnding) {
                    final var records = consumer.poll(POLL);
                    records.forEach(record -> values.add(new String(record.value())));
                    assignment = Set.copyOf(consumer.assignment());
                    if (!records.isEmpty()) {
                        consumer.commitSync();
                    }
                }
            } catch (final WakeupException ex) {
                assignment = Set.of();
            } catch (final RuntimeException | Error ex) {
                failure = ex;
            } finally {
                ended.countDown();
            }
        }

        Set<TopicPartition> assignment() {
            if (failure != null) {
                throw new AssertionError("a member failed", failure);
            }
            return assignment;
        }

        /** Leaves the group. */
        @Override
        public void close() {
            isEnding = true;
            consumer.wakeup();
            try {
                if (!ended.await(Clients.PATIENCE.toSeconds(), TimeUnit.SECONDS)) {
                    throw new AssertionError("a member does not end");
                }
            } catch (final InterruptedException ex) {
                throw new IllegalStateException(ex);
            }
            members.remove(this);
        }
    }

    /** One more member, with options of its own. */
    Member join(final Object... own) {
        final Member member = new Member(own);
        members.add(member);
        return member;
    }

    /** Waits until the members have all partitions among them, each one partition at least. */
    void awaitBalance(final int partitionCount) throws Exception {
        Await.until(() -> "assignments: " + assignments(), Duration.ofSeconds(40), () -> {
            final Set<TopicPartition> all = new HashSet<>();
            int count = 0;
            for (final Member member : List.copyOf(members)) {
                if (member.assignment().isEmpty() && members.size() <= partitionCount) {
                    return false;
                }
                count += member.assignment().size();
                all.addAll(member.assignment());
            }
            return all.size() == partitionCount && count == partitionCount;
        });
    }

    private String assignments() {
        return members.stream().map(Member::assignment).toList().toString();
    }

    /** Values read by all members so far. */
    List<String> values() {
        members.forEach(Member::assignment);
        return List.copyOf(values);
    }

    @Override
    public void close() {
        List.copyOf(members).forEach(member -> {
            member.isEnding = true;
            member.consumer.wakeup();
        });
        List.copyOf(members).forEach(Member::close);
    }
}
