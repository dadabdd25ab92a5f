package io.epona.systemtests.cell;

import io.epona.codec.lane.LaneReplyDecoder;
import io.epona.controller.CellController;
import io.epona.controller.ClusterImage;
import io.epona.controller.CommandTimer;
import io.epona.controller.ControllerConfig;
import io.epona.controller.ControllerContext;
import io.epona.controller.ControllerLimits;
import io.epona.controller.Endpoint;
import io.epona.controller.LaneInfo;
import io.epona.controller.LanePosition;
import io.epona.controller.NodeRegistration;
import io.epona.controller.TopicDefaults;
import io.epona.node.cell.LaneSteering;
import io.epona.node.cell.Membership;
import io.epona.node.config.CellMember;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeoutException;
import java.util.stream.IntStream;
import org.agrona.DirectBuffer;
import org.agrona.concurrent.ringbuffer.RingBuffer;
import org.apache.kafka.common.Uuid;
import org.apache.kafka.common.security.auth.SecurityProtocol;

/**
 * A node's controller and what steers its lane, the production ones, on the simulated control log and in virtual time.
 * One thread.
 */
final class NodeControl {
    private static final int CLIENT_PORT = 9092;
    private static final int FIRST_PORT = 9300;

    private final NodeLife life;
    private final NodeLife.Cell cell;
    private final World world;
    private final QuorumPort port;
    private final CellController controller;
    private final LaneSteering steering;
    private final RingBuffer laneReplies;
    private final LaneReplyDecoder reply = new LaneReplyDecoder();
    private final int[] partitionsToOpen;
    private int openedCount;
    private long lastTaskNs;

    NodeControl(final NodeLife life, final NodeLife.Cell cell, final RingBuffer laneReplies) {
        this.life = life;
        this.cell = cell;
        this.world = cell.world();
        this.laneReplies = laneReplies;
        this.partitionsToOpen = IntStream.range(0, cell.plan().partitions()).toArray();
        this.port = cell.quorum().join(life.nodeId(), life, life.host.clock::epochMs);
        this.controller = CellController.join(config(), context(), port);
        this.steering = new LaneSteering(membership(), controller, life.host.clock);
    }

    private Membership membership() {
        final List<CellMember> members = IntStream.rangeClosed(1, cell.plan().nodeCount())
                .mapToObj(id -> CellMember.parse(id + "@localhost:" + (FIRST_PORT + id * CellMember.PORT_COUNT)))
                .toList();
        return new Membership(life.nodeId(), members, controller.incarnationId());
    }

    private ControllerConfig config() {
        return new ControllerConfig(
                Path.of("simulated"),
                life.nodeId(),
                CellPlan.LANE_COUNT,
                1,
                TopicDefaults.STANDARD,
                Map.of(),
                ControllerLimits.COMPACTION_LENGTH);
    }

    private ControllerContext context() {
        return new ControllerContext(this::execute, this::newId, timer(), reason -> life.onFatal("controller", reason));
    }

    /** The controller's thread: one task after another, in order. */
    private void execute(final Runnable task) {
        final long nowNs = world.timeline().nowNs();
        lastTaskNs = Math.max(lastTaskNs, nowNs + world.chance().between(1_000L, 100_000L));
        world.timeline().after(lastTaskNs - nowNs, life, task);
    }

    /** Ids whose low bits name an incarnation among replicas. */
    private Uuid newId() {
        Uuid id = life.host.newId();
        while ((id.getLeastSignificantBits() & 0xFFFF) == 0) {
            id = life.host.newId();
        }
        return id;
    }

    private CommandTimer timer() {
        return (future, timeoutMs) -> world.timeline()
                .after(timeoutMs * 1_000_000L, life, () -> future.completeExceptionally(new TimeoutException()));
    }

    /** Joins the cell, and registers what this start of the node has. */
    void start() {
        controller.addListener((old, now) -> {
            if (!now.lanes().isEmpty()) {
                cell.onDecided(life, now.lane(CellPlan.LANE_ID));
            }
        });
        steering.add(life.control, life.proposals);
        controller.addListener(steering);
        final List<Integer> members =
                IntStream.rangeClosed(1, cell.plan().nodeCount()).boxed().toList();
        controller.begin(members).whenComplete((image, error) -> {
            if (null == error) {
                register();
            } else {
                life.onFatal("controller", error);
            }
        });
    }

    private void register() {
        final NodeHost host = life.host;
        final NodeRegistration registration = new NodeRegistration(
                host.storageId,
                host.cleanStopOf,
                cell.plan().spanLength(),
                List.of(new Endpoint("PLAINTEXT", "localhost", CLIENT_PORT, SecurityProtocol.PLAINTEXT)),
                null,
                List.of(new LanePosition(
                        CellPlan.LANE_ID, !host.isLaneLost, host.replica.log.lastEpoch(), host.replica.log.end())));
        world.trace().note(life.nodeId(), "registers ", registration.lanes());
        controller.registerNode(registration).whenComplete((done, error) -> {
            if (null != error) {
                life.onFatal("controller", error);
            } else {
                // From now on only the next clean stop counts, and the controller knows what was lost.
                host.cleanStopOf = Uuid.ZERO_UUID;
                host.isLaneLost = false;
            }
        });
    }

    Uuid incarnationId() {
        return controller.incarnationId();
    }

    CellController controller() {
        return controller;
    }

    ClusterImage image() {
        return controller.image();
    }

    /** What this node knows of the lane; null while it knows nothing. */
    LaneInfo lane() {
        final ClusterImage image = controller.image();
        return image.lanes().isEmpty() ? null : image.lane(CellPlan.LANE_ID);
    }

    int doWork() {
        return openPartitions() + steering.doWork() + laneReplies.read(this::onReply);
    }

    private int openPartitions() {
        int count = 0;
        while (openedCount < partitionsToOpen.length
                && life.control.offerOpenPartition(openedCount, partitionsToOpen[openedCount])) {
            openedCount++;
            count++;
        }
        return count;
    }

    private void onReply(final int type, final DirectBuffer buffer, final int offset, final int length) {
        reply.wrap(buffer, offset, LaneReplyDecoder.BLOCK_LENGTH, LaneReplyDecoder.SCHEMA_VERSION);
        world.trace().note(life.nodeId(), "lane answers the controller: ", reply.result());
    }

    /** The node leaves its lanes to others before it stops. */
    CompletableFuture<List<Integer>> beginShutdown(final int timeoutMs) {
        return controller.beginControlledShutdown(timeoutMs);
    }
}
