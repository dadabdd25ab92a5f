package io.epona.demo.load;

import java.util.concurrent.CompletableFuture;

/**
 * A run of the load, while it goes on and after.
 *
 * @param startNs when its first event was due, nanoseconds since the Unix epoch
 * @param progress of the producer
 * @param streams what was sent; to be read once {@code ended} is done
 * @param reception what came
 * @param ended done when everything is sent and acknowledged or given up; fails when the flow cannot be read on
 */
public record LoadRun(
        long startNs, SendProgress progress, SentStreams streams, Reception reception, CompletableFuture<Void> ended) {
    /** True when as many different records came as were sent so far. */
    public boolean isDrained() {
        return reception.count() >= progress.sent();
    }
}
