package io.epona.controller;

import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.stream.IntStream;
import org.apache.kafka.common.errors.InvalidRequestException;
import org.apache.kafka.common.metadata.FeatureLevelRecord;
import org.apache.kafka.common.protocol.Errors;
import org.apache.kafka.common.requests.ApiError;
import org.apache.kafka.server.common.MetadataVersion;

/** Decides about the cell's lanes: their beginning, in-sync replicas, preferred leaders. Pure functions. */
final class LaneDecisions {
    /** Of a lane that nobody has led yet. */
    private static final int NO_EPOCH = 0;

    private LaneDecisions() {}

    /** The first records of the metadata of one node. */
    static List<MetadataRecord> bootstrap(ClusterIdentity identity) {
        return List.of(
                new MetadataRecord.Identity(identity),
                featureLevel(MetadataVersion.latestProduction().featureLevel()));
    }

    /** Makes the cell, or refuses another one than it is. */
    static Decision<Void> begin(ClusterImage image, ControlCommand.BeginCell command) {
        List<Integer> members = command.members().stream().sorted().toList();
        if (image.lanes().isEmpty()) {
            List<MetadataRecord> records = new ArrayList<>();
            records.add(
                    new MetadataRecord.Identity(new ClusterIdentity(command.clusterId(), ClusterIdentity.EVERY_NODE)));
            records.add(featureLevel(command.metadataVersion()));
            for (int laneId = 0; laneId < command.laneCount(); laneId++) {
                records.add(new MetadataRecord.Lane(firstState(laneId, members)));
            }
            return new Decision<>(records, null);
        }
        List<Integer> present =
                ReplicaAssignments.nodes(image).stream().sorted().toList();
        if (!present.equals(members) || image.lanes().size() != command.laneCount()) {
            throw new InvalidRequestException("The cell has members " + present + " and "
                    + image.lanes().size() + " lane(s), which is not what this node is configured with: members "
                    + members + ", " + command.laneCount()
                    + " lane(s); set cell.members and lane.count as on the other nodes");
        }
        return Decision.of(null);
    }

    /** Each lane prefers the nodes in another order, so that each node leads as many as the others. */
    private static LaneInfo firstState(int laneId, List<Integer> members) {
        int count = members.size();
        List<Integer> replicas = IntStream.range(0, count)
                .mapToObj(i -> members.get((laneId + i) % count))
                .toList();
        return count == 1
                ? new LaneInfo(laneId, members.getFirst(), NO_EPOCH + 1, 0, replicas, replicas)
                : new LaneInfo(laneId, LaneInfo.NO_LEADER, NO_EPOCH, 0, replicas, replicas);
    }

    /**
     * Decides about a leader's proposal, which counts only if it is about the lane as it is (compare and set). One that
     * names the replicas that are in sync already withdraws what the leader proposed before: from its version on the
     * leader knows that the earlier one, wherever it may be, will not be accepted any more.
     */
    static Decision<ApiError> proposeInSync(ClusterImage image, Origin origin, InSyncChange proposal) {
        if (proposal.laneId() < 0 || proposal.laneId() >= image.lanes().size()) {
            return refused(Errors.INVALID_REQUEST, "no such lane: " + proposal.laneId());
        }
        CellChange change = new CellChange(image);
        LaneInfo lane = change.lane(proposal.laneId());
        ApiError error = errorOf(image, origin, proposal, change);
        if (error.isFailure()) {
            return Decision.of(error);
        }
        for (int nodeId : proposal.isr()) {
            if (!lane.isr().contains(nodeId)) {
                change.setSound(nodeId, lane.laneId());
            }
        }
        change.setLane(LaneElection.withInSync(lane, proposal.isr()));
        return change.decide(ApiError.NONE);
    }

    /**
     * Lets another in-sync replica lead in the place of the origin, which cannot go on. When nobody else can, nothing
     * changes: a leader that is slow, or damaged where it is hardly read, is better than none.
     */
    static Decision<ApiError> resign(ClusterImage image, Origin origin, ControlCommand.ResignLane resignation) {
        int laneId = resignation.laneId();
        if (laneId < 0 || laneId >= image.lanes().size()) {
            return refused(Errors.INVALID_REQUEST, "no such lane: " + laneId);
        }
        CellChange change = new CellChange(image);
        LaneInfo lane = change.lane(laneId);
        int nodeId = origin.nodeId();
        if (!NodeDecisions.isCurrent(image, origin)) {
            return refused(Errors.STALE_BROKER_EPOCH, "an earlier start: node " + nodeId);
        }
        if (lane.leader() != nodeId || lane.leaderEpoch() != resignation.leaderEpoch()) {
            return refused(Errors.FENCED_LEADER_EPOCH, "does not lead in that epoch: " + lane);
        }
        int heir = LaneElection.elect(
                lane, id -> id == nodeId ? change.replica(id, laneId).asLeaving() : change.replica(id, laneId));
        if (heir == LaneInfo.NO_LEADER) {
            return refused(Errors.ELIGIBLE_LEADERS_NOT_AVAILABLE, "nobody else can lead: " + lane);
        }
        LaneInfo led = LaneElection.withLeader(lane, heir);
        if (resignation.isLost()) {
            change.setLost(nodeId, laneId);
            led = LaneElection.withLost(led, nodeId);
        }
        change.setLane(led);
        return change.decide(ApiError.NONE);
    }

    private static ApiError errorOf(ClusterImage image, Origin origin, InSyncChange proposal, CellChange change) {
        LaneInfo lane = change.lane(proposal.laneId());
        if (!NodeDecisions.isCurrent(image, origin)
                || image.broker(origin.nodeId()).fenced()) {
            return error(Errors.STALE_BROKER_EPOCH, "fenced, or an earlier start: node " + origin.nodeId());
        }
        if (lane.leader() != origin.nodeId() || lane.leaderEpoch() != proposal.leaderEpoch()) {
            return error(Errors.FENCED_LEADER_EPOCH, "does not lead in that epoch: " + lane);
        }
        if (lane.version() != proposal.version()) {
            return error(Errors.INVALID_UPDATE_VERSION, "is about another version: " + lane);
        }
        List<Integer> inSync = proposal.isr();
        if (!inSync.contains(lane.leader())
                || !lane.replicas().containsAll(inSync)
                || new HashSet<>(inSync).size() != inSync.size()) {
            return error(Errors.INVALID_REQUEST, "must name the leader and replicas only, once each: " + inSync);
        }
        for (int nodeId : inSync) {
            LaneElection.Replica replica = change.replica(nodeId, lane.laneId());
            if (!lane.isr().contains(nodeId) && (!replica.isAlive() || replica.isLeaving())) {
                return error(Errors.INELIGIBLE_REPLICA, "fenced or about to stop: node " + nodeId);
            }
        }
        return leavesTooFew(lane, inSync, change)
                ? error(Errors.INVALID_REQUEST, "leaves sound replicas out, and less than a majority in: " + inSync)
                : ApiError.NONE;
    }

    private static boolean leavesTooFew(LaneInfo lane, List<Integer> inSync, CellChange change) {
        return inSync.size() < LaneElection.majority(lane)
                && lane.isr().stream()
                        .anyMatch(nodeId -> !inSync.contains(nodeId)
                                && !change.replica(nodeId, lane.laneId()).isInDoubt());
    }

    /**
     * Lets preferred leaders lead where they can.
     *
     * @param laneIds the lanes; none for all.
     */
    static Decision<Map<Integer, ApiError>> electPreferred(ClusterImage image, List<Integer> laneIds) {
        CellChange change = new CellChange(image);
        Map<Integer, ApiError> results = new TreeMap<>();
        List<Integer> wanted =
                laneIds.isEmpty() ? image.lanes().stream().map(LaneInfo::laneId).toList() : laneIds;
        for (int laneId : wanted) {
            results.put(
                    laneId,
                    laneId < 0 || laneId >= image.lanes().size()
                            ? error(Errors.UNKNOWN_TOPIC_OR_PARTITION, "no such lane: " + laneId)
                            : electPreferred(change, laneId));
        }
        return change.decide(results);
    }

    private static ApiError electPreferred(CellChange change, int laneId) {
        LaneInfo lane = change.lane(laneId);
        int preferred = lane.preferredLeader();
        if (lane.leader() == preferred) {
            return error(Errors.ELECTION_NOT_NEEDED, "Leader election not needed for topic partition.");
        }
        if (!canLead(lane, change)) {
            return error(
                    Errors.PREFERRED_LEADER_NOT_AVAILABLE,
                    "The preferred leader is not in sync, not alive or about to stop: broker " + preferred);
        }
        change.setLane(LaneElection.withLeader(lane, preferred));
        return ApiError.NONE;
    }

    private static boolean canLead(LaneInfo lane, CellChange change) {
        return lane.isr().contains(lane.preferredLeader())
                && change.replica(lane.preferredLeader(), lane.laneId()).isCandidate();
    }

    /** The lanes that prefer a node, do not have it as leader, and can have it. */
    static List<Integer> claimable(ClusterImage image, int nodeId) {
        CellChange change = new CellChange(image);
        return image.lanes().stream()
                .filter(lane -> lane.preferredLeader() == nodeId && lane.leader() != nodeId && canLead(lane, change))
                .map(LaneInfo::laneId)
                .toList();
    }

    /** What a node that leads has to propose because others of the in-sync replicas are gone, leaving or in doubt. */
    static List<InSyncChange> dueProposals(ClusterImage image, int nodeId) {
        CellChange change = new CellChange(image);
        List<InSyncChange> due = new ArrayList<>();
        for (LaneInfo lane : image.lanes()) {
            if (lane.leader() == nodeId && lane.isr().size() > 1) {
                List<Integer> inSync =
                        LaneElection.inSyncWithoutDoubtful(lane, id -> change.replica(id, lane.laneId()));
                if (inSync != lane.isr()) {
                    due.add(new InSyncChange(lane.laneId(), lane.leaderEpoch(), lane.version(), inSync));
                }
            }
        }
        return due;
    }

    private static Decision<ApiError> refused(Errors error, String why) {
        return Decision.of(error(error, why));
    }

    private static ApiError error(Errors error, String why) {
        return new ApiError(error, why);
    }

    private static MetadataRecord featureLevel(short level) {
        return MetadataRecord.kafka(
                new FeatureLevelRecord().setName(MetadataVersion.FEATURE_NAME).setFeatureLevel(level), (short) 0);
    }
}
