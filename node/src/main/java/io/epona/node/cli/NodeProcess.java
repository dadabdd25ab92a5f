package io.epona.node.cli;

import io.epona.node.Node;
import io.epona.runtime.FatalHandler;
import java.io.IOException;
import java.io.PrintWriter;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Ends the process that a node runs in: cleanly on SIGTERM or Ctrl-C, at once when a component cannot keep what was
 * promised.
 */
final class NodeProcess implements FatalHandler {
    static final int FATAL = 3;

    private static final int NOT_CLEAN = 1;

    private static final Logger LOGGER = LoggerFactory.getLogger(NodeProcess.class);
    private static final int STOP_TIMEOUT_S = 30;

    private final PrintWriter err;
    private final CompletableFuture<Void> stopRequested = new CompletableFuture<>();
    private final CountDownLatch stopped = new CountDownLatch(1);
    private final AtomicBoolean isFatal = new AtomicBoolean();
    private volatile int status;

    NodeProcess(final PrintWriter err) {
        this.err = err;
    }

    /** Nothing is closed: what is not durable by now must not be called so. */
    @Override
    public void onFatal(final String component, final Throwable reason) {
        if (isFatal.compareAndSet(false, true)) {
            err.println("epona: stopped by itself: " + component + ": " + reason);
            err.flush();
            LOGGER.error("stopped by itself: component={}", component, reason);
            Runtime.getRuntime().halt(FATAL);
        }
    }

    /**
     * From now on a signal stops the node cleanly. To be called before anybody is told that it is ready, and when
     * {@link #awaitEnd} is certain to follow.
     */
    void stopOnSignal() {
        Runtime.getRuntime().addShutdownHook(new Thread(this::requestStop, "stop"));
    }

    /** Starts the node once more. */
    interface Starter {
        Node start() throws IOException;
    }

    /** Waits for a signal and stops the node, which may have itself started anew before; returns the exit status. */
    int awaitEnd(final Node first, final Starter starter) throws InterruptedException {
        try {
            Node node = first;
            while (node != null) {
                awaitEither(node);
                final boolean isStop = isStopRequested();
                node.close();
                node = isStop || isStopRequested() ? null : starter.start();
            }
        } catch (final IOException | RuntimeException ex) {
            status = NOT_CLEAN;
            err.println("epona: not stopped cleanly; the next start recovers: " + ex);
            err.flush();
            LOGGER.error("not stopped cleanly", ex);
        } finally {
            stopped.countDown();
        }
        return status;
    }

    private boolean isStopRequested() {
        return stopRequested.isDone();
    }

    private void awaitEither(final Node node) throws InterruptedException {
        try {
            CompletableFuture.anyOf(stopRequested, node.restartWanted()).get();
        } catch (final ExecutionException ex) {
            throw new IllegalStateException(ex.getCause());
        }
    }

    /**
     * The JVM ends when its hooks have: this one holds it up until the node is closed. Then it ends the process itself,
     * because after a signal the JVM would report 128 and the signal's number, also of a clean stop.
     */
    private void requestStop() {
        stopRequested.complete(null);
        try {
            if (stopped.await(STOP_TIMEOUT_S, TimeUnit.SECONDS)) {
                Runtime.getRuntime().halt(status);
            }
            err.println("epona: did not stop within " + STOP_TIMEOUT_S + " s; the next start recovers");
            err.flush();
        } catch (final InterruptedException ex) {
            Thread.currentThread().interrupt();
        }
    }
}
