package io.epona.controller;

import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.function.IntFunction;

/**
 * Who leads a lane. Pure functions of the lane and of what is known of its replicas.
 *
 * <p>The in-sync replicas have everything that was ever acknowledged with acks=all, so a leader comes from them alone,
 * and they shrink only at the word of a leader that is alive (never because a node is not heard of), or when a replica
 * says that it has lost what it had. The last one never leaves.
 */
final class LaneElection {
    private LaneElection() {}

    /**
     * What counts of a replica in an election.
     *
     * @param nodeId its node.
     * @param isAlive registered and not fenced.
     * @param isLeaving about to stop.
     * @param copy what it has of the lane; null when it has never registered.
     */
    record Replica(int nodeId, boolean isAlive, boolean isLeaving, NodeState.LaneCopy copy) {
        boolean isCandidate() {
            return isAlive && !isLeaving && copy.standing() == Standing.SOUND;
        }

        /**
         * Restarted after a stop that was not clean, or lost. Who never registered has nothing to be in doubt about.
         */
        boolean isInDoubt() {
            return copy != null && copy.standing() != Standing.SOUND;
        }

        /** The same, not to be elected. */
        Replica asLeaving() {
            return new Replica(nodeId, isAlive, true, copy);
        }

        boolean isUnclean() {
            return copy.standing() == Standing.UNCLEAN;
        }

        private boolean hasMoreThan(Replica other) {
            return copy.lastEpoch() != other.copy.lastEpoch()
                    ? copy.lastEpoch() > other.copy.lastEpoch()
                    : copy.endPosition() > other.copy.endPosition();
        }
    }

    /**
     * The leader that the replicas can have: the first in the order of preference that is in sync, alive and sound.
     * When there is none and <em>all</em> in-sync replicas are alive after a stop that was not clean, the one with the
     * largest (last epoch, end of log) among them, for then nobody is left who could have more.
     *
     * @return its node id, {@link LaneInfo#NO_LEADER} when nobody may lead.
     */
    static int elect(LaneInfo lane, IntFunction<Replica> replicas) {
        for (int nodeId : lane.replicas()) {
            if (lane.isr().contains(nodeId) && replicas.apply(nodeId).isCandidate()) {
                return nodeId;
            }
        }
        Replica best = null;
        for (int nodeId : lane.isr()) {
            Replica replica = replicas.apply(nodeId);
            if (!replica.isAlive() || !replica.isUnclean()) {
                return LaneInfo.NO_LEADER;
            }
            if (!replica.isLeaving() && (best == null || replica.hasMoreThan(best))) {
                best = replica;
            }
        }
        return best == null ? LaneInfo.NO_LEADER : best.nodeId();
    }

    /**
     * The lane after something about its replicas has changed. A leader that is alive stays, but one that is leaving
     * makes room for another if there is one.
     *
     * @param isDeposed true when the leader's node has started anew: it has to be elected again.
     * @return the same object when nothing changes.
     */
    static LaneInfo settle(LaneInfo lane, IntFunction<Replica> replicas, boolean isDeposed) {
        if (!lane.isOffline() && !isDeposed) {
            Replica leader = replicas.apply(lane.leader());
            if (leader.isAlive() && !leader.isLeaving()) {
                return lane;
            }
            if (leader.isAlive()) {
                int other = elect(lane, replicas);
                return other == LaneInfo.NO_LEADER ? lane : withLeader(lane, other);
            }
        }
        int elected = elect(lane, replicas);
        return elected == LaneInfo.NO_LEADER && lane.isOffline() ? lane : withLeader(lane, elected);
    }

    /** The lane with a leader, who leads in the next epoch even if it led before. */
    static LaneInfo withLeader(LaneInfo lane, int leader) {
        return new LaneInfo(
                lane.laneId(), leader, lane.leaderEpoch() + 1, lane.version() + 1, lane.replicas(), lane.isr());
    }

    /** The lane with other in-sync replicas, in the order of preference. */
    static LaneInfo withInSync(LaneInfo lane, List<Integer> inSync) {
        List<Integer> ordered = new ArrayList<>(lane.replicas());
        ordered.retainAll(inSync);
        return new LaneInfo(
                lane.laneId(), lane.leader(), lane.leaderEpoch(), lane.version() + 1, lane.replicas(), ordered);
    }

    /** The lane of which a node has lost its copy: out of sync, unless it is the last that was. */
    static LaneInfo withLost(LaneInfo lane, int nodeId) {
        if (!lane.isr().contains(nodeId) || lane.isr().size() == 1) {
            return lane;
        }
        List<Integer> inSync = new ArrayList<>(lane.isr());
        inSync.remove(Integer.valueOf(nodeId));
        return withInSync(lane, inSync);
    }

    /** The same lane, but proposals that were made before are about another one. */
    static LaneInfo withNextVersion(LaneInfo lane) {
        return withInSync(lane, lane.isr());
    }

    /**
     * The in-sync replicas without those that hold up commits or whose copy is in doubt: fenced, leaving, or restarted
     * after a stop that was not clean. For the leader's own node to propose, which thereby shows that it is alive.
     * Those that are only away stay as far as they are needed for a majority: see {@link #majority}.
     *
     * @return the in-sync replicas as they are when nobody has to go.
     */
    static List<Integer> inSyncWithoutDoubtful(LaneInfo lane, IntFunction<Replica> replicas) {
        List<Integer> inSync = new ArrayList<>();
        List<Integer> away = new ArrayList<>();
        for (int nodeId : lane.isr()) {
            Replica replica = replicas.apply(nodeId);
            if (nodeId == lane.leader()) {
                inSync.add(nodeId);
            } else if (!replica.isInDoubt()) {
                (replica.isAlive() && !replica.isLeaving() ? inSync : away).add(nodeId);
            }
        }
        // Those that are about to stop still hear the leader.
        away.sort(Comparator.comparing(nodeId -> !replicas.apply(nodeId).isAlive()));
        away.stream().limit(Math.max(0, majority(lane) - inSync.size())).forEach(inSync::add);
        return inSync.size() == lane.isr().size() ? lane.isr() : inSync;
    }

    /**
     * How many replicas stay in sync though they lag or are away. When a majority has everything that was acknowledged,
     * one of them is alive whenever the control log has a quorum, so the lane can be led. Only a copy that is lost or
     * in doubt leaves a smaller number.
     */
    static int majority(LaneInfo lane) {
        return lane.replicas().size() / 2 + 1;
    }
}
