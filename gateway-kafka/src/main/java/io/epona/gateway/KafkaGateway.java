package io.epona.gateway;

import io.epona.controller.ClusterImage;
import io.epona.gateway.fetch.FetchMeters;
import io.epona.gateway.fetch.FetchPath;
import io.epona.gateway.fetch.FetchSessions;
import io.epona.gateway.handlers.ApiVersionsHandler;
import io.epona.gateway.handlers.InitProducerIdHandler;
import io.epona.gateway.log.FrameIndex;
import io.epona.gateway.net.ConnectionHub;
import io.epona.gateway.net.GatewayListener;
import io.epona.gateway.net.GatewayLoop;
import io.epona.gateway.net.GatewayShare;
import io.epona.gateway.net.NetStats;
import io.epona.gateway.offsets.ListOffsetsHandler;
import io.epona.gateway.offsets.OffsetForLeaderEpochHandler;
import io.epona.gateway.produce.AppendTracker;
import io.epona.gateway.produce.DeleteRecordsHandler;
import io.epona.gateway.produce.ProduceHandler;
import io.epona.gateway.produce.ProduceMeters;
import io.epona.gateway.transactions.DescribeProducersHandler;
import io.epona.runtime.NodeClock;
import java.io.IOException;
import java.net.InetSocketAddress;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.RejectedExecutionException;
import org.agrona.concurrent.Agent;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * One gateway thread: the clients' connections, produce requests on their way through the lanes, and fetches out of the
 * lanes' rings. A duty cycle never blocks; the thread waits, if it does, in {@link GatewayThread#idleStrategy()}. The
 * agent may share its thread with others, such as lanes.
 *
 * <p>Life: constructed; {@link #listen} by one of a node's gateways; {@link #onStart} on the thread opens the port;
 * {@link #onClose} closes port, connections and loop.
 */
public final class KafkaGateway implements Agent {
    private static final Logger LOGGER = LoggerFactory.getLogger(KafkaGateway.class);
    private static final int MAX_DEADLINES_PER_CYCLE = 256;

    private final GatewayContext context;
    private final GatewayLoop loop;
    private final NodeClock clock;
    private final ConnectionHub hub;
    private final FrameIndex index;
    private final HighWatermarkRepair repair;
    private final AppendTracker tracker;
    private final FetchPath fetches;
    private final ProduceMeters produceMeters;
    private final FetchMeters fetchMeters;
    private final HandlerTable handlers;
    private final CompletableFuture<InetSocketAddress> bound = new CompletableFuture<>();
    private GatewayListener listener;

    /** A gateway that does nothing until its thread starts. */
    public KafkaGateway(final GatewayContext context) {
        this.context = context;
        this.loop = context.thread().loop();
        this.clock = context.clock();
        this.produceMeters = new ProduceMeters(clock, context.stages(), context.breaches());
        this.fetchMeters = new FetchMeters(clock, context.stages(), context.breaches());
        this.repair = new HighWatermarkRepair(context.controller(), context.partitionLogs(), context.coldReads(), loop);
        this.index = new FrameIndex(
                context.lanes(),
                context.initialHighWatermark(),
                context.initialTransactions(),
                context.controller().image(),
                repair);
        repair.repair(index);
        this.tracker = new AppendTracker(
                context.proxies(),
                context.maxBatchLength(),
                index,
                context.replies(),
                new AppendTracker.Transactions(
                        hasTransactions() ? context.transactions().verifier() : null, loop),
                produceMeters,
                clock);
        final ConnectionHub.Slot slot = new ConnectionHub.Slot();
        this.fetches = new FetchPath(context, index, fetchMeters, slot);
        this.handlers = HandlerTable.of(makeHandlers());
        this.hub = new ConnectionHub(
                context.net(), handlers, clock, context.thread().deadlines(), loop, loop.allocator());
        slot.set(hub);
        context.controller().addListener(this::onImage);
    }

    private List<RequestHandler> makeHandlers() {
        final List<RequestHandler> all = new ArrayList<>(context.adminHandlers());
        all.add(new ApiVersionsHandler(this::handlers, hasTransactions()));
        all.add(new ProduceHandler(
                context.controller(),
                context.partitionLogs(),
                tracker,
                context.thread().deadlines(),
                clock,
                produceMeters,
                hasTransactions()));
        all.add(fetches.handler());
        all.add(new ListOffsetsHandler(
                context.controller(), index, clock, context.partitionLogs(), context.coldReads(), loop.allocator()));
        all.add(new OffsetForLeaderEpochHandler(
                context.controller(), index, clock, context.partitionLogs(), context.coldReads()));
        all.add(new DeleteRecordsHandler(
                context.controller(),
                index,
                tracker,
                context.partitionLogs(),
                context.thread().deadlines(),
                clock));
        all.add(new InitProducerIdHandler(context.controller(), context.transactions()));
        if (hasTransactions()) {
            all.add(new DescribeProducersHandler(
                    context.controller(), index, context.partitionLogs(), context.coldReads()));
        }
        return all;
    }

    private boolean hasTransactions() {
        return context.transactions() != null;
    }

    private void onImage(final ClusterImage old, final ClusterImage now) {
        try {
            loop.execute(() -> index.onImage(old, now));
        } catch (final RejectedExecutionException ex) {
            LOGGER.debug("image came after the gateway had closed: gatewayId={}", context.gatewayId(), ex);
        }
    }

    /**
     * Makes this gateway the one that listens, for itself and its peers. Before any of their threads starts.
     *
     * @param peers all gateways of the node, in which this one comes first.
     */
    public void listen(final List<KafkaGateway> peers) {
        if (peers.isEmpty() || peers.getFirst() != this) {
            throw new IllegalArgumentException("the listening gateway comes first: gatewayId=" + context.gatewayId());
        }
        listener = new GatewayListener(
                context.net(),
                peers.stream()
                        .map(peer -> new GatewayShare(peer.loop, peer.hub))
                        .toList());
    }

    /** The address that was bound, once the listening gateway's thread has started; or why it could not be. */
    public CompletableFuture<InetSocketAddress> bound() {
        return bound;
    }

    @Override
    public void onStart() {
        loop.start();
        if (listener != null) {
            try {
                bound.complete(listener.open());
            } catch (final IOException ex) {
                // Whoever starts the node hears of it through bound() and closes the thread.
                bound.completeExceptionally(ex);
            }
        }
    }

    @Override
    public int doWork() {
        final long nowNs = clock.nanoTime();
        int workCount = loop.poll(nowNs);
        workCount += hub.poll(nowNs);
        workCount += tracker.pollReplies();
        workCount += index.poll(nowNs);
        // Consumers before producers: each answer is a system call that the next one waits for.
        workCount += fetches.poll();
        workCount += tracker.pollPositions();
        workCount += tracker.pollBackPressured();
        workCount += context.thread().deadlines().poll(nowNs, MAX_DEADLINES_PER_CYCLE);
        workCount += repair.poll();
        workCount += hub.flush();
        return workCount;
    }

    @Override
    public void onClose() {
        if (listener != null) {
            listener.close();
        }
        hub.close();
        loop.close();
    }

    @Override
    public String roleName() {
        return "gateway-" + context.gatewayId();
    }

    /** The APIs served. */
    public HandlerTable handlers() {
        return handlers;
    }

    /**
     * How much has been given to lanes or waits for them, and has no answer yet. A node that hands its leaderships over
     * before it stops waits until this is 0, so that producers are told who leads now instead of losing a connection.
     *
     * @return completed on the gateway's thread; with 0 when that has ended. Any thread.
     */
    public CompletableFuture<Integer> unanswered() {
        try {
            return CompletableFuture.supplyAsync(tracker::unanswered, loop);
        } catch (final RejectedExecutionException ex) {
            LOGGER.debug("asked after the gateway had closed: gatewayId={}", context.gatewayId(), ex);
            return CompletableFuture.completedFuture(0);
        }
    }

    /** Counts of connections and requests; any thread. */
    public NetStats netStats() {
        return hub.stats();
    }

    /** Counts of produce requests; any thread. */
    public ProduceMeters produceMeters() {
        return produceMeters;
    }

    /** Counts of fetches; any thread. */
    public FetchMeters fetchMeters() {
        return fetchMeters;
    }

    /** Fetch sessions; their counts may be read by any thread. */
    public FetchSessions fetchSessions() {
        return fetches.sessions();
    }
}
