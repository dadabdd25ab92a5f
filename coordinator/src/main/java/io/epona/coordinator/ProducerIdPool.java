package io.epona.coordinator;

import io.epona.controller.ClusterController;
import java.util.concurrent.CompletableFuture;
import org.apache.kafka.server.common.ProducerIdsBlock;

/** Gives out producer ids from blocks that the controller has made durable, each once. Any thread may call. */
final class ProducerIdPool {
    private final ClusterController controller;
    private CompletableFuture<ProducerIdsBlock> asked;
    private long nextId;
    private long endId;

    ProducerIdPool(final ClusterController controller) {
        this.controller = controller;
    }

    /** The next id; exceptionally while the controller gives no block. */
    synchronized CompletableFuture<Long> next() {
        if (nextId < endId) {
            return CompletableFuture.completedFuture(nextId++);
        }
        if (asked == null || asked.isDone()) {
            asked = controller.allocateProducerIds().whenComplete(this::onBlock);
        }
        // The block may be used up by others that wait for it.
        return asked.thenCompose(block -> next());
    }

    private synchronized void onBlock(final ProducerIdsBlock block, final Throwable failure) {
        if (failure == null) {
            nextId = block.firstProducerId();
            endId = nextId + block.size();
        }
    }
}
