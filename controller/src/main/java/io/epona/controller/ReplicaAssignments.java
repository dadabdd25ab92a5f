package io.epona.controller;

import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.apache.kafka.common.errors.InvalidReplicaAssignmentException;
import org.apache.kafka.common.errors.InvalidReplicationFactorException;

/** Which nodes carry the replicas of new partitions, chosen by the client or by the controller. Pure. */
final class ReplicaAssignments {
    private ReplicaAssignments() {}

    /**
     * Checks a client's choice for a new topic.
     *
     * @return replicas by partition number.
     */
    static List<List<Integer>> ofTopic(ClusterImage image, Map<Integer, List<Integer>> assignments) {
        List<List<Integer>> ordered = new ArrayList<>(assignments.size());
        int replicationFactor = -1;
        for (int partition = 0; partition < assignments.size(); partition++) {
            List<Integer> replicas = assignments.get(partition);
            if (replicas == null) {
                throw new InvalidReplicaAssignmentException(
                        "partitions should be a consecutive 0-based integer sequence");
            }
            requireValid(image, replicas, replicationFactor);
            replicationFactor = replicas.size();
            ordered.add(List.copyOf(replicas));
        }
        return ordered;
    }

    /**
     * Checks a client's choice for one partition.
     *
     * @param replicationFactor how many replicas the partitions before it have, -1 when it is the first.
     */
    static void requireValid(ClusterImage image, List<Integer> replicas, int replicationFactor) {
        if (replicas.isEmpty()) {
            throw new InvalidReplicaAssignmentException(
                    "The manual partition assignment includes an empty replica list.");
        }
        Set<Integer> seen = new HashSet<>();
        for (Integer nodeId : replicas) {
            if (nodeId != image.nodeId() && image.broker(nodeId) == null) {
                throw new InvalidReplicaAssignmentException("The manual partition assignment includes broker " + nodeId
                        + ", but no such broker is registered.");
            }
            if (!seen.add(nodeId)) {
                throw new InvalidReplicaAssignmentException(
                        "The manual partition assignment includes the broker " + nodeId + " more than once.");
            }
        }
        if (replicationFactor != -1 && replicationFactor != replicas.size()) {
            throw new InvalidReplicaAssignmentException("The manual partition assignment includes a partition with "
                    + replicas.size() + " replica(s), but this is not consistent with previous partitions, which have "
                    + replicationFactor + " replica(s).");
        }
    }

    /**
     * The controller's choice: this node, which is the whole cell.
     *
     * @param replicationFactor as asked for, -1 for the default.
     */
    static List<Integer> chosen(ClusterImage image, short replicationFactor) {
        if (replicationFactor < -1 || replicationFactor == 0) {
            throw new InvalidReplicationFactorException(
                    "Replication factor must be larger than 0, or -1 to use the default value.");
        }
        if (replicationFactor > 1) {
            throw new InvalidReplicationFactorException("Unable to replicate the partition " + replicationFactor
                    + " time(s): The target replication factor of " + replicationFactor
                    + " cannot be reached because only 1 broker(s) are registered.");
        }
        return List.of(image.nodeId());
    }
}
