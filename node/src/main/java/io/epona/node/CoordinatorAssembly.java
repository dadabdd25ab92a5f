package io.epona.node;

import io.epona.controller.ClusterController;
import io.epona.coordinator.CoordinatorLane;
import io.epona.coordinator.GroupCoordinators;
import io.epona.coordinator.LaneAppends;
import io.epona.coordinator.TransactionVerification;
import io.epona.gateway.RequestHandler;
import io.epona.gateway.groups.GroupHandlers;
import io.epona.gateway.handlers.FindCoordinatorHandler;
import io.epona.gateway.log.LaneView;
import io.epona.node.config.CellKeys;
import io.epona.node.config.ServiceKeys;
import io.epona.runtime.CounterType;
import io.epona.runtime.Signal;
import io.epona.sequencer.LaneGateway;
import io.epona.sequencer.LaneLimits;
import io.epona.sequencer.LaneProxy;
import java.util.ArrayList;
import java.util.List;
import java.util.function.IntFunction;
import org.agrona.concurrent.ringbuffer.RingBuffer;

/** Makes a node's coordinators and connects them to the lanes, to which they are one more gateway. */
final class CoordinatorAssembly implements AutoCloseable {
    /** Batches of coordinators that lanes have not answered yet: more than there are threads that wait for one. */
    private static final int MAX_IN_FLIGHT = 1024;

    private final Surroundings node;
    private final int gatewayId;
    private final LaneGateway asGateway;
    private LaneAppends appends;
    private GroupCoordinators groups;

    /**
     * The ring for the lanes' answers first.
     *
     * @param node what it is part of
     * @param gatewayId its number among those that send commands to lanes
     * @param wake wakes the thread that runs the agent
     */
    CoordinatorAssembly(final Surroundings node, final int gatewayId, final Signal wake) {
        this.node = node;
        this.gatewayId = gatewayId;
        this.asGateway = new LaneGateway(Rings.manyToOne(LaneLimits.minReplyRingLength(MAX_IN_FLIGHT)), wake);
    }

    /** The coordinators as lanes see them. */
    LaneGateway asGateway() {
        return asGateway;
    }

    /**
     * Makes the coordinators, connected to the lanes; nothing runs yet.
     *
     * @param views lanes as readers see them, by lane id
     * @param commandRings of the lanes
     * @param wakeLane lane id to what wakes the lane
     */
    void connect(final List<LaneView> views, final List<RingBuffer> commandRings, final IntFunction<Signal> wakeLane) {
        final List<CoordinatorLane> lanes = new ArrayList<>();
        for (final LaneView view : views) {
            final LaneProxy proxy = new LaneProxy(
                    gatewayId,
                    commandRings.get(view.laneId()),
                    wakeLane.apply(view.laneId()),
                    node.counters()
                            .counter(
                                    CounterType.GATEWAY_BACK_PRESSURE,
                                    gatewayId,
                                    "coordinators-lane-" + view.laneId()));
            lanes.add(new CoordinatorLane(
                    view.laneId(), view.ring(), view.spanLength(), view.counters(), view.role(), proxy));
        }
        appends = new LaneAppends(lanes, asGateway.replies(), node.clock());
        groups = new GroupCoordinators(new GroupCoordinators.Context(
                node.config().get(ServiceKeys.NODE_ID),
                CellKeys.groupSettings(node.config()),
                node.controller(),
                appends,
                node.logs(),
                TransactionVerification.REFUSE));
    }

    /** Takes the lanes' answers and follows their commits; on the thread that the lanes wake. */
    LaneAppends appends() {
        return appends;
    }

    /** The group coordinator. */
    GroupCoordinators groups() {
        return groups;
    }

    /** The handlers of one gateway thread. */
    List<RequestHandler> handlers() {
        final ClusterController controller = node.controller();
        final List<RequestHandler> handlers = new ArrayList<>(GroupHandlers.create(groups, controller));
        handlers.add(new FindCoordinatorHandler(controller, List.of(groups)));
        return handlers;
    }

    /** Before the lanes end, which the coordinators wait for. */
    @Override
    public void close() {
        groups.close();
    }
}
