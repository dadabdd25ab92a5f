package io.epona.gateway.net;

import io.epona.gateway.HandlerTable;
import io.epona.runtime.NodeClock;
import io.netty.buffer.ByteBufAllocator;
import io.netty.channel.Channel;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.Executor;
import java.util.concurrent.TimeUnit;

/**
 * All connections of one gateway thread and what they share: limits, memory, timers, the handlers. Gateway thread only.
 */
public final class ConnectionHub {
    /** Stands for a hub that is made after those who use it, because it needs their handlers. */
    public static final class Slot {
        private ConnectionHub hub;

        /** Puts the hub in; once, before it is used. */
        public void set(final ConnectionHub value) {
            hub = value;
        }

        /** The hub. */
        public ConnectionHub get() {
            return hub;
        }
    }

    private final NetConfig config;
    private final HandlerTable handlers;
    private final NodeClock clock;
    private final DeadlineQueue deadlines;
    private final Executor executor;
    private final RequestMemory memory;
    private final ResponseWriter writer;
    private final NetStats stats = new NetStats();
    private final CauseLog causes = new CauseLog();
    private final List<Connection> connections = new ArrayList<>();
    private final List<Connection> dirty = new ArrayList<>();
    private long nowNs;
    private long outboundLength;
    private long outboundRecountLength;
    private long lastStuckNs;

    /**
     * A hub without connections.
     *
     * @param config limits.
     * @param handlers the complete table.
     * @param clock of the node.
     * @param deadlines timers of the gateway thread.
     * @param executor queues tasks for the gateway thread.
     * @param allocator of outgoing buffers.
     */
    public ConnectionHub(
            final NetConfig config,
            final HandlerTable handlers,
            final NodeClock clock,
            final DeadlineQueue deadlines,
            final Executor executor,
            final ByteBufAllocator allocator) {
        this.config = config;
        this.handlers = handlers;
        this.clock = clock;
        this.deadlines = deadlines;
        this.executor = executor;
        this.memory = new RequestMemory(config.maxInFlightRequestLength());
        this.writer = new ResponseWriter(allocator);
        this.nowNs = clock.nanoTime();
        this.lastStuckNs = nowNs;
    }

    /** Takes a new channel, or closes it when there are too many. */
    public void accept(final Channel channel) {
        if (connections.size() >= config.maxConnections()) {
            stats.onRefused();
            causes.report("too many connections", "limit=" + config.maxConnections(), null);
            channel.close();
            return;
        }
        channel.pipeline().addLast(new Connection(this, channel));
    }

    /** Tells the time of this duty cycle and lets connections go on that wait for memory. */
    public int poll(final long nanoTime) {
        nowNs = nanoTime;
        return memory.poll();
    }

    /** Sends what was written in this duty cycle. */
    public int flush() {
        final int count = dirty.size();
        for (int i = 0; i < count; i++) {
            dirty.get(i).flush();
        }
        // Flushing can end a connection and so answer others: those are for the next cycle.
        dirty.subList(0, count).clear();
        return count;
    }

    /** Closes every connection. */
    public void close() {
        for (final Connection connection : List.copyOf(connections)) {
            connection.close();
        }
    }

    /** What is counted here; any thread may read it. */
    public NetStats stats() {
        return stats;
    }

    /** The APIs served. */
    public HandlerTable handlers() {
        return handlers;
    }

    /** Limits of this gateway. */
    public NetConfig config() {
        return config;
    }

    void onOpened(final Connection connection) {
        connection.hubIndex = connections.size();
        connections.add(connection);
        stats.onOpened();
    }

    void onClosed(final Connection connection) {
        final int index = connection.hubIndex;
        if (index < 0) {
            return;
        }
        final Connection last = connections.removeLast();
        if (last != connection) {
            connections.set(index, last);
            last.hubIndex = index;
        }
        connection.hubIndex = -1;
        stats.onClosed();
    }

    void onDirty(final Connection connection) {
        dirty.add(connection);
    }

    NodeClock clock() {
        return clock;
    }

    /** Monotonic time of this duty cycle. */
    long nowNs() {
        return nowNs;
    }

    /** Timers of the gateway thread. */
    public DeadlineQueue deadlines() {
        return deadlines;
    }

    /** Bytes in memory that clients have not taken yet; at least what it really is. */
    public long outboundLength() {
        if (outboundLength > outboundRecountLength) {
            outboundLength = 0;
            for (final Connection connection : connections) {
                outboundLength += connection.countOutbound();
            }
            // Counting again is worth it only once that much more has been added.
            outboundRecountLength = outboundLength + NetLimits.WRITE_HIGH_WATERMARK;
        }
        return outboundLength;
    }

    /**
     * Closes connections that have not taken a byte of what is written for them for some time. For when memory for
     * responses is used up; looks at most once a second.
     */
    public void closeStuck() {
        if (nowNs - lastStuckNs < NetLimits.STUCK_INTERVAL_NS) {
            return;
        }
        lastStuckNs = nowNs;
        for (final Connection connection : List.copyOf(connections)) {
            connection.closeIfStuck(nowNs);
        }
    }

    void onOutbound(final long delta) {
        outboundLength += delta;
    }

    RequestMemory memory() {
        return memory;
    }

    ResponseWriter writer() {
        return writer;
    }

    CauseLog causes() {
        return causes;
    }

    Executor executor() {
        return executor;
    }

    long idleTimeoutNs() {
        return TimeUnit.MILLISECONDS.toNanos(config.connectionsMaxIdleMs());
    }

    long receiveTimeoutNs() {
        return TimeUnit.MILLISECONDS.toNanos(config.requestReceiveTimeoutMs());
    }
}
