package io.epona.demo.load;

import io.epona.demo.flow.OrderFlow;
import io.epona.demo.flow.Schedule;
import io.epona.runtime.NodeClock;
import io.epona.runtime.budget.StageRecorder;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ThreadFactory;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import org.apache.kafka.clients.producer.Producer;
import org.apache.kafka.common.TopicPartition;

/**
 * A producer and a consumer, each on a thread of its own, and one run of the load after another. Used by one thread,
 * except {@link #stop()}.
 */
public final class LoadSession implements AutoCloseable {
    private static final long READY_TIMEOUT_S = 60;
    private static final long STOP_TIMEOUT_S = 10;
    /** So that the sending thread is there and waits when the first event is due. */
    private static final long LEAD_NS = TimeUnit.MILLISECONDS.toNanos(50);

    private final NodeClock clock;
    private final ThreadFactory threads;
    private final Producer<byte[], byte[]> producer;
    private final FlowSender sender;
    private final FlowReceiver receiver;

    private LoadSession(
            final NodeClock clock,
            final ThreadFactory threads,
            final Producer<byte[], byte[]> producer,
            final FlowReceiver receiver) {
        this.clock = clock;
        this.threads = threads;
        this.producer = producer;
        this.sender = new FlowSender(producer, clock);
        this.receiver = receiver;
    }

    /**
     * Makes the topics and starts the consumer.
     *
     * @param bootstrap {@code host:port} of a broker
     * @param clock that all latencies are measured with
     * @param threads makes the sending and the receiving thread
     * @throws ExecutionException when the broker cannot be reached or refuses
     */
    public static LoadSession open(final String bootstrap, final NodeClock clock, final ThreadFactory threads)
            throws ExecutionException, InterruptedException {
        final List<TopicPartition> partitions = Clients.createTopics(bootstrap);
        final FlowReceiver receiver = new FlowReceiver(Clients.consumer(bootstrap), partitions, clock);
        threads.newThread(receiver).start();
        LoadSession session = null;
        try {
            receiver.ready().get(READY_TIMEOUT_S, TimeUnit.SECONDS);
            session = new LoadSession(clock, threads, Clients.producer(bootstrap), receiver);
            return session;
        } catch (final TimeoutException ex) {
            throw new ExecutionException("the topics could not be consumed within " + READY_TIMEOUT_S + " s", ex);
        } finally {
            if (session == null) {
                receiver.stop();
            }
        }
    }

    /**
     * Starts a run.
     *
     * @param flow closed by the caller once the run has ended
     * @param schedule when its events are due
     * @param durationNs how long it takes at most
     * @param recorder of the consumer's stages
     */
    public LoadRun begin(
            final OrderFlow flow, final Schedule schedule, final long durationNs, final StageRecorder recorder) {
        final long startNs = clock.epochNs() + LEAD_NS;
        final SentStreams streams = new SentStreams(startNs);
        final SendProgress progress = new SendProgress();
        final Reception reception = new Reception(startNs, recorder);
        final CompletableFuture<Void> ended = new CompletableFuture<>();
        final SendPlan plan = new SendPlan(streams, schedule, startNs, durationNs);
        receiver.expect(reception);
        threads.newThread(() -> {
                    try {
                        sender.send(flow, plan, progress);
                        ended.complete(null);
                    } catch (final Exception ex) {
                        ended.completeExceptionally(ex);
                    }
                })
                .start();
        return new LoadRun(startNs, progress, streams, reception, ended);
    }

    /** Does nothing while the consumer consumes; throws what ended it otherwise. */
    public void check() throws CompletionException {
        receiver.ended().getNow(null);
    }

    /** Ends the sending, of this run and any later one. Any thread. */
    public void stop() {
        sender.stop();
    }

    /** Ends the consumer and waits for its thread: what was received can be read then. */
    public void stopReceiving() throws InterruptedException {
        receiver.stop();
        try {
            receiver.ended().get(STOP_TIMEOUT_S, TimeUnit.SECONDS);
        } catch (final ExecutionException ex) {
            throw new CompletionException(ex.getCause());
        } catch (final TimeoutException ex) {
            throw new IllegalStateException("the consumer did not stop within " + STOP_TIMEOUT_S + " s", ex);
        }
    }

    /** Gives up what is not acknowledged yet, and ends both clients. */
    @Override
    public void close() {
        stop();
        receiver.stop();
        producer.close(Duration.ZERO);
    }
}
