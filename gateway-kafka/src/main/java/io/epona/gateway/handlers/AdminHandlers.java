package io.epona.gateway.handlers;

import io.epona.controller.ClusterController;
import io.epona.coordinator.GroupConfigs;
import io.epona.gateway.RequestHandler;
import java.util.List;
import java.util.concurrent.Executor;

/** The handlers of the APIs that show and change metadata. */
public final class AdminHandlers {
    private AdminHandlers() {}

    /**
     * Makes one handler per API, for one gateway thread. Reading metadata is a read of the controller's image; changes
     * go to the controller and come back to the gateway thread.
     *
     * @param controller the cluster's metadata.
     * @param groupConfigs what may be set for single groups.
     * @param logDirectory where the partition logs lie, and their sizes.
     * @param background runs what reads directories; its tasks take milliseconds.
     * @return the handlers.
     */
    public static List<RequestHandler> create(
            ClusterController controller, GroupConfigs groupConfigs, LogDirectory logDirectory, Executor background) {
        return List.of(
                new MetadataHandler(controller),
                new CreateTopicsHandler(controller),
                new DeleteTopicsHandler(controller),
                new CreatePartitionsHandler(controller),
                new DescribeConfigsHandler(controller, groupConfigs),
                new IncrementalAlterConfigsHandler(controller, groupConfigs),
                new AlterConfigsHandler(controller, groupConfigs),
                new ListConfigResourcesHandler(controller),
                new DescribeClusterHandler(controller),
                new DescribeTopicPartitionsHandler(controller),
                new AlterPartitionReassignmentsHandler(controller),
                new ListPartitionReassignmentsHandler(),
                new ElectLeadersHandler(controller),
                new DescribeQuorumHandler(controller),
                new DescribeLogDirsHandler(controller, logDirectory, background));
    }
}
