package io.epona.controller.cluster;

import static io.epona.controller.cluster.TestCell.await;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.aeron.driver.MediaDriver;
import io.epona.controller.CellController;
import io.epona.controller.ControllerConfig;
import io.epona.controller.ControllerContext;
import io.epona.controller.CreateTopicResult;
import io.epona.controller.Endpoint;
import io.epona.controller.InSyncChange;
import io.epona.controller.LaneInfo;
import io.epona.controller.LanePosition;
import io.epona.controller.NewTopicSpec;
import io.epona.controller.NodeRegistration;
import io.epona.controller.Standing;
import io.epona.controller.TopicDefaults;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.TimeUnit;
import org.apache.kafka.common.Uuid;
import org.apache.kafka.common.protocol.Errors;
import org.apache.kafka.common.security.auth.SecurityProtocol;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** Controllers of three nodes over the quorum's own log. */
@Timeout(120)
class CellControllersTest {
    private static final List<Integer> ALL = List.of(1, 2, 3);

    @TempDir
    Path directory;

    private List<CellMember> members;
    private final Map<Integer, Member> running = new TreeMap<>();

    private final class Member implements AutoCloseable {
        final int nodeId;
        final List<Throwable> failures = new CopyOnWriteArrayList<>();
        final MediaDriver driver;
        final ClusterControlLog log;
        final ExecutorService executor = Executors.newSingleThreadExecutor();
        final CellController controller;

        Member(int nodeId) {
            this.nodeId = nodeId;
            ClusterLogConfig config = TestCell.config(members, nodeId, directory, ClusterLogSizes.STANDARD);
            driver = TestCell.driver(config.aeronDirectoryName());
            log = new ClusterControlLog(config, new ClusterLogContext(failures::add));
            controller = CellController.join(
                    new ControllerConfig(directory, nodeId, 3, 1, TopicDefaults.STANDARD, Map.of(), Long.MAX_VALUE),
                    new ControllerContext(executor, failures::add),
                    log);
        }

        void register(Uuid cleanStopOf) throws Exception {
            List<LanePosition> lanes = List.of(
                    new LanePosition(0, true, 1, 64),
                    new LanePosition(1, true, 1, 64),
                    new LanePosition(2, true, 1, 64));
            Endpoint endpoint = new Endpoint("PLAINTEXT", "localhost", 9090 + nodeId, SecurityProtocol.PLAINTEXT);
            controller
                    .registerNode(new NodeRegistration(
                            new Uuid(1, nodeId), cleanStopOf, 4096, List.of(endpoint), null, lanes))
                    .get(TestCell.DEADLINE_MS, TimeUnit.MILLISECONDS);
        }

        LaneInfo lane(int laneId) {
            return controller.image().lane(laneId);
        }

        @Override
        public void close() {
            controller.close();
            driver.close();
            executor.shutdownNow();
        }
    }

    @BeforeEach
    void begin() throws Exception {
        members = TestCell.members(3);
        ALL.forEach(nodeId -> running.put(nodeId, new Member(nodeId)));
        for (Member member : running.values()) {
            member.controller.begin(ALL).get(TestCell.DEADLINE_MS, TimeUnit.MILLISECONDS);
        }
        for (Member member : running.values()) {
            member.register(Uuid.ZERO_UUID);
        }
    }

    @AfterEach
    void end() throws IOException {
        List<Throwable> failures = new ArrayList<>();
        running.values().forEach(member -> failures.addAll(member.failures));
        running.values().forEach(Member::close);
        assertEquals(List.of(), failures);
        assertEquals(List.of(), TestCell.leftDriverDirectories(members));
    }

    @Test
    void shouldElectOtherLeadersAndTakeNodeBackWhenItDies() throws Exception {
        catchUp();
        CreateTopicResult made = running.get(3)
                .controller
                .createTopics(List.of(NewTopicSpec.withPartitions("a", 6)), false)
                .get(TestCell.DEADLINE_MS, TimeUnit.MILLISECONDS)
                .getFirst();
        assertEquals(Errors.NONE, made.error().error(), made.error().message());
        running.values()
                .forEach(member -> await(
                        "topic on node " + member.nodeId,
                        () -> member.controller.image().topic("a") != null));

        Member dead = running.remove(1);
        dead.close();
        Member second = running.get(2);
        await("node 1 is fenced", () -> second.controller.image().broker(1).fenced());
        await("others lead", () -> second.controller.image().lanes().stream().noneMatch(lane -> lane.leader() == 1));
        await(
                "node 1 is out of sync",
                () -> second.controller.image().lanes().stream()
                        .allMatch(lane -> lane.isr()
                                .equals(lane.isr().stream()
                                        .filter(id -> id != 1)
                                        .toList())));

        running.get(3).log.takeSnapshot();
        Member again = new Member(1);
        running.put(1, again);
        again.controller.begin(ALL).get(TestCell.DEADLINE_MS, TimeUnit.MILLISECONDS);
        assertEquals(6, again.controller.image().topic("a").partitionCount());
        assertEquals(
                second.controller.image().clusterId(), again.controller.image().clusterId());
        again.register(dead.controller.incarnationId());
        assertEquals(Standing.SOUND, again.controller.image().standing(1, 0), "a clean stop of the newest start");
        await("all see it", () -> !second.controller.image().broker(1).fenced());
        assertEquals(
                second.controller.image().lanes().stream()
                        .map(LaneInfo::leaderEpoch)
                        .toList(),
                again.controller.image().lanes().stream()
                        .map(LaneInfo::leaderEpoch)
                        .toList());
    }

    private void catchUp() throws Exception {
        for (int laneId = 0; laneId < 3; laneId++) {
            boolean isAll = false;
            while (!isAll) {
                LaneInfo lane = running.get(1).lane(laneId);
                Member leader = running.get(lane.leader());
                InSyncChange change = new InSyncChange(laneId, lane.leaderEpoch(), lane.version(), ALL);
                isAll = leader.controller
                        .proposeInSync(change)
                        .get(TestCell.DEADLINE_MS, TimeUnit.MILLISECONDS)
                        .isSuccess();
            }
        }
        assertTrue(running.get(1).lane(0).isr().size() == 3);
    }
}
