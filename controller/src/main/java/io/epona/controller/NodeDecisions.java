package io.epona.controller;

import java.util.ArrayList;
import java.util.List;
import java.util.TreeMap;
import org.apache.kafka.common.errors.InvalidRequestException;
import org.apache.kafka.common.errors.StaleBrokerEpochException;
import org.apache.kafka.common.errors.UnknownServerException;
import org.apache.kafka.common.metadata.BrokerRegistrationChangeRecord;
import org.apache.kafka.common.metadata.ProducerIdsRecord;
import org.apache.kafka.common.metadata.RegisterBrokerRecord;
import org.apache.kafka.common.metadata.RegisterBrokerRecord.BrokerEndpoint;
import org.apache.kafka.common.metadata.RegisterBrokerRecord.BrokerEndpointCollection;
import org.apache.kafka.common.metadata.RegisterBrokerRecord.BrokerFeature;
import org.apache.kafka.common.metadata.RegisterBrokerRecord.BrokerFeatureCollection;
import org.apache.kafka.metadata.BrokerRegistrationFencingChange;
import org.apache.kafka.metadata.BrokerRegistrationInControlledShutdownChange;
import org.apache.kafka.server.common.MetadataVersion;
import org.apache.kafka.server.common.ProducerIdsBlock;

/**
 * Decides about what belongs to a node: registrations, fencing, shutdown, producer ids. Pure functions of image and
 * command.
 */
final class NodeDecisions {
    private NodeDecisions() {}

    /** Takes the next block of producer ids for a node. */
    static Decision<ProducerIdsBlock> allocateProducerIds(ClusterImage image, int nodeId) {
        long first = Math.max(0, image.baseKafkaImage().producerIds().nextProducerId());
        if (first > Long.MAX_VALUE - ProducerIdsBlock.PRODUCER_ID_BLOCK_SIZE) {
            throw new UnknownServerException("All producer ids are used up: next=" + first);
        }
        ProducerIdsBlock block = new ProducerIdsBlock(nodeId, first, ProducerIdsBlock.PRODUCER_ID_BLOCK_SIZE);
        BrokerInfo broker = image.broker(nodeId);
        ProducerIdsRecord record = new ProducerIdsRecord()
                .setBrokerId(nodeId)
                .setBrokerEpoch(broker == null ? -1 : broker.epoch())
                .setNextProducerId(block.nextBlockFirstId());
        return new Decision<>(List.of(MetadataRecord.kafka(record, (short) 0)), block);
    }

    /**
     * Registers a node: once per start, and again whenever its connection to the log is another one.
     *
     * @param sessionId the connection; when it ends the node is fenced.
     */
    static Decision<Void> register(ClusterImage image, Origin origin, long sessionId, NodeRegistration registration) {
        requireFitting(image, origin.nodeId(), registration);
        NodeState known = image.cell().nodes().get(origin.nodeId());
        requireNewer(known, origin, sessionId);
        requireNotLast(image, known, origin, registration);
        CellChange change = new CellChange(image);
        if (known != null && known.incarnationId().equals(origin.incarnationId())) {
            change.setAlive(known.withSession(sessionId));
            BrokerInfo broker = image.broker(origin.nodeId());
            if (broker.fenced()) {
                change.record(
                        changeOf(broker).setFenced(BrokerRegistrationFencingChange.UNFENCE.value()), changeVersion());
            }
            change.settleLanes();
            return change.decide(null);
        }
        change.record(
                registerRecord(image, origin, registration), version(image).registerBrokerRecordVersion());
        change.restart(new NodeState(
                origin.nodeId(),
                sessionId,
                origin.incarnationId(),
                registration.storageId(),
                registration.spanLength(),
                copies(image, known, registration)));
        return change.decide(null);
    }

    /** The connection of a node has ended: until it is heard of again it leads nothing. */
    static Decision<Void> fence(ClusterImage image, long sessionId) {
        for (NodeState node : image.cell().nodes().values()) {
            BrokerInfo broker = image.broker(node.nodeId());
            if (node.sessionId() == sessionId && !broker.fenced()) {
                CellChange change = new CellChange(image);
                change.record(
                        changeOf(broker).setFenced(BrokerRegistrationFencingChange.FENCE.value()), changeVersion());
                change.setFenced(node.nodeId());
                change.settleLanes();
                return change.decide(null);
            }
        }
        return Decision.of(null);
    }

    /** A node is about to stop: others lead what it leads, where another can. */
    static Decision<Void> shutDown(ClusterImage image, Origin origin) {
        requireCurrent(image, origin);
        BrokerInfo broker = image.broker(origin.nodeId());
        CellChange change = new CellChange(image);
        if (!broker.inControlledShutdown()) {
            change.record(
                    changeOf(broker)
                            .setInControlledShutdown(
                                    BrokerRegistrationInControlledShutdownChange.IN_CONTROLLED_SHUTDOWN.value()),
                    changeVersion());
        }
        change.setLeaving(origin.nodeId());
        change.settleLanes();
        return change.decide(null);
    }

    /**
     * Connections are numbered as they are opened. What comes by an older one than that of another start of the node
     * was sent by a process that the present one has replaced, be it that the command was on its way for so long.
     */
    private static void requireNewer(NodeState known, Origin origin, long sessionId) {
        if (known != null && !known.incarnationId().equals(origin.incarnationId()) && sessionId < known.sessionId()) {
            throw new StaleBrokerEpochException("Node " + origin.nodeId() + " has been started again since: "
                    + origin.incarnationId() + " was replaced by " + known.incarnationId());
        }
    }

    /** Whether the origin is the node's newest start. */
    static boolean isCurrent(ClusterImage image, Origin origin) {
        NodeState node = image.cell().nodes().get(origin.nodeId());
        return node != null && node.incarnationId().equals(origin.incarnationId());
    }

    private static void requireCurrent(ClusterImage image, Origin origin) {
        if (!isCurrent(image, origin)) {
            throw new StaleBrokerEpochException(
                    "Node " + origin.nodeId() + " has not registered this start of it: " + origin.incarnationId());
        }
    }

    private static List<NodeState.LaneCopy> copies(ClusterImage image, NodeState known, NodeRegistration registration) {
        List<NodeState.LaneCopy> copies = new ArrayList<>();
        if (ReplicaAssignments.isOneNode(image)) {
            return copies;
        }
        TreeMap<Integer, LanePosition> positions = new TreeMap<>();
        registration.lanes().forEach(position -> positions.put(position.laneId(), position));
        for (LaneInfo lane : image.lanes()) {
            copies.add(LaneStanding.atStart(lane, known, registration, positions.get(lane.laneId())));
        }
        return copies;
    }

    private static void requireFitting(ClusterImage image, int nodeId, NodeRegistration registration) {
        if (image.lanes().isEmpty()) {
            throw new InvalidRequestException("The cell has not begun, so that node " + nodeId + " cannot register.");
        }
        List<Integer> members = ReplicaAssignments.nodes(image);
        if (!members.contains(nodeId)) {
            throw new InvalidRequestException("Node " + nodeId + " is no member of the cell: members=" + members
                    + "; correct node.id or cell.members of that node");
        }
        if (ReplicaAssignments.isOneNode(image)) {
            return;
        }
        List<Integer> lanes =
                registration.lanes().stream().map(LanePosition::laneId).sorted().toList();
        List<Integer> expected = image.lanes().stream().map(LaneInfo::laneId).toList();
        if (!lanes.equals(expected)) {
            throw new InvalidRequestException(
                    "Node " + nodeId + " has other lanes than the cell: lanes=" + lanes + ", expected=" + expected);
        }
        for (NodeState other : image.cell().nodes().values()) {
            if (other.nodeId() != nodeId && other.spanLength() != registration.spanLength()) {
                throw new InvalidRequestException("Node " + nodeId + " has spans of " + registration.spanLength()
                        + " bytes, node " + other.nodeId() + " of " + other.spanLength()
                        + "; give all nodes the same lane.ring.length and journal.segment.length");
            }
        }
    }

    /**
     * The last in-sync copy of a lane is not given up, not even when its node says that it is damaged: it may be
     * mended, or restored. Nodes that find a lane damaged at one moment all see others in sync; here they come one
     * after another. A copy on another device than before is another matter: nobody has what was on the old one.
     */
    private static void requireNotLast(
            ClusterImage image, NodeState known, Origin origin, NodeRegistration registration) {
        if (known == null || ReplicaAssignments.isOneNode(image) || isCurrent(image, origin)) {
            return;
        }
        for (LanePosition position : registration.lanes()) {
            LaneInfo lane = image.lane(position.laneId());
            NodeState.LaneCopy before = known.lane(position.laneId());
            if (!position.isIntact()
                    && before.standing() != Standing.LOST
                    && before.storageId().equals(registration.storageId())
                    && lane.isr().equals(List.of(known.nodeId()))) {
                throw new InvalidRequestException("Node " + known.nodeId() + " has the only in-sync copy of lane "
                        + position.laneId() + ", and says that it is damaged; no other node can stand in for it:"
                        + " restore the journal, or the node's data directory");
            }
        }
    }

    private static BrokerRegistrationChangeRecord changeOf(BrokerInfo broker) {
        return new BrokerRegistrationChangeRecord().setBrokerId(broker.id()).setBrokerEpoch(broker.epoch());
    }

    private static short changeVersion() {
        return BrokerRegistrationChangeRecord.HIGHEST_SUPPORTED_VERSION;
    }

    private static MetadataVersion version(ClusterImage image) {
        return image.baseKafkaImage().features().metadataVersionOrThrow();
    }

    private static RegisterBrokerRecord registerRecord(
            ClusterImage image, Origin origin, NodeRegistration registration) {
        BrokerEndpointCollection endpoints = new BrokerEndpointCollection();
        for (Endpoint endpoint : registration.endpoints()) {
            endpoints.add(new BrokerEndpoint()
                    .setName(endpoint.listener())
                    .setHost(endpoint.host())
                    .setPort(endpoint.port())
                    .setSecurityProtocol(endpoint.protocol().id));
        }
        BrokerFeatureCollection features = new BrokerFeatureCollection();
        features.add(new BrokerFeature()
                .setName(MetadataVersion.FEATURE_NAME)
                .setMinSupportedVersion(MetadataVersion.MINIMUM_VERSION.featureLevel())
                .setMaxSupportedVersion(version(image).featureLevel()));
        BrokerInfo before = image.broker(origin.nodeId());
        return new RegisterBrokerRecord()
                .setBrokerId(origin.nodeId())
                .setIncarnationId(origin.incarnationId())
                .setBrokerEpoch(1 + Math.max(image.version(), before == null ? -1 : before.epoch()))
                .setEndPoints(endpoints)
                .setFeatures(features)
                .setRack(registration.rack())
                .setFenced(false)
                .setInControlledShutdown(false);
    }
}
