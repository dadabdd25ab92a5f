package io.epona.demo.load;

import io.epona.demo.flow.FlowEvent;
import io.epona.demo.flow.FlowException;
import io.epona.demo.flow.OrderFlow;
import io.epona.runtime.NodeClock;
import java.nio.charset.StandardCharsets;
import java.util.HashMap;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.LockSupport;
import org.apache.kafka.clients.producer.Callback;
import org.apache.kafka.clients.producer.Producer;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.apache.kafka.clients.producer.RecordMetadata;
import org.apache.kafka.common.KafkaException;

/**
 * Sends a flow on schedule, open loop: an event that could not be sent in time is sent as soon as it can be, and its
 * latency counts from when it was due. One thread sends; any thread may stop it.
 */
public final class FlowSender {
    private static final int NANOS_PER_MILLI = 1_000_000;
    /** How long it sleeps at most before it looks whether it was stopped. */
    private static final long MAX_SLEEP_NS = TimeUnit.MILLISECONDS.toNanos(20);

    private final Producer<byte[], byte[]> producer;
    private final NodeClock clock;
    private final OrderEventCodec codec = new OrderEventCodec();
    private volatile boolean isStopped;

    /** A symbol's key and streams. */
    private static final class Channel {
        private final byte[] key;
        private final SentStreams.Stream[] streams = new SentStreams.Stream[DemoTopic.count()];

        Channel(final String symbol, final SentStreams sent) {
            key = symbol.getBytes(StandardCharsets.ISO_8859_1);
            for (int i = 0; i < streams.length; i++) {
                streams[i] = sent.stream(DemoTopic.of(i), OrderEventCodec.symbolBits(symbol));
            }
        }
    }

    /** Times a record until it is acknowledged; called by the producer's thread. */
    private final class Acknowledgement implements Callback {
        private final long dueNs;
        private final SendProgress progress;

        Acknowledgement(final long dueNs, final SendProgress progress) {
            this.dueNs = dueNs;
            this.progress = progress;
        }

        @Override
        public void onCompletion(final RecordMetadata metadata, final Exception exception) {
            if (exception == null) {
                progress.onAcknowledged(clock.epochNs() - dueNs);
            } else {
                progress.onFailed(exception);
            }
        }
    }

    /**
     * A sender that has sent nothing.
     *
     * @param producer not closed by the sender
     * @param clock that latencies are measured with
     */
    public FlowSender(final Producer<byte[], byte[]> producer, final NodeClock clock) {
        this.producer = producer;
        this.clock = clock;
    }

    /**
     * Sends until the flow, the plan's duration or the sender is at its end, then waits until everything is
     * acknowledged or given up.
     *
     * @throws FlowException when the flow cannot be read on; what was sent before is acknowledged or given up
     */
    public void send(final OrderFlow flow, final SendPlan plan, final SendProgress progress) throws FlowException {
        try {
            sendEvents(flow, plan, progress);
        } finally {
            producer.flush();
        }
    }

    private void sendEvents(final OrderFlow flow, final SendPlan plan, final SendProgress progress)
            throws FlowException {
        final Map<String, Channel> channels = new HashMap<>();
        long firstNs = 0;
        for (long index = 0; !isStopped; index++) {
            final FlowEvent event = flow.next();
            if (event == null) {
                return;
            }
            if (index == 0) {
                firstNs = event.exchangeTimeNs();
            }
            final long dueNs = plan.schedule().dueNs(index, event.exchangeTimeNs() - firstNs);
            if (dueNs >= plan.durationNs() || !waitUntil(plan.startNs() + dueNs)) {
                return;
            }
            Channel channel = channels.get(event.symbol());
            if (channel == null) {
                channel = new Channel(event.symbol(), plan.streams());
                channels.put(event.symbol(), channel);
            }
            if (!send(event, channel, plan, plan.startNs() + dueNs, progress)) {
                return;
            }
        }
    }

    /** False when the producer takes no more; the records that it did take are counted. */
    private boolean send(
            final FlowEvent event,
            final Channel channel,
            final SendPlan plan,
            final long dueNs,
            final SendProgress progress) {
        progress.onEvent(clock.epochNs() - dueNs);
        for (final SentStreams.Stream stream : channel.streams) {
            if (stream.topic.takes(event)) {
                final byte[] message = codec.encode(event, plan.streams().runId(), stream.count, dueNs);
                try {
                    producer.send(
                            new ProducerRecord<>(
                                    stream.topic.topicName(), null, dueNs / NANOS_PER_MILLI, channel.key, message),
                            new Acknowledgement(dueNs, progress));
                } catch (final KafkaException | IllegalStateException ex) {
                    progress.onFailed(ex);
                    return false;
                }
                stream.add(message);
                progress.onSent();
            }
        }
        return true;
    }

    /** False when it was stopped meanwhile. */
    private boolean waitUntil(final long dueNs) {
        long remainingNs = dueNs - clock.epochNs();
        while (remainingNs > 0 && !isStopped) {
            LockSupport.parkNanos(this, Math.min(remainingNs, MAX_SLEEP_NS));
            remainingNs = dueNs - clock.epochNs();
        }
        return !isStopped;
    }

    /** Ends the sending, also that of later runs. Any thread. */
    public void stop() {
        isStopped = true;
    }
}
