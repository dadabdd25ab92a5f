package io.epona.controller.cluster;

import io.epona.runtime.Signal;
import io.epona.runtime.ThreadPlacement;
import java.util.concurrent.ThreadFactory;
import java.util.function.BooleanSupplier;
import java.util.function.Consumer;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * What a member of the control log uses of its node.
 *
 * @param threadFactory makes the two threads of the log; they are given their names by the log.
 * @param isHealthy asked on the consensus thread each keep-alive interval: while it says no, the node does not say that
 *     it is alive, and is fenced after the session timeout. Must not block.
 * @param fatalHandler hears, once, that the log cannot go on; the node must end. Called on one of the log's threads, so
 *     it must not wait for the log to close.
 * @param driver has the media driver send at once what was published; {@link Signal#NONE} when the driver polls, and
 *     does not raise {@link ClusterControlLog#onReceived()} either.
 */
public record ClusterLogContext(
        ThreadFactory threadFactory, BooleanSupplier isHealthy, Consumer<Throwable> fatalHandler, Signal driver) {
    private static final Logger LOG = LoggerFactory.getLogger(ClusterLogContext.class);

    /** A context with threads as the system makes them, for a node that is always healthy. */
    public ClusterLogContext(Consumer<Throwable> fatalHandler) {
        this(threads(ThreadPlacement.DEFAULT), () -> true, fatalHandler);
    }

    /** A context with a driver that polls. */
    public ClusterLogContext(ThreadFactory threadFactory, BooleanSupplier isHealthy, Consumer<Throwable> fatalHandler) {
        this(threadFactory, isHealthy, fatalHandler, Signal.NONE);
    }

    /**
     * Threads with a placement. On a host with more to do than cores, a short time slice keeps heartbeats from waiting
     * behind others; what the host does not grant is done without.
     *
     * @param placement applied by each thread to itself.
     */
    public static ThreadFactory threads(ThreadPlacement placement) {
        return task -> new Thread(() -> {
            if (!placement.applyToCurrentThread()) {
                LOG.info("thread of the control log runs without its placement: placement={}", placement);
            }
            task.run();
        });
    }
}
