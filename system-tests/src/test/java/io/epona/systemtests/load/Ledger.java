package io.epona.systemtests.load;

import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Queue;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.atomic.AtomicLong;
import java.util.concurrent.atomic.LongAdder;
import org.agrona.collections.LongArrayList;
import org.agrona.collections.LongHashSet;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.apache.kafka.common.TopicPartition;

/**
 * What was acknowledged, outside the node, and what was read, compared. Producers' callbacks write acknowledgements;
 * all the rest belongs to the test's thread.
 */
public final class Ledger {
    private static final int SEQUENCE_BITS = 48;

    private record Ack(TopicPartition partition, int producer, long sequence, long offset) {}

    /** What was read of a partition: by offset, who sent it. */
    private static final class Reading {
        private final LongArrayList senders = new LongArrayList();
        private final Map<Integer, Long> lastSequences = new HashMap<>();
    }

    private final Payloads payloads;
    private final Queue<Ack> fresh = new ConcurrentLinkedQueue<>();
    private final Queue<String> failures = new ConcurrentLinkedQueue<>();
    private final AtomicLong ackCount = new AtomicLong();
    private final Map<TopicPartition, LongAdder> acksByPartition = new ConcurrentHashMap<>();
    private final Map<TopicPartition, Reading> readings = new HashMap<>();
    private final List<Ack> placeless = new ArrayList<>();
    private List<Ack> unseen = new ArrayList<>();

    /** Empty books. */
    public Ledger(final Payloads payloads) {
        this.payloads = payloads;
    }

    /**
     * A producer was told that its record has this offset, or, where it is negative, that the record is there. A client
     * whose leader does not answer sends new batches to the next leader before it repeats those in flight; a broker
     * then tells of a repeated one, which it has and which is older than the few that it remembers, no offset.
     */
    public void acknowledged(
            final TopicPartition partition, final int producer, final long sequence, final long offset) {
        fresh.add(new Ack(partition, producer, sequence, offset));
        ackCount.incrementAndGet();
        acksByPartition.computeIfAbsent(partition, _ -> new LongAdder()).increment();
    }

    /** A producer was told that its record is given up. */
    public void failed(
            final TopicPartition partition, final int producer, final long sequence, final Exception reason) {
        failures.add(partition + " producer " + producer + " sequence " + sequence + ": " + reason);
    }

    /** How many records were acknowledged. */
    public long ackCount() {
        return ackCount.get();
    }

    /** How many records of a partition were acknowledged. */
    public long ackCount(final TopicPartition partition) {
        final LongAdder count = acksByPartition.get(partition);
        return count == null ? 0 : count.sum();
    }

    /** What was given up. */
    public List<String> failures() {
        return List.copyOf(failures);
    }

    /** Where to read on. */
    public long nextOffset(final TopicPartition partition) {
        return reading(partition).senders.size();
    }

    private Reading reading(final TopicPartition partition) {
        return readings.computeIfAbsent(partition, _ -> new Reading());
    }

    /** A record that was read for the first time. */
    public void onRecord(final ConsumerRecord<byte[], byte[]> record) {
        final TopicPartition partition = new TopicPartition(record.topic(), record.partition());
        final Reading reading = reading(partition);
        check(
                record.offset() == reading.senders.size(),
                "a gap or a repetition, expected offset " + reading.senders.size(),
                record);
        check(payloads.isWhole(record.value()), "changed bytes", record);
        final int producer = Payloads.producer(record.value());
        final long sequence = Payloads.sequence(record.value());
        final Long last = reading.lastSequences.put(producer, sequence);
        check(last == null || sequence > last, "out of order or twice, after sequence " + last, record);
        reading.senders.addLong(sender(producer, sequence));
    }

    /** A record that was read before, from the start once more. */
    public void onRecordAgain(final ConsumerRecord<byte[], byte[]> record) {
        final TopicPartition partition = new TopicPartition(record.topic(), record.partition());
        check(payloads.isWhole(record.value()), "changed bytes", record);
        final long sender = sender(Payloads.producer(record.value()), Payloads.sequence(record.value()));
        check(sender == reading(partition).senders.getLong((int) record.offset()), "not what it was", record);
    }

    /** Compares the acknowledgements so far with what was read so far. */
    public void compare() {
        for (Ack ack = fresh.poll(); ack != null; ack = fresh.poll()) {
            (ack.offset < 0 ? placeless : unseen).add(ack);
        }
        final List<Ack> rest = new ArrayList<>();
        for (final Ack ack : unseen) {
            final LongArrayList senders = reading(ack.partition).senders;
            if (ack.offset >= senders.size()) {
                rest.add(ack);
            } else if (senders.getLong((int) ack.offset) != sender(ack.producer, ack.sequence)) {
                throw new AssertionError("another record at the acknowledged offset: " + ack + ", there is sequence "
                        + (senders.getLong((int) ack.offset) & ((1L << SEQUENCE_BITS) - 1)));
            }
        }
        unseen = rest;
    }

    /** After all was read: nothing acknowledged is missing. */
    public void compareAll() {
        compare();
        if (!unseen.isEmpty()) {
            throw new AssertionError(
                    unseen.size() + " acknowledged records are lost, for example " + unseen.getFirst());
        }
        final Map<TopicPartition, LongHashSet> present = new HashMap<>();
        for (final Ack ack : placeless) {
            if (!present.computeIfAbsent(ack.partition, this::senders).contains(sender(ack.producer, ack.sequence))) {
                throw new AssertionError("an acknowledged record is lost: " + ack);
            }
        }
    }

    private LongHashSet senders(final TopicPartition partition) {
        final LongHashSet senders = new LongHashSet();
        reading(partition).senders.forEachLong(senders::add);
        return senders;
    }

    /** How many records were read. */
    public long recordCount() {
        return readings.values().stream()
                .mapToLong(reading -> reading.senders.size())
                .sum();
    }

    private static long sender(final int producer, final long sequence) {
        return ((long) producer << SEQUENCE_BITS) | sequence;
    }

    private static void check(final boolean isRight, final String what, final ConsumerRecord<byte[], byte[]> record) {
        if (!isRight) {
            throw new AssertionError(what + ": topic=" + record.topic() + ", partition=" + record.partition()
                    + ", offset=" + record.offset() + ", length=" + record.value().length
                    + (record.value().length < Payloads.HEADER_LENGTH
                            ? ""
                            : ", producer=" + Payloads.producer(record.value()) + ", sequence="
                                    + Payloads.sequence(record.value())));
        }
    }
}
