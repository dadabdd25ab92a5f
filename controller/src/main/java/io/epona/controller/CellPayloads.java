package io.epona.controller;

import io.epona.codec.control.BeginCellDecoder;
import io.epona.codec.control.BeginCellEncoder;
import io.epona.codec.control.ElectLeadersDecoder;
import io.epona.codec.control.ElectLeadersEncoder;
import io.epona.codec.control.InSyncProposalDecoder;
import io.epona.codec.control.InSyncProposalEncoder;
import io.epona.codec.control.LanePositionDecoder;
import io.epona.codec.control.LanePositionEncoder;
import io.epona.codec.control.LaneReferenceDecoder;
import io.epona.codec.control.LaneReferenceEncoder;
import io.epona.codec.control.RegisterNodeDecoder;
import io.epona.codec.control.RegisterNodeEncoder;
import io.epona.codec.control.ResignationDecoder;
import io.epona.codec.control.ResignationEncoder;
import java.util.ArrayList;
import java.util.List;
import org.agrona.DirectBuffer;
import org.agrona.concurrent.UnsafeBuffer;
import org.apache.kafka.common.Uuid;
import org.apache.kafka.common.message.BrokerRegistrationRequestData;
import org.apache.kafka.common.message.BrokerRegistrationRequestData.Listener;
import org.apache.kafka.common.message.BrokerRegistrationRequestData.ListenerCollection;
import org.apache.kafka.common.security.auth.SecurityProtocol;

/** Commands about nodes and lanes as bytes, and back. The version is that of the schema they were written with. */
final class CellPayloads {
    static final short BROKER_REGISTRATION_VERSION = 0;
    private static final int NOBODY = -1;

    private CellPayloads() {}

    static UnsafeBuffer encode(ControlCommand.BeginCell command) {
        UnsafeBuffer buffer = new UnsafeBuffer(new byte[BeginCellEncoder.BLOCK_LENGTH]);
        BeginCellEncoder encoder = new BeginCellEncoder()
                .wrap(buffer, 0)
                .clusterIdHigh(command.clusterId().getMostSignificantBits())
                .clusterIdLow(command.clusterId().getLeastSignificantBits())
                .laneCount(command.laneCount())
                .memberCount(command.members().size())
                .metadataVersion(command.metadataVersion());
        for (int i = 0; i < ControllerLimits.MAX_REPLICA_COUNT; i++) {
            encoder.members(i, nodeAt(command.members(), i));
        }
        return buffer;
    }

    static ControlCommand.BeginCell beginCell(DirectBuffer buffer, int version) {
        BeginCellDecoder decoder = new BeginCellDecoder().wrap(buffer, 0, BeginCellDecoder.BLOCK_LENGTH, version);
        List<Integer> members = new ArrayList<>();
        for (int i = 0; i < decoder.memberCount(); i++) {
            members.add(decoder.members(i));
        }
        return new ControlCommand.BeginCell(
                new Uuid(decoder.clusterIdHigh(), decoder.clusterIdLow()), decoder.laneCount(), members, (short)
                        decoder.metadataVersion());
    }

    static UnsafeBuffer encode(ControlCommand.ProposeInSync command) {
        InSyncChange change = command.change();
        UnsafeBuffer buffer = new UnsafeBuffer(new byte[InSyncProposalEncoder.BLOCK_LENGTH]);
        InSyncProposalEncoder encoder = new InSyncProposalEncoder()
                .wrap(buffer, 0)
                .laneId(change.laneId())
                .inSyncCount(change.isr().size())
                .leaderEpoch(change.leaderEpoch())
                .version(change.version());
        for (int i = 0; i < ControllerLimits.MAX_REPLICA_COUNT; i++) {
            encoder.inSync(i, nodeAt(change.isr(), i));
        }
        return buffer;
    }

    static ControlCommand.ProposeInSync proposal(DirectBuffer buffer, int version) {
        InSyncProposalDecoder decoder =
                new InSyncProposalDecoder().wrap(buffer, 0, InSyncProposalDecoder.BLOCK_LENGTH, version);
        List<Integer> inSync = new ArrayList<>();
        for (int i = 0; i < decoder.inSyncCount(); i++) {
            inSync.add(decoder.inSync(i));
        }
        return new ControlCommand.ProposeInSync(
                new InSyncChange(decoder.laneId(), decoder.leaderEpoch(), decoder.version(), inSync));
    }

    static UnsafeBuffer encode(ControlCommand.ResignLane command) {
        UnsafeBuffer buffer = new UnsafeBuffer(new byte[ResignationEncoder.BLOCK_LENGTH]);
        new ResignationEncoder()
                .wrap(buffer, 0)
                .laneId(command.laneId())
                .isLost(command.isLost() ? 1 : 0)
                .leaderEpoch(command.leaderEpoch());
        return buffer;
    }

    static ControlCommand.ResignLane resignation(DirectBuffer buffer, int version) {
        ResignationDecoder decoder = new ResignationDecoder().wrap(buffer, 0, ResignationDecoder.BLOCK_LENGTH, version);
        return new ControlCommand.ResignLane(decoder.laneId(), decoder.leaderEpoch(), decoder.isLost() != 0);
    }

    static UnsafeBuffer encode(ControlCommand.ElectLeaders command) {
        int count = command.laneIds().size();
        UnsafeBuffer buffer = new UnsafeBuffer(
                new byte[ElectLeadersEncoder.BLOCK_LENGTH + count * LaneReferenceEncoder.BLOCK_LENGTH]);
        new ElectLeadersEncoder().wrap(buffer, 0).laneCount(count);
        LaneReferenceEncoder encoder = new LaneReferenceEncoder();
        for (int i = 0; i < count; i++) {
            encoder.wrap(buffer, ElectLeadersEncoder.BLOCK_LENGTH + i * LaneReferenceEncoder.BLOCK_LENGTH)
                    .laneId(command.laneIds().get(i));
        }
        return buffer;
    }

    static ControlCommand.ElectLeaders electLeaders(DirectBuffer buffer, int version) {
        int count = new ElectLeadersDecoder()
                .wrap(buffer, 0, ElectLeadersDecoder.BLOCK_LENGTH, version)
                .laneCount();
        List<Integer> laneIds = new ArrayList<>();
        LaneReferenceDecoder decoder = new LaneReferenceDecoder();
        for (int i = 0; i < count; i++) {
            int offset = ElectLeadersDecoder.BLOCK_LENGTH + i * LaneReferenceDecoder.BLOCK_LENGTH;
            laneIds.add(decoder.wrap(buffer, offset, LaneReferenceDecoder.BLOCK_LENGTH, version)
                    .laneId());
        }
        return new ControlCommand.ElectLeaders(laneIds);
    }

    static UnsafeBuffer encode(int nodeId, ControlCommand.RegisterNode command) {
        NodeRegistration registration = command.registration();
        byte[] kafka = KafkaMessages.encode(message(nodeId, registration), BROKER_REGISTRATION_VERSION);
        int laneCount = registration.lanes().size();
        int kafkaOffset = RegisterNodeEncoder.BLOCK_LENGTH + laneCount * LanePositionEncoder.BLOCK_LENGTH;
        UnsafeBuffer buffer = new UnsafeBuffer(new byte[kafkaOffset + kafka.length]);
        new RegisterNodeEncoder()
                .wrap(buffer, 0)
                .storageIdHigh(registration.storageId().getMostSignificantBits())
                .storageIdLow(registration.storageId().getLeastSignificantBits())
                .cleanStopOfHigh(registration.cleanStopOf().getMostSignificantBits())
                .cleanStopOfLow(registration.cleanStopOf().getLeastSignificantBits())
                .spanLength(registration.spanLength())
                .laneCount(laneCount);
        LanePositionEncoder encoder = new LanePositionEncoder();
        for (int i = 0; i < laneCount; i++) {
            LanePosition lane = registration.lanes().get(i);
            encoder.wrap(buffer, RegisterNodeEncoder.BLOCK_LENGTH + i * LanePositionEncoder.BLOCK_LENGTH)
                    .laneId(lane.laneId())
                    .isIntact(lane.isIntact() ? 1 : 0)
                    .lastEpoch(lane.lastEpoch())
                    .endPosition(lane.endPosition());
        }
        buffer.putBytes(kafkaOffset, kafka);
        return buffer;
    }

    static ControlCommand.RegisterNode registerNode(DirectBuffer buffer, int version) {
        RegisterNodeDecoder decoder =
                new RegisterNodeDecoder().wrap(buffer, 0, RegisterNodeDecoder.BLOCK_LENGTH, version);
        List<LanePosition> lanes = new ArrayList<>();
        LanePositionDecoder lane = new LanePositionDecoder();
        int offset = RegisterNodeDecoder.BLOCK_LENGTH;
        for (int i = 0; i < decoder.laneCount(); i++) {
            lane.wrap(buffer, offset, LanePositionDecoder.BLOCK_LENGTH, version);
            lanes.add(new LanePosition(lane.laneId(), lane.isIntact() != 0, lane.lastEpoch(), lane.endPosition()));
            offset += LanePositionDecoder.BLOCK_LENGTH;
        }
        BrokerRegistrationRequestData message =
                new BrokerRegistrationRequestData(KafkaMessages.readable(buffer, offset), BROKER_REGISTRATION_VERSION);
        List<Endpoint> endpoints = new ArrayList<>();
        for (Listener listener : message.listeners()) {
            endpoints.add(new Endpoint(
                    listener.name(),
                    listener.host(),
                    listener.port(),
                    SecurityProtocol.forId(listener.securityProtocol())));
        }
        return new ControlCommand.RegisterNode(new NodeRegistration(
                new Uuid(decoder.storageIdHigh(), decoder.storageIdLow()),
                new Uuid(decoder.cleanStopOfHigh(), decoder.cleanStopOfLow()),
                decoder.spanLength(),
                endpoints,
                message.rack(),
                lanes));
    }

    private static BrokerRegistrationRequestData message(int nodeId, NodeRegistration registration) {
        ListenerCollection listeners = new ListenerCollection();
        for (Endpoint endpoint : registration.endpoints()) {
            listeners.mustAdd(new Listener()
                    .setName(endpoint.listener())
                    .setHost(endpoint.host())
                    .setPort(endpoint.port())
                    .setSecurityProtocol(endpoint.protocol().id));
        }
        return new BrokerRegistrationRequestData()
                .setBrokerId(nodeId)
                .setListeners(listeners)
                .setRack(registration.rack());
    }

    private static int nodeAt(List<Integer> nodes, int index) {
        return index < nodes.size() ? nodes.get(index) : NOBODY;
    }
}
