package io.epona.systemtests.kill;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.epona.systemtests.harness.Clients;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.apache.kafka.clients.admin.Admin;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.apache.kafka.clients.consumer.KafkaConsumer;
import org.apache.kafka.clients.producer.KafkaProducer;
import org.apache.kafka.common.TopicPartition;

/**
 * Topics that live for a few lives of the node: made in one, checked in the next and deleted there, looked for in vain
 * in the one after; some come back under the same name, empty. Used by the test's thread.
 */
final class PassingTopics implements AutoCloseable {
    private static final int PARTITION_COUNT = 3;
    private static final int RECORD_COUNT = 20;

    private final Admin admin;
    private final KafkaProducer<byte[], byte[]> producer;
    private final KafkaConsumer<byte[], byte[]> consumer;
    private final Map<String, Integer> filled = new HashMap<>();
    private final Set<String> deleted = new HashSet<>();
    private final Set<String> reborn = new HashSet<>();
    private int round;

    PassingTopics(final String bootstrap) {
        admin = Clients.admin(bootstrap);
        producer = Clients.producer(bootstrap);
        consumer = Clients.consumer(bootstrap);
    }

    /** In a new life of the node. */
    void nextLife() throws Exception {
        round++;
        final Set<String> there = Clients.get(admin.listTopics().names());
        deleted.forEach(topic -> assertFalse(there.contains(topic), () -> "deleted, and back: " + topic));
        for (final String topic : reborn) {
            assertTrue(there.contains(topic), () -> "made again, and lost: " + topic);
            final TopicPartition partition = new TopicPartition(topic, 0);
            assertEquals(0, Clients.endOffset(consumer, partition), () -> "made again, and not empty: " + topic);
        }
        for (final Map.Entry<String, Integer> entry : filled.entrySet()) {
            assertTrue(there.contains(entry.getKey()), () -> "lost: " + entry.getKey());
            check(entry.getKey(), entry.getValue());
        }
        renew();
    }

    private void check(final String topic, final int inRound) {
        for (final TopicPartition partition : Clients.partitions(topic, PARTITION_COUNT)) {
            final List<ConsumerRecord<byte[], byte[]>> records = Clients.read(consumer, partition, 0, RECORD_COUNT);
            assertEquals(RECORD_COUNT, records.size(), partition::toString);
            for (int i = 0; i < RECORD_COUNT; i++) {
                assertEquals(text(inRound, i), new String(records.get(i).value()), partition::toString);
            }
        }
    }

    private void renew() throws Exception {
        final List<String> old = new ArrayList<>(filled.keySet());
        old.addAll(reborn);
        if (!old.isEmpty()) {
            Clients.get(admin.deleteTopics(old).all());
        }
        deleted.addAll(old);
        filled.clear();
        reborn.clear();
        if (round % 3 == 0 && !old.isEmpty()) {
            Clients.createTopic(admin, old.getFirst(), 1);
            deleted.remove(old.getFirst());
            reborn.add(old.getFirst());
        }
        final String topic = "passing-" + round;
        Clients.createTopic(admin, topic, PARTITION_COUNT);
        for (final TopicPartition partition : Clients.partitions(topic, PARTITION_COUNT)) {
            for (int i = 0; i < RECORD_COUNT - 1; i++) {
                producer.send(Clients.record(partition, text(round, i).getBytes()));
            }
            final byte[] last = text(round, RECORD_COUNT - 1).getBytes();
            assertEquals(
                    RECORD_COUNT - 1,
                    Clients.send(producer, Clients.record(partition, last)).offset());
        }
        filled.put(topic, round);
    }

    private static String text(final int round, final int index) {
        return "life " + round + " record " + index;
    }

    @Override
    public void close() {
        consumer.close();
        producer.close();
        admin.close();
    }
}
