package io.epona.controller;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertInstanceOf;
import static org.junit.jupiter.api.Assertions.assertSame;

import java.util.List;
import org.apache.kafka.common.Uuid;
import org.apache.kafka.common.errors.StaleBrokerEpochException;
import org.apache.kafka.common.protocol.Errors;
import org.apache.kafka.common.requests.ApiError;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** Leaders that cannot go on, and processes that another one has replaced. */
class ResignationTest {
    private static final List<Integer> ALL = List.of(1, 2, 3);

    private final TestCell cell = TestCell.started(3, 3);

    @BeforeEach
    void catchUp() {
        cell.catchUp();
    }

    @Test
    void shouldElectAnotherAndKeepInSyncReplicasWhenLeaderIsSlow() {
        LaneInfo before = cell.lane(0);
        assertEquals(Errors.NONE, resign(before.leader(), 0, before.leaderEpoch(), false));
        LaneInfo after = cell.lane(0);
        assertEquals(2, after.leader());
        assertEquals(before.leaderEpoch() + 1, after.leaderEpoch());
        assertEquals(ALL, after.isr(), "what it has counts until its successor says that it lags");
        assertEquals(before.leaderEpoch(), cell.lane(1).leaderEpoch(), "other lanes stay");
    }

    @Test
    void shouldTakeCopyOutOfSyncWhenLeaderIsDamaged() {
        LaneInfo before = cell.lane(0);
        assertEquals(Errors.NONE, resign(1, 0, before.leaderEpoch(), true));
        assertEquals(2, cell.lane(0).leader());
        assertEquals(List.of(2, 3), cell.lane(0).isr());
        assertEquals(Standing.LOST, cell.machine.image().standing(1, 0));
        cell.node(2).die();
        cell.node(3).die();
        assertEquals(LaneInfo.NO_LEADER, cell.lane(0).leader(), "a damaged copy never leads");

        cell.node(3).connect();
        assertEquals(Errors.NONE, cell.node(3).propose(0, List.of(1, 3)).error());
        assertEquals(Standing.SOUND, cell.machine.image().standing(1, 0), "it has caught up");
    }

    @Test
    void shouldGoOnLeadingWhenNobodyElseCan() {
        cell.node(2).die();
        cell.node(3).die();
        ClusterImage before = cell.machine.image();
        assertEquals(
                Errors.ELIGIBLE_LEADERS_NOT_AVAILABLE, resign(1, 0, cell.lane(0).leaderEpoch(), false));
        assertEquals(
                Errors.ELIGIBLE_LEADERS_NOT_AVAILABLE, resign(1, 0, cell.lane(0).leaderEpoch(), true));
        assertSame(before, cell.machine.image());
    }

    @Test
    void shouldRefuseResignationWhenItIsOfAnotherEpochOrNode() {
        ClusterImage before = cell.machine.image();
        int epoch = cell.lane(0).leaderEpoch();
        assertEquals(Errors.FENCED_LEADER_EPOCH, resign(1, 0, epoch - 1, false));
        assertEquals(Errors.FENCED_LEADER_EPOCH, resign(2, 0, epoch, false));
        assertEquals(Errors.INVALID_REQUEST, resign(1, 3, epoch, false));
        assertSame(before, cell.machine.image());
        cell.node(1).incarnationId = cell.id();
        assertEquals(Errors.STALE_BROKER_EPOCH, resign(1, 0, epoch, false));
    }

    @Test
    void shouldKeepNewProcessWhenRegistrationOfKilledOneComesLate() {
        TestCell.TestNode node = cell.node(2);
        Uuid killed = node.incarnationId;
        long killedSession = node.sessionId;
        node.start();
        Uuid running = node.incarnationId;
        long runningSession = node.sessionId;
        ClusterImage before = cell.machine.image();

        node.incarnationId = killed;
        node.sessionId = killedSession;
        assertInstanceOf(StaleBrokerEpochException.class, node.register());
        assertSame(before, cell.machine.image());
        assertEquals(running, before.broker(2).incarnationId());
        assertEquals(runningSession, before.cell().nodes().get(2).sessionId());
    }

    private Errors resign(int nodeId, int laneId, int leaderEpoch, boolean isLost) {
        return ((ApiError) cell.node(nodeId).submit(new ControlCommand.ResignLane(laneId, leaderEpoch, isLost)))
                .error();
    }
}
