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

    /**
     * What Aeron says when a member has applied more than the leader has: its log was cut at an earlier attempt to
     * join, but what it knows of that was not. It would try for ever; a start reads the log anew.
     */
    private static final String APPLIED_MORE_THAN_THE_LEADER_HAS = "less than logPosition=";

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
        } else if (hasAppliedMore(error)) {
            LOG.error("control log cannot go on: {}", error.getMessage());
            fatalHandler.accept(new ClusterLogException(
                    "this member has applied what the new leader does not have, and can join it after a start only:"
                            + " start the node again; cause=" + error.getMessage()));
        } else if (error instanceof AeronEvent) {
            LOG.info("control log: {}", error.getMessage());
        } else if (error instanceof AeronException exception && exception.category() == AeronException.Category.WARN) {
            LOG.warn("control log: {}", error.getMessage()); // somebody was slow; it is tried again
        } else {
            LOG.warn("control log: {}", error.getMessage(), error);
        }
    }

    private static boolean hasAppliedMore(Throwable error) {
        return error instanceof AeronException
                && error.getMessage() != null
                && error.getMessage().contains(APPLIED_MORE_THAN_THE_LEADER_HAS);
    }

    private static boolean isFatal(Throwable error) {
        return error instanceof Error
                || error instanceof ClusterTerminationException
                || error instanceof AgentTerminationException
                || error instanceof AeronException aeronException
                        && aeronException.category() == AeronException.Category.FATAL;
    }
}
