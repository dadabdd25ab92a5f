package io.epona.runtime;

import java.util.concurrent.atomic.AtomicLong;
import org.agrona.ErrorHandler;
import org.agrona.concurrent.errors.DistinctErrorLog;
import org.agrona.concurrent.status.AtomicCounter;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Where every error of a node ends: counted, kept in the distinct error log, and put into the text log, there at most
 * once a second so that a storm of errors does not become a storm of lines. Any thread; never throws.
 */
final class NodeErrorHandler implements ErrorHandler {
    private static final Logger LOGGER = LoggerFactory.getLogger(NodeErrorHandler.class);
    private static final long LINE_INTERVAL_NS = 1_000_000_000L;

    private final DistinctErrorLog errorLog;
    private final AtomicCounter errors;
    private final NodeClock clock;
    private final AtomicLong nextLineNs;
    private final AtomicLong unlogged = new AtomicLong();

    NodeErrorHandler(final DistinctErrorLog errorLog, final AtomicCounter errors, final NodeClock clock) {
        this.errorLog = errorLog;
        this.errors = errors;
        this.clock = clock;
        this.nextLineNs = new AtomicLong(clock.nanoTime());
    }

    @Override
    public void onError(final Throwable throwable) {
        errors.increment();
        final boolean isKept = errorLog.record(throwable);
        final long nowNs = clock.nanoTime();
        final long dueNs = nextLineNs.get();
        if (nowNs - dueNs >= 0 && nextLineNs.compareAndSet(dueNs, nowNs + LINE_INTERVAL_NS)) {
            LOGGER.error(
                    "error on thread {}: {} (errors={}, not logged since the last line={}, error log {})",
                    Thread.currentThread().getName(),
                    throwable,
                    errors.get(),
                    unlogged.getAndSet(0),
                    isKept ? "has it" : "is full",
                    throwable);
        } else {
            unlogged.incrementAndGet();
        }
    }
}
