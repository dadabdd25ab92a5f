package io.epona.controller;

import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import org.apache.kafka.common.protocol.ApiMessage;

/** Lanes and nodes while one decision about them is made, and the records that it takes. Used once, by one thread. */
final class CellChange {
    private final ClusterImage image;
    private final List<MetadataRecord> records = new ArrayList<>();
    private final List<LaneInfo> lanes;
    private final Map<Integer, NodeState> nodes;
    private final Set<Integer> alive = new HashSet<>();
    private final Set<Integer> leaving = new HashSet<>();

    CellChange(ClusterImage image) {
        this.image = image;
        this.lanes = new ArrayList<>(image.lanes());
        this.nodes = new TreeMap<>(image.cell().nodes());
        for (BrokerInfo broker : image.brokers()) {
            if (!broker.fenced()) {
                alive.add(broker.id());
            }
            if (broker.inControlledShutdown()) {
                leaving.add(broker.id());
            }
        }
    }

    /** A node is heard of again. */
    void setAlive(NodeState node) {
        nodes.put(node.nodeId(), node);
        alive.add(node.nodeId());
    }

    void setFenced(int nodeId) {
        alive.remove(nodeId);
    }

    void setLeaving(int nodeId) {
        leaving.add(nodeId);
    }

    LaneInfo lane(int laneId) {
        return lanes.get(laneId);
    }

    LaneElection.Replica replica(int nodeId, int laneId) {
        NodeState node = nodes.get(nodeId);
        return new LaneElection.Replica(
                nodeId,
                node != null && alive.contains(nodeId),
                leaving.contains(nodeId),
                node == null ? null : node.lane(laneId));
    }

    void setLane(LaneInfo lane) {
        LaneInfo before = lanes.set(lane.laneId(), lane);
        if (lane.leader() != LaneInfo.NO_LEADER && lane.leaderEpoch() != before.leaderEpoch()) {
            setSound(lane.leader(), lane.laneId());
        }
    }

    /** The node's copy is as good as the leader's, or is the leader's. */
    void setSound(int nodeId, int laneId) {
        nodes.computeIfPresent(nodeId, (id, node) -> node.withSound(laneId));
    }

    /** The node's copy is damaged. */
    void setLost(int nodeId, int laneId) {
        nodes.computeIfPresent(nodeId, (id, node) -> node.withLost(laneId));
    }

    /** Elects where there is nobody, or nobody fit, to lead. */
    void settleLanes() {
        if (ReplicaAssignments.isOneNode(image)) {
            return;
        }
        for (LaneInfo lane : List.copyOf(lanes)) {
            setLane(LaneElection.settle(lane, id -> replica(id, lane.laneId()), false));
        }
    }

    /**
     * A node has started anew. It leads no more unless it is elected again, a copy that it has lost is out of sync, and
     * proposals made before are void, because they may count on what the node had then.
     */
    void restart(NodeState node) {
        nodes.put(node.nodeId(), node);
        alive.add(node.nodeId());
        leaving.remove(node.nodeId());
        if (ReplicaAssignments.isOneNode(image)) {
            return;
        }
        for (LaneInfo lane : List.copyOf(lanes)) {
            LaneInfo changed = node.lane(lane.laneId()).standing() == Standing.LOST
                    ? LaneElection.withLost(lane, node.nodeId())
                    : lane;
            LaneInfo settled =
                    LaneElection.settle(changed, id -> replica(id, lane.laneId()), lane.leader() == node.nodeId());
            setLane(settled == lane ? LaneElection.withNextVersion(lane) : settled);
        }
    }

    void record(ApiMessage message, short version) {
        records.add(MetadataRecord.kafka(message, version));
    }

    <R> Decision<R> decide(R response) {
        nodes.forEach((id, node) -> {
            if (!node.equals(image.cell().nodes().get(id))) {
                records.add(new MetadataRecord.Node(node));
            }
        });
        for (LaneInfo lane : lanes) {
            if (lane != image.lane(lane.laneId())) {
                records.add(new MetadataRecord.Lane(lane));
            }
        }
        return new Decision<>(records, response);
    }
}
