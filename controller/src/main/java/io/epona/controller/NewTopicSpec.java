package io.epona.controller;

import java.util.List;
import java.util.Map;

/**
 * A topic to be made.
 *
 * @param name its name.
 * @param partitionCount how many partitions, -1 for the default; -1 when assignments are given.
 * @param replicationFactor how many replicas, -1 for the default; -1 when assignments are given.
 * @param assignments partition to node ids, empty to let the controller choose.
 * @param configs its own configuration; a null value asks for the default.
 */
public record NewTopicSpec(
        String name,
        int partitionCount,
        short replicationFactor,
        Map<Integer, List<Integer>> assignments,
        Map<String, String> configs) {
    /**
     * A topic with defaults for everything.
     *
     * @param name its name.
     * @return the specification.
     */
    public static NewTopicSpec withDefaults(String name) {
        return new NewTopicSpec(name, -1, (short) -1, Map.of(), Map.of());
    }

    /**
     * A topic with so many partitions and the default of everything else.
     *
     * @param name its name.
     * @param partitionCount how many partitions.
     * @return the specification.
     */
    public static NewTopicSpec withPartitions(String name, int partitionCount) {
        return new NewTopicSpec(name, partitionCount, (short) -1, Map.of(), Map.of());
    }
}
