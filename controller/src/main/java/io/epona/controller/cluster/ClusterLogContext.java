package io.epona.controller.cluster;

import java.util.concurrent.ThreadFactory;
import java.util.function.BooleanSupplier;
import java.util.function.Consumer;

/**
 * What a member of the control log uses of its node.
 *
 * @param threadFactory makes the two threads of the log; they are given their names by the log.
 * @param isHealthy asked on the consensus thread each keep-alive interval: while it says no, the node does not say that
 *     it is alive, and is fenced after the session timeout. Must not block.
 * @param fatalHandler hears, once, that the log cannot go on; the node must end. Called on one of the log's threads, so
 *     it must not wait for the log to close.
 */
public record ClusterLogContext(
        ThreadFactory threadFactory, BooleanSupplier isHealthy, Consumer<Throwable> fatalHandler) {
    /** A context with ordinary threads, for a node that is always healthy. */
    public ClusterLogContext(Consumer<Throwable> fatalHandler) {
        this(Thread::new, () -> true, fatalHandler);
    }
}
