package io.epona.controller.cluster;

import java.util.Comparator;
import java.util.HashSet;
import java.util.Map;
import java.util.Set;
import java.util.UUID;
import java.util.stream.Collectors;
import java.util.stream.Stream;

/**
 * Decides what a member that has no log may do. It must not vote as if it had lost nothing: together with a member that
 * is behind it would make a quorum that does not know what it had acknowledged.
 *
 * <ul>
 *   <li>It becomes a member of a new cell when <em>every</em> other member, asked by this start of the process, has
 *       answered that it has no log either: then nothing had been committed that this one could have lost. (A majority
 *       would not do: the rest may have what these have lost.) The others may have begun without it meanwhile; it
 *       catches up as one that was only slow.
 *   <li>Otherwise the member fetches the log from a leader, and votes after that. The leader must have led the same
 *       term for longer than the heartbeat timeout while this member was silent: then it has a quorum without this
 *       member, so no later leader can have been made with a vote that this member has forgotten. It must have all that
 *       the leader had committed by then: so whatever it had acknowledged and forgotten is on this member again.
 * </ul>
 *
 * <p>With no leader to be found it waits: there is no quorum without it, and a member that forgot cannot make one. Used
 * by the consensus thread only; decides from what it is given.
 */
final class CellFormation {
    /** What to do now. */
    sealed interface Decision {
        /** Ask again. */
        record Wait(String reason) implements Decision {}

        /** Become a member of a new cell. */
        record Form(UUID cellId) implements Decision {}

        /** Fetch the log. */
        record Seed(UUID cellId, long targetPosition) implements Decision {}
    }

    /** Heartbeat timeouts for which a leader must have led without this member. */
    private static final int SILENT_TIMEOUTS = 2;

    private final ClusterLogConfig config;
    private final Set<Integer> withoutLog = new HashSet<>();
    private int leaderId = -1;
    private long leaderTermId = -1;
    private long leaderSinceNs;

    CellFormation(ClusterLogConfig config) {
        this.config = config;
    }

    /**
     * Decides.
     *
     * @param own this member's state, which is not {@code MEMBER}.
     * @param heard the others' answers to this process.
     */
    Decision decide(MemberState own, Map<Integer, StatusExchange.Heard> heard, long nowNs) {
        heard.values().stream()
                .map(StatusExchange.Heard::status)
                .filter(status -> !status.hasLog())
                .forEach(status -> withoutLog.add(status.nodeId()));
        if (own.phase() == MemberState.Phase.EMPTY
                && withoutLog.size() == config.peers().size()) {
            return new Decision.Form(cellId(own, heard));
        }
        Map<Integer, MemberStatus> fresh = heard.entrySet().stream()
                .filter(entry -> nowNs - entry.getValue().timeNs() < ClusterLogLimits.STATUS_FRESH_NS)
                .collect(Collectors.toMap(
                        Map.Entry::getKey, entry -> entry.getValue().status()));
        MemberStatus leader = fresh.values().stream()
                .filter(MemberStatus::isLeader)
                .max(Comparator.comparingLong(MemberStatus::leadershipTermId))
                .orElse(null);
        if (leader == null) {
            leaderId = -1;
            return new Decision.Wait(reason(own, fresh));
        }
        return follow(leader, nowNs);
    }

    private Decision follow(MemberStatus leader, long nowNs) {
        if (leader.nodeId() != leaderId || leader.leadershipTermId() != leaderTermId) {
            leaderId = leader.nodeId();
            leaderTermId = leader.leadershipTermId();
            leaderSinceNs = nowNs;
        }
        if (nowNs - leaderSinceNs <= SILENT_TIMEOUTS * config.timing().leaderHeartbeatTimeoutNs()) {
            return new Decision.Wait("whether node " + leaderId + " goes on leading without this node");
        }
        return new Decision.Seed(leader.cellId(), leader.committedPosition());
    }

    /** Of members that have taken an id already, theirs; else the proposal of the one with the smallest node id. */
    private static UUID cellId(MemberState own, Map<Integer, StatusExchange.Heard> heard) {
        return heard.values().stream()
                .map(StatusExchange.Heard::status)
                .filter(status -> status.phase() == MemberState.Phase.MEMBER)
                .map(MemberStatus::cellId)
                .findFirst()
                .orElseGet(() -> Stream.concat(
                                Stream.of(Map.entry(own.nodeId(), own.cellId())),
                                heard.values().stream()
                                        .map(StatusExchange.Heard::status)
                                        .map(status -> Map.entry(status.nodeId(), status.cellId())))
                        .min(Map.Entry.comparingByKey())
                        .orElseThrow()
                        .getValue());
    }

    private String reason(MemberState own, Map<Integer, MemberStatus> fresh) {
        String silent = config.peers().stream()
                .map(CellMember::nodeId)
                .filter(nodeId -> !fresh.containsKey(nodeId) && !withoutLog.contains(nodeId))
                .map(String::valueOf)
                .collect(Collectors.joining(", "));
        boolean isNewCell = own.phase() == MemberState.Phase.EMPTY
                && fresh.values().stream().noneMatch(MemberStatus::hasLog);
        if (isNewCell) {
            return "nodes " + silent + ": this node has no metadata, and a new cell is made only when every member is "
                    + "there and has none";
        }
        return "a leader among the others: this node has no metadata and may not vote until it has fetched them"
                + (silent.isEmpty() ? "" : "; not heard of: nodes " + silent);
    }
}
