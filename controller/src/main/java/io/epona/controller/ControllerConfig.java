package io.epona.controller;

import java.nio.file.Path;
import java.util.Map;

/**
 * What a node's controller needs to know.
 *
 * @param directory where the metadata log lies; made when absent.
 * @param nodeId id of this node, the broker id in Kafka's protocol.
 * @param laneCount lanes 0 to laneCount - 1 get the partitions.
 * @param leaderEpoch leader epoch of new partitions.
 * @param topicDefaults defaults and limits of topics.
 * @param brokerConfigs the node's effective configuration, for display only.
 * @param compactionLength bytes of metadata log from which it is rewritten at start.
 */
public record ControllerConfig(
        Path directory,
        int nodeId,
        int laneCount,
        int leaderEpoch,
        TopicDefaults topicDefaults,
        Map<String, String> brokerConfigs,
        long compactionLength) {
    /** Copies the map and checks the numbers. */
    public ControllerConfig {
        brokerConfigs = Map.copyOf(brokerConfigs);
        if (nodeId < 0 || laneCount < 1 || laneCount > ControllerLimits.MAX_LANE_COUNT || leaderEpoch < 0) {
            throw new IllegalArgumentException("controller configuration: nodeId=" + nodeId + ", laneCount=" + laneCount
                    + " (1 to " + ControllerLimits.MAX_LANE_COUNT + "), leaderEpoch=" + leaderEpoch);
        }
    }

    /**
     * One lane, leader epoch 1, standard topics.
     *
     * @param directory where the metadata log lies.
     * @param nodeId id of this node.
     * @return the configuration.
     */
    public static ControllerConfig singleLane(Path directory, int nodeId) {
        return new ControllerConfig(
                directory, nodeId, 1, 1, TopicDefaults.STANDARD, Map.of(), ControllerLimits.COMPACTION_LENGTH);
    }
}
