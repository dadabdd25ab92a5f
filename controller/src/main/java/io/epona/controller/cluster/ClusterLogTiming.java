package io.epona.controller.cluster;

import java.util.concurrent.TimeUnit;

/**
 * How patient the members of the control log are with each other. All times are taken from the monotonic clock: a step
 * of the wall clock changes none.
 *
 * <p>A leader that dies is missed after {@code leaderHeartbeatTimeoutNs}; the others then wait up to half the election
 * timeout at random (so that they do not all stand at once) and, because the dead one cannot vote, one whole election
 * timeout for its vote. So the median gap is about heartbeat timeout + 1.1 election timeouts + some tens of
 * milliseconds for opening the new log.
 *
 * @param leaderHeartbeatIntervalNs how often the leader is heard of when nothing happens.
 * @param leaderHeartbeatTimeoutNs silence after which the leader is held to be gone, and after which a leader without a
 *     quorum of followers resigns. Longer than the longest pause or write of a healthy node.
 * @param electionTimeoutNs how long a candidate waits for votes that do not come.
 * @param voteTimeoutNs how long a member that has voted waits for its candidate to lead, before it follows any leader
 *     that makes itself heard: long enough for a new leader to be heard of on a busy host. See {@link VoterPatience}.
 * @param electionStatusIntervalNs how often members tell each other where they are while there is no leader.
 * @param startupCanvassTimeoutNs how long a starting member waits for the rest before a quorum is enough for it; at
 *     least twice the heartbeat timeout.
 * @param sessionTimeoutNs silence after which a node's connection to the log is closed, and thereby the node fenced.
 * @param keepAliveIntervalNs how often a node says that it is alive; not in the log.
 * @param idleParkNs longest sleep of the consensus thread when nothing has happened for a while, for its own timers;
 *     messages of other nodes wake it.
 * @param busyParkNs the same while commands come or members elect.
 * @param serviceIdleParkNs longest sleep of the thread that applies commands; the consensus thread wakes it.
 */
public record ClusterLogTiming(
        long leaderHeartbeatIntervalNs,
        long leaderHeartbeatTimeoutNs,
        long electionTimeoutNs,
        long voteTimeoutNs,
        long electionStatusIntervalNs,
        long startupCanvassTimeoutNs,
        long sessionTimeoutNs,
        long keepAliveIntervalNs,
        long idleParkNs,
        long busyParkNs,
        long serviceIdleParkNs) {
    /** Checks what Aeron would refuse later, and what would flap. */
    public ClusterLogTiming {
        requireMultiple("leaderHeartbeatTimeoutNs", leaderHeartbeatTimeoutNs, 3, leaderHeartbeatIntervalNs);
        requireMultiple("startupCanvassTimeoutNs", startupCanvassTimeoutNs, 2, leaderHeartbeatTimeoutNs);
        requireMultiple("sessionTimeoutNs", sessionTimeoutNs, 3, keepAliveIntervalNs);
        requireMultiple("electionTimeoutNs", electionTimeoutNs, 2, electionStatusIntervalNs);
        requireMultiple("voteTimeoutNs", voteTimeoutNs, 4, electionTimeoutNs);
        requireMultiple("leaderHeartbeatTimeoutNs", leaderHeartbeatTimeoutNs, 10, idleParkNs);
        if (idleParkNs <= 0 || busyParkNs <= 0 || serviceIdleParkNs <= 0) {
            throw new IllegalArgumentException("a thread sleeps for more than no time: idleParkNs=" + idleParkNs
                    + ", busyParkNs=" + busyParkNs + ", serviceIdleParkNs=" + serviceIdleParkNs);
        }
    }

    /** For few cores with other load on them. */
    public static ClusterLogTiming shared() {
        return new ClusterLogTiming(
                ms(80), ms(300), ms(200), ms(2_000), ms(20), ms(1_500), ms(500), ms(120), ms(20), ms(1), ms(50));
    }

    /** For cores of one's own. */
    public static ClusterLogTiming dedicated() {
        return new ClusterLogTiming(
                ms(20), ms(150), ms(80), ms(1_000), ms(10), ms(1_000), ms(300), ms(50), ms(1), 200_000, ms(20));
    }

    /**
     * The same with other patience; what must be shorter than that is made shorter.
     *
     * @param leaderTimeoutNs silence after which the leader is held to be gone.
     * @param nodeTimeoutNs silence after which a node is fenced.
     */
    public ClusterLogTiming withTimeouts(long leaderTimeoutNs, long nodeTimeoutNs) {
        return new ClusterLogTiming(
                Math.min(leaderHeartbeatIntervalNs, leaderTimeoutNs / 4),
                leaderTimeoutNs,
                electionTimeoutNs,
                voteTimeoutNs,
                electionStatusIntervalNs,
                Math.max(startupCanvassTimeoutNs, 2 * leaderTimeoutNs),
                nodeTimeoutNs,
                Math.min(keepAliveIntervalNs, nodeTimeoutNs / 4),
                Math.min(idleParkNs, leaderTimeoutNs / 10),
                busyParkNs,
                serviceIdleParkNs);
    }

    private static void requireMultiple(String name, long value, int factor, long unit) {
        if (unit <= 0 || value < factor * unit) {
            throw new IllegalArgumentException(
                    name + " must be at least " + factor + " times " + unit + " ns: value=" + value);
        }
    }

    private static long ms(long value) {
        return TimeUnit.MILLISECONDS.toNanos(value);
    }
}
