package io.epona.controller;

import java.util.concurrent.Executor;
import java.util.function.Consumer;
import java.util.function.Supplier;
import org.apache.kafka.common.Uuid;

/**
 * What the controller uses of the world around it.
 *
 * @param executor the controller's thread: runs what it is given in order, one after another.
 * @param randomIds makes the ids of clusters, topics and incarnations.
 * @param timer ends waiting for answers.
 * @param fatalHandler hears, on the controller's thread or that of the control log, that the metadata can no longer be
 *     changed safely; the node must end.
 */
public record ControllerContext(
        Executor executor, Supplier<Uuid> randomIds, CommandTimer timer, Consumer<Throwable> fatalHandler) {
    /**
     * A context with the running process's time.
     *
     * @param executor the controller's thread.
     * @param randomIds makes ids.
     * @param fatalHandler ends the node.
     */
    public ControllerContext(Executor executor, Supplier<Uuid> randomIds, Consumer<Throwable> fatalHandler) {
        this(executor, randomIds, CommandTimer.SYSTEM, fatalHandler);
    }

    /**
     * A context with ids from the operating system's source of randomness.
     *
     * @param executor the controller's thread.
     * @param fatalHandler ends the node.
     */
    public ControllerContext(Executor executor, Consumer<Throwable> fatalHandler) {
        this(executor, Uuid::randomUuid, fatalHandler);
    }
}
