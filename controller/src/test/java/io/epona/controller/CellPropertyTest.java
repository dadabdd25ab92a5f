package io.epona.controller;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.Set;
import net.jqwik.api.Example;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.ShrinkingMode;
import org.apache.kafka.common.Uuid;
import org.apache.kafka.common.errors.ApiException;
import org.apache.kafka.common.requests.ApiError;

/** Random histories of a cell: whatever happens, what must hold holds after every step, on every node. */
class CellPropertyTest {
    private static final int STEPS = 120;

    @Example
    void shouldHaveSameImageWhenSnapshotIsOfCellThatHasNotBegun() {
        ClusterImage empty = ImageFold.empty(1, CellState.EMPTY);
        SnapshotCodec parts = new SnapshotCodec();
        SnapshotCodec.write(empty, parts::addPart);
        ClusterImage restored = parts.image(1, new TopicConfigs(Map.of()));
        assertEquals(empty.version(), restored.version());
        assertEquals(List.of(), restored.lanes());

        CellMachine machine = TestCell.newMachine(new TopicConfigs(Map.of()));
        machine.restore(restored);
        TestCell cell = TestCell.started(3, 3);
        cell.log.forEach(entry -> TestCell.feed(machine, entry));
        requireSame(cell.machine.image(), machine.image());
    }

    @Property(tries = 150, shrinking = ShrinkingMode.OFF)
    void shouldKeepTheRulesWhateverHappens(@ForAll long seed) {
        new History(seed).run(STEPS);
    }

    @Property(tries = 40, shrinking = ShrinkingMode.OFF)
    void shouldHaveSameImageWhenFedTheSameLog(@ForAll long seed) {
        History history = new History(seed);
        history.run(STEPS);
        CellMachine other = TestCell.newMachine(history.cell.topicConfigs);
        for (TestCell.Entry entry : history.cell.log) {
            TestCell.feed(other, entry);
        }
        requireSame(history.cell.machine.image(), other.image());
    }

    @Property(tries = 40, shrinking = ShrinkingMode.OFF)
    void shouldHaveSameImageWhenBegunFromSnapshot(@ForAll long seed) {
        History history = new History(seed);
        history.run(STEPS);
        List<TestCell.Entry> log = history.cell.log;
        CellMachine whole = TestCell.newMachine(history.cell.topicConfigs);
        int cut = new Random(seed).nextInt(1, log.size());
        log.subList(0, cut).forEach(entry -> TestCell.feed(whole, entry));
        SnapshotCodec parts = new SnapshotCodec();
        List<byte[]> bytes = new ArrayList<>();
        SnapshotCodec.write(whole.image(), (buffer, offset, length) -> {
            assertTrue(length <= ControllerLimits.MAX_SNAPSHOT_PART_LENGTH);
            parts.addPart(buffer, offset, length);
            byte[] part = new byte[length];
            buffer.getBytes(offset, part);
            bytes.add(part);
        });
        CellMachine restored = TestCell.newMachine(history.cell.topicConfigs);
        restored.restore(parts.image(1, history.cell.topicConfigs));
        requireSame(whole.image(), restored.image());
        log.subList(cut, log.size()).forEach(entry -> TestCell.feed(restored, entry));
        requireSame(history.cell.machine.image(), restored.image());
        assertFalse(bytes.isEmpty());
    }

    private static void requireSame(ClusterImage expected, ClusterImage actual) {
        assertEquals(expected.version(), actual.version());
        assertEquals(expected.lanes(), actual.lanes());
        assertEquals(expected.cell(), actual.cell());
        ControllerFixture.assertSameMetadata(expected, actual);
        CellInvariants.requireConsistent(actual);
    }

    /** One random history, and what may be said of it from outside. */
    private static final class History {
        private final Random random;
        private final TestCell cell;
        private final CellInvariants invariants = new CellInvariants();
        private final Set<List<Integer>> lost = new HashSet<>();
        private int topicCount;

        private History(long seed) {
            random = new Random(seed);
            cell = new TestCell(random.nextBoolean() ? 3 : 5, random.nextInt(1, 5));
            cell.begin();
        }

        private void run(int steps) {
            for (int i = 0; i < steps; i++) {
                ClusterImage old = cell.machine.image();
                step();
                ClusterImage now = cell.machine.image();
                invariants.requireNext(old, now);
                for (LaneInfo lane : now.lanes()) {
                    assertFalse(lost.contains(List.of(lane.laneId(), lane.leader())), () -> "lost leader: " + lane);
                }
            }
        }

        private void step() {
            TestCell.TestNode node = cell.node(random.nextInt(1, cell.members.size() + 1));
            switch (random.nextInt(15)) {
                case 0, 1 -> start(node);
                case 2 -> {
                    if (node.isRunning) {
                        node.die();
                    }
                }
                case 3 -> {
                    if (node.isRunning) {
                        node.stop();
                    }
                }
                case 4 -> cell.loseSession(node.sessionId);
                case 5 -> {
                    if (node.isRunning) {
                        node.connect();
                    }
                }
                case 6, 7 -> cell.housekeeping();
                case 8, 9, 10 -> propose();
                case 11 -> node.submit(new ControlCommand.ElectLeaders(List.of()));
                case 12 -> topics(node);
                case 13 -> resign();
                default -> {
                    ClusterImage before = cell.machine.image();
                    LaneInfo lane = cell.lane(random.nextInt(cell.laneCount));
                    int version = lane.version() - 1 - random.nextInt(2);
                    node.propose(lane.laneId(), lane.leaderEpoch() - random.nextInt(2), version, cell.members);
                    assertEquals(before, cell.machine.image(), "a stale proposal changes nothing");
                }
            }
        }

        private void start(TestCell.TestNode node) {
            boolean isKnown = cell.machine.image().cell().nodes().containsKey(node.nodeId);
            boolean hasOtherDisk = random.nextInt(6) == 0;
            if (hasOtherDisk) {
                node.storageId = cell.id();
                node.cleanStopOf = Uuid.ZERO_UUID;
            }
            if (random.nextInt(4) == 0) {
                node.cleanStopOf = Uuid.ZERO_UUID;
            }
            for (int laneId = 0; laneId < cell.laneCount; laneId++) {
                if (random.nextInt(12) == 0) {
                    node.isDamaged(laneId);
                } else {
                    node.hasUpTo(laneId, random.nextInt(9), random.nextInt(1_000));
                }
            }
            boolean isTaken = !(node.start() instanceof ApiException);
            for (int laneId = 0; laneId < cell.laneCount && isKnown && isTaken; laneId++) {
                if (hasOtherDisk || !node.positions.get(laneId).isIntact()) {
                    lost.add(List.of(laneId, node.nodeId));
                }
            }
        }

        private void propose() {
            LaneInfo lane = cell.lane(random.nextInt(cell.laneCount));
            if (lane.isOffline()) {
                return;
            }
            List<Integer> wanted = new ArrayList<>(List.of(lane.leader()));
            cell.members.stream()
                    .filter(id -> id != lane.leader() && random.nextBoolean())
                    .forEach(wanted::add);
            boolean isCommitted =
                    cell.node(lane.leader()).propose(lane.laneId(), wanted).isSuccess();
            if (isCommitted) {
                wanted.stream()
                        .filter(id -> !lane.isr().contains(id))
                        .forEach(id -> lost.remove(List.of(lane.laneId(), id)));
            }
        }

        private void resign() {
            LaneInfo lane = cell.lane(random.nextInt(cell.laneCount));
            if (lane.isOffline()) {
                return;
            }
            boolean isLost = random.nextBoolean();
            ControlCommand.ResignLane command =
                    new ControlCommand.ResignLane(lane.laneId(), lane.leaderEpoch(), isLost);
            ApiError error = (ApiError) cell.node(lane.leader()).submit(command);
            if (isLost && error.isSuccess()) {
                lost.add(List.of(lane.laneId(), lane.leader()));
            }
        }

        private void topics(TestCell.TestNode node) {
            String name = "topic-" + random.nextInt(6);
            switch (random.nextInt(4)) {
                case 0 -> node.submit(new ControlCommand.DeleteTopics(List.of(TopicReference.byName(name))));
                case 1 ->
                    node.submit(new ControlCommand.CreatePartitions(
                            List.of(new NewPartitionsSpec(name, random.nextInt(1, 9), null)), 500));
                case 2 -> node.submit(new ControlCommand.AllocateProducerIds());
                default ->
                    node.submit(new ControlCommand.CreateTopics(
                            List.of(
                                    new NewTopicSpec(name, random.nextInt(1, 6), (short) -1, Map.of(), Map.of()),
                                    new NewTopicSpec(
                                            "made-" + topicCount++,
                                            1,
                                            (short) -1,
                                            Map.of(),
                                            Map.of("retention.ms", "77"))),
                            List.of(cell.id(), cell.id()),
                            500));
            }
        }
    }
}
