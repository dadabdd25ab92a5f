package io.epona.demo.load;

import org.agrona.collections.Long2ObjectHashMap;
import org.agrona.collections.LongHashSet;

/**
 * Judges what comes: within a topic and symbol the sequence numbers must be 0, 1, 2, ... One thread adds records; the
 * result is taken once nothing comes any more.
 */
public final class DeliveryCheck {
    /** A gap that no run leaves: the sequence number itself must be wrong. */
    private static final long MAX_GAP = 10_000_000;

    private final Long2ObjectHashMap<Received>[] byTopic;
    private long received;
    private long duplicated;
    private long reordered;
    private long foreign;

    private static final class Received {
        private final LongHashSet missing = new LongHashSet();
        private long next;
        private long contentSum;
    }

    /** A check of a run of which nothing came yet. */
    @SuppressWarnings({"unchecked", "rawtypes"}) // Java has no arrays of generic types
    public DeliveryCheck() {
        byTopic = new Long2ObjectHashMap[DemoTopic.count()];
        for (int i = 0; i < byTopic.length; i++) {
            byTopic[i] = new Long2ObjectHashMap<>();
        }
    }

    /** A record of the run. */
    void onRecord(final DemoTopic topic, final long symbolBits, final long sequence, final long contentHash) {
        final Received stream = received(topic, symbolBits);
        if (sequence == stream.next) {
            stream.next++;
        } else if (sequence - stream.next > MAX_GAP) {
            foreign++;
            return;
        } else if (sequence > stream.next) {
            for (long missing = stream.next; missing < sequence; missing++) {
                stream.missing.add(missing);
            }
            stream.next = sequence + 1;
        } else if (sequence >= 0 && stream.missing.remove(sequence)) {
            reordered++;
        } else {
            duplicated++;
            return;
        }
        received++;
        stream.contentSum += contentHash;
    }

    private Received received(final DemoTopic topic, final long symbolBits) {
        final Long2ObjectHashMap<Received> streams = byTopic[topic.ordinal()];
        Received stream = streams.get(symbolBits);
        if (stream == null) {
            stream = new Received();
            streams.put(symbolBits, stream);
        }
        return stream;
    }

    /** A record of somebody else, or none of ours at all. */
    void onForeign() {
        foreign++;
    }

    /** Records that came, each counted once. */
    long received() {
        return received;
    }

    /**
     * Compares with what was sent.
     *
     * @param sent by the run, which has ended
     */
    public DeliveryResult result(final SentStreams sent) {
        final long[] sums = new long[3]; // sent, lost, altered
        sent.forEach((topic, stream) -> {
            final Received came = received(topic, stream.symbolBits);
            final long missing = came.missing.size() + Math.max(0, stream.count - came.next);
            sums[0] += stream.count;
            sums[1] += missing;
            if (missing == 0 && came.contentSum != stream.contentSum) {
                sums[2]++;
            }
        });
        return new DeliveryResult(sums[0], received, sums[1], duplicated, reordered, sums[2], foreign);
    }
}
