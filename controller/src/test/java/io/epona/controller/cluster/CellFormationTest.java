package io.epona.controller.cluster;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertInstanceOf;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.epona.controller.cluster.CellFormation.Decision;
import io.epona.controller.cluster.MemberState.Phase;
import java.nio.file.Path;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.UUID;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;

class CellFormationTest {
    private static final List<CellMember> MEMBERS =
            List.of(new CellMember(1, "a", 1_000), new CellMember(2, "b", 1_000), new CellMember(3, "c", 1_000));
    private static final UUID CELL = new UUID(7, 7);

    private final CellFormation formation = new CellFormation(new ClusterLogConfig(
            2, MEMBERS, Path.of("unused"), "unused", ClusterLogTiming.shared(), ClusterLogSizes.STANDARD));
    private final Map<Integer, StatusExchange.Heard> heard = new HashMap<>();
    private final MemberState empty = new MemberState(2, List.of(1, 2, 3), proposal(2), Phase.EMPTY);
    private long nowNs = 1_000_000_000L;

    @Test
    void shouldMakeACellWithTheProposalOfTheFirstWhenAllMembersAreEmpty() {
        hear(1, Phase.EMPTY, proposal(1), false, -1);
        hear(3, Phase.EMPTY, proposal(3), false, -1);
        assertEquals(new Decision.Form(proposal(1)), decide(empty));
    }

    @Test
    void shouldTakeTheIdOfThoseThatHaveBegunWhenTheOthersMakeACell() {
        hear(1, Phase.EMPTY, proposal(1), false, -1);
        hear(3, Phase.MEMBER, CELL, false, -1);
        assertEquals(new Decision.Form(CELL), decide(empty));
    }

    @Test
    void shouldWaitAndNameTheSilentWhenAMemberIsNotThere() {
        hear(1, Phase.EMPTY, proposal(1), false, -1);
        assertTrue(assertInstanceOf(Decision.Wait.class, decide(empty)).reason().startsWith("nodes 3"));
    }

    @Test
    void shouldBecomeAMemberWhenTheOthersHadNoLogAndHaveBegunMeanwhile() {
        hear(1, Phase.EMPTY, proposal(1), false, -1);
        assertInstanceOf(Decision.Wait.class, decide(empty));
        nowNs += ClusterLogLimits.STATUS_FRESH_NS;
        hear(1, Phase.MEMBER, CELL, true, 1);
        hear(3, Phase.MEMBER, CELL, false, -1);
        assertEquals(new Decision.Form(CELL), decide(empty));
    }

    @Test
    void shouldWaitWhenAMemberHasALogAndNobodyLeads() {
        hear(1, Phase.EMPTY, proposal(1), false, -1);
        hear(3, Phase.MEMBER, CELL, true, -1);
        assertInstanceOf(Decision.Wait.class, decide(empty));
    }

    @Test
    void shouldMakeNoCellWhenItIsToFetchALog() {
        hear(1, Phase.EMPTY, proposal(1), false, -1);
        hear(3, Phase.EMPTY, proposal(3), false, -1);
        assertInstanceOf(Decision.Wait.class, decide(empty.with(Phase.SEEDING, CELL)));
    }

    @Test
    void shouldFetchTheLogWhenALeaderHasLedForLongEnoughWithoutIt() {
        hear(3, Phase.MEMBER, CELL, true, 5);
        assertInstanceOf(Decision.Wait.class, decide(empty));
        passTimeouts(1);
        hear(3, Phase.MEMBER, CELL, true, 5);
        assertInstanceOf(Decision.Wait.class, decide(empty));
        passTimeouts(2);
        hear(3, Phase.MEMBER, CELL, true, 5);
        assertEquals(new Decision.Seed(CELL, 500), decide(empty));
    }

    @Test
    void shouldBeginToWaitAnewWhenTheTermOrTheLeaderChanges() {
        hear(3, Phase.MEMBER, CELL, true, 5);
        decide(empty);
        passTimeouts(3);
        hear(3, Phase.MEMBER, CELL, true, 6);
        assertInstanceOf(Decision.Wait.class, decide(empty));
        passTimeouts(3);
        hear(1, Phase.MEMBER, CELL, true, 7);
        assertInstanceOf(Decision.Wait.class, decide(empty));
    }

    @Test
    void shouldBeginToWaitAnewWhenTheLeaderWasNotHeardForAWhile() {
        hear(3, Phase.MEMBER, CELL, true, 5);
        decide(empty);
        passTimeouts(3);
        decide(empty);
        hear(3, Phase.MEMBER, CELL, true, 5);
        assertInstanceOf(Decision.Wait.class, decide(empty));
    }

    private Decision decide(MemberState own) {
        return formation.decide(own, heard, nowNs);
    }

    private void passTimeouts(int count) {
        nowNs += count * ClusterLogTiming.shared().leaderHeartbeatTimeoutNs() + TimeUnit.MILLISECONDS.toNanos(1);
    }

    /** A member's answer; it leads when there is a term. */
    private void hear(int nodeId, Phase phase, UUID cellId, boolean hasTerms, long leadingTermId) {
        heard.put(
                nodeId,
                new StatusExchange.Heard(
                        new MemberStatus(
                                MemberStatus.Kind.ANSWER,
                                nodeId,
                                1,
                                cellId,
                                phase,
                                hasTerms,
                                leadingTermId >= 0,
                                leadingTermId,
                                500,
                                0),
                        nowNs));
    }

    private static UUID proposal(int nodeId) {
        return new UUID(0, nodeId);
    }
}
