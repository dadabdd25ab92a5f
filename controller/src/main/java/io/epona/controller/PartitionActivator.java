package io.epona.controller;

import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;

/**
 * Makes the data path follow the metadata: tells lanes to open and close partitions.
 *
 * <p>Called on the controller's thread for every change that opens or closes partitions
 * ({@link PartitionChanges#between}), and awaited before the next command is decided. New partitions are activated
 * <em>before</em> the image that has them is published, so nobody can see a partition that its lane does not know yet;
 * partitions are closed <em>after</em> the image that lacks them is published, so nobody can bring back what was just
 * deleted. An implementation therefore uses the two images that it is given and not {@link ClusterController#image()}.
 * It is not called for the partitions that exist when the node starts.
 */
@FunctionalInterface
public interface PartitionActivator {
    /** Does nothing, at once: for tests and tools that have no lanes. */
    PartitionActivator NONE = (old, now) -> CompletableFuture.completedFuture(null);

    /**
     * Opens and closes partitions.
     *
     * @param old the image before.
     * @param now the image after.
     * @return completes when the lanes have done so; exceptionally if they cannot, which ends the controller.
     */
    CompletionStage<Void> activate(ClusterImage old, ClusterImage now);
}
