package io.epona.controller;

import java.util.ArrayList;
import java.util.List;
import org.apache.kafka.common.Uuid;

/**
 * What is known of a node beside Kafka's registration of it. Immutable.
 *
 * @param nodeId its id.
 * @param sessionId the connection to the control log that its registration came by.
 * @param incarnationId its newest start.
 * @param storageId its data directory.
 * @param spanLength bytes that frames do not reach across; 0 when unknown.
 * @param lanes what it has of each lane, by lane id.
 */
record NodeState(int nodeId, long sessionId, Uuid incarnationId, Uuid storageId, int spanLength, List<LaneCopy> lanes) {
    NodeState {
        lanes = List.copyOf(lanes);
    }

    /**
     * A node's copy of a lane.
     *
     * @param standing what it is worth.
     * @param storageId the data directory that has it or, of a lost copy that nothing can stand in for, had it.
     * @param lastEpoch epoch of its last frame when the node registered; 0 without frames.
     * @param endPosition where its log ended when the node registered.
     */
    record LaneCopy(Standing standing, Uuid storageId, int lastEpoch, long endPosition) {}

    /** The copy of a lane. */
    LaneCopy lane(int laneId) {
        return lanes.get(laneId);
    }

    /** The same node whose copy of a lane has caught up with its leader, or leads. */
    NodeState withSound(int laneId) {
        LaneCopy copy = lanes.get(laneId);
        if (copy.standing() == Standing.SOUND && copy.storageId().equals(storageId)) {
            return this;
        }
        List<LaneCopy> copies = new ArrayList<>(lanes);
        copies.set(laneId, new LaneCopy(Standing.SOUND, storageId, copy.lastEpoch(), copy.endPosition()));
        return new NodeState(nodeId, sessionId, incarnationId, storageId, spanLength, copies);
    }

    /** The same node whose copy of a lane is damaged. */
    NodeState withLost(int laneId) {
        LaneCopy copy = lanes.get(laneId);
        List<LaneCopy> copies = new ArrayList<>(lanes);
        copies.set(laneId, new LaneCopy(Standing.LOST, storageId, copy.lastEpoch(), copy.endPosition()));
        return new NodeState(nodeId, sessionId, incarnationId, storageId, spanLength, copies);
    }

    /** The same node, connected anew. */
    NodeState withSession(long newSessionId) {
        return new NodeState(nodeId, newSessionId, incarnationId, storageId, spanLength, lanes);
    }
}
