package io.epona.controller;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertInstanceOf;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertSame;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.List;
import java.util.Map;
import java.util.stream.IntStream;
import org.apache.kafka.common.Uuid;
import org.apache.kafka.common.errors.InvalidRequestException;
import org.apache.kafka.common.errors.NotControllerException;
import org.apache.kafka.common.errors.StaleBrokerEpochException;
import org.apache.kafka.common.protocol.Errors;
import org.apache.kafka.common.requests.ApiError;
import org.junit.jupiter.api.Test;

/** What a cell decides when nodes come, go, stop badly, and come back with less than they had. */
class CellDecisionsTest {
    private static final List<Integer> ALL = List.of(1, 2, 3);

    private TestCell cell = TestCell.started(3, 3);

    @Test
    void shouldBeginOnceWhenEveryNodeAsksForTheSameCell() {
        Uuid clusterId = cell.machine.image().clusterUuid();
        assertNull(cell.node(2).submit(new ControlCommand.BeginCell(cell.id(), 3, List.of(3, 1, 2), (short) 25)));
        assertEquals(clusterId, cell.machine.image().clusterUuid());
        Object refusal = cell.node(2).submit(new ControlCommand.BeginCell(cell.id(), 4, ALL, (short) 25));
        assertTrue(assertInstanceOf(InvalidRequestException.class, refusal)
                .getMessage()
                .contains("lane.count"));
        assertInstanceOf(
                InvalidRequestException.class,
                cell.node(2).submit(new ControlCommand.BeginCell(cell.id(), 3, List.of(1, 2, 4), (short) 25)));
    }

    @Test
    void shouldRefuseCommandsWhenCellHasNotBegun() {
        cell = new TestCell(3, 3);
        assertInstanceOf(NotControllerException.class, cell.node(1).submit(new ControlCommand.AllocateProducerIds()));
        assertInstanceOf(InvalidRequestException.class, cell.node(1).start());
    }

    @Test
    void shouldPreferEachNodeOnAsManyLanesWhenCellBegins() {
        cell = TestCell.started(5, 10);
        int[] preferred = new int[6];
        cell.machine.image().lanes().forEach(lane -> preferred[lane.preferredLeader()]++);
        for (int nodeId = 1; nodeId <= 5; nodeId++) {
            assertEquals(2, preferred[nodeId]);
        }
    }

    @Test
    void shouldBalanceLeadersWhenPreferredNodesClaimTheirLanes() {
        cell.catchUp();
        assertEquals(
                List.of(1),
                cell.machine.image().lanes().stream()
                        .map(LaneInfo::leader)
                        .distinct()
                        .toList());
        for (int nodeId : ALL) {
            List<Integer> claimable = LaneDecisions.claimable(cell.machine.image(), nodeId);
            if (!claimable.isEmpty()) {
                cell.node(nodeId).submit(new ControlCommand.ElectLeaders(claimable));
            }
        }
        assertEquals(
                ALL, cell.machine.image().lanes().stream().map(LaneInfo::leader).toList());
        assertEquals(List.of(), LaneDecisions.claimable(cell.machine.image(), 1));
    }

    @Test
    void shouldSayPerLaneWhyPreferredLeaderDoesNotLead() {
        cell.catchUp();
        cell.node(3).die();
        @SuppressWarnings("unchecked")
        Map<Integer, ApiError> results =
                (Map<Integer, ApiError>) cell.node(1).submit(new ControlCommand.ElectLeaders(List.of(0, 1, 2, 7)));
        assertEquals(Errors.ELECTION_NOT_NEEDED, results.get(0).error());
        assertEquals(Errors.NONE, results.get(1).error());
        assertEquals(Errors.PREFERRED_LEADER_NOT_AVAILABLE, results.get(2).error());
        assertEquals(Errors.UNKNOWN_TOPIC_OR_PARTITION, results.get(7).error());
        assertEquals(2, cell.lane(1).leader());
    }

    @Test
    void shouldElectAnotherWhenLeadersSessionEnds() {
        cell.catchUp();
        LaneInfo before = cell.lane(0);
        cell.node(1).die();
        LaneInfo after = cell.lane(0);
        assertEquals(2, after.leader());
        assertEquals(before.leaderEpoch() + 1, after.leaderEpoch());
        assertEquals(ALL, after.isr(), "only a living leader makes them fewer");
        assertTrue(cell.machine.image().broker(1).fenced());
        cell.housekeeping();
        assertEquals(List.of(2, 3), cell.lane(0).isr());
    }

    @Test
    void shouldTellLanesWhoIsAliveAndWhichStartItIs() {
        assertEquals(0b1110, cell.machine.image().aliveBits());
        int[] before = cell.machine.image().incarnations();
        cell.node(2).die();
        assertEquals(0b1010, cell.machine.image().aliveBits());
        cell.node(2).start();
        int[] after = cell.machine.image().incarnations();
        assertEquals(0b1110, cell.machine.image().aliveBits());
        assertEquals(before[0], after[0]);
        assertNotEquals(before[1], after[1]);
        assertEquals((int) cell.node(2).incarnationId.getLeastSignificantBits() & 0xFFFF, after[1]);
    }

    @Test
    void shouldIgnoreEndOfSessionWhenNodeHasRegisteredByAnother() {
        cell.catchUp();
        long oldSession = cell.node(1).sessionId;
        cell.node(1).connect();
        ClusterImage before = cell.machine.image();
        cell.loseSession(oldSession);
        assertSame(before, cell.machine.image());
    }

    @Test
    void shouldComeBackAsItWasWhenFencedNodeConnectsAgain() {
        cell.catchUp();
        for (int nodeId : ALL) {
            cell.loseSession(cell.node(nodeId).sessionId);
        }
        assertTrue(cell.lane(0).isOffline());
        cell.node(2).connect();
        assertEquals(2, cell.lane(0).leader(), "it never stopped, so it is as sound as before");
        assertFalse(cell.machine.image().broker(2).fenced());
        assertEquals(ALL, cell.lane(0).isr());
    }

    /** Only copies that are in doubt may leave less than a majority in sync. */
    private void leadAlone() {
        for (int nodeId : List.of(2, 3)) {
            cell.node(nodeId).die();
            cell.node(nodeId).start();
        }
        assertEquals(ApiError.NONE, cell.node(1).propose(0, List.of(1)));
    }

    @Test
    void shouldKeepMajorityInSyncWhenSoundReplicasLagOrAreAway() {
        cell.catchUp();
        assertError(Errors.INVALID_REQUEST, cell.node(1).propose(0, List.of(1)));
        assertEquals(ApiError.NONE, cell.node(1).propose(0, List.of(1, 3)));
        cell.node(1).die();
        assertEquals(3, cell.lane(0).leader(), "whoever has a quorum has an in-sync replica, too");
    }

    @Test
    void shouldStayOfflineWhenOnlyReplicasOutOfSyncAreAlive() { // lesson 19
        cell.catchUp();
        leadAlone();
        cell.node(1).die();
        assertTrue(cell.lane(0).isOffline());
        cell.node(1).start();
        assertEquals(1, cell.lane(0).leader(), "the last one in sync leads again whatever its stop was like");
    }

    @Test
    void shouldElectMemberWithMostWhenAllLostPowerTogether() { // lesson 7, and the fault "all nodes power-cut together"
        cell.catchUp();
        ALL.forEach(nodeId -> cell.node(nodeId).die());
        assertEquals(ALL, cell.lane(0).isr());
        cell.node(1).hasUpTo(0, 3, 500);
        cell.node(2).hasUpTo(0, 3, 800);
        cell.node(3).hasUpTo(0, 2, 900);
        cell.node(1).start();
        cell.node(3).start();
        assertTrue(cell.lane(0).isOffline(), "node 2 may have more");
        cell.node(2).start();
        assertEquals(2, cell.lane(0).leader());
    }

    @Test
    void shouldElectMemberWithMostWhenAllRestartBeforeTheirSessionsEnd() { // lesson 7
        cell.catchUp();
        cell.node(3).hasUpTo(0, 3, 800);
        ALL.forEach(nodeId -> cell.node(nodeId).start());
        assertEquals(3, cell.lane(0).leader());
        assertEquals(ALL, cell.lane(0).isr());
    }

    @Test
    void shouldMakeUncleanMemberCandidateOnlyAfterItHasCaughtUp() { // lesson 7
        cell.catchUp();
        cell.node(2).die();
        cell.node(2).start();
        assertEquals(Standing.UNCLEAN, cell.machine.image().standing(2, 0));
        assertTrue(cell.lane(0).isr().contains(2));
        cell.housekeeping();
        assertEquals(List.of(1, 3), cell.lane(0).isr(), "its leader takes it out");
        assertEquals(ApiError.NONE, cell.node(1).propose(0, ALL));
        assertEquals(Standing.SOUND, cell.machine.image().standing(2, 0));
        cell.node(1).die();
        assertEquals(2, cell.lane(0).leader());
    }

    @Test
    void shouldStaySoundWhenNodeStoppedCleanly() {
        cell.catchUp();
        cell.node(2).stop();
        cell.node(2).start();
        assertEquals(Standing.SOUND, cell.machine.image().standing(2, 0));
        assertFalse(cell.machine.image().broker(2).inControlledShutdown());
    }

    @Test
    void shouldCountStopAsUncleanWhenItIsOfAnEarlierStart() { // lesson 21: a directory put back from a copy
        cell.catchUp();
        cell.node(2).stop();
        Uuid early = cell.node(2).cleanStopOf;
        cell.node(2).start();
        cell.node(2).die();
        cell.node(2).cleanStopOf = early;
        cell.node(2).start();
        assertEquals(Standing.UNCLEAN, cell.machine.image().standing(2, 0));
        cell.node(2).stop();
        cell.node(2).start();
        assertEquals(Standing.UNCLEAN, cell.machine.image().standing(2, 0), "a clean stop repairs nothing");
    }

    @Test
    void shouldLeaveInSyncReplicasWhenNodeComesWithAnotherDisk() { // the fault "wrong or empty disk with the old id"
        cell.catchUp();
        cell.node(1).stop();
        cell.node(1).storageId = cell.id();
        cell.node(1).start();
        assertEquals(Standing.LOST, cell.machine.image().standing(1, 0));
        assertEquals(List.of(2, 3), cell.lane(0).isr());
        cell.node(2).die();
        cell.node(3).die();
        assertTrue(cell.lane(0).isOffline());
        cell.node(1).stop();
        cell.node(1).start();
        assertTrue(cell.lane(0).isOffline());
        assertEquals(Standing.LOST, cell.machine.image().standing(1, 0), "a clean stop brings nothing back");
    }

    @Test
    void shouldGiveUpAllDamagedCopiesButTheLastWhenSeveralAreFoundAtOnce() {
        cell.catchUp();
        for (int nodeId : ALL) {
            cell.node(nodeId).die();
        }
        cell.node(1).isDamaged(0);
        cell.node(2).isDamaged(0);
        cell.node(3).isDamaged(0);
        assertNull(cell.node(1).start());
        assertNull(cell.node(2).start());
        Object refusal = cell.node(3).start();

        assertInstanceOf(InvalidRequestException.class, refusal);
        assertTrue(refusal.toString().contains("the only in-sync copy of lane 0"), refusal::toString);
        assertEquals(List.of(3), cell.lane(0).isr());
        assertTrue(cell.lane(0).isOffline());
        cell.node(3).hasUpTo(0, 1, 4_096);
        assertNull(cell.node(3).start());
        assertEquals(3, cell.lane(0).leader(), "it was restored");
    }

    @Test
    void shouldTakeLostReplicaBackWhenItHasCaughtUp() {
        cell.catchUp();
        cell.node(1).die();
        cell.node(1).isDamaged(0);
        cell.node(1).start();
        assertEquals(Standing.LOST, cell.machine.image().standing(1, 0));
        assertEquals(Standing.UNCLEAN, cell.machine.image().standing(1, 1), "the other lanes are there");
        assertEquals(ApiError.NONE, cell.node(2).propose(0, ALL));
        assertEquals(Standing.SOUND, cell.machine.image().standing(1, 0));
    }

    @Test
    void shouldElectFromTheOthersWhenMissingOneComesOnAnEmptyDisk() {
        cell.catchUp();
        List.of(1, 2, 3).forEach(nodeId -> cell.node(nodeId).die());
        cell.node(1).hasUpTo(0, 3, 500);
        cell.node(2).hasUpTo(0, 3, 800);
        cell.node(1).start();
        cell.node(2).start();
        assertTrue(cell.lane(0).isOffline());
        cell.node(3).storageId = cell.id();
        cell.node(3).start();
        assertEquals(2, cell.lane(0).leader());
        assertEquals(List.of(1, 2), cell.lane(0).isr());
    }

    @Test
    void shouldWaitForDirectoryWhenLastInSyncReplicaHasLostItsDisk() {
        cell.catchUp();
        leadAlone();
        Uuid original = cell.node(1).storageId;
        cell.node(1).die();
        for (int i = 0; i < 3; i++) {
            cell.node(1).storageId = cell.id();
            cell.node(1).start();
            assertTrue(cell.lane(0).isOffline());
            assertEquals(List.of(1), cell.lane(0).isr(), "the last one never leaves");
        }
        cell.node(1).storageId = original;
        cell.node(1).hasUpTo(0, 1, 100);
        cell.node(1).start();
        assertEquals(1, cell.lane(0).leader());
    }

    @Test
    void shouldRefuseProposalWhenItIsAboutAnotherEpochOrVersion() { // lesson 8
        cell.catchUp();
        LaneInfo lane = cell.lane(0);
        assertError(
                Errors.INVALID_UPDATE_VERSION,
                cell.node(1).propose(0, lane.leaderEpoch(), lane.version() - 1, List.of(1)));
        assertError(
                Errors.FENCED_LEADER_EPOCH,
                cell.node(1).propose(0, lane.leaderEpoch() - 1, lane.version(), List.of(1)));
        assertError(
                Errors.FENCED_LEADER_EPOCH, cell.node(2).propose(0, lane.leaderEpoch(), lane.version(), List.of(2)));
        assertSame(lane, cell.lane(0));
        cell.node(1).die();
        assertError(Errors.STALE_BROKER_EPOCH, cell.node(1).propose(0, List.of(1)));
    }

    @Test
    void shouldRefuseAnEarlierProposalWhenItWasWithdrawn() {
        TestCell cell = TestCell.started(3, 1);
        cell.node(1).propose(0, List.of(1, 2));
        LaneInfo before = cell.lane(0);
        assertEquals(ApiError.NONE, cell.node(1).propose(0, List.of(1, 2)));
        assertEquals(before.isr(), cell.lane(0).isr());
        assertEquals(before.leaderEpoch(), cell.lane(0).leaderEpoch());
        assertEquals(before.version() + 1, cell.lane(0).version());
        assertError(
                Errors.INVALID_UPDATE_VERSION, cell.node(1).propose(0, before.leaderEpoch(), before.version(), ALL));
    }

    @Test
    void shouldRefuseProposalWhenReplicaHasStartedAnewSinceItWasMade() { // lesson 8, and KAFKA-14139
        LaneInfo lane = cell.lane(0);
        assertEquals(ALL, lane.isr());
        cell.housekeeping();
        cell.node(1).propose(0, List.of(1, 3));
        LaneInfo before = cell.lane(0);
        cell.node(2).storageId = cell.id();
        cell.node(2).start();
        assertError(
                Errors.INVALID_UPDATE_VERSION, cell.node(1).propose(0, before.leaderEpoch(), before.version(), ALL));
        assertEquals(List.of(1, 3), cell.lane(0).isr());
    }

    @Test
    void shouldRefuseProposalWhenItNamesWhoCannotBeInSync() {
        cell.catchUp();
        assertError(Errors.INVALID_REQUEST, cell.node(1).propose(0, List.of(2, 3)));
        assertError(Errors.INVALID_REQUEST, cell.node(1).propose(0, List.of(1, 4)));
        assertError(Errors.INVALID_REQUEST, cell.node(1).propose(0, List.of(1, 2, 2)));
        assertError(Errors.INVALID_REQUEST, cell.node(1).propose(9, 1, 1, List.of(1)));
        cell.node(1).propose(0, List.of(1, 2));
        cell.node(3).die();
        assertError(Errors.INELIGIBLE_REPLICA, cell.node(1).propose(0, ALL));
        cell.node(3).start();
        assertError(Errors.NONE, cell.node(1).propose(0, ALL));
        cell.node(1).propose(0, List.of(1, 2));
        cell.node(3).submit(new ControlCommand.ControlledShutdown());
        assertError(Errors.INELIGIBLE_REPLICA, cell.node(1).propose(0, ALL));
    }

    @Test
    void shouldMoveLeadersFirstWhenNodeIsAboutToStop() {
        cell.catchUp();
        cell.node(1).submit(new ControlCommand.ControlledShutdown());
        for (LaneInfo lane : cell.machine.image().lanes()) {
            assertNotEquals(1, lane.leader());
        }
        cell.housekeeping();
        cell.machine.image().lanes().forEach(lane -> assertEquals(2, lane.isr().size()));
        assertFalse(cell.machine.image().broker(1).fenced(), "it still serves");
        assertTrue(cell.machine.image().broker(1).inControlledShutdown());
    }

    @Test
    void shouldLeadOnWhenNodeIsAboutToStopAndNobodyElseCanLead() {
        leadAlone();
        cell.node(1).submit(new ControlCommand.ControlledShutdown());
        assertEquals(1, cell.lane(0).leader());
        assertInstanceOf(StaleBrokerEpochException.class, staleShutdown());
    }

    private Object staleShutdown() {
        cell.node(2).incarnationId = cell.id();
        return cell.node(2).submit(new ControlCommand.ControlledShutdown());
    }

    @Test
    void shouldElectAgainWhenLeaderStartsAnewBeforeItsSessionEnds() {
        cell.catchUp();
        int epoch = cell.lane(0).leaderEpoch();
        cell.node(1).start();
        assertEquals(2, cell.lane(0).leader());
        assertEquals(epoch + 1, cell.lane(0).leaderEpoch());
    }

    @Test
    void shouldRefuseNodeWhenItDoesNotFitTheCell() {
        cell.node(2).spanLength = 4096;
        Object refusal = cell.node(2).start();
        assertTrue(assertInstanceOf(InvalidRequestException.class, refusal)
                .getMessage()
                .contains("lane.ring.length"));
        cell.node(3).positions.remove(2);
        assertInstanceOf(InvalidRequestException.class, cell.node(3).start());
    }

    @Test
    void shouldGiveEachNodeItsOwnProducerIdsWhenSeveralAsk() {
        var first = (org.apache.kafka.server.common.ProducerIdsBlock)
                cell.node(1).submit(new ControlCommand.AllocateProducerIds());
        var second = (org.apache.kafka.server.common.ProducerIdsBlock)
                cell.node(2).submit(new ControlCommand.AllocateProducerIds());
        assertEquals(1, first.assignedBrokerId());
        assertEquals(2, second.assignedBrokerId());
        assertEquals(first.nextBlockFirstId(), second.firstProducerId());
    }

    @Test
    void shouldSpreadPartitionsAndTellKafkaWhoLeadsThemWhenLanesChange() {
        create(new NewTopicSpec("a", 7, (short) 3, Map.of(), Map.of()));
        cell.catchUp();
        int[] counts = new int[3];
        cell.machine.image().forEachPartition(partition -> counts[partition.laneId()]++);
        assertEquals(List.of(3, 2, 2), IntStream.of(counts).boxed().toList());
        PartitionInfo before = cell.machine.image().partition("a", 0);
        cell.node(1).die();
        PartitionInfo after = cell.machine.image().partition("a", 0);
        assertEquals(2, after.leader());
        assertEquals(before.leaderEpoch() + 1, after.leaderEpoch());
        assertEquals(before.partitionIndex(), after.partitionIndex());
        CellInvariants.requireConsistent(cell.machine.image());
    }

    @Test
    void shouldServeOnlyReplicationToAllNodesWhenTopicsAreMade() {
        assertEquals(
                Errors.NONE,
                create(new NewTopicSpec("a", 1, (short) -1, Map.of(), Map.of()))
                        .error()
                        .error());
        assertEquals(
                Errors.NONE,
                create(new NewTopicSpec("b", 1, (short) 3, Map.of(), Map.of()))
                        .error()
                        .error());
        CreateTopicResult fewer = create(new NewTopicSpec("c", 1, (short) 2, Map.of(), Map.of()));
        assertEquals(Errors.INVALID_REPLICATION_FACTOR, fewer.error().error());
        assertTrue(
                fewer.error().message().contains("all of its 3 brokers"),
                fewer.error().message());
        assertEquals(
                Errors.INVALID_REPLICATION_FACTOR,
                create(new NewTopicSpec("d", 1, (short) 4, Map.of(), Map.of()))
                        .error()
                        .error());
        assertEquals(
                3,
                create(new NewTopicSpec("e", 1, (short) 3, Map.of(), Map.of())).replicationFactor());
    }

    @Test
    void shouldHonourPreferredLeaderWhenAssignmentNamesAllNodes() {
        Map<Integer, List<Integer>> assignments = Map.of(0, List.of(3, 2, 1), 1, List.of(3, 1, 2), 2, List.of(2, 1, 3));
        assertEquals(
                Errors.NONE,
                create(new NewTopicSpec("a", -1, (short) -1, assignments, Map.of()))
                        .error()
                        .error());
        TopicInfo topic = cell.machine.image().topic("a");
        assertEquals(3, topic.partition(0).lane().preferredLeader());
        assertEquals(3, topic.partition(1).lane().preferredLeader());
        assertEquals(2, topic.partition(2).lane().preferredLeader());
        CreateTopicResult fewer = create(new NewTopicSpec("b", -1, (short) -1, Map.of(0, List.of(1, 2)), Map.of()));
        assertEquals(Errors.INVALID_REPLICA_ASSIGNMENT, fewer.error().error());
        assertTrue(
                fewer.error().message().contains("name all of"), fewer.error().message());
    }

    @Test
    void shouldSayThatNoLanePrefersNodeWhenThereAreFewerLanesThanNodes() {
        cell = TestCell.started(3, 2);
        CreateTopicResult refused =
                create(new NewTopicSpec("b", -1, (short) -1, Map.of(0, List.of(3, 1, 2)), Map.of()));
        assertEquals(Errors.INVALID_REPLICA_ASSIGNMENT, refused.error().error());
        assertTrue(
                refused.error().message().contains("no lane prefers it"),
                refused.error().message());
    }

    private CreateTopicResult create(NewTopicSpec spec) {
        List<?> results =
                (List<?>) cell.node(1).submit(new ControlCommand.CreateTopics(List.of(spec), List.of(cell.id()), 100));
        return (CreateTopicResult) results.getFirst();
    }

    private static void assertError(Errors expected, ApiError actual) {
        assertEquals(expected, actual.error(), actual.message());
    }
}
