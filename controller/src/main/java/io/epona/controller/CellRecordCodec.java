package io.epona.controller;

import io.epona.codec.metadata.LaneRecordDecoder;
import io.epona.codec.metadata.LaneRecordEncoder;
import io.epona.codec.metadata.NodeLaneDecoder;
import io.epona.codec.metadata.NodeLaneEncoder;
import io.epona.codec.metadata.NodeRecordDecoder;
import io.epona.codec.metadata.NodeRecordEncoder;
import java.util.ArrayList;
import java.util.List;
import org.agrona.DirectBuffer;
import org.agrona.MutableDirectBuffer;
import org.apache.kafka.common.Uuid;

/** Bytes of lanes and nodes in the metadata log, as the schema in codec (metadata log, id 104) lays them out. */
final class CellRecordCodec {
    private static final int NOBODY = -1;

    private CellRecordCodec() {}

    static int lengthOf(NodeState node) {
        return NodeRecordEncoder.BLOCK_LENGTH + node.lanes().size() * NodeLaneEncoder.BLOCK_LENGTH;
    }

    static void encode(LaneInfo lane, MutableDirectBuffer buffer, int offset) {
        LaneRecordEncoder encoder = new LaneRecordEncoder()
                .wrap(buffer, offset)
                .laneId(lane.laneId())
                .replicaCount((short) lane.replicas().size())
                .inSyncCount((short) lane.isr().size())
                .leader(lane.leader())
                .leaderEpoch(lane.leaderEpoch())
                .version(lane.version())
                .reserved(0)
                .reserved2(0);
        for (int i = 0; i < ControllerLimits.MAX_REPLICA_COUNT; i++) {
            encoder.replicas(i, nodeAt(lane.replicas(), i)).inSync(i, nodeAt(lane.isr(), i));
        }
    }

    static LaneInfo decodeLane(DirectBuffer buffer, int offset) {
        LaneRecordDecoder decoder = new LaneRecordDecoder()
                .wrap(buffer, offset, LaneRecordDecoder.BLOCK_LENGTH, LaneRecordDecoder.SCHEMA_VERSION);
        List<Integer> replicas = new ArrayList<>();
        for (int i = 0; i < decoder.replicaCount(); i++) {
            replicas.add(decoder.replicas(i));
        }
        List<Integer> inSync = new ArrayList<>();
        for (int i = 0; i < decoder.inSyncCount(); i++) {
            inSync.add(decoder.inSync(i));
        }
        return new LaneInfo(
                decoder.laneId(), decoder.leader(), decoder.leaderEpoch(), decoder.version(), replicas, inSync);
    }

    static void encode(NodeState node, MutableDirectBuffer buffer, int offset) {
        new NodeRecordEncoder()
                .wrap(buffer, offset)
                .nodeId(node.nodeId())
                .spanLength(node.spanLength())
                .sessionId(node.sessionId())
                .storageIdHigh(node.storageId().getMostSignificantBits())
                .storageIdLow(node.storageId().getLeastSignificantBits())
                .incarnationIdHigh(node.incarnationId().getMostSignificantBits())
                .incarnationIdLow(node.incarnationId().getLeastSignificantBits())
                .laneCount(node.lanes().size())
                .reserved(0);
        int at = offset + NodeRecordEncoder.BLOCK_LENGTH;
        NodeLaneEncoder encoder = new NodeLaneEncoder();
        for (NodeState.LaneCopy copy : node.lanes()) {
            encoder.wrap(buffer, at)
                    .standing(wire(copy.standing()))
                    .reserved((short) 0)
                    .reserved2(0)
                    .lastEpoch(copy.lastEpoch())
                    .endPosition(copy.endPosition())
                    .storageIdHigh(copy.storageId().getMostSignificantBits())
                    .storageIdLow(copy.storageId().getLeastSignificantBits());
            at += NodeLaneEncoder.BLOCK_LENGTH;
        }
    }

    static NodeState decodeNode(DirectBuffer buffer, int offset) {
        NodeRecordDecoder decoder = new NodeRecordDecoder()
                .wrap(buffer, offset, NodeRecordDecoder.BLOCK_LENGTH, NodeRecordDecoder.SCHEMA_VERSION);
        List<NodeState.LaneCopy> lanes = new ArrayList<>();
        NodeLaneDecoder lane = new NodeLaneDecoder();
        for (int i = 0; i < decoder.laneCount(); i++) {
            lane.wrap(
                    buffer,
                    offset + NodeRecordDecoder.BLOCK_LENGTH + i * NodeLaneDecoder.BLOCK_LENGTH,
                    NodeLaneDecoder.BLOCK_LENGTH,
                    NodeLaneDecoder.SCHEMA_VERSION);
            lanes.add(new NodeState.LaneCopy(
                    standing(lane.standing()),
                    new Uuid(lane.storageIdHigh(), lane.storageIdLow()),
                    lane.lastEpoch(),
                    lane.endPosition()));
        }
        return new NodeState(
                decoder.nodeId(),
                decoder.sessionId(),
                new Uuid(decoder.incarnationIdHigh(), decoder.incarnationIdLow()),
                new Uuid(decoder.storageIdHigh(), decoder.storageIdLow()),
                decoder.spanLength(),
                lanes);
    }

    private static int nodeAt(List<Integer> nodes, int index) {
        return index < nodes.size() ? nodes.get(index) : NOBODY;
    }

    private static io.epona.codec.metadata.Standing wire(Standing standing) {
        return switch (standing) {
            case SOUND -> io.epona.codec.metadata.Standing.SOUND;
            case UNCLEAN -> io.epona.codec.metadata.Standing.UNCLEAN;
            case LOST -> io.epona.codec.metadata.Standing.LOST;
        };
    }

    private static Standing standing(io.epona.codec.metadata.Standing wire) {
        return switch (wire) {
            case SOUND -> Standing.SOUND;
            case UNCLEAN -> Standing.UNCLEAN;
            case LOST -> Standing.LOST;
            default -> throw new IllegalArgumentException("no standing of a lane's copy: " + wire);
        };
    }
}
