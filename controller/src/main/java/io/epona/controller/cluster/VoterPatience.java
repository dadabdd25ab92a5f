package io.epona.controller.cluster;

import io.aeron.cluster.ConsensusModule;
import io.aeron.cluster.ElectionState;

/**
 * Has a member keep to its vote. Aeron lets whoever voted wait for its candidate as long as a candidate waits for
 * votes, and follow any leader after that: also one of an earlier term, whom the candidate has replaced meanwhile. The
 * two would commit in the earlier term what the later one cuts off again. So a member that has voted waits for much
 * longer than a candidate, whose wait is a part of each fail-over. Used by the consensus thread only, after each duty
 * cycle.
 */
final class VoterPatience {
    private final ConsensusModule.Context context;
    private final ClusterLogTiming timing;

    VoterPatience(ConsensusModule.Context context, ClusterLogTiming timing) {
        this.context = context;
        this.timing = timing;
    }

    /** Aeron looks at the time-out anew in each duty cycle. */
    void poll() {
        long timeoutNs = timeoutNs(ElectionState.get(context.electionStateCounter()), timing);
        if (timeoutNs != context.electionTimeoutNs()) {
            context.electionTimeoutNs(timeoutNs);
        }
    }

    static long timeoutNs(ElectionState state, ClusterLogTiming timing) {
        return state == ElectionState.FOLLOWER_BALLOT ? timing.voteTimeoutNs() : timing.electionTimeoutNs();
    }
}
