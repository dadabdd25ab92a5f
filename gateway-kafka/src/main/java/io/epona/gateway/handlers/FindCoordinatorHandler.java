package io.epona.gateway.handlers;

import io.epona.gateway.RequestContext;
import io.epona.gateway.RequestHandler;
import java.util.ArrayList;
import java.util.List;
import org.apache.kafka.common.message.FindCoordinatorRequestData;
import org.apache.kafka.common.message.FindCoordinatorResponseData;
import org.apache.kafka.common.message.FindCoordinatorResponseData.Coordinator;
import org.apache.kafka.common.protocol.ApiKeys;
import org.apache.kafka.common.protocol.ApiMessage;
import org.apache.kafka.common.protocol.Errors;
import org.apache.kafka.common.requests.FindCoordinatorRequest.CoordinatorType;

/** FindCoordinator: there is none yet, which clients take as a reason to ask again later. */
public final class FindCoordinatorHandler implements RequestHandler {
    private static final short FIRST_VERSION_WITH_BATCH = 4;
    private static final short FIRST_VERSION_WITH_SHARE = 6;
    private static final int NO_NODE = -1;

    @Override
    public ApiKeys apiKey() {
        return ApiKeys.FIND_COORDINATOR;
    }

    @Override
    public void handle(final RequestContext context, final ApiMessage message) {
        final FindCoordinatorRequestData request = (FindCoordinatorRequestData) message;
        final Errors error = judge(request.keyType(), context.apiVersion());
        final FindCoordinatorResponseData response = new FindCoordinatorResponseData();
        if (context.apiVersion() < FIRST_VERSION_WITH_BATCH) {
            response.setErrorCode(error.code())
                    .setErrorMessage(error.message())
                    .setNodeId(NO_NODE)
                    .setHost("")
                    .setPort(NO_NODE);
        } else {
            final List<Coordinator> coordinators = new ArrayList<>();
            for (final String key : request.coordinatorKeys()) {
                coordinators.add(new Coordinator()
                        .setKey(key)
                        .setErrorCode(error.code())
                        .setErrorMessage(error.message())
                        .setNodeId(NO_NODE)
                        .setHost("")
                        .setPort(NO_NODE));
            }
            response.setCoordinators(coordinators);
        }
        context.respond(response);
    }

    private static Errors judge(final byte keyType, final short version) {
        final boolean isShare = keyType == CoordinatorType.SHARE.id();
        final boolean isKnown = keyType == CoordinatorType.GROUP.id()
                || keyType == CoordinatorType.TRANSACTION.id()
                || isShare && version >= FIRST_VERSION_WITH_SHARE;
        return isKnown ? Errors.COORDINATOR_NOT_AVAILABLE : Errors.INVALID_REQUEST;
    }
}
