package io.epona.controller;

import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.atomic.AtomicLong;
import org.apache.kafka.common.errors.NotControllerException;
import org.apache.kafka.common.errors.ThrottlingQuotaExceededException;
import org.apache.kafka.common.errors.TimeoutException;

/**
 * Commands of this start of the node that have no answer yet. Any thread. Bounded by
 * {@link ControllerLimits#MAX_WAITING_COMMANDS}.
 */
final class PendingCommands {
    private final CommandTimer timer;
    private final Map<Long, CompletableFuture<Object>> waiting = new ConcurrentHashMap<>();
    private final AtomicLong lastCorrelationId = new AtomicLong();

    PendingCommands(CommandTimer timer) {
        this.timer = timer;
    }

    /**
     * Begins to wait.
     *
     * @param timeoutMs for how long.
     * @return what is waited for.
     * @throws ThrottlingQuotaExceededException when too many wait already.
     */
    Waiting begin(int timeoutMs) {
        if (waiting.size() >= ControllerLimits.MAX_WAITING_COMMANDS) {
            throw new ThrottlingQuotaExceededException("The controller has too many commands waiting: limit="
                    + ControllerLimits.MAX_WAITING_COMMANDS + "; try again later");
        }
        long correlationId = lastCorrelationId.incrementAndGet();
        CompletableFuture<Object> answer = new CompletableFuture<>();
        waiting.put(correlationId, answer);
        timer.failAfter(answer, timeoutMs);
        CompletableFuture<Object> result = answer.handle((response, error) -> {
            waiting.remove(correlationId);
            if (error == null) {
                return response;
            }
            throw new CompletionException(
                    error instanceof java.util.concurrent.TimeoutException
                            ? new TimeoutException("The control log has not answered for " + timeoutMs
                                    + " ms; the command may yet be carried out.")
                            : error);
        });
        return new Waiting(correlationId, answer, result);
    }

    /** What waits under a number; null when nothing does (any more). */
    CompletableFuture<Object> get(long correlationId) {
        return waiting.get(correlationId);
    }

    /** Nothing will be answered any more. */
    void close() {
        waiting.values()
                .forEach(answer ->
                        answer.completeExceptionally(new NotControllerException("The controller is closed.")));
    }

    /**
     * A command that waits.
     *
     * @param correlationId its number.
     * @param answer to be completed with the answer.
     * @param result for whoever asked: completes as the answer does, with errors that Kafka knows.
     */
    record Waiting(long correlationId, CompletableFuture<Object> answer, CompletableFuture<Object> result) {}
}
