package io.epona.controller.cluster;

import static org.junit.jupiter.api.Assertions.assertEquals;

import io.aeron.Counter;
import io.aeron.cluster.ConsensusModule;
import io.aeron.cluster.ElectionState;
import org.agrona.concurrent.UnsafeBuffer;
import org.agrona.concurrent.status.CountersManager;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

class VoterPatienceTest {
    private static final ClusterLogTiming TIMING = ClusterLogTiming.shared();

    private final CountersManager counters =
            new CountersManager(new UnsafeBuffer(new byte[64 * 1024]), new UnsafeBuffer(new byte[16 * 1024]));
    private final Counter electionState = new Counter(counters, counters.allocate("election state"));
    private final ConsensusModule.Context context = new ConsensusModule.Context()
            .electionStateCounter(electionState)
            .electionTimeoutNs(TIMING.electionTimeoutNs());
    private final VoterPatience patience = new VoterPatience(context, TIMING);

    @ParameterizedTest
    @EnumSource(ElectionState.class)
    void shouldWaitForLongOnlyWhileItsVoteMayMakeALeader(ElectionState state) {
        electionState.setRelease(ElectionState.FOLLOWER_BALLOT.code());
        patience.poll();
        assertEquals(TIMING.voteTimeoutNs(), context.electionTimeoutNs());

        electionState.setRelease(state.code());
        patience.poll();
        assertEquals(
                state == ElectionState.FOLLOWER_BALLOT ? TIMING.voteTimeoutNs() : TIMING.electionTimeoutNs(),
                context.electionTimeoutNs());
    }
}
