package io.epona.controller;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertSame;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.apache.kafka.metadata.PartitionRegistration;

/** What must hold of every image of a cell, and from each to the next. */
final class CellInvariants {
    private final Map<List<Integer>, Integer> leaders = new HashMap<>();

    /** The views of an image agree with each other. */
    static void requireConsistent(ClusterImage image) {
        ControllerFixture.requireConsistent(image);
        image.forEachPartition(partition -> {
            LaneInfo lane = image.lane(partition.laneId());
            assertSame(lane, partition.lane());
            PartitionRegistration kafka =
                    image.kafkaImage().topics().getPartition(partition.topicId(), partition.partition());
            assertTrue(PartitionRecords.agrees(kafka, lane), () -> kafka + " does not agree with " + lane);
        });
        for (LaneInfo lane : image.lanes()) {
            if (!lane.isOffline()) {
                assertTrue(lane.isr().contains(lane.leader()), () -> "leader out of sync: " + lane);
                BrokerInfo leader = image.broker(lane.leader());
                assertFalse(leader.fenced(), () -> "fenced leader: " + lane);
                assertEquals(Standing.SOUND, image.standing(lane.leader(), lane.laneId()));
            }
        }
    }

    /** An image follows on another. */
    void requireNext(ClusterImage old, ClusterImage now) {
        requireConsistent(now);
        assertTrue(now == old || now.version() > old.version());
        for (LaneInfo lane : now.lanes()) {
            if (old.lanes().isEmpty()) {
                continue;
            }
            LaneInfo before = old.lane(lane.laneId());
            assertEquals(before.replicas(), lane.replicas());
            if (before == lane) {
                continue;
            }
            assertTrue(lane.version() > before.version(), () -> "version: " + before + " then " + lane);
            assertTrue(lane.leaderEpoch() >= before.leaderEpoch(), () -> "epoch: " + before + " then " + lane);
            assertTrue(
                    lane.isr().stream().anyMatch(before.isr()::contains),
                    () -> "nobody in sync stayed: " + before + " then " + lane);
            if (lane.leader() != before.leader()) {
                assertTrue(lane.leaderEpoch() > before.leaderEpoch(), () -> "epoch: " + before + " then " + lane);
            }
        }
        for (LaneInfo lane : now.lanes()) {
            Integer other = leaders.putIfAbsent(List.of(lane.laneId(), lane.leaderEpoch()), lane.leader());
            assertTrue(other == null || other == lane.leader(), () -> "two leaders: " + other + ", " + lane);
        }
    }
}
