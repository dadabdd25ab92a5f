package io.epona.controller;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertSame;
import static org.junit.jupiter.api.Assertions.assertThrows;

import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.apache.kafka.common.Uuid;
import org.junit.jupiter.api.Test;

class LaneElectionTest {
    private final Map<Integer, LaneElection.Replica> replicas = new HashMap<>();

    @Test
    void shouldElectFirstInOrderOfPreferenceWhenSeveralCanLead() {
        alive(1, Standing.SOUND, 1, 100);
        alive(2, Standing.SOUND, 5, 900);
        alive(3, Standing.SOUND, 1, 100);
        assertEquals(3, elect(lane(List.of(3, 1, 2), List.of(1, 2, 3))));
    }

    @Test
    void shouldElectOnlyInSyncReplicasWhenOthersHaveMore() {
        alive(1, Standing.SOUND, 9, 9_000);
        alive(2, Standing.SOUND, 1, 1);
        dead(3, Standing.SOUND);
        assertEquals(2, elect(lane(List.of(1, 2, 3), List.of(2, 3))));
        dead(2, Standing.SOUND);
        assertEquals(LaneInfo.NO_LEADER, elect(lane(List.of(1, 2, 3), List.of(2, 3))));
    }

    @Test
    void shouldPassOverUncleanMemberWhenSoundOneIsAlive() {
        alive(1, Standing.UNCLEAN, 9, 9_000);
        alive(2, Standing.SOUND, 1, 1);
        assertEquals(2, elect(lane(List.of(1, 2), List.of(1, 2))));
    }

    @Test
    void shouldWaitForSoundMemberWhenOnlyUncleanOnesAreAlive() {
        alive(1, Standing.UNCLEAN, 9, 9_000);
        alive(2, Standing.UNCLEAN, 9, 9_000);
        dead(3, Standing.SOUND);
        assertEquals(LaneInfo.NO_LEADER, elect(lane(List.of(1, 2, 3), List.of(1, 2, 3))));
    }

    @Test
    void shouldElectMemberWithMostWhenAllInSyncAreAliveAndUnclean() {
        alive(1, Standing.UNCLEAN, 4, 900);
        alive(2, Standing.UNCLEAN, 5, 100);
        alive(3, Standing.UNCLEAN, 5, 200);
        assertEquals(3, elect(lane(List.of(1, 2, 3), List.of(1, 2, 3))));
        alive(2, Standing.UNCLEAN, 5, 200);
        assertEquals(2, elect(lane(List.of(1, 2, 3), List.of(1, 2, 3))));
    }

    @Test
    void shouldNeverElectLostCopyWhenItIsTheLastInSync() {
        alive(1, Standing.LOST, 9, 9_000);
        alive(2, Standing.SOUND, 1, 1);
        LaneInfo lane = lane(List.of(1, 2), List.of(1));
        assertEquals(LaneInfo.NO_LEADER, elect(lane));
        assertSame(lane, LaneElection.withLost(lane, 1), "the last one never leaves");
        assertEquals(
                List.of(2),
                LaneElection.withLost(lane(List.of(1, 2), List.of(1, 2)), 1).isr());
    }

    @Test
    void shouldKeepLeaderWhenItIsAliveWhateverOthersDo() {
        alive(1, Standing.SOUND, 1, 1);
        alive(2, Standing.SOUND, 1, 1);
        LaneInfo lane = led(2, List.of(1, 2));
        assertSame(lane, settle(lane));
        replicas.put(1, replica(1, false, false, Standing.SOUND, 1, 1));
        assertSame(lane, settle(lane));
    }

    @Test
    void shouldMoveLeadershipWhenLeaderIsLeavingAndAnotherCanLead() {
        alive(1, Standing.SOUND, 1, 1);
        replicas.put(2, replica(2, true, true, Standing.SOUND, 1, 1));
        LaneInfo moved = settle(led(2, List.of(1, 2)));
        assertEquals(1, moved.leader());
        assertEquals(8, moved.leaderEpoch());
        dead(1, Standing.SOUND);
        LaneInfo alone = led(2, List.of(1, 2));
        assertSame(alone, settle(alone), "it leads until it goes");
    }

    @Test
    void shouldBeginNextEpochWhenLeaderIsLostEvenIfNobodyFollows() {
        dead(1, Standing.SOUND);
        dead(2, Standing.SOUND);
        LaneInfo offline = settle(led(2, List.of(1, 2)));
        assertEquals(LaneInfo.NO_LEADER, offline.leader());
        assertEquals(8, offline.leaderEpoch());
        assertSame(offline, settle(offline));
        alive(2, Standing.SOUND, 1, 1);
        LaneInfo again = settle(offline);
        assertEquals(2, again.leader());
        assertEquals(9, again.leaderEpoch());
    }

    @Test
    void shouldNameThoseWhoHoldUpCommitsOrAreInDoubtWhenLeaderLooks() {
        alive(1, Standing.SOUND, 1, 1);
        dead(2, Standing.SOUND);
        alive(3, Standing.UNCLEAN, 1, 1);
        replicas.put(4, replica(4, true, true, Standing.SOUND, 1, 1));
        alive(5, Standing.SOUND, 1, 1);
        LaneInfo lane = led(1, List.of(1, 2, 3, 4, 5));
        assertEquals(
                List.of(1, 5, 4),
                LaneElection.inSyncWithoutDoubtful(lane, replicas::get),
                "a majority stays, of those that are away the ones that still hear");
        LaneInfo sound = led(1, List.of(1, 5));
        assertSame(sound.isr(), LaneElection.inSyncWithoutDoubtful(sound, replicas::get));
    }

    @Test
    void shouldRefuseLaneWithoutInSyncReplicas() {
        assertThrows(IllegalArgumentException.class, () -> lane(List.of(1, 2), List.of()));
        assertThrows(IllegalArgumentException.class, () -> lane(List.of(1, 2), List.of(3)));
    }

    private void alive(int nodeId, Standing standing, int lastEpoch, long endPosition) {
        replicas.put(nodeId, replica(nodeId, true, false, standing, lastEpoch, endPosition));
    }

    private void dead(int nodeId, Standing standing) {
        replicas.put(nodeId, replica(nodeId, false, false, standing, 1, 1));
    }

    private static LaneElection.Replica replica(
            int nodeId, boolean isAlive, boolean isLeaving, Standing standing, int lastEpoch, long endPosition) {
        return new LaneElection.Replica(
                nodeId, isAlive, isLeaving, new NodeState.LaneCopy(standing, Uuid.ONE_UUID, lastEpoch, endPosition));
    }

    private static LaneInfo lane(List<Integer> order, List<Integer> isr) {
        return new LaneInfo(0, LaneInfo.NO_LEADER, 3, 4, order, isr);
    }

    private static LaneInfo led(int leader, List<Integer> isr) {
        return new LaneInfo(0, leader, 7, 4, isr, isr);
    }

    private int elect(LaneInfo lane) {
        return LaneElection.elect(lane, replicas::get);
    }

    private LaneInfo settle(LaneInfo lane) {
        return LaneElection.settle(lane, replicas::get, false);
    }
}
