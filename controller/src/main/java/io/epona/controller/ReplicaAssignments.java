package io.epona.controller;

import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.apache.kafka.common.errors.InvalidReplicaAssignmentException;
import org.apache.kafka.common.errors.InvalidReplicationFactorException;

/**
 * Which nodes carry the replicas of new partitions: all nodes of the cell, always. What a client may choose is the
 * preferred leader: an assignment names all nodes, and the first of them is to be preferred by the partition's lane.
 * Pure.
 */
final class ReplicaAssignments {
    private ReplicaAssignments() {}

    /** The nodes that replicate every partition. */
    static List<Integer> nodes(ClusterImage image) {
        return image.lane(0).replicas();
    }

    /** Whether the cell is one node, which leads all lanes for ever. */
    static boolean isOneNode(ClusterImage image) {
        return image.lanes().isEmpty() || nodes(image).size() == 1;
    }

    /**
     * Checks a client's choice for a new topic.
     *
     * @return preferred leaders by partition number.
     */
    static List<Integer> ofTopic(ClusterImage image, Map<Integer, List<Integer>> assignments) {
        List<Integer> leaders = new ArrayList<>(assignments.size());
        for (int partition = 0; partition < assignments.size(); partition++) {
            List<Integer> replicas = assignments.get(partition);
            if (replicas == null) {
                throw new InvalidReplicaAssignmentException(
                        "partitions should be a consecutive 0-based integer sequence");
            }
            leaders.add(preferredLeader(image, replicas));
        }
        return leaders;
    }

    /**
     * Checks a client's choice for one partition.
     *
     * @return the preferred leader.
     */
    static int preferredLeader(ClusterImage image, List<Integer> replicas) {
        if (replicas.isEmpty()) {
            throw new InvalidReplicaAssignmentException(
                    "The manual partition assignment includes an empty replica list.");
        }
        List<Integer> nodes = nodes(image);
        Set<Integer> seen = new HashSet<>();
        for (Integer nodeId : replicas) {
            if (!nodes.contains(nodeId)) {
                throw new InvalidReplicaAssignmentException("The manual partition assignment includes broker " + nodeId
                        + ", but no such broker is registered.");
            }
            if (!seen.add(nodeId)) {
                throw new InvalidReplicaAssignmentException(
                        "The manual partition assignment includes the broker " + nodeId + " more than once.");
            }
        }
        if (replicas.size() != nodes.size()) {
            throw new InvalidReplicaAssignmentException("The manual partition assignment includes " + replicas.size()
                    + " of " + nodes.size() + " brokers, but a cell replicates every partition to all of its brokers: "
                    + "name all of " + nodes + ", the preferred leader first, or leave the assignment out.");
        }
        return replicas.getFirst();
    }

    /**
     * Checks the replication factor of a new topic.
     *
     * @param replicationFactor as asked for, -1 for the default.
     */
    static void requireServed(ClusterImage image, short replicationFactor) {
        int nodeCount = nodes(image).size();
        if (replicationFactor < -1 || replicationFactor == 0) {
            throw new InvalidReplicationFactorException(
                    "Replication factor must be larger than 0, or -1 to use the default value.");
        }
        if (replicationFactor > nodeCount) {
            throw new InvalidReplicationFactorException("Unable to replicate the partition " + replicationFactor
                    + " time(s): The target replication factor of " + replicationFactor
                    + " cannot be reached because only " + nodeCount + " broker(s) are registered.");
        }
        if (replicationFactor != -1 && replicationFactor != nodeCount) {
            throw new InvalidReplicationFactorException("A cell replicates every partition to all of its " + nodeCount
                    + " brokers: ask for replication factor " + nodeCount + ", or -1 for the default, not "
                    + replicationFactor + ".");
        }
    }
}
