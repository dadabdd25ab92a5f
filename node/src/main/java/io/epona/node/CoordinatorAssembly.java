package io.epona.node;

import io.epona.controller.ClusterController;
import io.epona.coordinator.CoordinatorLane;
import io.epona.coordinator.GroupConfigs;
import io.epona.coordinator.GroupCoordinators;
import io.epona.coordinator.GroupSettings;
import io.epona.coordinator.LaneAppends;
import io.epona.coordinator.MarkerWriter;
import io.epona.coordinator.PeerRequests;
import io.epona.coordinator.TransactionCoordinator.Producer;
import io.epona.coordinator.TransactionCoordinators;
import io.epona.coordinator.TransactionMarker;
import io.epona.coordinator.TransactionSettings;
import io.epona.gateway.RequestHandler;
import io.epona.gateway.groups.GroupHandlers;
import io.epona.gateway.handlers.FindCoordinatorHandler;
import io.epona.gateway.log.LaneView;
import io.epona.gateway.transactions.TransactionHandlers;
import io.epona.node.config.CellKeys;
import io.epona.node.config.ServiceKeys;
import io.epona.runtime.CounterType;
import io.epona.runtime.Signal;
import io.epona.sequencer.LaneGateway;
import io.epona.sequencer.LaneLimits;
import io.epona.sequencer.LaneProxy;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.Executor;
import java.util.function.IntFunction;
import org.agrona.concurrent.ringbuffer.RingBuffer;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.protocol.Errors;
import org.apache.kafka.common.requests.TransactionResult;
import org.apache.kafka.storage.internals.log.VerificationGuard;

/** Makes a node's coordinators and connects them to the lanes, to which they are one more gateway. */
final class CoordinatorAssembly implements AutoCloseable {
    /** Batches of coordinators that lanes have not answered yet: more than there are threads that wait for one. */
    private static final int MAX_IN_FLIGHT = 1024;

    /** TxnOffsetCommit version from which clients expect the server to add the partition to their transactions. */
    private static final int FIRST_COMMIT_WITH_ADD = 5;

    private final Surroundings node;
    private final int gatewayId;
    private final LaneGateway asGateway;
    private LaneAppends appends;
    private GroupConfigs groupConfigs;
    private GroupCoordinators groups;
    private TransactionCoordinators transactions;
    private PeerRequests peers;

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
     * @param executor runs tasks on the thread that runs the agent
     */
    void connect(
            final List<LaneView> views,
            final List<RingBuffer> commandRings,
            final IntFunction<Signal> wakeLane,
            final Executor executor) {
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
        final GroupSettings settings = CellKeys.groupSettings(node.config());
        groupConfigs = new GroupConfigs(settings);
        groups = new GroupCoordinators(new GroupCoordinators.Context(
                node.config().get(ServiceKeys.NODE_ID),
                settings,
                node.controller(),
                appends,
                node.logs(),
                this::verify));
        peers = new PeerRequests(node.controller(), GatewayThreads.LISTENER_NAME);
        transactions = new TransactionCoordinators(new TransactionCoordinators.Context(
                TransactionSettings.of(node.config().get(ServiceKeys.TRANSACTION_CONFIG)),
                node.controller(),
                appends,
                node.logs(),
                new MarkerWriter(node.controller(), appends, this::endOffsets),
                peers,
                peers,
                executor));
    }

    /** What may be set for single groups. */
    GroupConfigs groupConfigs() {
        return groupConfigs;
    }

    private CompletableFuture<VerificationGuard> verify(
            final TopicPartition partition,
            final String transactionalId,
            final long producerId,
            final short producerEpoch,
            final int apiVersion) {
        final Producer producer = new Producer(transactionalId, producerId, producerEpoch);
        return transactions
                .verifier()
                .verify(producer, Set.of(partition), apiVersion >= FIRST_COMMIT_WITH_ADD)
                .thenApply(errors -> {
                    final Errors error = errors.get(partition);
                    if (error != Errors.NONE) {
                        throw error.exception();
                    }
                    return VerificationGuard.SENTINEL;
                });
    }

    private CompletableFuture<Errors> endOffsets(final TopicPartition partition, final TransactionMarker marker) {
        return groups.service()
                .thenCompose(service -> service.completeTransaction(
                        partition,
                        marker.producerId(),
                        marker.producerEpoch(),
                        marker.coordinatorEpoch(),
                        marker.isCommit() ? TransactionResult.COMMIT : TransactionResult.ABORT,
                        marker.transactionVersion()))
                .handle((done, failure) -> failure == null ? Errors.NONE : Errors.forException(failure));
    }

    /** The transaction coordinator. */
    TransactionCoordinators transactions() {
        return transactions;
    }

    /** The node is registered: clients find it. */
    void onServing() {
        groups.onServing();
        transactions.onServing();
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
        handlers.add(GroupHandlers.txnOffsetCommit(groups, controller));
        handlers.addAll(TransactionHandlers.create(transactions, groups, controller));
        handlers.add(new FindCoordinatorHandler(controller, List.of(groups, transactions)));
        return handlers;
    }

    /** Before the lanes end, which the coordinators wait for. */
    @Override
    public void close() {
        transactions.close();
        peers.close();
        groups.close();
    }
}
