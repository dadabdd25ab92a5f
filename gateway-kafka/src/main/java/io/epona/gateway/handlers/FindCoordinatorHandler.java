package io.epona.gateway.handlers;

import io.epona.controller.BrokerInfo;
import io.epona.controller.ClusterController;
import io.epona.controller.Endpoint;
import io.epona.controller.PartitionInfo;
import io.epona.coordinator.CoordinatorLookup;
import io.epona.gateway.RequestContext;
import io.epona.gateway.RequestHandler;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.function.Function;
import java.util.stream.Collectors;
import org.apache.kafka.common.message.FindCoordinatorRequestData;
import org.apache.kafka.common.message.FindCoordinatorResponseData;
import org.apache.kafka.common.message.FindCoordinatorResponseData.Coordinator;
import org.apache.kafka.common.protocol.ApiKeys;
import org.apache.kafka.common.protocol.ApiMessage;
import org.apache.kafka.common.protocol.Errors;
import org.apache.kafka.common.requests.FindCoordinatorRequest.CoordinatorType;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * FindCoordinator: who leads the partition that has the state of a group or a transaction. A kind of coordinator that
 * this node does not have is not available, which clients take as a reason to ask again later.
 */
public final class FindCoordinatorHandler implements RequestHandler {
    private static final Logger LOGGER = LoggerFactory.getLogger(FindCoordinatorHandler.class);
    private static final short FIRST_VERSION_WITH_BATCH = 4;
    private static final short FIRST_VERSION_WITH_SHARE = 6;
    private static final int NO_NODE = -1;

    private final ClusterController controller;
    private final Map<Byte, CoordinatorLookup> lookups;

    /**
     * A handler.
     *
     * @param controller the cluster's metadata.
     * @param lookups one for each kind of coordinator that there is.
     */
    public FindCoordinatorHandler(final ClusterController controller, final List<? extends CoordinatorLookup> lookups) {
        this.controller = controller;
        this.lookups = lookups.stream()
                .collect(Collectors.toMap(lookup -> lookup.keyType().id(), Function.identity()));
    }

    @Override
    public ApiKeys apiKey() {
        return ApiKeys.FIND_COORDINATOR;
    }

    @Override
    public void handle(final RequestContext context, final ApiMessage message) {
        final FindCoordinatorRequestData request = (FindCoordinatorRequestData) message;
        final boolean isBatch = context.apiVersion() >= FIRST_VERSION_WITH_BATCH;
        final List<CompletableFuture<Coordinator>> found = new ArrayList<>();
        for (final String key : isBatch ? request.coordinatorKeys() : List.of(request.key())) {
            found.add(find(request.keyType(), key, context));
        }
        final CompletableFuture<Void> all = CompletableFuture.allOf(found.toArray(CompletableFuture[]::new));
        context.onGatewayThread(all, (done, error) -> {
            if (error != null) {
                context.fail(error);
                return;
            }
            final List<Coordinator> coordinators =
                    found.stream().map(CompletableFuture::join).toList();
            context.respond(
                    isBatch
                            ? new FindCoordinatorResponseData().setCoordinators(coordinators)
                            : single(coordinators.getFirst()));
        });
    }

    private static FindCoordinatorResponseData single(final Coordinator coordinator) {
        return new FindCoordinatorResponseData()
                .setErrorCode(coordinator.errorCode())
                .setErrorMessage(coordinator.errorMessage())
                .setNodeId(coordinator.nodeId())
                .setHost(coordinator.host())
                .setPort(coordinator.port());
    }

    private CompletableFuture<Coordinator> find(final byte keyType, final String key, final RequestContext context) {
        final CoordinatorLookup lookup = lookups.get(keyType);
        if (lookup == null) {
            return CompletableFuture.completedFuture(failed(key, judge(keyType, context.apiVersion())));
        }
        final String listener = context.listenerName();
        return lookup.find(key).toCompletableFuture().handle((partition, failure) -> {
            if (failure == null) {
                return leaderOf(partition, key, listener);
            }
            LOGGER.debug("no coordinator: keyType={}, key={}", keyType, key, failure);
            return failed(key, Errors.COORDINATOR_NOT_AVAILABLE);
        });
    }

    private Coordinator leaderOf(final PartitionInfo partition, final String key, final String listener) {
        final BrokerInfo broker = controller.image().broker(partition.leader());
        final Endpoint endpoint = broker == null || broker.fenced() ? null : broker.endpoint(listener);
        return endpoint == null
                ? failed(key, Errors.COORDINATOR_NOT_AVAILABLE)
                : new Coordinator()
                        .setKey(key)
                        .setNodeId(broker.id())
                        .setHost(endpoint.host())
                        .setPort(endpoint.port());
    }

    private static Coordinator failed(final String key, final Errors error) {
        return new Coordinator()
                .setKey(key)
                .setErrorCode(error.code())
                .setErrorMessage(error.message())
                .setNodeId(NO_NODE)
                .setHost("")
                .setPort(NO_NODE);
    }

    private static Errors judge(final byte keyType, final short version) {
        final boolean isShare = keyType == CoordinatorType.SHARE.id();
        final boolean isKnown = keyType == CoordinatorType.GROUP.id()
                || keyType == CoordinatorType.TRANSACTION.id()
                || isShare && version >= FIRST_VERSION_WITH_SHARE;
        return isKnown ? Errors.COORDINATOR_NOT_AVAILABLE : Errors.INVALID_REQUEST;
    }
}
