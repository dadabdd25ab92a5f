package io.epona.controller.cluster;

import io.aeron.cluster.service.ClusterTerminationException;
import io.aeron.exceptions.AeronEvent;
import io.aeron.exceptions.AeronException;
import java.util.function.Consumer;
import org.agrona.ErrorHandler;
import org.agrona.concurrent.AgentTerminationException;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Hears the errors of archive, consensus module and service: events of ordinary life go to the log at their level, what
 * Aeron calls fatal ends the node. Any thread.
 */
final class LogErrorHandler implements ErrorHandler {
    private static final Logger LOG = LoggerFactory.getLogger(LogErrorHandler.class);

    private final Consumer<Throwable> fatalHandler;
    private volatile boolean isClosing;

    LogErrorHandler(Consumer<Throwable> fatalHandler) {
        this.fatalHandler = fatalHandler;
    }

    /** From now on parts end because others have ended. */
    void closing() {
        isClosing = true;
    }

    @Override
    public void onError(Throwable error) {
        if (isClosing) {
            LOG.debug("control log while it closes", error);
        } else if (isFatal(error)) {
            LOG.error("control log cannot go on", error);
            fatalHandler.accept(error);
        } else if (error instanceof AeronEvent) {
            LOG.info("control log: {}", error.getMessage());
        } else if (error instanceof AeronException exception && exception.category() == AeronException.Category.WARN) {
            LOG.warn("control log: {}", error.getMessage()); // somebody was slow; it is tried again
        } else {
            LOG.warn("control log: {}", error.getMessage(), error);
        }
    }

    private static boolean isFatal(Throwable error) {
        return error instanceof Error
                || error instanceof ClusterTerminationException
                || error instanceof AgentTerminationException
                || error instanceof AeronException aeronException
                        && aeronException.category() == AeronException.Category.FATAL;
    }
}
