package io.epona.gateway.net;

import io.netty.buffer.ByteBufAllocator;
import io.netty.buffer.PooledByteBufAllocator;
import io.netty.channel.IoHandlerFactory;
import io.netty.channel.ManualIoEventLoop;
import io.netty.channel.ServerChannel;
import io.netty.channel.epoll.Epoll;
import io.netty.channel.epoll.EpollIoHandler;
import io.netty.channel.epoll.EpollServerSocketChannel;
import io.netty.channel.nio.NioIoHandler;
import io.netty.channel.socket.nio.NioServerSocketChannel;
import java.util.concurrent.Executor;
import java.util.concurrent.TimeUnit;

/**
 * Netty's event loop of one gateway thread, which the thread drives itself: it never runs on its own.
 *
 * <p>{@link #execute} and {@link #wakeUp()} are for any thread, all else for the owner.
 */
public final class GatewayLoop implements Executor {
    private static final String JFR_PROPERTY = "io.netty.jfr.enabled";
    private static final Runnable NOTHING = () -> {};

    static {
        // Flight recorder events of the allocator cost a start-up a fifth of a second; our own counters tell enough.
        if (System.getProperty(JFR_PROPERTY) == null) {
            System.setProperty(JFR_PROPERTY, "false");
        }
    }

    private final ManualIoEventLoop loop;
    private final Class<? extends ServerChannel> serverChannelType;
    private final ByteBufAllocator allocator;
    private boolean isWaitedIn;
    private boolean isPollSkipped;
    private long lastPollNs;

    private GatewayLoop(final IoHandlerFactory factory, final Class<? extends ServerChannel> serverChannelType) {
        this.loop = new ManualIoEventLoop((Thread) null, factory);
        this.serverChannelType = serverChannelType;
        this.allocator = new PooledByteBufAllocator(
                true,
                0,
                1,
                PooledByteBufAllocator.defaultPageSize(),
                PooledByteBufAllocator.defaultMaxOrder(),
                PooledByteBufAllocator.defaultSmallCacheSize(),
                PooledByteBufAllocator.defaultNormalCacheSize(),
                true);
    }

    /**
     * Opens a loop; {@link #start()} gives it to its thread.
     *
     * @param nativeTransport true for epoll where it is available.
     */
    public static GatewayLoop open(final boolean nativeTransport) {
        return nativeTransport && Epoll.isAvailable()
                ? new GatewayLoop(EpollIoHandler.newFactory(), EpollServerSocketChannel.class)
                : new GatewayLoop(NioIoHandler.newFactory(), NioServerSocketChannel.class);
    }

    /** The calling thread drives the loop from now on. */
    public void start() {
        loop.setOwningThread(Thread.currentThread());
    }

    /**
     * Does what is ready: I/O, then tasks. A thread that waits in {@link #await}, which does the same, asks the kernel
     * only now and then in between: most of its duty cycles are about lanes.
     *
     * @param nowNs monotonic time.
     */
    public int poll(final long nowNs) {
        if (isPollSkipped || isWaitedIn && nowNs - lastPollNs < NetLimits.MIN_POLL_INTERVAL_NS) {
            isPollSkipped = false;
            return 0;
        }
        lastPollNs = nowNs;
        return loop.runNow(NetLimits.MAX_TASK_TIME_NS);
    }

    /** Does what is ready, however recently that was done. */
    public int poll() {
        return loop.runNow(NetLimits.MAX_TASK_TIME_NS);
    }

    /** The next {@link #poll} does nothing: the caller will wait right after it, which looks at everything again. */
    void skipPoll() {
        isPollSkipped = true;
    }

    /** Waits for I/O, a task, or the time to be over, and does what is ready. Returns at once when tasks are queued. */
    void await(final long maxNs) {
        isWaitedIn = true;
        loop.run(Math.max(1, maxNs), NetLimits.MAX_TASK_TIME_NS);
        isPollSkipped = false;
        lastPollNs = System.nanoTime();
    }

    /** Makes the owner return from waiting, now or when it next tries to. */
    void wakeUp() {
        if (!loop.inEventLoop()) {
            // A task, because the loop looks for tasks after it has announced that it waits: its wakeup() alone can
            // come just before that and be lost.
            execute(NOTHING);
        }
    }

    @Override
    public void execute(final Runnable task) {
        loop.execute(task);
    }

    /** The loop for channels to register with. */
    ManualIoEventLoop netty() {
        return loop;
    }

    Class<? extends ServerChannel> serverChannelType() {
        return serverChannelType;
    }

    /** Pool of this thread's buffers. */
    public ByteBufAllocator allocator() {
        return allocator;
    }

    /** Ends all channels and the loop. Owner only. */
    public void close() {
        loop.shutdownGracefully(0, 0, TimeUnit.NANOSECONDS);
        for (int i = 0; i < NetLimits.MAX_CLOSE_CYCLES && !loop.isTerminated(); i++) {
            loop.runNow();
        }
        if (!loop.isTerminated()) {
            throw new IllegalStateException("event loop did not end: cycles=" + NetLimits.MAX_CLOSE_CYCLES);
        }
    }
}
