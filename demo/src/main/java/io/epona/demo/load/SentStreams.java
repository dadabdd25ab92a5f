package io.epona.demo.load;

import java.util.function.BiConsumer;
import org.agrona.collections.Long2ObjectHashMap;

/**
 * What was sent: for each stream, that is topic and symbol, how many records and the sum of their hashes. Written by
 * the sending thread; others read it once that thread has ended its run.
 */
public final class SentStreams {
    /** One topic's records of one symbol. */
    static final class Stream {
        final DemoTopic topic;
        final long symbolBits;
        long count;
        long contentSum;

        Stream(final DemoTopic topic, final long symbolBits) {
            this.topic = topic;
            this.symbolBits = symbolBits;
        }

        /** Counts a record in. */
        void add(final byte[] message) {
            count++;
            contentSum += ContentHash.of(message);
        }
    }

    private final long runId;
    private final Long2ObjectHashMap<Stream>[] byTopic;

    /** @param runId carried by every record of the run */
    @SuppressWarnings({"unchecked", "rawtypes"}) // Java has no arrays of generic types
    public SentStreams(final long runId) {
        this.runId = runId;
        this.byTopic = new Long2ObjectHashMap[DemoTopic.count()];
        for (int i = 0; i < byTopic.length; i++) {
            byTopic[i] = new Long2ObjectHashMap<>();
        }
    }

    /** Carried by every record of the run. */
    public long runId() {
        return runId;
    }

    Stream stream(final DemoTopic topic, final long symbolBits) {
        final Long2ObjectHashMap<Stream> streams = byTopic[topic.ordinal()];
        Stream stream = streams.get(symbolBits);
        if (stream == null) {
            stream = new Stream(topic, symbolBits);
            streams.put(symbolBits, stream);
        }
        return stream;
    }

    void forEach(final BiConsumer<DemoTopic, Stream> consumer) {
        for (final Long2ObjectHashMap<Stream> streams : byTopic) {
            streams.values().forEach(stream -> consumer.accept(stream.topic, stream));
        }
    }

    /** Records of a topic. */
    public long count(final DemoTopic topic) {
        long count = 0;
        for (final Stream stream : byTopic[topic.ordinal()].values()) {
            count += stream.count;
        }
        return count;
    }
}
