package io.epona.gateway.handlers;

import io.epona.controller.ClusterController;
import io.epona.coordinator.TransactionCoordinator;
import io.epona.coordinator.TransactionCoordinators;
import io.epona.gateway.RequestContext;
import io.epona.gateway.RequestHandler;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import org.apache.kafka.common.errors.RetriableException;
import org.apache.kafka.common.message.InitProducerIdRequestData;
import org.apache.kafka.common.message.InitProducerIdResponseData;
import org.apache.kafka.common.protocol.ApiKeys;
import org.apache.kafka.common.protocol.ApiMessage;
import org.apache.kafka.common.protocol.Errors;
import org.apache.kafka.common.utils.ProducerIdAndEpoch;
import org.apache.kafka.server.common.ProducerIdsBlock;

/**
 * InitProducerId for idempotent producers: gives out ids from a block that the controller has made durable. While the
 * next block is on its way requests wait; a request that finds too many waiting is told to try again. Gateway thread
 * only.
 */
public final class InitProducerIdHandler implements RequestHandler {
    /** Requests that wait for one block; the rest are told to come again. */
    private static final int MAX_WAITING = 10_000;

    private static final short FIRST_EPOCH = 0;
    private static final long NO_ID = -1;
    private static final short NO_EPOCH = -1;

    private static final short FIRST_VERSION_WITH_FENCED = 4;

    private final ClusterController controller;
    private final TransactionCoordinators transactions;
    private final ArrayDeque<RequestContext> waiting = new ArrayDeque<>();
    private long nextId;
    private long endId;
    private boolean isAsking;

    /**
     * A handler that takes its blocks from the controller.
     *
     * @param transactions serve producers with transactional ids; null when there are none.
     */
    public InitProducerIdHandler(final ClusterController controller, final TransactionCoordinators transactions) {
        this.controller = controller;
        this.transactions = transactions;
    }

    @Override
    public ApiKeys apiKey() {
        return ApiKeys.INIT_PRODUCER_ID;
    }

    @Override
    public void handle(final RequestContext context, final ApiMessage message) {
        final InitProducerIdRequestData request = (InitProducerIdRequestData) message;
        final Errors error = judge(request);
        if (error != Errors.NONE) {
            refuse(context, error);
        } else if (request.transactionalId() != null) {
            begin(context, request);
        } else if (nextId < endId) {
            give(context);
        } else if (waiting.size() >= MAX_WAITING) {
            refuse(context, Errors.COORDINATOR_LOAD_IN_PROGRESS);
        } else {
            waiting.add(context);
            ask(context);
        }
    }

    private void begin(final RequestContext context, final InitProducerIdRequestData request) {
        final Optional<ProducerIdAndEpoch> expected = request.producerId() == NO_ID
                ? Optional.empty()
                : Optional.of(new ProducerIdAndEpoch(request.producerId(), request.producerEpoch()));
        final CompletableFuture<TransactionCoordinator.Answer> asked = transactions
                .service()
                .thenCompose(coordinator -> coordinator.initProducerId(
                        request.transactionalId(), request.transactionTimeoutMs(), expected));
        context.onGatewayThread(asked, (answer, failure) -> {
            if (failure != null) {
                fail(context, failure);
            } else if (answer.error() == Errors.NONE) {
                context.respond(new InitProducerIdResponseData()
                        .setProducerId(answer.producerId())
                        .setProducerEpoch(answer.producerEpoch()));
            } else {
                final boolean isOld = context.apiVersion() < FIRST_VERSION_WITH_FENCED;
                refuse(
                        context,
                        answer.error() == Errors.PRODUCER_FENCED && isOld
                                ? Errors.INVALID_PRODUCER_EPOCH
                                : answer.error());
            }
        });
    }

    private Errors judge(final InitProducerIdRequestData request) {
        final boolean hasId = request.producerId() != NO_ID;
        final boolean hasEpoch = request.producerEpoch() != NO_EPOCH;
        if (hasId != hasEpoch) {
            return Errors.INVALID_REQUEST;
        }
        if (request.transactionalId() == null) {
            return Errors.NONE;
        }
        if (request.transactionalId().isEmpty()) {
            return Errors.INVALID_REQUEST;
        }
        if (request.enable2Pc()) {
            return Errors.TRANSACTIONAL_ID_AUTHORIZATION_FAILED;
        }
        if (request.keepPreparedTxn()) {
            return Errors.UNSUPPORTED_VERSION;
        }
        return transactions == null ? Errors.COORDINATOR_NOT_AVAILABLE : Errors.NONE;
    }

    private void ask(final RequestContext context) {
        if (!isAsking) {
            isAsking = true;
            controller
                    .allocateProducerIds()
                    .whenComplete((block, error) -> context.gatewayThread().execute(() -> onBlock(block, error)));
        }
    }

    private void onBlock(final ProducerIdsBlock block, final Throwable error) {
        isAsking = false;
        final List<RequestContext> served = new ArrayList<>(waiting);
        waiting.clear();
        if (error != null) {
            served.forEach(context -> fail(context, error));
            return;
        }
        nextId = block.firstProducerId();
        endId = nextId + block.size();
        for (final RequestContext context : served) {
            if (nextId < endId) {
                give(context);
            } else {
                waiting.add(context);
                ask(context);
            }
        }
    }

    /** While the controller cannot be reached clients shall ask again, and some take other errors for final. */
    private static void fail(final RequestContext context, final Throwable error) {
        final Throwable cause = error instanceof CompletionException ? error.getCause() : error;
        if (cause instanceof RetriableException) {
            refuse(context, Errors.COORDINATOR_LOAD_IN_PROGRESS);
        } else {
            context.fail(error);
        }
    }

    private void give(final RequestContext context) {
        context.respond(new InitProducerIdResponseData().setProducerId(nextId++).setProducerEpoch(FIRST_EPOCH));
    }

    private static void refuse(final RequestContext context, final Errors error) {
        context.respond(new InitProducerIdResponseData()
                .setErrorCode(error.code())
                .setProducerId(NO_ID)
                .setProducerEpoch(NO_EPOCH));
    }
}
